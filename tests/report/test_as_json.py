"""The JSON and JSON Lines reports: the exact keys, and names that are not UTF-8."""

import json
import re
from collections.abc import Callable

from leakguard.model import Report
from leakguard.report.as_json import to_json, to_jsonl

from .samples import ALL, CLEAN, HOSTILE, INCOMPLETE, LEAKS

Golden = Callable[[str, str], None]


def test_leaks(golden: Golden) -> None:
    golden("leaks.json", to_json(LEAKS))


def test_clean(golden: Golden) -> None:
    golden("clean.json", to_json(CLEAN))


def test_leaks_as_lines(golden: Golden) -> None:
    golden("leaks.jsonl", to_jsonl(LEAKS))


def test_hostile_names_as_lines(golden: Golden) -> None:
    golden("hostile.jsonl", to_jsonl(HOSTILE))


def test_output_is_ascii_and_never_holds_a_surrogate() -> None:
    for report in ALL:
        for text in (to_json(report), to_jsonl(report)):
            assert text.isascii()
            # A path is told as `\\ud800`, with the backslash escaped.
            assert not re.search(r"(?<!\\)(?:\\\\)*\\ud[89a-f]", text)


def test_a_byte_that_is_not_utf8_is_spelled() -> None:
    document = json.loads(to_json(HOSTILE))

    assert document["findings"][0]["path"].startswith("caf\\xe9/\x1b")
    assert document["skips"][0]["path"] == "b\\xff\r\x00"


def test_every_line_is_an_object_and_the_last_one_has_the_verdict() -> None:
    lines = [json.loads(line) for line in to_jsonl(LEAKS).splitlines()]

    kinds = [line["type"] for line in lines]
    assert kinds == ["finding"] * 7 + ["skip", "note", "suppressed", "suppressed", "summary"]
    assert lines[-1]["verdict"] == "leaks"
    assert lines[-1]["suppressed"] == 2


def test_only_skips_is_incomplete() -> None:
    document = json.loads(to_json(INCOMPLETE))

    assert document["verdict"] == "incomplete"
    assert document["summary"]["skips"] == len(document["skips"]) == 12


def test_an_empty_report_is_one_summary_line() -> None:
    assert len(to_jsonl(Report()).splitlines()) == 1
