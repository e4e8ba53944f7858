"""A report as JSON (RFC 8259) or JSON Lines: the one format whose keys other programs rely on.

The output is pure ASCII. New keys may be added; a key that changes or goes raises SCHEMA_VERSION.
"""

import json
from typing import Any, Final

from leakguard.model import Finding, Part, Report, Skip, Suppressed
from leakguard.report.wording import encodable, in_order, skips_in_order, suppressed_in_order
from leakguard.version import __version__

SCHEMA_VERSION: Final = 1

_MILLISECONDS = 3
"""Decimal places of seconds."""


def to_json(report: Report) -> str:
    """The whole report as one object, indented."""
    document = {
        **_head(report),
        "summary": _summary(report),
        "findings": [_finding(finding) for finding in in_order(report.findings)],
        "skips": [_skip(skip) for skip in skips_in_order(report.skips)],
        "notes": [encodable(note) for note in report.notes],
        "suppressed": [_suppressed(item) for item in suppressed_in_order(report.suppressed)],
    }
    return json.dumps(document, indent=2) + "\n"


def to_jsonl(report: Report) -> str:
    """One object a line: findings, skips, notes, what was silenced, last the summary."""
    lines = [{"type": "finding", **_finding(finding)} for finding in in_order(report.findings)]
    lines += [{"type": "skip", **_skip(skip)} for skip in skips_in_order(report.skips)]
    lines += [{"type": "note", "text": encodable(note)} for note in report.notes]
    for item in suppressed_in_order(report.suppressed):
        lines.append({"type": "suppressed", **_suppressed(item)})
    lines.append({"type": "summary", **_head(report), **_summary(report)})
    return "".join(json.dumps(line) + "\n" for line in lines)


def _head(report: Report) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "leakguard", "version": __version__},
        "verdict": report.verdict.value,
    }


def _summary(report: Report) -> dict[str, Any]:
    return {
        "blobs": report.summary.blobs,
        "bytes": report.summary.bytes,
        "commits": report.summary.commits,
        "members": report.summary.members,
        "findings": len(report.findings),
        "skips": len(report.skips),
        "suppressed": len(report.suppressed),
        "seconds": round(report.summary.seconds, _MILLISECONDS),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule_id": encodable(finding.rule_id),
        "name": encodable(finding.name),
        "kind": finding.kind,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "path": encodable(finding.path),
        "line": finding.line,
        "end_line": finding.end_line,
        "column": finding.column,
        "end_column": finding.end_column,
        "commit": finding.commit,
        "author": _known(finding.author),
        "date": _known(finding.date),
        "blob": finding.blob,
        "preview": encodable(finding.preview),
        "fingerprint": finding.fingerprint,
        "impact": _known(finding.impact),
        "remedy": _known(finding.remedy),
        "reference": _known(finding.reference),
        "on_branch": finding.on_branch,
        "occurrences": finding.occurrences,
        "reasons": [encodable(reason) for reason in finding.reasons],
        "encoding": _known(finding.encoding),
        "parts": [_part(part) for part in finding.parts],
        "unheeded": _known(finding.unheeded),
    }


def _suppressed(item: Suppressed) -> dict[str, Any]:
    """A finding that was silenced, why, and by which entry of the own baseline, if by one."""
    reason, entry = encodable(item.reason), item.entry or None
    return {**_finding(item.finding), "reason": reason, "entry": entry}


def _part(part: Part) -> dict[str, Any]:
    return {
        "rule_id": encodable(part.rule_id),
        "name": encodable(part.name),
        "severity": part.severity.label,
        "line": part.line,
        "column": part.column,
        "preview": encodable(part.preview),
    }


def _skip(skip: Skip) -> dict[str, Any]:
    return {"path": encodable(skip.path), "reason": encodable(skip.reason), "blob": skip.blob}


def _known(text: str | None) -> str | None:
    return encodable(text) if text else None
