"""What people do on pages: findings, scans, jobs, deliveries, settings, connections, tokens."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from leakguard_service.db.tables import (
    ApiToken,
    AuditEntry,
    Channel,
    Connection,
    Finding,
    Occurrence,
    Repository,
    SavedView,
    User,
)
from leakguard_service.db.work_tables import Delivery, Job
from leakguard_service.service import Service
from tests.service.web import demo
from tests.service.web.browse import Browser, Replays, site, text


class Desk:
    """Somebody signed in to a tenant with data."""

    def __init__(self, service: Service, role: str = "admin") -> None:
        self.service = service
        self.demo = demo.fill(service)
        self.replays = Replays()
        self.app = site(service, self.replays)
        self.browser = Browser(self.app).sign_in(self.demo.tokens[role])

    def rows(self, table: Any, **wanted: object) -> list[Any]:
        with self.service.db.read() as session:
            asked = sa.select(table).filter_by(tenant_id=self.demo.tenant_id, **wanted)
            return list(session.scalars(asked.order_by(table.id)).unique())

    def follow(self, answer: Any) -> str:
        assert answer.status_code == 303, text(answer.text)
        return text(self.browser.get(answer.headers["location"]).text)

    def logged(self, action: str) -> list[AuditEntry]:
        return self.rows(AuditEntry, action=action)


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def test_many_findings_are_dismissed_with_a_reason(desk: Desk) -> None:
    chosen = [str(row.id) for row in desk.rows(Finding, state="open")[:3]]
    fields = {"finding": chosen, "do": "dismiss:used_in_tests", "comment": "only <fixtures>"}
    said = desk.follow(desk.browser.post("/findings", {**fields, "back": "/findings?state=open"}))
    assert "3 findings changed." in said
    for number in chosen:
        with desk.service.db.read() as session:
            row = session.get_one(Finding, int(number))
            assert (row.state, row.resolution) == ("dismissed", "used_in_tests")
    assert "only <fixtures>" in text(desk.browser.get(f"/findings/{chosen[0]}").text)


def test_all_that_match_a_filter_are_changed_at_once(desk: Desk) -> None:
    wanted = [row for row in desk.rows(Finding, state="open") if row.severity == 4]
    fields = {"everything": "1", "filter": "state=open&severity=critical", "do": "resolve:revoked"}
    said = desk.follow(desk.browser.post("/findings", fields))
    assert f"{len(wanted)} findings changed." in said


def test_what_cannot_be_changed_is_said(desk: Desk) -> None:
    closed = desk.rows(Finding, state="resolved")[0]
    fields = {"finding": str(closed.id), "do": "dismiss:false_positive"}
    said = desk.follow(desk.browser.post("/findings", fields))
    assert "1 finding not: cannot dismiss: it is resolved" in said
    assert desk.browser.post("/findings", {"do": "reopen"}).status_code == 400
    answer = desk.browser.post(f"/findings/{closed.id}", {"do": "resolve:revoked"})
    assert answer.status_code == 409


def test_a_finding_is_assigned_commented_closed_and_reopened(desk: Desk) -> None:
    row, person = desk.rows(Finding, state="open")[0], desk.rows(User)[1]
    path = f"/findings/{row.id}"
    desk.follow(desk.browser.post(path, {"do": "assign", "assignee": str(person.id)}))
    desk.follow(desk.browser.post(path, {"do": "comment", "comment": "looked at it"}))
    end = {"do": "dismiss:wont_fix", "until": "2099-01-31"}
    page = desk.follow(desk.browser.post(path, end))
    assert "looked at it" in page
    assert "until 2099-02-01 00:00 UTC" in page
    with desk.service.db.read() as session:
        changed = session.get_one(Finding, row.id)
        assert changed.assignee_id == person.id
        assert changed.until == datetime(2099, 2, 1, tzinfo=UTC)
    assert "Open" in desk.follow(desk.browser.post(path, {"do": "reopen"}))
    entry = text(desk.browser.get("/audit?action=assigned").text)
    assert re.search(rf"Assignee \S.* → {person.name}", entry)
    assert "Assignee id" not in entry


def test_a_finding_is_shown_with_the_lines_around_it(desk: Desk) -> None:
    place = desk.rows(Occurrence)[0]

    page = text(desk.browser.get(f"/findings/{place.finding_id}").text)

    assert f"{place.line} shop.connect(token=•••, retries=3)" in page


def test_a_dismissal_under_review_is_approved_by_somebody_else(desk: Desk) -> None:
    desk.follow(
        desk.browser.post("/settings", {"part": "life", "four_eyes": "1", "identity": "secret",
                                        "block_severity": "2"})
    )  # fmt: skip
    row = desk.rows(Finding, state="open")[0]
    path = f"/findings/{row.id}"
    page = desk.follow(desk.browser.post(path, {"do": "dismiss:false_positive"}))
    assert "somebody else has to agree" in page
    assert desk.browser.post(path, {"do": "approve"}).status_code == 403
    other = Browser(desk.app).sign_in(desk.demo.tokens["triager"])
    assert other.post(path, {"do": "approve"}).status_code == 303
    with desk.service.db.read() as session:
        assert session.get_one(Finding, row.id).state == "dismissed"


def test_a_view_is_saved_shown_and_deleted(desk: Desk) -> None:
    fields = {"name": "Mine & yours", "filter": "state=open&severity=high"}
    page = desk.follow(desk.browser.post("/views", fields))
    assert "Mine & yours" in page
    other = Browser(desk.app).sign_in(desk.demo.tokens["viewer"])
    assert "Mine & yours" not in text(other.get("/findings").text)
    row = next(row for row in desk.rows(SavedView) if row.owner)
    assert other.post(f"/views/{row.id}/delete").status_code == 404
    assert other.post("/views", {"name": "x", "filter": "", "shared": "1"}).status_code == 403
    desk.follow(desk.browser.post(f"/views/{row.id}/delete"))
    assert not [row for row in desk.rows(SavedView) if row.owner]


def test_a_delivery_is_done_again(desk: Desk) -> None:
    row = desk.rows(Delivery)[0]
    page = desk.follow(desk.browser.post(f"/deliveries/{row.id}/replay"))
    assert "is done again" in page
    assert desk.replays.asked == [(desk.demo.tenant_id, row.id, "admin of the demo")]


def test_jobs_run_again_and_are_cancelled(desk: Desk) -> None:
    failed, queued = desk.rows(Job, state="failed")[0], desk.rows(Job, state="queued")[0]
    assert desk.browser.post(f"/jobs/{queued.id}/again").status_code == 409
    assert "queued again" in desk.follow(desk.browser.post(f"/jobs/{failed.id}/again"))
    assert "cancelled" in desk.follow(desk.browser.post(f"/jobs/{queued.id}/cancel"))
    assert desk.browser.post(f"/jobs/{queued.id}/cancel").status_code == 409
    assert desk.logged("job.repeated")
    assert desk.logged("job.cancelled")


def test_scans_are_asked_for_and_planned(desk: Desk) -> None:
    row = desk.rows(Repository)[2]
    assert "queued" in desk.follow(desk.browser.post(f"/repositories/{row.id}/scan"))
    assert desk.browser.post(f"/repositories/{row.id}/scan").status_code == 409
    desk.follow(desk.browser.post(f"/repositories/{row.id}", {"every": "24"}))
    desk.follow(desk.browser.post(f"/repositories/{row.id}", {"enabled": "no"}))
    assert desk.browser.post(f"/repositories/{row.id}", {"every": "5"}).status_code == 400
    changed = desk.rows(Repository)[2]
    assert (changed.scan_every_hours, changed.enabled) == (24, False)
    assert changed.next_scan_at is not None
    assert len(desk.logged("repository.changed")) == 2


def test_a_policy_that_is_wrong_is_said_and_kept_in_the_form(desk: Desk) -> None:
    wrong = {"part": "policy", "policy": "exclude = [\nwords of mine"}
    answer = desk.browser.post("/settings", wrong)
    assert answer.status_code == 400
    assert "words of mine" in answer.text
    assert "not valid TOML" in text(answer.text)
    good = {"part": "policy", "policy": 'exclude = ["vendor/**"]', "repository_policy": "1"}
    assert "vendor/**" in desk.follow(desk.browser.post("/settings", good))
    assert desk.logged("tenant.changed")[0].details == {"policy": "given"}


def test_the_secret_of_a_connection_is_shown_once(desk: Desk) -> None:
    fields = {"forge": "gitlab", "name": "Labs", "web_url": "https://gitlab.corp.example",
              "token": "words-for-the-forge", "report": "1"}  # fmt: skip
    answer = desk.browser.post("/settings/connections", fields)
    assert answer.headers["cache-control"] == "no-store"
    secret = re.search(r'id="hook-secret">([^<]+)<', answer.text)
    assert secret
    row = desk.rows(Connection)[-1]
    assert f"/hooks/gitlab/{row.hook}" in text(answer.text)
    for path in ("/settings/connections", f"/settings/connections/{row.id}", "/audit"):
        page = desk.browser.get(path).text
        assert secret[1] not in page
        assert "words-for-the-forge" not in page
    rotated = desk.browser.post(f"/settings/connections/{row.id}/rotate")
    assert secret[1] not in rotated.text
    assert [job for job in desk.rows(Job, kind="inventory") if job.arguments]
    desk.follow(desk.browser.post(f"/settings/connections/{row.id}/delete"))
    assert len(desk.rows(Connection)) == 2


def test_a_github_app_is_asked_for_by_a_form_to_github_only(desk: Desk) -> None:
    answer = desk.browser.get("/settings/github-app?owner=acme&web_url=https://github.com")
    assert "form-action 'self' https://github.com;" in answer.headers["content-security-policy"]
    assert 'action="https://github.com/organizations/acme/settings/apps/new?state=' in answer.text
    wrong = desk.browser.get("/settings/github-app?web_url=https://a.example;script-src%20*")
    assert wrong.status_code == 400
    back = desk.browser.get("/connections/github/created?code=abc&state=forged")
    assert back.status_code == 403


def test_channels_keep_their_tokens_to_themselves(desk: Desk) -> None:
    fields = {"kind": "jira", "name": "Board", "config-url": "https://corp.atlassian.net",
              "config-project": "SEC", "config-issue_type": "Bug", "config-user": "a@corp.example",
              "config-token": "words-for-jira", "min_severity": "3"}  # fmt: skip
    page = desk.follow(desk.browser.post("/settings/channels", fields))
    assert "words-for-jira" not in page
    row = desk.rows(Channel)[-1]
    before = row.config
    desk.follow(desk.browser.post(f"/settings/channels/{row.id}", {"name": "Big board"}))
    assert desk.rows(Channel)[-1].config == before
    desk.follow(desk.browser.post(f"/settings/channels/{row.id}/switch", {"enabled": "no"}))
    assert desk.rows(Channel)[-1].enabled is False
    assert desk.browser.post("/settings/channels", {"kind": "pigeon"}).status_code == 400
    desk.follow(desk.browser.post(f"/settings/channels/{row.id}/delete"))


def test_people_are_invited_and_switched_off(desk: Desk) -> None:
    fields = {"login": "New@Corp.example", "name": "New", "role": "viewer"}
    assert "new@corp.example is invited" in desk.follow(
        desk.browser.post("/settings/people", fields)
    )
    assert desk.browser.post("/settings/people", fields).status_code == 409
    row = desk.rows(User)[-1]
    desk.follow(desk.browser.post(f"/settings/people/{row.id}", {"role": "triager"}))
    desk.follow(desk.browser.post(f"/settings/people/{row.id}", {"active": "no"}))
    changed = desk.rows(User)[-1]
    assert (changed.role, changed.active) == ("triager", False)


def test_a_token_is_shown_once_and_revoked(desk: Desk) -> None:
    fields = {"name": "CI", "role": "viewer", "scopes": ["findings:read"], "days": "30"}
    page = desk.browser.post("/settings/tokens", fields).text
    token = re.search(r'id="new-token">(lgs_[^<]+)<', page)
    assert token
    assert token[1] not in desk.browser.get("/settings/tokens").text
    row = desk.rows(ApiToken)[-1]
    desk.follow(desk.browser.post(f"/settings/tokens/{row.id}/revoke"))
    assert desk.rows(ApiToken)[-1].revoked_at is not None
    assert desk.browser.post("/settings/tokens", {**fields, "scopes": []}).status_code == 400


def test_lists_are_filtered_and_go_on(desk: Desk) -> None:
    page = text(desk.browser.get("/findings?order=newest").text)
    assert "1–50 of 60" in page
    page = text(desk.browser.get("/findings?order=newest&page=2").text)
    assert "51–60 of 60" in page
    assert desk.browser.get("/findings?page=999999").status_code == 404
    assert desk.browser.get("/findings?severity=nonsense").status_code == 400
    found = text(desk.browser.get("/findings?severity=low&state=open").text)
    assert "Sentry user token" in found
    assert "AWS access key AKIA" not in found
    assert "northwind/handbook" in text(desk.browser.get("/repositories?state=never").text)
    assert "Finding dismissed" in text(desk.browser.get("/audit?action=dismissed").text)


def test_charts_are_images_without_scripts_in_the_colours_of_the_page(desk: Desk) -> None:
    for name in ("open", "flow"):
        for theme in ("auto", "light", "dark"):
            answer = desk.browser.get(f"/charts/{name}.svg?days=30&theme={theme}")
            assert answer.headers["content-type"].startswith("image/svg+xml")
            assert "sandbox" in answer.headers["content-security-policy"]
            assert "<script" not in answer.text
            assert ("prefers-color-scheme" in answer.text) is (theme == "auto")
