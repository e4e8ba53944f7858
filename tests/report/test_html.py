"""The HTML page: escaped, self-contained, and in Chromium without a network or an error."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from leakguard.model import Report
from leakguard.report.html import to_html
from leakguard.report.html_parts import SCRIPT, STYLE

from .samples import ALL, CLEAN, HOSTILE, INCOMPLETE, KEY, LEAKS, SECRET, SLACK

SHOTS = os.environ.get("LEAKGUARD_SHOTS", "")
"""A folder into which the page is drawn, to be looked at."""


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def body(page: str) -> str:
    """The page without its style and script, which have files of their own."""
    return page.replace(STYLE, "\n(style)\n").replace(SCRIPT, "\n(script)\n")


def test_leaks(golden: Callable[[str, str], None]) -> None:
    golden("leaks.html", body(to_html(LEAKS)))


def test_incomplete(golden: Callable[[str, str], None]) -> None:
    golden("incomplete.html", body(to_html(INCOMPLETE)))


def test_hostile_names(golden: Callable[[str, str], None]) -> None:
    golden("hostile.html", body(to_html(HOSTILE)))


def test_page_names_nothing_to_load_and_runs_nothing_else() -> None:
    for report in ALL:
        tags = Tags(to_html(report)).tags

        names = [name for name, _ in tags]
        assert names.count("script") == names.count("style") == 1
        assert not {"img", "iframe", "object", "embed", "base"} & set(names)
        for name, attributes in tags:
            assert not [key for key in attributes if key.startswith("on")]
            assert "src" not in attributes
            assert name == "link" or "href" not in attributes


def test_markup_in_names_is_text() -> None:
    path = "<script>alert(1)</script>\"'&amp;"

    page = to_html(Report(findings=(replace(SLACK, path=path, rule_id=path, author=path),)))

    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;amp;" in page


CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = str(CHROMIUM) if CHROMIUM.exists() else shutil.which("chromium")
    if not path:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def many() -> Report:
    """A report with several of everything that the charts count."""
    findings = [
        replace(
            KEY if number % 3 else SLACK,
            path=f"src/part{number % 13}/file{number}.py",
            line=number + 1,
            commit=f"{number:040x}",
            author=f"Ana {number % 4} <ana@example.org>",
            date=f"20{20 + number % 5}-0{1 + number % 9}-11T10:00:00+01:00",
            on_branch=bool(number % 2),
        )
        for number in range(60)
    ]
    return replace(LEAKS, findings=(*LEAKS.findings, *findings))


def open_page(chromium: Any, folder: Path, report: Report, **options: Any) -> tuple[Any, list[str]]:
    """The page of a report in a browser without a network, and what goes wrong in it."""
    file = folder / "report.html"
    file.write_text(to_html(report))
    context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 900}, **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if asked.url != file.as_uri() else 0)
    page.goto(file.as_uri())
    return page, wrong


def test_filters_show_what_they_are_asked_for(chromium: Any, tmp_path: Path) -> None:
    page, wrong = open_page(chromium, tmp_path, many())
    told = page.locator("#told")
    visible = page.locator("#findings tbody tr:visible")
    assert told.inner_text() == "67 of 67"

    page.get_by_label("Severity").select_option("critical")
    assert visible.count() == 41
    page.get_by_label("State").select_option("still on a branch")
    assert all("still on a branch" in row for row in visible.all_inner_texts())
    page.get_by_label("Text").fill("PART3/ ana")
    assert told.inner_text().endswith(" of 67")
    assert 0 < visible.count() < 20
    page.get_by_role("button", name="Show all").click()
    page.locator("#told", has_text="67 of 67").wait_for()

    assert wrong == []


def test_page_is_drawn_without_an_error(chromium: Any, tmp_path: Path) -> None:
    for name, report in {"many": many(), "clean": CLEAN, "hostile": HOSTILE}.items():
        for scheme in ("light", "dark"):
            page, wrong = open_page(chromium, tmp_path, report, color_scheme=scheme)
            wide = page.evaluate("document.documentElement.scrollWidth")

            assert (wrong, wide) == ([], 1280)
            assert SECRET not in page.content()
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/report-{name}-{scheme}.png", full_page=True)


def test_page_reads_without_its_script(chromium: Any, tmp_path: Path) -> None:
    page, wrong = open_page(chromium, tmp_path, LEAKS, java_script_enabled=False)

    assert page.locator("form").is_hidden()
    assert page.locator("#findings tbody tr:visible").count() == len(LEAKS.findings)
    assert page.locator("svg").count() == 5
    assert re.search(r"Slack bot token", page.locator("#findings").inner_text())
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_has_no_barrier(chromium: Any, tmp_path: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page, _ = open_page(chromium, tmp_path, LEAKS, color_scheme=scheme, bypass_csp=True)

    results = axe.Axe().run(page)

    assert results.violations_count == 0, results.generate_report()
