"""A report for DefectDojo, as its parser "Generic Findings Import" takes it.

https://docs.defectdojo.com/supported_tools/parsers/generic_findings_import/
"""

import json
from typing import Any, Final

from leakguard.model import Confidence, Finding, Report, Suppressed
from leakguard.report.wording import (
    REVOKE,
    encodable,
    in_order,
    one_line,
    short,
    suppressed_in_order,
)
from leakguard.version import __version__

_CWE: Final = 798
"""Use of hard-coded credentials: https://cwe.mitre.org/data/definitions/798.html."""

_CONFIDENCES: Final = {Confidence.HIGH: 1, Confidence.MEDIUM: 4, Confidence.LOW: 7}
"""DefectDojo counts from 1, certain, to 7 and more, tentative."""

_DATE_CHARACTERS = len("2026-01-02")
_TITLE_CHARACTERS = 511


def to_defectdojo(report: Report) -> str:
    """The findings, and what was silenced as findings that are not active."""
    document = {
        "name": "leakguard",
        "type": "leakguard",
        "version": __version__,
        "findings": [
            *(_finding(finding, active=True) for finding in in_order(report.findings)),
            *map(_suppressed, suppressed_in_order(report.suppressed)),
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _suppressed(item: Suppressed) -> dict[str, Any]:
    return {**_finding(item.finding, active=False), "severity_justification": one_line(item.reason)}


def _finding(finding: Finding, *, active: bool) -> dict[str, Any]:
    known: dict[str, Any] = {
        "title": one_line(f"{finding.name} in {finding.path}")[:_TITLE_CHARACTERS],
        "description": _described(finding),
        "severity": finding.severity.label.capitalize(),
        "impact": one_line(finding.impact),
        "mitigation": one_line(finding.remedy) or REVOKE,
        "references": one_line(finding.reference),
        "date": one_line(finding.date or "")[:_DATE_CHARACTERS],
        "cwe": _CWE,
        "file_path": encodable(finding.path),
        "line": finding.line,
        "nb_occurences": finding.occurrences,
        "scanner_confidence": _CONFIDENCES[finding.confidence],
        "unique_id_from_tool": encodable(finding.fingerprint),
        "vuln_id_from_tool": encodable(finding.rule_id),
    }
    kept = {key: value for key, value in known.items() if value}
    return {**kept, "active": active, "verified": False, "static_finding": True}


def _described(finding: Finding) -> str:
    """What was found and where, as paragraphs: DefectDojo shows them as Markdown."""
    rows = {
        "Found": finding.preview,
        "Rule": finding.rule_id,
        "Written as": finding.encoding,
        "Commit": short(finding.commit or ""),
        "Author": finding.author,
    }
    return "\n\n".join(f"{name}: {_plain(value)}" for name, value in rows.items() if value)


def _plain(text: str) -> str:
    """The text with what Markdown and HTML would read spelled out."""
    return "".join(f"&#{ord(char)};" if char in "<>&*_`[]|\\" else char for char in one_line(text))
