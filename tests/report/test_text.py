"""The text report: whole, in colour, on narrow terminals, and against hostile names."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

from leakguard import limits
from leakguard.model import Report, Skip
from leakguard.report.text import HISTORY, to_text
from leakguard.report.wording import REVOKE

from .samples import CLEAN, HOSTILE, HUGE, INCOMPLETE, KEY, LEAKS, PASSWORD, SLACK

Golden = Callable[[str, str], None]


def test_leaks(golden: Golden) -> None:
    golden("leaks.txt", to_text(LEAKS))


def test_leaks_in_colour(golden: Golden) -> None:
    golden("leaks.color.txt", to_text(LEAKS, color=True))


def test_leaks_on_a_wide_terminal(golden: Golden) -> None:
    golden("leaks.wide.txt", to_text(LEAKS, width=160))


def test_clean(golden: Golden) -> None:
    golden("clean.txt", to_text(CLEAN))


def test_incomplete(golden: Golden) -> None:
    golden("incomplete.txt", to_text(INCOMPLETE))


def test_huge_numbers(golden: Golden) -> None:
    golden("huge.txt", to_text(HUGE))


def test_hostile_names(golden: Golden) -> None:
    golden("hostile.txt", to_text(HOSTILE))


def test_nothing_from_the_source_reaches_the_terminal_as_a_control_character() -> None:
    text = to_text(HOSTILE)

    assert all(line.isprintable() for line in text.split("\n"))


def test_a_path_cannot_give_a_ci_runner_commands() -> None:
    names = ("::stop-commands::x", " ::error::x", "a##[group]b", "##vso[task.complete]")
    findings = tuple(replace(SLACK, path=name) for name in names)

    text = to_text(Report(findings=findings, skips=tuple(Skip(name, "why") for name in names)))

    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "##" not in text


def test_colour_adds_styles_and_changes_no_word() -> None:
    plain = to_text(LEAKS)

    colored = to_text(LEAKS, color=True)

    for code in ("1;31", "1", "2", "31", "33", "36", "0"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == plain


def test_advice_of_one_leak_stands_under_it() -> None:
    text = to_text(Report(findings=(PASSWORD,)))

    assert "Next: Change it." in text
    assert "What to do" not in text


def test_a_rule_without_remedy_gets_general_advice_and_history_its_own() -> None:
    text = " ".join(to_text(Report(findings=(KEY,))).split())

    assert f"Next: {REVOKE} {HISTORY}" in text


def test_advice_that_fifty_leaks_share_is_printed_once() -> None:
    findings = tuple(replace(KEY, line=line) for line in range(1, 51))

    text = " ".join(to_text(Report(findings=findings)).split())

    assert text.count(REVOKE) == 1
    assert text.count(HISTORY) == 1
    assert "Private key (50 leaks):" in text
    assert "Next:" not in text


def test_what_a_leak_costs_is_said_once_a_path() -> None:
    findings = tuple(replace(SLACK, path=path, line=line) for path in "ab" for line in (1, 2, 3))

    text = " ".join(to_text(Report(findings=findings), width=160).split())

    assert text.count(SLACK.impact) == 2


def test_long_words_are_not_broken() -> None:
    url = "https://docs.example.org/" + "a-b/" * 30

    text = to_text(Report(findings=(replace(SLACK, remedy=f"See {url} now."),)), width=20)

    assert url in text


def test_as_many_skips_as_are_shown_need_no_count() -> None:
    skips = tuple(Skip(f"{number}", "cannot be read") for number in range(limits.SKIPS_SHOWN))

    text = to_text(Report(skips=skips))

    assert "more; the JSON report" not in text
    assert text.count("cannot be read") == limits.SKIPS_SHOWN


def test_the_module_is_light_enough_for_the_hook() -> None:
    code = "import sys, leakguard.report.text; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert {"rich", "click"}.isdisjoint(loaded.stdout.split())
