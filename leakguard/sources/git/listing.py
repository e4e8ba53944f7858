"""What `git rev-list --objects` says of a history: each object under the first commit with it."""

from typing import Final, NamedTuple

LISTING: Final = (
    "rev-list",
    "--objects",
    "--in-commit-order",
    "--reverse",
    "--date-order",
    "--missing=print",
)


class Listed(NamedTuple):
    """What a listing of objects says."""

    lines: list[bytes]
    orders: dict[bytes, int]
    """By object id the number of its line."""
    missing: list[bytes]
    """Ids of objects that are not there, which have no line."""


def read_listing(out: bytes) -> Listed:
    """The output of LISTING, taken apart."""
    lines = out.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    missing: list[bytes] = []
    if out.startswith(b"?") or b"\n?" in out:
        missing = [line[1:] for line in lines if line.startswith(b"?")]
        lines = [line for line in lines if not line.startswith(b"?")]
    length = len(lines[0].partition(b" ")[0]) if lines else 0
    return Listed(lines, {line[:length]: number for number, line in enumerate(lines)}, missing)
