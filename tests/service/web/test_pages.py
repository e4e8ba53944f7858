"""Each page for each role, forms without tokens, other people's rows, hostile texts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.responses import Response

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import (
    ApiToken,
    Base,
    Channel,
    Connection,
    Finding,
    Repository,
    SavedView,
    User,
)
from leakguard_service.db.work_tables import Delivery, Job, Scan
from leakguard_service.nouns import Role
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.web import pages, sign_in
from leakguard_service.web.pages import ROUTES
from leakguard_service.web.visit import Route, Visit, allowed
from tests.service.conftest import KEY, add_tenant, make_service
from tests.service.web import demo
from tests.service.web.browse import Browser, Replays, site, text

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>javascript:alert(3)//"
TABLES: dict[str, Any] = {
    "finding_id": Finding, "repository_id": Repository, "scan_id": Scan, "delivery_id": Delivery,
    "job_id": Job, "connection_id": Connection, "channel_id": Channel, "user_id": User,
    "token_id": ApiToken, "view_id": SavedView,
}  # fmt: skip
STRANGERS = ("/sign-in", "/sign-in/oidc", "/sign-in/oidc/back")


class Ground:
    """One service with two tenants: one plain, one whose texts are hostile."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            data_dir=folder, secret_key=KEY, allow_private_addresses=True, _env_file=None
        )
        self.db = Database(self.settings.url())
        Base.metadata.create_all(self.db.engine)
        self.service: Service = make_service(self.settings, self.db)
        self.demo = demo.fill(self.service)
        self.hostile = demo.fill(self.service, "hostile", hostile=HOSTILE)
        self.replays = Replays()
        self.app: FastAPI = site(self.service, self.replays)
        self.known: dict[tuple[str, bool], Browser] = {}

    def browser(self, role: str = "admin", *, hostile: bool = False) -> Browser:
        """Signed in once for all tests."""
        tokens = (self.hostile if hostile else self.demo).tokens
        if (role, hostile) not in self.known:
            self.known[role, hostile] = Browser(self.app).sign_in(tokens[role])
        return self.known[role, hostile]

    def path(self, route: Route, tenant_id: int) -> str:
        """The route's path with ids of the tenant's own rows."""
        path = route.path.replace("{name}", "open").replace("{rule_id}", "github-classic-pat")
        with self.db.read() as session:
            for name, table in TABLES.items():
                if f"{{{name}}}" in path:
                    asked = sa.select(table.id).where(table.tenant_id == tenant_id)
                    found = session.scalars(asked.order_by(table.id)).first()
                    path = path.replace(f"{{{name}}}", str(found))
        return path


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("web"))
    yield made
    made.db.close()


GETS = [route for route in ROUTES if route.method == "GET"]
POSTS = [route for route in ROUTES if route.method == "POST"]


def ids(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", GETS, ids=ids)
def test_pages_are_shown_to_the_roles_that_may_see_them(ground: Ground, route: Route) -> None:
    path = ground.path(route, ground.demo.tenant_id)
    for role in Role:
        answer = ground.browser(role.value).get(path)
        if route.role is None:
            assert answer.status_code < 500 or path in STRANGERS
        elif not allowed(role, route.role):
            assert answer.status_code == 403, f"{role} sees {path}"
        elif path != "/connections/github/created":
            assert answer.status_code == 200, text(answer.text)


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_nobody_comes_in_without_signing_in(ground: Ground, route: Route) -> None:
    path = ground.path(route, ground.demo.tenant_id)
    if route.role is None:
        return
    stranger = Browser(ground.app)
    posted = {"do": "comment"} if route.method == "POST" else None
    answer = stranger.client.request(route.method, path, data=posted)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("route", POSTS, ids=ids)
def test_actions_need_the_role(ground: Ground, route: Route) -> None:
    path = ground.path(route, ground.demo.tenant_id)
    for role in Role:
        if route.role is None or allowed(role, route.role):
            continue
        answer = ground.browser(role.value).post(path, {"do": "reopen"})
        assert answer.status_code == 403, f"{role} does {path}"


@pytest.mark.parametrize("route", POSTS, ids=ids)
@pytest.mark.parametrize("wrong", ["missing", "wrong", "another session's", "another site's"])
def test_forms_from_elsewhere_change_nothing(ground: Ground, route: Route, wrong: str) -> None:
    path = ground.path(route, ground.demo.tenant_id)
    browser = ground.browser() if route.role else Browser(ground.app)
    token = {
        "missing": "", "wrong": "0" * 64, "another session's": ground.browser("viewer").token(),
    }.get(wrong)  # fmt: skip
    if token is None:
        token = browser.token("/views" if route.role else "/sign-in")
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            answer = browser.post(path, {}, token=token, headers=headers)
            assert answer.status_code == 403, headers
        return
    assert browser.post(path, {}, token=token).status_code == 403


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if "_id}" in route.path and "rule" not in route.path],
    ids=ids,
)  # fmt: skip
def test_another_tenants_rows_are_not_there(ground: Ground, route: Route) -> None:
    path = ground.path(route, ground.hostile.tenant_id)
    browser = ground.browser("admin")
    fields = {"do": "comment", "comment": "x", "name": "x", "enabled": "no", "active": "no"}
    answer = browser.get(path) if route.method == "GET" else browser.post(path, fields)
    assert answer.status_code == 404, f"{path}: {answer.status_code}"
    assert "hostile" not in answer.text
    assert ground.browser("admin", hostile=True).get("/findings").status_code == 200


