"""A report for people at a terminal. Writes its own few ANSI codes: the hook has no time for more.

Only the styles of this module put control characters into the text; what comes from a scanned
source is made visible first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from leakguard import limits
from leakguard.model import Finding, Part, Report, Severity, Verdict
from leakguard.report.wording import (
    REVOKE,
    closing,
    counted,
    in_order,
    one_line,
    short,
    skips_in_order,
    suppressed_in_order,
    visible,
)

HISTORY: Final = (
    "Deleting the line does not remove it from history: every clone still holds it, so only "
    "revoking it helps. Rewrite the commits after that, if at all."
)
FILE_HISTORY: Final = (
    "Deleting the file does not remove it from history: every clone still holds it. Rewrite the "
    "commits, if it has to go."
)

_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
"""Parameters of the escape sequence SGR (ECMA-48, 8.3.117)."""
_SEVERITY_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_VERDICT_STYLES = {
    Verdict.CLEAN: "green",
    Verdict.LEAKS: "bold red",
    Verdict.INCOMPLETE: "yellow",
}
_DATE_CHARACTERS = len("2026-01-02")
_SEVERITY_WIDTH = max(len(severity.label) for severity in Severity)
_LEAST_WIDTH = 40
"""Columns that a paragraph gets however narrow the terminal is."""

_ABOUT_ALL = (HISTORY, FILE_HISTORY)

_Shared = Mapping[str, Sequence[Finding]]
"""Advice that several findings have, and which ones."""


def to_text(
    report: Report, *, color: bool = False, width: int = 80, suppressed: bool = False
) -> str:
    """The report in lines of about `width` columns; nothing is cut, long words stand out.

    Findings by path, what to do, what was silenced (if `suppressed`), notes, skips (at most
    `limits.SKIPS_SHOWN`), and one closing line.
    """
    page = _Page(color, width)
    findings = in_order(report.findings)
    shared = _shared_advice(findings)
    lines = [*_findings(page, findings, shared), *_what_to_do(page, shared)]
    lines += [*(_suppressed(page, report) if suppressed else ())]
    lines += [*_notes(page, report), *_skips(page, report)]
    lines.append(page.styled(closing(report), _VERDICT_STYLES[report.verdict]))
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Page:
    color: bool
    width: int

    def styled(self, text: str, styles: str) -> str:
        if not self.color:
            return text
        codes = ";".join(f"{_CODES[style]}" for style in styles.split())
        return f"\x1b[{codes}m{text}\x1b[0m"

    def paragraph(self, text: str, *, indent: int, label: str = "") -> list[str]:
        """`text` wrapped, each line indented; a `label` stands bold before the first line."""
        # Here, since compiling its patterns takes milliseconds that a clean commit need not wait.
        import textwrap

        room = max(self.width - indent - len(label), _LEAST_WIDTH)
        lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
        hang = " " * (indent + len(label))
        first = " " * indent + self.styled(label, "bold") if label else hang
        return [(hang if number else first) + line for number, line in enumerate(lines)]


def _findings(page: _Page, findings: list[Finding], shared: _Shared) -> Iterator[str]:
    room = max((len(_position(finding)) for finding in findings), default=0)
    for path, group in groupby(findings, key=lambda finding: finding.path):
        yield page.styled(visible(path), "bold")
        told: set[str] = set()
        for finding in group:
            yield _headline(page, finding, room)
            # What a rule's leaks cost is said once a path, not under each of fifty.
            untold = replace(finding, impact="") if finding.impact in told else finding
            yield from _details(page, untold, len("  ") + room + len("  "), shared)
            told.add(finding.impact)
        yield ""


def _headline(page: _Page, finding: Finding, room: int) -> str:
    severity = page.styled(
        finding.severity.label.ljust(_SEVERITY_WIDTH), _SEVERITY_STYLES[finding.severity]
    )
    rule = f"{one_line(finding.name)}  {page.styled(visible(finding.rule_id), 'dim')}"
    return f"  {_position(finding).ljust(room)}  {severity}  {rule}"


def _details(page: _Page, finding: Finding, indent: int, shared: _Shared) -> Iterator[str]:
    yield " " * indent + visible(finding.preview)
    if finding.encoding:
        yield " " * indent + page.styled(f"written as {one_line(finding.encoding)}", "dim")
    for part in finding.parts:
        yield " " * indent + f"with {_part(part)}"
    if finding.commit is not None:
        yield " " * indent + page.styled(_origin(finding), "dim")
    if finding.reasons:
        told = "; ".join(map(one_line, finding.reasons))
        yield " " * indent + page.styled(f"{finding.confidence.label}: {told}", "dim")
    yield from page.paragraph(one_line(finding.impact), indent=indent)
    own = " ".join(advice for advice in _advice(finding) if advice not in shared)
    yield from page.paragraph(own, indent=indent, label="Next: ")
    yield from page.paragraph(one_line(finding.unheeded), indent=indent, label="Not silenced by ")


def _part(part: Part) -> str:
    """What else of the credential stands where, and what it is worth alone."""
    where, worth = f"{part.line}:{part.column}", f"{part.severity.label} alone"
    return f"{one_line(part.name)} at {where}  {visible(part.preview)}  ({worth})"


def _position(finding: Finding) -> str:
    return f"{finding.line}:{finding.column}"


def _origin(finding: Finding) -> str:
    """Where in the history a finding comes from, and whether a branch still shows it."""
    states = {True: "still on a branch", False: "no longer on any branch", None: ""}
    versions = f"in {finding.occurrences:,} versions" if finding.occurrences > 1 else ""
    parts = (
        f"commit {short(finding.commit or '')}",
        one_line(finding.author or ""),
        visible(finding.date or "")[:_DATE_CHARACTERS],
        states[finding.on_branch],
        versions,
    )
    return "  ".join(filter(None, parts))


def _advice(finding: Finding) -> list[str]:
    advice = [one_line(finding.remedy) or REVOKE]
    if finding.commit is None:
        return advice
    return [*advice, FILE_HISTORY if finding.kind == "artifact" else HISTORY]


def _shared_advice(findings: Iterable[Finding]) -> _Shared:
    """The advice that more than one finding has, with these, in order of appearance."""
    takers: dict[str, list[Finding]] = {}
    for finding in findings:
        for advice in _advice(finding):
            takers.setdefault(advice, []).append(finding)
    return {advice: group for advice, group in takers.items() if len(group) > 1}


def _what_to_do(page: _Page, shared: _Shared) -> Iterator[str]:
    if not shared:
        return
    yield page.styled("What to do", "bold")
    # What holds for all rules comes last.
    for advice in sorted(shared, key=_ABOUT_ALL.__contains__):
        names = sorted({one_line(finding.name) for finding in shared[advice]})
        about = "All that is in history" if advice in _ABOUT_ALL else ", ".join(names)
        yield from page.paragraph(f"{about} ({counted(len(shared[advice]), 'leak')}):", indent=2)
        yield from page.paragraph(advice, indent=4)
    yield ""


def _suppressed(page: _Page, report: Report) -> Iterator[str]:
    """All that was silenced, and why."""
    if not report.suppressed:
        return
    yield page.styled("Suppressed", "bold")
    for item in suppressed_in_order(report.suppressed):
        finding = item.finding
        where = f"{visible(finding.path)}:{_position(finding)}"
        yield f"  {where}  {visible(finding.rule_id)}  {visible(finding.preview)}"
        yield from page.paragraph(one_line(item.reason), indent=4)
    yield ""


def _notes(page: _Page, report: Report) -> Iterator[str]:
    for note in report.notes:
        yield from page.paragraph(one_line(note), indent=0, label="Note: ")
    if report.notes:
        yield ""


def _skips(page: _Page, report: Report) -> Iterator[str]:
    if not report.skips:
        return
    yield page.styled("Not looked at", "yellow")
    for skip in skips_in_order(report.skips)[: limits.SKIPS_SHOWN]:
        yield f"  {visible(skip.path)}: {one_line(skip.reason)}"
    more = len(report.skips) - limits.SKIPS_SHOWN
    if more > 0:
        yield f"  and {more:,} more; the JSON report has them all"
    yield ""
