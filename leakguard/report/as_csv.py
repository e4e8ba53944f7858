"""A report as CSV (RFC 4180) for spreadsheets: a row for each finding, silenced ones included."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from leakguard.model import Finding, Report, Skip
from leakguard.report.wording import (
    in_order,
    one_line,
    skips_in_order,
    suppressed_in_order,
    visible,
)

COLUMNS: Final = (
    "state", "severity", "confidence", "rule", "name", "path", "line", "column", "preview",
    "commit", "author", "date", "on_branch", "occurrences", "fingerprint", "reason",
)  # fmt: skip

_FORMULA: Final = ("=", "+", "-", "@")
"""What makes a spreadsheet run a cell: https://owasp.org/www-community/attacks/CSV_Injection."""


def to_csv(report: Report) -> str:
    """A head, then findings (`open`), what was silenced (`suppressed`) and skips (`skipped`)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in in_order(report.findings):
        writer.writerow(_row("open", finding, finding.unheeded))
    for item in suppressed_in_order(report.suppressed):
        writer.writerow(_row("suppressed", item.finding, item.reason))
    writer.writerows(_skip(skip) for skip in skips_in_order(report.skips))
    return text.getvalue()


def _row(state: str, finding: Finding, reason: str) -> Sequence[str]:
    branch = {True: "yes", False: "no", None: ""}[finding.on_branch]
    return [
        state,
        finding.severity.label,
        finding.confidence.label,
        *map(_cell, (finding.rule_id, finding.name, finding.path)),
        f"{finding.line}",
        f"{finding.column}",
        *map(_cell, (finding.preview, finding.commit, finding.author, finding.date)),
        branch,
        f"{finding.occurrences}",
        *map(_cell, (finding.fingerprint, reason)),
    ]


def _skip(skip: Skip) -> Sequence[str]:
    cells = dict.fromkeys(COLUMNS, "")
    cells |= {"state": "skipped", "path": _cell(skip.path), "reason": _cell(skip.reason)}
    return list(cells.values())


def _cell(text: str | None) -> str:
    """A text on one line that no spreadsheet takes for a formula."""
    shown = one_line(text) if text and text.isprintable() else visible(text or "")
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
