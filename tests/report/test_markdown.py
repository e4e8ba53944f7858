"""The Markdown summary: a table that holds, and no names that call people or open links."""

import re
from collections.abc import Callable
from dataclasses import replace

from leakguard import limits
from leakguard.model import Report
from leakguard.report.markdown import to_markdown

from .samples import CLEAN, HOSTILE, INCOMPLETE, LEAKS, SLACK


def test_leaks(golden: Callable[[str, str], None]) -> None:
    golden("leaks.md", to_markdown(LEAKS))


def test_clean(golden: Callable[[str, str], None]) -> None:
    golden("clean.md", to_markdown(CLEAN))


def test_incomplete(golden: Callable[[str, str], None]) -> None:
    golden("incomplete.md", to_markdown(INCOMPLETE))


def test_hostile_names(golden: Callable[[str, str], None]) -> None:
    golden("hostile.md", to_markdown(HOSTILE))


def test_no_name_can_leave_its_cell() -> None:
    path = "a|b`c](https://evil.example)<img src=x>@team #1 www.evil.example\n\n# head"

    text = to_markdown(Report(findings=(replace(SLACK, path=path, commit=None),)))

    (row,) = [line for line in text.splitlines() if "evil" in line]
    assert row.count("|") == 6
    cell = row.split("|")[3]
    assert not re.search(r"[`\[\]<>@:]|(?<!&)#|&#35;(?!&#8288;)|www\.", cell)


def test_long_report_is_cut_and_says_so() -> None:
    many = tuple(replace(SLACK, line=line) for line in range(1, limits.MARKDOWN_ROWS + 21))

    text = to_markdown(Report(findings=many))

    assert text.count("| high |") == limits.MARKDOWN_ROWS
    assert "\nand 20 more (20 high)\n" in text
    assert len(text) < 65_536
