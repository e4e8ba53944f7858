"""The options, messages and exit codes that all benchmarks have in common."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measure, peers, table
from benchmarks.measure import BenchmarkError, Command, Sample
from benchmarks.table import Result


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for."""

    only: str | None
    """Names of tools, separated by commas; None asks for all."""
    rounds: int
    timeout: float
    """Seconds for one run."""
    format: str
    envs: Path
    repository: Path = Path()
    """Only where a benchmark takes one."""

    def names(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        """The names that were asked for, in the order of the tools. Raises BenchmarkError for an
        unknown one."""
        wanted = usual if self.only is None else self.only.split(",")
        known = tuple(dict.fromkeys((*usual, *peers.TOOLS)))
        if unknown := sorted(set(wanted) - set(known)):
            raise BenchmarkError(f"there is no tool {unknown[0]}: choose from {', '.join(known)}")
        return tuple(name for name in known if name in wanted)


def parser(description: str, rounds: int) -> argparse.ArgumentParser:
    """Takes the options that every benchmark has."""
    made = argparse.ArgumentParser(description=description)
    add = made.add_argument
    add("--only", metavar="NAMES", help="compare these, separated by commas")
    add("--rounds", type=_positive, default=rounds, help="default: %(default)s")
    add("--timeout", type=float, default=900, help="seconds for one run; default: %(default)s")
    add("--format", choices=tuple(table.FORMATS), default="text")
    envs = peers.environments()
    text = "where each tool has, or gets, a virtual environment; default: %(default)s"
    add("--envs", metavar="DIR", type=Path, default=envs, help=text)
    return made


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def show(options: Options, compare: Callable[[Options], list[Result]], *, remark: str) -> int:
    """Compares and prints; `remark` heads the last column. Exit code 0, or 2 with a message for
    what cannot be measured."""
    try:
        results = compare(options)
    except BenchmarkError as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 2
    sys.stdout.write(table.FORMATS[options.format](results, remark))
    return 0


def take(
    commands: Mapping[str, Command], options: Options, *, warm_up: int
) -> dict[str, list[Sample]]:
    """The samples of each command, in turn, with progress on stderr so that the table can be kept
    in a file. Raises BenchmarkError for a command that fails."""
    return measure.in_turn(
        commands,
        rounds=options.rounds,
        warm_up=warm_up,
        timeout=options.timeout,
        say=lambda progress: sys.stderr.write(f"{progress}\n"),
    )
