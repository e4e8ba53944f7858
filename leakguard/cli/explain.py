"""`leakguard explain`: what the rules see on one line, and how a score comes about."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leakguard import limits
from leakguard.cli.config import FILE_OPTIONS, config_from
from leakguard.cli.output import say
from leakguard.errors import UsageError
from leakguard.fingerprint import preview
from leakguard.report.wording import one_line, visible

if TYPE_CHECKING:
    from leakguard.explaining import Explained


@click.command(
    "explain",
    params=[click.Argument(["place"], metavar="FILE:LINE"), *FILE_OPTIONS],
    epilog="""\b
Examples:
  leakguard explain config/deploy.env:3
""",
)
def explain(place: str, **given: Any) -> None:
    """Say what the rules see on a line, found or not, and what speaks for and against it."""
    from leakguard.explaining import explain as look
    from leakguard.ruleset import load_rules

    path, line = _parsed(place)
    rules = load_rules(*config_from(given, ["."]).rules)
    say(as_text(place, look(_read(path), line, str(path), rules)))


def _parsed(place: str) -> tuple[Path, int]:
    path, colon, line = place.rpartition(":")
    if not colon or not path or not line.isascii() or not line.isdigit() or not int(line):
        raise UsageError(f"`{place}` names no line: write FILE:LINE, such as settings.py:12")
    return Path(path), int(line)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(limits.EXPLAINED_BYTES)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def as_text(place: str, seen: "Iterable[Explained]") -> str:
    """One block a value; a sentence where no rule sees any."""
    blocks = ["".join(f"{line}\n" for line in _block(item)) for item in seen]
    if not blocks:
        return f"{visible(place)}: no rule sees a value on this line\n"
    return "\n".join(blocks)


def _block(item: "Explained") -> Iterator[str]:
    from leakguard.generic.model import probability

    where = f"columns {item.column}-{item.end_column - 1}"
    yield f"{where}  {visible(preview(item.secret))}  {one_line(item.rule.name)} ({item.rule.id})"
    if item.dropped is not None:
        yield f"  not reported: the value alone is no secret ({item.dropped})"
    elif item.score is None:
        yield f"  confidence {item.rule.confidence.label}: the form says so"
    else:
        level = item.score.confidence
        chance = probability(item.score.odds)
        verdict = "not reported" if level is None else f"confidence {level.label}"
        yield f"  {verdict}: {chance:.0%}, log-odds {item.score.odds:+.2f}"
        yield f"  {item.score.bias:+7.2f}  where every value starts"
        for reason in item.score.reasons:
            yield f"  {reason.share:+7.2f}  {one_line(reason.text)}"
