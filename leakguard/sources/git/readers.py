"""Several `git cat-file` side by side: inflating is the longest part of a scan, on one core a git.

Each git reads its own stretch of the list, so that deltas stay near their bases. A thread a git
fills a short queue, and the queues are emptied in turn: the order does not depend on who is fast.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from queue import Empty, Queue

from leakguard import limits
from leakguard.model import Skip, Window
from leakguard.sources import Tally
from leakguard.sources.git.command import Git
from leakguard.sources.git.objects import Objects

_Part = Generator[Window | Skip, None, None]

_LOOK_SECONDS = 0.01
"""How often a thread that is being stopped is looked at."""

_Item = Window | Skip | None | BaseException
"""What a thread hands over: None when it is done, or what it failed with."""


def read_objects(git: Git, lines: list[bytes], tally: Tally) -> Iterator[Window | Skip]:
    """As `Objects.windows`; which object comes after which is settled, but not that of `lines`."""
    share = -(-len(lines) // limits.GIT_READERS)
    if share < limits.OBJECTS_PER_READER:
        yield from Objects(git, tally).windows(lines)
        return
    tallies = [Tally() for _ in range(limits.GIT_READERS)]
    parts = [
        Objects(git, part).windows(lines[number * share : (number + 1) * share])
        for number, part in enumerate(tallies)
    ]
    for item in _in_turn(parts):
        _add_up(tallies, tally)
        yield item
    _add_up(tallies, tally)


def _add_up(parts: Sequence[Tally], whole: Tally) -> None:
    """Each thread counts for itself: `+=` of several threads would lose some."""
    whole.blobs = sum(part.blobs for part in parts)
    whole.bytes = sum(part.bytes for part in parts)
    whole.commits = sum(part.commits for part in parts)


def _in_turn(parts: Sequence[_Part]) -> Iterator[Window | Skip]:
    """One item of each part in turn; the segments of one blob are not torn apart."""
    with _running(parts) as readers:
        while readers:
            for reader in list(readers):
                while (item := reader.next()) is not None and _continues(item):
                    yield item
                if item is None:
                    readers.remove(reader)
                else:
                    yield item


def _continues(item: Window | Skip) -> bool:
    """Whether the next window has more of this one's blob."""
    return isinstance(item, Window) and item.pieces[-1].own_end < item.pieces[-1].end


class _Reader:
    """A thread that reads ahead in one part."""

    def __init__(self, part: _Part) -> None:
        self._part = part
        self._queue: Queue[_Item] = Queue(limits.WINDOWS_READ_AHEAD)
        self._stopped = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def next(self) -> Window | Skip | None:
        """The next item, None at the end. Raises what reading it raised."""
        item = self._queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def stop(self) -> None:
        """Ends the thread, and with it its git."""
        self._stopped = True
        while self._thread.is_alive():
            with suppress(Empty):
                self._queue.get(timeout=_LOOK_SECONDS)

    def _work(self) -> None:
        try:
            with closing(self._part) as part:
                for item in part:
                    self._queue.put(item)
                    if self._stopped:
                        return
            self._queue.put(None)
        except BaseException as error:
            self._queue.put(error)


@contextmanager
def _running(parts: Sequence[_Part]) -> Iterator[list[_Reader]]:
    readers = [_Reader(part) for part in parts]
    try:
        yield list(readers)
    finally:
        for reader in readers:
            reader.stop()
