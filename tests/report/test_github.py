"""The workflow commands: escaping, levels, columns."""

from collections.abc import Callable
from dataclasses import replace

from leakguard import limits
from leakguard.model import Report
from leakguard.report.github import to_github

from .samples import ALL, CLEAN, HOSTILE, INCOMPLETE, KEY, LEAKS, SLACK

Golden = Callable[[str, str], None]


def test_leaks(golden: Golden) -> None:
    golden("leaks.github", to_github(LEAKS))


def test_clean(golden: Golden) -> None:
    golden("clean.github", to_github(CLEAN))


def test_hostile_names(golden: Golden) -> None:
    golden("hostile.github", to_github(HOSTILE))


def test_every_line_is_a_command_of_ours_without_control_characters() -> None:
    for report in ALL:
        for line in to_github(report).removesuffix("\n").split("\n"):
            assert line.startswith(("::error ", "::warning ", "::notice ", "::notice::"))
            assert line.isprintable()


def test_a_property_cannot_be_ended_by_a_path() -> None:
    finding = replace(SLACK, path="a,line=9::b%0A.env")

    line = to_github(Report(findings=(finding,)))

    assert line.startswith("::error file=a%2Cline=9%3A%3Ab%250A.env,line=12,")


def test_columns_are_left_out_when_a_secret_spans_lines() -> None:
    line = to_github(Report(findings=(KEY,))).splitlines()[0]

    assert ",line=1,endLine=27,title=" in line


def test_skips_are_shown_up_to_the_limit() -> None:
    text = to_github(INCOMPLETE)

    assert text.count("::warning ") == limits.SKIPS_SHOWN
    assert "12 things could not be looked at" in text.splitlines()[-1]
