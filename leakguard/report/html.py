"""A report as one HTML page: no network, no cookie, nothing of the page can be changed by what was
scanned. It reads without its script, which only filters the table.

The policy in the page (https://www.w3.org/TR/CSP3/) forbids all but its own style and script.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from leakguard import limits
from leakguard.model import Finding, Report, Severity, Suppressed
from leakguard.report.charts import Row, bars
from leakguard.report.html_parts import SCRIPT, STYLE
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

_STATES: Final = {True: "still on a branch", False: "in history only", None: "in the files"}
_MONTHS: Final = 3
"""In a quarter of a year."""
_YEAR: Final = slice(0, 4)
_MONTH: Final = slice(5, 7)
_DAY: Final = len("2026-01-02")


def to_html(report: Report) -> str:
    """The whole report as a page, findings by path, line, column and rule."""
    findings = in_order(report.findings)
    parts = [
        *_head(),
        f"<h1>{escape(_title(report))}</h1>",
        f'<p class="quiet">{_text(closing(report))}</p>',
        *(f"<p>{_text(note)}</p>" for note in report.notes),
        *_charts(findings),
        *_findings(findings),
        *_suppressed(suppressed_in_order(report.suppressed)),
        *_skips(report),
        "</main>",
        f"<script>{SCRIPT}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _head() -> Iterator[str]:
    policy = f"default-src 'none'; style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'"
    policy += "; base-uri 'none'; form-action 'none'"
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield "<title>leakguard report</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"


def _hash(text: str) -> str:
    """What the policy calls a text: its SHA-256 in base64."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _title(report: Report) -> str:
    if report.findings:
        return f"leakguard: {counted(len(report.findings), 'leak')}"
    return "leakguard: incomplete" if report.skips else "leakguard: no leaks"


