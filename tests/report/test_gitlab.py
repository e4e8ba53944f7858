"""The report for GitLab: what its schema asks for, and ids that stay."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from leakguard.model import Report
from leakguard.report.gitlab import NO_COMMIT, to_gitlab

from .samples import ALL, HOSTILE, KEY, LEAKS, SLACK

_TEXT: Final = {"type": "string", "minLength": 1}
_TIME: Final = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
_URL: Final = {"type": "string", "pattern": "^https?://.+"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = required | (optional or {})
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


_TOOL: Final = _object(
    {"id": _TEXT, "name": _TEXT, "version": _TEXT, "vendor": _object({"name": _TEXT})}
)
_COMMIT: Final = _object({"sha": _TEXT}, {"author": _TEXT, "date": _TEXT})
_LOCATION: Final = _object(
    {"commit": _COMMIT},
    {"file": {"type": "string"}, "start_line": {"type": "number"}, "end_line": {"type": "number"}},
)
_IDENTIFIER: Final = _object({"type": _TEXT, "name": _TEXT, "value": _TEXT}, {"url": _URL})
_LEVELS: Final = ["Info", "Unknown", "Low", "Medium", "High", "Critical"]
_VULNERABILITY: Final = _object(
    {
        "id": _TEXT,
        "identifiers": {"type": "array", "minItems": 1, "items": _IDENTIFIER},
        "location": _LOCATION,
    },
    {
        "category": {"const": "secret_detection"},
        "name": {"type": "string", "maxLength": 255},
        "description": {"type": "string", "maxLength": 1048576},
        "severity": {"enum": _LEVELS},
        "solution": {"type": "string", "maxLength": 7000},
        "links": {"type": "array", "items": _object({"url": _URL})},
    },
)
_SCAN: Final = _object(
    {
        "analyzer": _TOOL,
        "scanner": _TOOL,
        "type": {"enum": ["secret_detection"]},
        "start_time": _TIME,
        "end_time": _TIME,
        "status": {"enum": ["success", "failure"]},
    },
    {
        "messages": {
            "type": "array",
            "items": _object({"level": {"enum": ["info", "warn", "fatal"]}, "value": _TEXT}),
        }
    },
)
SCHEMA: Final = _object(
    {
        "version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        "scan": _SCAN,
        "vulnerabilities": {"type": "array", "items": _VULNERABILITY},
    }
)
"""What GitLab's schema 15.0 says of the keys that are written; no others may be."""


def test_leaks(golden: Callable[[str, str], None]) -> None:
    golden("leaks.gitlab.json", to_gitlab(LEAKS))


def test_hostile_names(golden: Callable[[str, str], None]) -> None:
    golden("hostile.gitlab.json", to_gitlab(HOSTILE))


@pytest.mark.parametrize("report", ALL)
def test_valid_by_the_schema(report: Report) -> None:
    Draft7Validator.check_schema(SCHEMA)

    Draft7Validator(SCHEMA).validate(json.loads(to_gitlab(report)))


def test_id_stays_when_the_line_moves_and_changes_with_the_secret() -> None:
    findings = (SLACK, replace(SLACK, line=99), replace(SLACK, fingerprint="another"))

    document = json.loads(to_gitlab(Report(findings=findings)))

    first, second, moved = (one["id"] for one in document["vulnerabilities"])
    assert len({first, second, moved}) == 2
    assert moved in (first, second)


def test_file_without_a_commit_has_a_stand_in() -> None:
    document = json.loads(to_gitlab(Report(findings=(SLACK, KEY))))

    shas = [one["location"]["commit"]["sha"] for one in document["vulnerabilities"]]
    assert shas == [NO_COMMIT, KEY.commit]


def test_time_is_that_of_the_scan() -> None:
    summary = replace(LEAKS.summary, started=1_700_000_000)

    scan = json.loads(to_gitlab(replace(LEAKS, summary=summary)))["scan"]

    assert (scan["start_time"], scan["end_time"]) == ("2023-11-14T22:13:20", "2023-11-14T22:13:24")
