"""What has changed between two reports."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.model import Report, Skip, Suppressed
from leakguard.report.as_json import to_json as report_json
from leakguard.report.difference import DIFFERENCE_FORMATS, Difference, difference, parse, to_text

from .samples import HOSTILE, KEY, LEAKS, PASSWORD, SLACK

OLD = Report(findings=(SLACK, KEY, PASSWORD))
NEW = Report(
    findings=(
        replace(SLACK, line=99, end_line=99),
        replace(PASSWORD, path="new.env", fingerprint="n"),
    ),
    suppressed=(Suppressed(KEY, "baseline: revoked"),),
    skips=(Skip("a.zip", "encrypted"),),
)


def between(old: Report, new: Report) -> Difference:
    return difference(parse(report_json(old)), parse(report_json(new)))


def paths(rows: tuple[Any, ...]) -> list[str]:
    return [row["path"] for row in rows]


def test_new_gone_silenced_and_kept() -> None:
    found = between(OLD, NEW)

    assert paths(found.new) == ["new.env"]
    assert paths(found.gone) == [PASSWORD.path]
    assert paths(found.silenced) == [KEY.path]
    assert found.silenced[0]["reason"] == "baseline: revoked"
    assert (found.kept, found.is_complete) == (1, False)


@pytest.mark.parametrize("name", DIFFERENCE_FORMATS)
def test_formats(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"difference.{name}", DIFFERENCE_FORMATS[name](between(OLD, NEW)))
    assert DIFFERENCE_FORMATS[name](between(OLD, HOSTILE)).encode()


def test_report_and_itself() -> None:
    found = between(LEAKS, LEAKS)

    assert (found.new, found.gone, found.silenced) == ((), (), ())
    assert found.kept == len(LEAKS.findings)


def test_other_key_of_fingerprints_makes_nothing_new() -> None:
    again = Report(findings=tuple(replace(one, fingerprint=f"k{one.line}") for one in OLD.findings))

    found = between(OLD, again)

    assert (found.new, found.gone, found.kept) == ((), (), 3)


def test_second_secret_that_looks_the_same_is_new() -> None:
    twin = replace(SLACK, fingerprint="another", line=50)

    assert len(between(Report(findings=(SLACK,)), Report(findings=(SLACK, twin))).new) == 1


@given(st.lists(st.sampled_from(LEAKS.findings)), st.lists(st.sampled_from(LEAKS.findings)))
def test_nothing_is_lost(old: list[Any], new: list[Any]) -> None:
    found = between(Report(findings=tuple(old)), Report(findings=tuple(new)))

    assert len(found.new) + found.kept == len(new)
    assert len(found.gone) + found.kept == len(old)
    assert "kept" in to_text(found)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"schema_version": 99, "findings": [], "skips": []},
        {"schema_version": 1, "findings": {}},
        {"schema_version": 1, "findings": [1], "skips": []},
        {"schema_version": 1, "findings": [{"path": "a"}], "skips": []},
    ],
)
def test_what_is_no_report_is_an_error(document: object) -> None:
    with pytest.raises(ValueError, match="no "):
        parse(json.dumps(document))
