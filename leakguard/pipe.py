"""The pipe: sources -> windows -> candidates -> filters -> findings -> report."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from leakguard import limits
from leakguard.confirmed import Confirmer
from leakguard.data.seen import Data
from leakguard.doubles import without_doubles
from leakguard.findings import in_order, judge
from leakguard.looking import Looking
from leakguard.matcher import Hits, Matcher
from leakguard.model import Candidate, Report, Skip, Summary, Window
from leakguard.overlaps import without_disabled
from leakguard.policy import Policy
from leakguard.sources import Source
from leakguard.suppression import Suppression, suppression_for
from leakguard.team import team_over
from leakguard.unpack import Opening, Unpacking

if TYPE_CHECKING:
    from leakguard.plugins import Plugins

_PROGRESS_SECONDS = 0.1


class Progress(NamedTuple):
    """How far a scan has come. Times are seconds."""

    blobs: int
    bytes: int
    candidates: int
    seconds: float


def run(
    sources: Sequence[Source],
    matcher: Matcher,
    policy: Policy = Policy(),
    progress: Callable[[Progress], None] | None = None,
    opening: Opening | None = Opening(),
    plugins: "Plugins | None" = None,
    suppression: Suppression | None = None,
    data: Data | None = None,
) -> Report:
    """Looks at all that the sources yield, in their order, and at what is packed in it.

    `opening` says how far files that hold others are opened and whose builds they are; None leaves
    them closed. `plugins` look at the same after the rules. `suppression` stands in for the
    policy's own. `data` says how to look for customers' data; None does not look for it. Raises
    what a source raises when nothing of it can be read, ConfigError for a baseline or an index that
    cannot be used, and nothing else.
    """
    began, started = int(time.time()), time.perf_counter()
    suppression = suppression or suppression_for(policy)
    unpacked = [Unpacking(source, opening.allowance) for source in sources] if opening else []
    sources = unpacked or sources
    looking = [Looking(source, data) for source in sources] if data else []
    sources = looking or sources
    watch = _Watch(sources, progress, started)
    found: list[list[Candidate]] = []
    skips: list[Skip] = []
    for source in sources:
        candidates: list[Candidate] = []
        confirmer = Confirmer(matcher, policy, plugins)
        for item in _items(source, confirmer, watch, alone=plugins is not None):
            if isinstance(item, Skip):
                skips.append(item)
            else:
                candidates.append(item)
                watch.candidates += 1
        found.append(without_doubles(without_disabled(candidates, policy.disabled_rules)))
    findings, suppressed = judge(sources, found, policy, suppression)
    notes = [note for source in sources for note in source.notes()]
    if opening is not None and any(source.builds for source in unpacked):
        from leakguard.builds import judge_builds  # most scans meet none

        builds, silenced, told = judge_builds(unpacked, opening, suppression)
        findings, suppressed = in_order(findings + builds), suppressed + silenced
        notes += told
    if any(source.tables or source.records for source in looking):
        from leakguard.disclosures import judge_data  # most scans meet none

        told_data, silenced = judge_data(looking, suppression)
        findings, suppressed = in_order(findings + told_data), suppressed + silenced
    return Report(
        findings=tuple(findings),
        skips=tuple(sorted(skips, key=lambda skip: (skip.path, skip.reason, skip.blob or ""))),
        suppressed=tuple(suppressed),
        notes=tuple(dict.fromkeys(notes)),
        summary=Summary(
            blobs=sum(source.tally.blobs for source in sources),
            bytes=sum(source.tally.bytes for source in sources),
            commits=sum(source.tally.commits for source in sources),
            members=sum(source.members.blobs for source in unpacked),
            seconds=time.perf_counter() - started,
            started=began,
        ),
    )


@dataclass(slots=True)
class _Watch:
    """Tells how far the scan has come, not too often."""

    sources: Sequence[Source]
    progress: Callable[[Progress], None] | None
    started: float
    candidates: int = 0
    told: float = 0.0

    def look(self) -> None:
        now = time.perf_counter()
        if self.progress is None or now - self.told < _PROGRESS_SECONDS:
            return
        self.told = now
        blobs = sum(source.tally.blobs for source in self.sources)
        size = sum(source.tally.bytes for source in self.sources)
        self.progress(Progress(blobs, size, self.candidates, now - self.started))


def _items(
    source: Source, confirmer: Confirmer, watch: _Watch, *, alone: bool
) -> Iterator[Candidate | Skip]:
    """What the rules confirm in a source, in its order; behind it what others found there."""
    with team_over(source, confirmer, watch.look, alone=alone) as team:
        for item in _matched(source.windows(), confirmer.matcher):
            watch.look()
            if isinstance(item, Skip):
                yield item
            else:
                yield from confirmer.candidates(*item)
        if team:
            yield from team.items
            confirmer.crowded += team.crowded
    yield from _placed(source, confirmer.crowded)


def _placed(source: Source, skips: Sequence[Skip]) -> Iterator[Skip]:
    """The skips of a scanner, which knows only keys, with path and object id; each once."""
    places = source.places({skip.path for skip in skips}) if skips else {}
    for skip in dict.fromkeys(skips):
        for place in places.get(skip.path, ())[:1]:
            yield replace(skip, path=place.path, blob=place.blob)


_Matched = tuple[Window, Hits] | Skip


def _matched(items: Iterable[Window | Skip], matcher: Matcher) -> Iterator[_Matched]:
    """Each window with its hits. A second window starts threads; a hook has only one."""
    iterator = iter(items)
    window: Window | None = None
    for item in iterator:
        if isinstance(item, Skip):
            yield item
        elif window is None:
            window = item
        else:
            yield from _threaded(matcher, [window, item], iterator)
            return
    if window is not None:
        yield window, matcher.hits(window, matcher.scratch())


@dataclass(slots=True)
class _Job:
    """A window on its way through a matching thread."""

    window: Window
    hits: Hits = field(default_factory=list)
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


def _threaded(
    matcher: Matcher, first: Sequence[Window], rest: Iterable[Window | Skip]
) -> Iterator[_Matched]:
    """As `_matched`, reading on while threads match: the automaton runs without the lock."""
    jobs: SimpleQueue[_Job | None] = SimpleQueue()
    threads = [
        threading.Thread(target=_work, args=(matcher, jobs), daemon=True)
        for _ in range(limits.MATCHING_THREADS)
    ]
    for thread in threads:
        thread.start()
    waiting: deque[_Job] = deque()
    try:
        for item in chain(first, rest):
            if isinstance(item, Skip):
                yield item
                continue
            waiting.append(_Job(item))
            jobs.put(waiting[-1])
            while len(waiting) > limits.WINDOWS_IN_FLIGHT or (waiting and waiting[0].done.is_set()):
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        for _ in threads:
            jobs.put(None)


def _work(matcher: Matcher, jobs: "SimpleQueue[_Job | None]") -> None:
    scratch = matcher.scratch()
    while (job := jobs.get()) is not None:
        try:
            job.hits = matcher.hits(job.window, scratch)
        except BaseException as error:
            job.error = error  # raised again by the thread that waits
        job.done.set()


def _result(job: _Job) -> tuple[Window, Hits]:
    job.done.wait()
    if job.error is not None:
        raise job.error
    return job.window, job.hits
