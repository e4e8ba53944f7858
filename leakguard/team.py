"""Several processes that read one source together.

Python runs one thread at a time, however many cores there are; processes run side by side. They are
forked: the compiled rules and the open packs are there at once. Each takes the next part of the
source that nobody has taken, confirms what it finds, and sends that.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from leakguard import limits, messages, scored
from leakguard.confirmed import Confirmer
from leakguard.errors import SourceError
from leakguard.model import Candidate, Skip
from leakguard.signals import held
from leakguard.sources import Shareable, Source

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

_CLAIM_BYTES = 4


class _Progress(NamedTuple):
    """What a process found since it last told, and how far it has come in all."""

    items: list[Candidate | Skip]
    blobs: int
    bytes: int
    commits: int


class _End(NamedTuple):
    """The last that a process tells."""

    crowded: list[Skip]
    told: Any


class Team:
    """The processes, and what they found: complete when `wait` has come back."""

    def __init__(self, source: Shareable, confirmer: Confirmer, look: Callable[[], None]) -> None:
        self._source = source
        self._confirmer = confirmer
        self._look = look
        self._members: dict[Connection, _Member] = {}
        self.items: list[Candidate | Skip] = []
        self.crowded: list[Skip] = []

    def start(self, parts: int, workers: int) -> None:
        """Forks that many. Until it ends, `close` has to be called whatever happens."""
        from multiprocessing import get_context

        rules = self._confirmer.matcher.rules
        if any(rule.scored for rule in rules):
            scored.load()
        messages.know(rules)
        context = get_context("fork")
        claims = _Claims(parts)
        for _ in range(workers):
            ours, theirs = context.Pipe(duplex=False)
            arguments = (self._source, self._confirmer, claims, theirs, [ours, *self._members])
            process = context.Process(target=_work, args=arguments, daemon=True)
            with held():
                process.start()
                self._members[ours] = _Member(process)
            theirs.close()
        claims.close()

    def wait(self) -> None:
        """Takes in what all of them tell. Raises what broke one of them off, SourceError for one
        that was killed."""
        from multiprocessing.connection import wait

        while self._members:
            ready = wait([*self._members])
            for connection in [one for one in self._members if one in ready]:
                self._take(connection)
            self._look()
        self.items.sort(key=lambda item: item.key if isinstance(item, Candidate) else item.path)

    def _take(self, connection: "Connection") -> None:
        member = self._members[connection]
        try:
            message = connection.recv()
        except EOFError:
            member.process.join()
            raise SourceError(
                f"a process that took part in the scan was ended (exit code"
                f" {member.process.exitcode}): is there enough memory?"
            ) from None
        if isinstance(message, _Progress):
            self.items += message.items
            self._count(member, message)
        elif isinstance(message, _End):
            self.crowded += message.crowded
            self._source.hear(message.told)
            self._leave(connection)
        elif isinstance(message, Exception):
            raise message

    def _count(self, member: "_Member", told: _Progress) -> None:
        tally = self._source.tally
        tally.blobs += told.blobs - member.counted[0]
        tally.bytes += told.bytes - member.counted[1]
        tally.commits += told.commits - member.counted[2]
        member.counted = told.blobs, told.bytes, told.commits

    def _leave(self, connection: "Connection") -> None:
        member = self._members.pop(connection)
        connection.close()
        member.process.join()

    def close(self) -> None:
        """Ends those that are still at work."""
        for member in self._members.values():
            member.process.kill()
        for connection in list(self._members):
            self._leave(connection)


class _Member:
    """A process, and what of its tally has been counted."""

    def __init__(self, process: "ForkProcess") -> None:
        self.process = process
        self.counted = (0, 0, 0)


@contextmanager
def team_over(
    source: Source, confirmer: Confirmer, look: Callable[[], None], *, alone: bool
) -> Iterator[Team | None]:
    """The processes that read a source, for as long as the block lasts.

    None when this one reads it `alone`. Others are only started where a fork is safe: on Linux,
    with no thread but this one.
    """
    workers = 1 if alone else _workers()
    if workers == 1 or not isinstance(source, Shareable):
        yield None
        return
    team = Team(source, confirmer, look)
    try:
        if parts := source.parts():
            team.start(parts, min(workers, parts))
            source.others = team.wait
        yield team if parts else None
    finally:
        team.close()
        source.close()


def _workers() -> int:
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), limits.WORKERS_MOST)


class _Claims:
    """Hands out the numbers below `count`, each to one process: they wait in a pipe."""

    def __init__(self, count: int) -> None:
        self._count = count
        # More numbers than a pipe holds are handed out several at a time.
        self._step = -(-count // limits.CLAIMS_MOST) or 1
        self._read, write = os.pipe()
        firsts = range(0, count, self._step)
        os.write(write, b"".join(first.to_bytes(_CLAIM_BYTES, "big") for first in firsts))
        os.close(write)

    def __iter__(self) -> Iterator[int]:
        while claim := os.read(self._read, _CLAIM_BYTES):
            first = int.from_bytes(claim, "big")
            yield from range(first, min(first + self._step, self._count))

    def close(self) -> None:
        os.close(self._read)


def _work(
    source: Shareable,
    confirmer: Confirmer,
    claims: _Claims,
    connection: "Connection",
    foreign: "list[Connection]",
) -> None:
    """What a process does. Ends early when nobody listens any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    for other in foreign:
        other.close()
    try:
        for message in _messages(source, confirmer, claims):
            connection.send_bytes(messages.dumped(message))
    except BrokenPipeError:
        return
    except Exception as error:
        connection.send_bytes(messages.dumped(error))


def _messages(
    source: Shareable, confirmer: Confirmer, claims: _Claims
) -> Iterator[_Progress | _End]:
    matcher, tally = confirmer.matcher, source.tally
    scratch = matcher.scratch()
    for item in source.share(claims):
        items: list[Candidate | Skip] = []
        if isinstance(item, Skip):
            items.append(item)
        else:
            items += confirmer.candidates(item, matcher.hits(item, scratch))
        yield _Progress(items, tally.blobs, tally.bytes, tally.commits)
    yield _Progress([], tally.blobs, tally.bytes, tally.commits)
    yield _End(confirmer.crowded, source.told())