@pytest.mark.parametrize("route", GETS, ids=ids)
def test_another_tenants_texts_are_on_no_page(ground: Ground, route: Route) -> None:
    answer = ground.browser("admin").get(ground.path(route, ground.demo.tenant_id))
    assert "alert(" not in answer.text


class Strict(HTMLParser):
    """Collects what of a page could run, or lead a browser astray."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.bad += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.bad.append("script")
        if tag == "img" and not given.get("src", "").startswith("/charts/"):
            self.bad.append(f"img {given.get('src')}")
        for name in ("href", "src", "action", "formaction"):
            value = given.get(name, "/")
            if not value.startswith(("/", "#", "https://", "http://")):
                self.bad.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("route", GETS, ids=ids)
def test_hostile_texts_are_shown_as_texts(ground: Ground, route: Route) -> None:
    path = ground.path(route, ground.hostile.tenant_id)
    answer = ground.browser("admin", hostile=True).get(path)
    if "svg" in answer.headers.get("content-type", ""):
        assert "<script" not in answer.text
        return
    strict = Strict()
    strict.feed(answer.text)
    assert not strict.bad
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


@pytest.mark.parametrize(
    "path", ["/findings", "/repositories", "/rules", "/audit", "/deliveries", "/scans", "/jobs"]
)
def test_hostile_queries_are_shown_as_texts(ground: Ground, path: str) -> None:
    names = ("text", "actor", "event", "state", "kind", "rule", "order", "page", "subject", "next")
    for name in names:
        answer = ground.browser().client.get(path, params={name: HOSTILE[:90]})
        assert answer.status_code in (200, 400)
        strict = Strict()
        strict.feed(answer.text)
        assert not strict.bad


@pytest.mark.parametrize("route", GETS, ids=ids)
def test_each_page_has_the_headers(ground: Ground, route: Route) -> None:
    answer = ground.browser().get(ground.path(route, ground.demo.tenant_id))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy or "svg" in answer.headers.get("content-type", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "same-origin"
    if "html" in answer.headers.get("content-type", ""):
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in policy


def test_buttons_are_not_shown_to_who_may_not_press_them(ground: Ground) -> None:
    for route in GETS:
        if route.role is not Role.VIEWER:
            continue
        page = ground.browser("viewer").get(ground.path(route, ground.demo.tenant_id)).text
        for action in re.findall(r'<form method="post" action="([^"]+)"', page):
            plain = re.sub(r"/\d+|/[a-z]+:[^/]+", "/{}", action)
            fitting = [
                one for one in POSTS if re.sub(r"\{\w+\}", "{}", one.path) == plain
            ]  # fmt: skip
            assert fitting, action
            assert fitting[0].role is Role.VIEWER, f"{route.path} offers {action} to viewers"


def test_all_state_changes_are_posts() -> None:
    words = ("delete", "revoke", "rotate", "scan_now", "switch", "again", "cancel", "replay")
    assert not [r for r in GETS if r.handler.__name__ in words]


def test_unknown_paths_and_broken_pages_are_pages(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = ground.browser().get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in text(answer.text)
    assert Browser(ground.app).get("/nowhere").status_code == 404

    def broken(_visit: Visit) -> Response:
        raise RuntimeError("words that nobody outside should see")

    route = next(route for route in ROUTES if route.path == "/views" and route.method == "GET")
    monkeypatch.setattr(pages, "ROUTES", (replace(route, handler=broken), sign_in.ROUTES[1]))
    other = site(ground.service)
    browser = Browser(other)
    browser.client.cookies = ground.browser().client.cookies
    answer = browser.get("/views")
    assert answer.status_code == 500
    assert "nobody outside" not in answer.text
    assert "content-security-policy" in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_forms_are_bounded(ground: Ground) -> None:
    browser = ground.browser()
    assert browser.post("/views", {"name": "x" * 600_000}).status_code == 413
    many = {f"f{number}": "x" for number in range(2_000)}
    assert browser.post("/views", many).status_code == 400
    answer = browser.client.post("/views", content=b"{}", headers={"Content-Type": "text/json"})
    assert answer.status_code == 400


def test_a_fresh_installation_leads_to_a_connection(ground: Ground) -> None:
    tenant = add_tenant(ground.service, "fresh")
    browser = Browser(ground.app).sign_in(demo.tokens(ground.service, tenant)["admin"])
    assert 'href="/settings/connections/new"' in browser.get("/").text
    for route in GETS:
        if "{" not in route.path and route.role and "github/created" not in route.path:
            assert browser.get(route.path).status_code == 200, route.path
