"""A report as a summary in Markdown, for a comment on a pull request or a job's summary.

https://github.github.com/gfm/: a table, of which no cell can break out.
"""

from collections import Counter
from collections.abc import Iterator

from leakguard import limits
from leakguard.model import Finding, Report, Severity, Verdict
from leakguard.report.wording import (
    REVOKE,
    closing,
    counted,
    in_order,
    one_line,
    short,
    skips_in_order,
)

_SPECIAL = frozenset("\\`*_{}[]<>()+!|~&:$^")
"""What Markdown, HTML, links and formulas begin with: written as entities."""
_CALLING = frozenset("@#")
"""What forges make mentions and references of, after they have read the entities: a word joiner
(U+2060) behind it keeps them from that."""

_HEADS = {
    Verdict.LEAKS: "leakguard found {leaks}",
    Verdict.CLEAN: "leakguard found no leaks",
    Verdict.INCOMPLETE: "leakguard could not look at everything",
}


def to_markdown(report: Report) -> str:
    """A head, the gravest findings first (at most `limits.MARKDOWN_ROWS`), what to do, skips."""
    leaks = counted(len(report.findings), "leak")
    lines = [f"### {_HEADS[report.verdict].format(leaks=leaks)}", ""]
    lines += [*_table(report), *_what_to_do(report), *_skips(report)]
    lines += [f"> {plain(note)}" for note in report.notes]
    lines += [""] if report.notes else []
    return "\n".join([*lines, plain(closing(report))]) + "\n"


def _table(report: Report) -> Iterator[str]:
    findings = sorted(in_order(report.findings), key=lambda finding: -finding.severity)
    if not findings:
        return
    yield "| Severity | What | Where | Preview | Commit |"
    yield "| --- | --- | --- | --- | --- |"
    for finding in findings[: limits.MARKDOWN_ROWS]:
        yield _row(finding)
    yield ""
    more = findings[limits.MARKDOWN_ROWS :]
    if more:
        counts = Counter(finding.severity for finding in more)
        kinds = ", ".join(f"{counts[s]:,} {s.label}" for s in reversed(Severity) if counts[s])
        yield f"and {len(more):,} more ({kinds})"
        yield ""


def _row(finding: Finding) -> str:
    commit = plain(short(finding.commit)) if finding.commit else ""
    cells = (
        finding.severity.label,
        f"{plain(finding.name)} ({plain(finding.rule_id)})",
        f"{plain(finding.path)}, line {finding.line}",
        plain(finding.preview),
        commit,
    )
    return f"| {' | '.join(cells)} |"


def _what_to_do(report: Report) -> Iterator[str]:
    """The advice for each kind of leak, once."""
    if not report.findings:
        return
    yield "<details><summary>What to do</summary>"
    yield ""
    advice: dict[str, set[str]] = {}
    for finding in in_order(report.findings):
        advice.setdefault(one_line(finding.remedy) or REVOKE, set()).add(one_line(finding.name))
    for text, names in advice.items():
        yield f"- {plain(', '.join(sorted(names)))}: {plain(text)}"
    yield ""
    yield "</details>"
    yield ""


def _skips(report: Report) -> Iterator[str]:
    if not report.skips:
        return
    yield f"Not looked at ({len(report.skips):,}):"
    yield ""
    for skip in skips_in_order(report.skips)[: limits.SKIPS_SHOWN]:
        yield f"- {plain(skip.path)}: {plain(skip.reason)}"
    more = len(report.skips) - limits.SKIPS_SHOWN
    if more > 0:
        yield f"- and {more:,} more"
    yield ""


def plain(text: str) -> str:
    """A text on one line that Markdown shows as it is."""
    return "".join(map(_character, one_line(text))).replace("www.", "www&#46;")


def _character(char: str) -> str:
    if char in _CALLING:
        return f"&#{ord(char)};&#8288;"
    return f"&#{ord(char)};" if char in _SPECIAL else char
