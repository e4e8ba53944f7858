"""The words that a forge shows at a commit: title, Markdown summary, text of each place.

Paths, rule names and reasons are others' words: they stand in `code` elements made of references
(see words.py). https://docs.github.com/en/rest/checks/runs has the sizes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leakguard.model import Severity
from leakguard_service import limits
from leakguard_service.forges.port import Mark
from leakguard_service.work.words import code, count, link


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at for one commit, by all scans of it, and what could not be."""

    commits: int = 0
    blobs: int = 0
    bytes: int = 0
    members: int = 0
    suppressed: int = 0
    skipped: int = 0
    skips: tuple[tuple[str, str], ...] = ()
    """Path and reason of the first ones."""
    notes: tuple[str, ...] = ()
    error: str = ""
    """Why nothing was looked at."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One finding at one place, with links."""

    mark: Mark
    finding_url: str
    line_url: str
    more: int = 0
    """Further places of the same finding."""


@dataclass(frozen=True, slots=True)
class Said:
    """All that is said of a commit."""

    verdict: str
    findings: int
    """Open ones."""
    closed: int
    """Resolved and dismissed ones."""
    shown: Sequence[Shown]
    coverage: Coverage
    url: str = ""


def title(said: Said) -> str:
    """One line."""
    if said.verdict == "leaks":
        return f"{count(said.findings, 'leak')} found"
    if said.verdict == "incomplete":
        if not said.coverage.skipped:
            return "Not everything could be looked at"
        return f"{count(said.coverage.skipped, 'thing')} could not be looked at"
    if said.verdict == "failed":
        return "Could not be scanned"
    return "No open leaks" if said.closed else "No leaks found"


def summary(said: Said) -> str:
    """Markdown of at most limits.SUMMARY_CHARACTERS characters."""
    lines: list[str] = []
    size = 0
    for line in _lines(said):
        size += len(line) + 1
        if size > limits.SUMMARY_CHARACTERS - 200:
            lines += ["", "_Cut here: there is more than fits._"]
            break
        lines.append(line)
    return "\n".join(lines).strip()


def _lines(said: Said) -> Iterator[str]:
    yield from _opening(said)
    yield from _table(said)
    yield from _skipped(said.coverage)
    yield from _looked_at(said)
    if said.url:
        yield ""
        yield link("All about it in leakguard", said.url)


def _opening(said: Said) -> Iterator[str]:
    if said.verdict == "failed":
        yield f"The commit was **not scanned**: {code(said.coverage.error or 'unknown', 1_000)}"
    elif said.findings:
        yield (
            f"**{count(said.findings, 'leak')}** in these commits. Whoever can read the repository"
            " may have them already: revoke them first, then remove them."
        )
    if said.closed:
        yield ""
        yield f"{count(said.closed, 'further one')} {_is(said.closed)} resolved or dismissed."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _table(said: Said) -> Iterator[str]:
    if not said.shown:
        return
    yield ""
    yield "| Severity | What | Where | |"
    yield "| --- | --- | --- | --- |"
    for one in said.shown[: limits.SUMMARY_ROWS]:
        mark = one.mark
        where = link(code(f"{mark.path}:{mark.line}"), one.line_url)
        more = f" and {count(one.more, 'more place')}" if one.more else ""
        page = link("details", one.finding_url) if one.finding_url else ""
        severity = Severity(mark.severity).label
        yield f"| {severity} | {code(mark.title, 100)} | {where}{more} | {page} |"
    left = said.findings - min(len(said.shown), limits.SUMMARY_ROWS)
    if left > 0:
        yield ""
        yield f"… and {count(left, 'more')}.".replace("mores", "more")


def _skipped(coverage: Coverage) -> Iterator[str]:
    if not coverage.skipped:
        return
    yield ""
    yield f"**{count(coverage.skipped, 'thing')} could not be looked at**, so leaks may be there:"
    yield ""
    for path, reason in coverage.skips[: limits.SUMMARY_SKIPS]:
        yield f"- {code(path)}: {code(reason)}"
    left = coverage.skipped - min(len(coverage.skips), limits.SUMMARY_SKIPS)
    if left > 0:
        yield f"- … and {left:,} more"


def _looked_at(said: Said) -> Iterator[str]:
    coverage = said.coverage
    if said.verdict != "failed":
        yield ""
        yield (
            f"Looked at {count(coverage.commits, 'commit')},"
            f" {count(coverage.blobs, 'version of a file', 'versions of files')}"
            f" ({coverage.bytes / 1_000_000:,.1f} MB) and"
            f" {count(coverage.members, 'file')} inside of others."
        )
    if coverage.suppressed:
        yield (
            f"{count(coverage.suppressed, 'place')} {_is(coverage.suppressed)} silenced by"
            " comments, excluded paths or baselines."
        )
    for note in coverage.notes:
        yield ""
        yield code(note, 500)


def mark_text(impact: str, remedy: str, url: str, places: int) -> str:
    """Plain text of one place: why it matters, what to do, where it is worked off."""
    parts = [impact, remedy]
    if places > 1:
        parts.append(f"The same secret is at {places} places of these commits.")
    if url:
        parts.append(f"Say what was done about it: {url}")
    return "\n\n".join(part.strip() for part in parts if part.strip())
