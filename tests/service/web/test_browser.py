"""The pages in Chromium: a walk with the mouse, by keys, without scripts; no error, no barrier."""

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from leakguard_service.service import Service
from tests.service.conftest import add_tenant
from tests.service.web import demo
from tests.service.web.browse import Replays, site

CHROMIUM = Path("/usr/bin/chromium")
if not CHROMIUM.exists() and not shutil.which("chromium"):
    pytest.skip("Chromium is not installed: apt-get install chromium", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")

PATHS = (
    "/", "/findings", "/findings/57", "/findings/52", "/findings?text=nothing-like-it", "/views",
    "/repositories", "/repositories/4", "/repositories/7", "/scans", "/scans/20", "/deliveries",
    "/deliveries/1", "/jobs", "/jobs?state=failed", "/rules?text=slack", "/rules/slack-bot-token",
    "/audit", "/settings", "/settings/connections", "/settings/connections/1",
    "/settings/connections/new", "/settings/connections/new?forge=github", "/settings/channels",
    "/settings/channels/1", "/settings/channels/new?kind=jira", "/settings/people",
    "/settings/tokens", "/settings/github-app", "/findings/99999",
)  # fmt: skip
SHOTS = os.environ.get("LEAKGUARD_SHOTS", "")
"""A folder into which each page is drawn, to be looked at."""
OPEN_AND_SHORTEN = """
for (const part of document.querySelectorAll("main details")) part.open = true;
for (const row of document.querySelectorAll("tbody tr:nth-child(n+13)")) row.remove();
"""
"""What is folded is looked at as well; of a long list a dozen rows, as the others are alike."""


@dataclass
class Place:
    """A running service with data."""

    url: str
    demo: demo.Demo
    replays: Replays
    fresh: str
    """An admin's token of a tenant without anything."""


@pytest.fixture(scope="module")
def place(shared: Service) -> Iterator[Place]:
    replays = Replays()
    filled = demo.fill(shared)
    fresh = demo.tokens(shared, add_tenant(shared, "fresh"))["admin"]
    server = uvicorn.Server(
        uvicorn.Config(site(shared, replays), port=0, log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Place(f"http://127.0.0.1:{port}", filled, replays, fresh)
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = str(CHROMIUM) if CHROMIUM.exists() else str(shutil.which("chromium"))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Walk:
    """A page of a browser that remembers what went wrong in it."""

    def __init__(self, chromium: Any, place: Place, **options: Any) -> None:
        given = {"viewport": {"width": 1280, "height": 900}, **options}
        self.context = chromium.new_context(base_url=place.url, **given)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and "status of 404" not in message.text:
            self.wrong.append(f"{self.page.url}: {message.text}")

    def sign_in(self, token: str) -> "Walk":
        self.page.goto("/sign-in")
        self.page.fill("#token", token)
        self.page.get_by_role("button", name="Sign in").click()
        return self

    def done(self) -> None:
        self.context.close()
        assert not self.wrong


def test_a_walk_through_the_work(chromium: Any, place: Place) -> None:
    walk = Walk(chromium, place).sign_in(place.demo.tokens["admin"])
    page = walk.page
    assert page.get_by_role("heading", name="Overview").is_visible()
    charts = page.locator("img.chart")
    assert charts.count() == 2
    assert all(
        charts.nth(n).evaluate("image => image.complete && image.naturalWidth > 0")
        for n in range(2)
    )  # fmt: skip
    page.get_by_role("link", name="All open findings").click()
    page.get_by_label("Severity").select_option("low")
    page.get_by_role("button", name="Filter").click()
    assert "severity=low" in page.url
    rows = page.locator("tr[data-row]")
    before = rows.count()
    assert before >= 2
    page.get_by_label("Select all on this page").check()
    assert page.get_by_text(f"{before} selected").is_visible()
    page.get_by_label("With the selected").select_option("dismiss:used_in_tests")
    page.locator("#comment").fill("Only in fixtures")
    page.get_by_role("button", name="Apply").click()
    assert page.get_by_text(re.compile(rf"{before} findings changed")).is_visible()
    page.goto("/findings?state=dismissed&severity=low&resolution=used_in_tests")
    page.locator("tr[data-row] a.title").first.click()
    assert page.get_by_text("Only in fixtures").is_visible()
    page.goto("/deliveries")
    page.locator("tr[data-row] a.title").first.click()
    page.get_by_role("button", name="Do it again").click()
    assert page.get_by_text("is done again").is_visible()
    assert place.replays.asked
    walk.done()


def test_a_walk_by_keys_only(chromium: Any, place: Place) -> None:
    walk = Walk(chromium, place)
    page = walk.page
    page.goto("/sign-in")
    page.keyboard.type(place.demo.tokens["triager"])  # the field has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    page.goto("/findings")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.locator("tr[data-row]").first.locator("input:checked").wait_for()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("client.ts")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings?text=client.ts*")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/findings/\d+$"))
    walk.done()


def test_it_works_without_scripts(chromium: Any, place: Place) -> None:
    walk = Walk(chromium, place, java_script_enabled=False).sign_in(place.demo.tokens["admin"])
    page = walk.page
    page.goto("/findings?state=open&order=oldest")
    page.locator("input[name=finding]").first.check()
    page.get_by_label("With the selected").select_option("resolve:revoked")
    page.get_by_role("button", name="Apply").click()
    assert page.get_by_text("1 finding changed").is_visible()
    page.goto("/findings?state=open&order=oldest")
    page.locator("tr[data-row] a.title").first.click()
    page.get_by_text("Dismiss", exact=True).first.click()
    page.locator("#dismiss-do").select_option("dismiss:wont_fix")
    page.locator("#until").fill("2099-05-01")
    page.locator("form:has(#dismiss-do) button").click()
    assert page.get_by_text("until 2099-05-02 00:00 UTC").is_visible()
    page.get_by_role("button", name="Dark").first.click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    walk.done()


def test_a_fresh_installation_leads_to_a_connection(chromium: Any, place: Place) -> None:
    walk = Walk(chromium, place).sign_in(place.fresh)
    page = walk.page
    page.get_by_role("link", name="Add a connection").click()
    page.get_by_role("link", name="GitLab A webhook").click()
    page.get_by_role("button", name="Add and show the webhook").click()
    assert page.locator("#hook-secret").text_content().startswith("lgh_")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy secret").click()
    page.get_by_text("Copied").wait_for(timeout=5_000)
    walk.done()


def test_no_page_is_a_barrier(chromium: Any, place: Place) -> None:
    walk = Walk(chromium, place)
    faults = _barriers(walk.page, "/sign-in")
    walk.sign_in(place.demo.tokens["admin"])
    for path in PATHS:
        faults += _barriers(walk.page, path)
    assert not faults
    walk.done()


def _barriers(page: Any, path: str) -> list[str]:
    """What axe holds against a page; in dark its colours only, as nothing else depends on them."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # no colours on their way
    page.goto(path)
    page.evaluate(OPEN_AND_SHORTEN)
    page.evaluate(axe_module.Axe().axe_script)
    found = _faults(page, path, {})
    page.emulate_media(color_scheme="dark")
    dark = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    return found + _faults(page, f"{path} (dark)", dark)


def _faults(page: Any, path: str, rules: dict[str, Any]) -> list[str]:
    options = {"resultTypes": ["violations"], **rules}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{path}: {fault['id']}: {node['html'][:160]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:2]
    ]


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_pages_fit(chromium: Any, place: Place, width: int, height: int) -> None:
    walk = Walk(chromium, place, viewport={"width": width, "height": height})
    walk.sign_in(place.demo.tokens["admin"])
    for number, path in enumerate(PATHS):
        walk.page.goto(path)
        broad = walk.page.evaluate("document.documentElement.scrollWidth")
        assert broad <= width, f"{path} is {broad} wide"
        if SHOTS:
            walk.page.screenshot(path=f"{SHOTS}/{number:02}-{width}.png", full_page=True)
    walk.done()
