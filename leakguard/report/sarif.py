"""A report as SARIF 2.1.0, which code scanning services and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (section numbers are of it) and
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

import json
import re
import string
from collections.abc import Iterable
from typing import Any, Final

from leakguard.model import Finding, Part, Report, Severity, Skip, Suppressed
from leakguard.report.wording import (
    REVOKE,
    encodable,
    in_order,
    one_line,
    skips_in_order,
    suppressed_in_order,
)
from leakguard.version import __version__

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT: Final = "leakguard/v1"
"""Name of our fingerprint among the partial fingerprints (3.27.17)."""
IN_SOURCE: Final = "comment"
"""A suppression whose reason begins with this word stands in the scanned source itself."""

_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""In the middle of the bands that GitHub makes of them: over 9.0 is critical, 7.0 high, 4.0
medium."""
_URI_BYTES = frozenset((string.ascii_letters + string.digits + "-._~/!$&'()*+;=@").encode())
"""Bytes that a URI's path may hold as they are (RFC 3986, 3.3), less `,` and `:`: the first
segment of a relative reference must not look like a scheme."""
_DRIVE = re.compile("[A-Za-z]:[/\\\\]")


def to_sarif(report: Report) -> str:
    """The report as one SARIF log with one run; suppressed findings are results that say so."""
    suppressed = suppressed_in_order(report.suppressed)
    findings = in_order(report.findings)
    rules = _rules([*findings, *(item.finding for item in suppressed)])
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "leakguard", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of what was scanned."}}},
        "invocations": [{"executionSuccessful": True, **_notifications(report)}],
        "results": [
            *(_result(finding, numbers) for finding in findings),
            *(_suppressed_result(item, numbers) for item in suppressed),
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The rules that found something, by id."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.rule_id, finding)
    return [_rule(first[rule_id]) for rule_id in sorted(first)]


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": encodable(finding.rule_id),
        "shortDescription": _message(finding.name),
        "fullDescription": _message(finding.impact or finding.name),
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "help": _message(f"{finding.impact} {finding.remedy or REVOKE}"),
        "properties": {
            "security-severity": _SCORES[finding.severity],
            "precision": finding.confidence.label,
            "tags": ["security", finding.kind],
        },
    }
    if finding.reference.startswith(("https://", "http://")):
        rule["helpUri"] = encodable(finding.reference)
    return rule


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    rule_id = encodable(finding.rule_id)
    text = " ".join(filter(None, (f"{finding.name}: {finding.preview}", finding.impact)))
    result: dict[str, Any] = {
        "ruleId": rule_id,
        "ruleIndex": numbers[rule_id],
        "level": _LEVELS[finding.severity],
        "message": _message(text),
        "locations": [_location(finding.path, _region(finding))],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": _properties(finding),
    }
    if finding.parts:
        result["relatedLocations"] = [_related(finding, part) for part in finding.parts]
    return result


def _related(finding: Finding, part: Part) -> dict[str, Any]:
    """A part of the credential, beside the secret (3.27.22)."""
    text = f"{part.name}: {part.preview} ({part.severity.label} alone)"
    region = {"startLine": part.line, "startColumn": part.column}
    return {**_location(finding.path, region), "message": _message(text)}


def _suppressed_result(item: Suppressed, numbers: dict[str, int]) -> dict[str, Any]:
    kind = "inSource" if item.reason.startswith(IN_SOURCE) else "external"
    suppression = {"kind": kind, "justification": one_line(item.reason)}
    return {**_result(item.finding, numbers), "suppressions": [suppression]}


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }


def _properties(finding: Finding) -> dict[str, Any]:
    known = {
        "commit": finding.commit,
        "author": finding.author and one_line(finding.author),
        "date": finding.date and one_line(finding.date),
        "blob": finding.blob,
        "onBranch": finding.on_branch,
        "confidence": finding.confidence.label,
        "occurrences": finding.occurrences,
        "encoding": finding.encoding or None,
    }
    return {key: value for key, value in known.items() if value is not None}


def _notifications(report: Report) -> dict[str, Any]:
    skips = [_skip(skip) for skip in skips_in_order(report.skips)]
    notes = [{"level": "note", "message": _message(note)} for note in report.notes]
    return {"toolExecutionNotifications": [*skips, *notes]} if skips or notes else {}


def _skip(skip: Skip) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": _message(f"Not looked at: {skip.reason}"),
        "locations": [_location(skip.path)],
        "descriptor": {"id": "skip"},
    }


def _location(path: str, region: dict[str, int] | None = None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if region is not None:
        physical["region"] = region
    return {"physicalLocation": physical}


def _artifact(path: str) -> dict[str, str]:
    """A path below the root, or else a `file` URI, which has no base (3.4.4)."""
    if _DRIVE.match(path):
        return {"uri": "file:///" + path[0] + ":" + _quoted(path[2:].replace("\\", "/"))}
    if path.startswith("/"):
        return {"uri": "file://" + _quoted(path)}
    return {"uri": _quoted(path), "uriBaseId": _ROOT}


def _quoted(path: str) -> str:
    """`path` percent-encoded (RFC 3986, 2.1), byte by byte: nothing of it is lost."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a UTF-16 pair, as Windows allows in a name
        data = encodable(path).encode()
    return "".join(chr(byte) if byte in _URI_BYTES else f"%{byte:02X}" for byte in data)


def _message(text: str) -> dict[str, str]:
    """Plain text, in which braces are doubled (3.11.5) and nothing makes a link (3.11.6)."""
    escaped = one_line(text).replace("{", "{{").replace("}", "}}")
    return {"text": escaped.replace("](", "] (")}