def _charts(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    figures = {
        "By severity": _by_severity(findings),
        "By rule": _most(one_line(finding.rule_id) for finding in findings),
        "By folder": _most(_folder(finding.path) for finding in findings),
        "By author": _most(one_line(finding.author) for finding in findings if finding.author),
        "By age, the quarter they came in": _by_quarter(findings),
    }
    yield '<div class="charts">'
    for title, rows in figures.items():
        if rows:
            yield f"<figure><figcaption>{escape(title)}</figcaption>{bars(title, rows)}</figure>"
    yield "</div>"


def _by_severity(findings: Iterable[Finding]) -> list[Row]:
    counts = Counter(finding.severity for finding in findings)
    return [Row(level.label, counts[level]) for level in reversed(Severity) if counts[level]]


def _most(labels: Iterable[str]) -> list[Row]:
    """The most frequent labels, and the others together."""
    counts = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    rows = [Row(*item) for item in counts[: limits.CHART_ROWS]]
    others = sum(number for _, number in counts[limits.CHART_ROWS :])
    return [*rows, Row("all others", others)] if others else rows


def _folder(path: str) -> str:
    """The folder of a file, two deep at most."""
    folders = visible(path.partition("!")[0]).split("/")[:-1]
    return "/".join(folders[:2]) + "/" if folders else "(top)"


def _by_quarter(findings: Iterable[Finding]) -> list[Row]:
    """By the quarter of the commit's date, oldest first; of many the last ones."""
    counts = Counter(_quarter(finding.date) for finding in findings if finding.date)
    rows = [Row(quarter, counts[quarter]) for quarter in sorted(counts)]
    older = sum(row.number for row in rows[: -limits.CHART_ROWS])
    return [*([Row("earlier", older)] if older else []), *rows[-limits.CHART_ROWS :]]


def _quarter(date: str) -> str:
    month = int(date[_MONTH]) if date[_MONTH].isdigit() else 1
    return f"{visible(date[_YEAR])}, quarter {(month - 1) // _MONTHS + 1}"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield "<h2>Leaks</h2>"
    yield from _form(findings)
    heads = ("Severity", "What", "Where", "Found", "Came in", "What to do")
    yield from _table("findings", heads, map(_row, findings))


def _form(findings: Sequence[Finding]) -> Iterator[str]:
    """Filters; hidden unless the script runs."""
    severities = [level.label for level in reversed(Severity)]
    rules = sorted({one_line(finding.rule_id) for finding in findings})
    yield "<form hidden>"
    yield '<label>Text <input name="text" type="search" autocomplete="off"></label>'
    yield _choice("severity", severities)
    yield _choice("rule", rules)
    yield _choice("state", list(_STATES.values()))
    yield '<button type="reset">Show all</button>'
    yield '<output id="told" aria-live="polite"></output>'
    yield "</form>"


def _choice(name: str, values: Iterable[str]) -> str:
    options = "".join(f"<option>{escape(value)}</option>" for value in values)
    any_ = '<option value="">any</option>'
    return f'<label>{name.capitalize()} <select name="{name}">{any_}{options}</select></label>'


def _table(name: str, heads: Iterable[str], rows: Iterable[str]) -> Iterator[str]:
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
    yield f'<table id="{name}"><thead><tr>'
    yield "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    yield "</tr></thead><tbody>"
    yield from rows
    yield "</tbody></table></div>"


def _row(finding: Finding) -> str:
    data = {
        "severity": finding.severity.label,
        "rule": one_line(finding.rule_id),
        "state": _STATES[finding.on_branch],
    }
    given = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    advice = _text(finding.remedy) or escape(REVOKE)
    if finding.unheeded:
        advice += f'<br><span class="quiet">Not silenced by {_text(finding.unheeded)}</span>'
    return f"<tr {given}>{_first_cells(finding)}<td>{_origin(finding)}</td><td>{advice}</td></tr>"


def _first_cells(finding: Finding) -> str:
    level = finding.severity.label
    written = f"<br>written as {_text(finding.encoding)}" if finding.encoding else ""
    parts = "".join(
        f"<br>with {_text(part.name)} at {part.line}:{part.column}"
        f" <code>{_text(part.preview)}</code>"
        for part in finding.parts
    )
    return (
        f'<td class="severity {level}">{level}</td>'
        f'<td>{_text(finding.name)}<br><code class="quiet">{_text(finding.rule_id)}</code>'
        f"<br>{_text(finding.impact)}</td>"
        f'<td class="where"><code>{escape(visible(finding.path))}</code>'
        f"<br>{finding.line}:{finding.column}</td>"
        f"<td><code>{_text(finding.preview)}</code>{written}{parts}</td>"
    )


def _origin(finding: Finding) -> str:
    if not finding.commit:
        return escape(_STATES[finding.on_branch])
    versions = f"in {finding.occurrences:,} versions" if finding.occurrences > 1 else ""
    told = (
        f"<code>{escape(short(finding.commit))}</code>",
        escape(visible(finding.date or "")[:_DAY]),
        _text(finding.author or ""),
        escape(_STATES[finding.on_branch]),
        versions,
    )
    return "<br>".join(filter(None, told))


def _suppressed(items: Sequence[Suppressed]) -> Iterator[str]:
    if not items:
        return
    yield "<h2>Suppressed</h2>"
    heads = ("Severity", "What", "Where", "Found", "Why")
    rows = (
        f'<tr>{_first_cells(item.finding)}<td class="reason">{_text(item.reason)}</td></tr>'
        for item in items
    )
    yield from _table("suppressed", heads, rows)


def _skips(report: Report) -> Iterator[str]:
    if not report.skips:
        return
    yield "<h2>Not looked at</h2>"
    rows = (
        f'<tr><td class="where"><code>{escape(visible(skip.path))}</code></td>'
        f"<td>{_text(skip.reason)}</td></tr>"
        for skip in skips_in_order(report.skips)
    )
    yield from _table("skips", ("Where", "Why"), rows)


def _text(text: str) -> str:
    return escape(one_line(text))
