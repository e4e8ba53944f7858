"""A report for GitLab: what a job hands over as `artifacts:reports:secret_detection`.

https://gitlab.com/gitlab-org/security-products/security-report-schemas, the schema
`secret-detection-report-format.json`.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from leakguard.model import Finding, Report, Skip
from leakguard.report.wording import REVOKE, closing, encodable, in_order, one_line, skips_in_order
from leakguard.version import __version__

SCHEMA_VERSION: Final = "15.0.7"
NO_COMMIT: Final = "0000000"
"""Stands for the commit where there is none: GitLab asks for one."""

_NAME_CHARACTERS = 255
_SOLUTION_CHARACTERS = 7000
_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/leakguard/leakguard")
_TOOL: Final = {
    "id": "leakguard",
    "name": "leakguard",
    "version": __version__,
    "vendor": {"name": "leakguard"},
}


def to_gitlab(report: Report) -> str:
    """The findings as vulnerabilities; skips and notes as messages of the scan."""
    started = report.summary.started
    document = {
        "version": SCHEMA_VERSION,
        "scan": {
            "analyzer": _TOOL,
            "scanner": _TOOL,
            "type": "secret_detection",
            "start_time": _time(started),
            "end_time": _time(started + int(report.summary.seconds)),
            "status": "success",
            "messages": _messages(report),
        },
        "vulnerabilities": [_vulnerability(finding) for finding in in_order(report.findings)],
    }
    return json.dumps(document, indent=2) + "\n"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _messages(report: Report) -> list[dict[str, str]]:
    """What could not be looked at is a warning each; a scan with skips is not a clean one."""
    skips = [{"level": "warn", "value": _skip(skip)} for skip in skips_in_order(report.skips)]
    notes = [{"level": "info", "value": one_line(note)} for note in report.notes]
    return [*skips, *notes, {"level": "info", "value": one_line(closing(report))}]


def _skip(skip: Skip) -> str:
    return one_line(f"not looked at: {skip.path}: {skip.reason}")


def _vulnerability(finding: Finding) -> dict[str, Any]:
    """A finding; its id is the same as long as secret and path are."""
    place = f"{finding.fingerprint}\0{finding.rule_id}"
    told = one_line(f"{finding.name}: {finding.preview}. {finding.impact}")
    vulnerability: dict[str, Any] = {
        "id": str(uuid.uuid5(_SPACE, encodable(place))),
        "category": "secret_detection",
        "name": one_line(finding.name)[:_NAME_CHARACTERS],
        "description": told,
        "severity": finding.severity.label.capitalize(),
        "solution": (one_line(finding.remedy) or REVOKE)[:_SOLUTION_CHARACTERS],
        "location": _location(finding),
        "identifiers": [
            {
                "type": "leakguard_rule_id",
                "name": encodable(f"leakguard rule {finding.rule_id}"),
                "value": encodable(finding.rule_id),
            },
            {
                "type": "cwe",
                "name": "CWE-798",
                "value": "798",
                "url": "https://cwe.mitre.org/data/definitions/798.html",
            },
        ],
    }
    if finding.reference.startswith(("https://", "http://")):
        vulnerability["links"] = [{"url": encodable(finding.reference)}]
    return vulnerability


def _location(finding: Finding) -> dict[str, Any]:
    known = {
        "author": finding.author and one_line(finding.author),
        "date": finding.date and one_line(finding.date),
        "sha": one_line(finding.commit or "") or NO_COMMIT,
    }
    return {
        "file": encodable(finding.path),
        "start_line": finding.line,
        "end_line": finding.end_line,
        "commit": {key: value for key, value in known.items() if value},
    }
