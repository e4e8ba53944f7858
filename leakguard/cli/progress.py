"""How far a long scan has come, in one line on a terminal that is gone at the end.

Only this module imports rich, and only when a scan lasts.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leakguard.cli.output import is_terminal
from leakguard.report.wording import counted, size

if TYPE_CHECKING:
    from rich.status import Status

    from leakguard.pipe import Progress

_PATIENCE_SECONDS = 0.5
"""A shorter scan shows nothing: importing rich alone takes a tenth of a second."""


@contextmanager
def shown(asked: bool | None) -> Iterator["Callable[[Progress], None] | None"]:
    """What to hand to a scan as `progress`: None unless asked for or standard error is a terminal.

    The line is wiped when the block ends.
    """
    if not (is_terminal(sys.stderr) if asked is None else asked):
        yield None
        return
    line = _Line()
    try:
        yield line.show
    finally:
        line.wipe()


def words(progress: "Progress") -> str:
    """`12 blobs, 3.4 MB, 310.0 MB/s, 2 candidates`."""
    rate = progress.bytes / progress.seconds if progress.seconds else 0
    parts = (
        counted(progress.blobs, "blob"),
        size(progress.bytes),
        f"{size(round(rate))}/s",
        counted(progress.candidates, "candidate"),
    )
    return ", ".join(parts)


class _Line:
    """The line on the terminal. For one thread."""

    def __init__(self) -> None:
        self._status: Status | None = None

    def show(self, progress: "Progress") -> None:
        if self._status is not None:
            self._status.update(words(progress))
        elif progress.seconds >= _PATIENCE_SECONDS:
            from rich.console import Console

            console = Console(stderr=True, force_terminal=True, highlight=False)
            self._status = console.status(words(progress))
            self._status.start()

    def wipe(self) -> None:
        if self._status is not None:
            self._status.stop()
