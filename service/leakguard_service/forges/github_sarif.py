"""Findings for GitHub's code scanning: SARIF 2.1.0, packed as its API wants it.

https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
An upload stands for everything that is known of its ref: what it does not name, GitHub closes.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from typing import Any, Final

from leakguard_service.errors import Hopeless
from leakguard_service.forges.api import cut, line_path
from leakguard_service.forges.github_checks import MEMBER
from leakguard_service.forges.port import Mark, Outcome

_RESULTS: Final = 5_000
"""GitHub takes 25,000 and keeps 5,000."""
_PACKED: Final = 10 * 1024 * 1024
_TEXT: Final = 1_000
_LEVELS: Final = {1: "note", 2: "warning"}
_SEVERITIES: Final = {1: "3.0", 2: "5.0", 3: "8.0", 4: "9.5"}
"""GitHub's `security-severity`: above 9.0 critical, above 7.0 high, above 4.0 medium."""


def packed(outcome: Outcome) -> str:
    """The SARIF log of the marks, gzip, in base64. Raises Hopeless when it is too large."""
    worst = sorted(outcome.marks, key=lambda mark: -mark.severity)[:_RESULTS]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [_run(worst)],
    }
    text = json.dumps(log, separators=(",", ":")).encode()
    small = gzip.compress(text, mtime=0)
    if len(small) > _PACKED:
        raise Hopeless("the SARIF log is larger than the 10 MB that GitHub takes")
    return base64.b64encode(small).decode()


def _run(marks: list[Mark]) -> dict[str, Any]:
    return {
        "tool": {"driver": {"name": "leakguard", "rules": _rules(marks)}},
        "automationDetails": {"id": "leakguard/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(mark) for mark in marks],
    }


def _rules(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    worst: dict[str, Mark] = {}
    for mark in marks:
        worst.setdefault(mark.rule_id, mark)
    return [
        {
            "id": rule,
            "shortDescription": {"text": cut(mark.title, _TEXT) or rule},
            "properties": {
                "security-severity": _SEVERITIES.get(mark.severity, "9.5"),
                "tags": ["security", "secret"],
            },
        }
        for rule, mark in worst.items()
    ]


def _result(mark: Mark) -> dict[str, Any]:
    path, inside, _ = mark.path.partition(MEMBER)
    line = 1 if inside else max(mark.line, 1)
    region = {"startLine": line, "endLine": line if inside else max(mark.end_line, line)}
    if mark.column > 0 and mark.end_column > 0 and not inside:
        region |= {"startColumn": mark.column, "endColumn": mark.end_column}
    place = {"artifactLocation": {"uri": line_path(path)}, "region": region}
    return {
        "ruleId": mark.rule_id,
        "level": _LEVELS.get(mark.severity, "error"),
        "message": {"text": cut(mark.text or mark.title, _TEXT)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"leakguard/v1": mark.fingerprint},
    }
