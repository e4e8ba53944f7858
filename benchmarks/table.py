"""Puts samples into a table for people or into JSON for programs. Measures nothing."""

import json
import math
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from benchmarks.measure import Sample, median, ratio

MIB = 2**20
MEASURES = ("wall", "cpu", "peak", "own")
RATIOS = ("wall", "cpu", "peak")
HEADINGS = ("tool", "version", "wall s", "CPU s", "peak MiB", "own MiB")
NOTES = """\
Medians. x: times what {base} took, median of the rounds' own ratios; ratios count, times do not.
CPU: user and system, with children. peak: largest single process of the command and its children.
own: largest that the started process itself became, without its children.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """All that is known of one tool."""

    name: str
    version: str
    command: str
    samples: list[Sample] = field(repr=False)
    remark: str = ""
    """What fills the last column."""


def base(results: list[Result]) -> Result:
    """What the others are compared with: leakguard if it took part, else the first."""
    return next((result for result in results if result.name == "leakguard"), results[0])


def as_text(results: list[Result], remark: str) -> str:
    """A table with a column headed `remark` at its right, and how to read it."""
    compared = base(results)
    headings = (*HEADINGS, *(f"{name} x" for name in ("wall", "CPU", "peak")), remark)
    rows = [headings, *(_row(result, compared) for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (_line(row, widths) for row in rows)
    return "\n".join([*lines, "", NOTES.format(base=compared.name)])


def _row(result: Result, compared: Result) -> tuple[str, ...]:
    wall, cpu, peak, own = (median(result.samples, name) for name in MEASURES)
    ratios = (ratio(result.samples, compared.samples, name) for name in RATIOS)
    return (
        result.name,
        result.version,
        f"{wall:.3f}",
        f"{cpu:.3f}",
        f"{peak / MIB:.0f}",
        f"{own / MIB:.0f}" if own else "-",
        *("-" if math.isnan(value) else f"{value:.2f}" for value in ratios),
        result.remark,
    )


def _line(row: Iterable[str], widths: list[int]) -> str:
    """Two columns of names to the left, numbers to the right."""
    pairs = enumerate(zip(row, widths, strict=True))
    cells = (text.ljust(wide) if at < 2 else text.rjust(wide) for at, (text, wide) in pairs)
    return "  ".join(cells).rstrip()


def as_json(results: list[Result], remark: str) -> str:
    """One object with every sample; seconds and bytes."""
    compared = base(results)
    whole = {
        "machine": {"system": platform.platform(), "cores": os.cpu_count()},
        "base": compared.name,
        "tools": [_entry(result, compared, remark) for result in results],
    }
    return json.dumps(whole, indent=2) + "\n"


def _entry(result: Result, compared: Result, remark: str) -> dict[str, object]:
    ratios = {name: ratio(result.samples, compared.samples, name) for name in RATIOS}
    return {
        "name": result.name,
        "version": result.version,
        "command": result.command,
        "median": {name: median(result.samples, name) for name in MEASURES},
        "ratio": {name: None if math.isnan(value) else value for name, value in ratios.items()},
        remark: result.remark,
        "samples": [asdict(sample) for sample in result.samples],
    }


FORMATS = {"text": as_text, "json": as_json}
