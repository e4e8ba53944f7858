"""Each page on each kind of database."""

from leakguard_service.db.engine import Database
from leakguard_service.settings import Settings
from leakguard_service.web.pages import ROUTES
from tests.service.conftest import make_service
from tests.service.web import demo
from tests.service.web.browse import Browser, site, text

ROWS = ("finding_id", "repository_id", "scan_id", "delivery_id", "connection_id", "channel_id")
QUERIES = {
    "/repositories": ("text=app", "state=incomplete", "state=failed", "state=never", "state=off"),
    "/findings": ("text=client&order=severity", "assignee=none&since=2020-01-01", "kind=artifact"),
    "/audit": ("actor=mara&action=finding&since=2020-01-01&until=2090-01-01",),
    "/deliveries": ("event=push&state=done",),
    "/scans": ("verdict=clean&kind=push",),
    "/jobs": ("state=failed&kind=push",),
}


def test_all_pages_are_shown(settings: Settings, database: Database) -> None:
    service = make_service(settings, database)
    filled = demo.fill(service)
    browser = Browser(site(service)).sign_in(filled.tokens["admin"])
    for route in ROUTES:
        if route.method != "GET" or route.role is None or "created" in route.path:
            continue
        path = route.path.replace("{name}", "open").replace("{rule_id}", "github-classic-pat")
        for name in ROWS:
            path = path.replace(f"{{{name}}}", "2")
        if "{" in path:
            continue
        for query in ("", *QUERIES.get(path, ())):
            answer = browser.get(f"{path}?{query}")
            assert answer.status_code == 200, f"{path}?{query}: {text(answer.text)}"
    answer = browser.post("/findings", {"finding": ["3", "9"], "do": "comment", "comment": "x"})
    assert answer.status_code == 303
