"""A GitHub App in one click."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from leakguard_service.db.tables import AuditEntry, Connection
from leakguard_service.errors import Conflict, Hopeless, Invalid, Later, NotAllowed
from leakguard_service.forges import manifest
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from tests.service.conftest import add_tenant
from tests.service.fakeforge import FakeGitHub
from tests.service.forges.conftest import SHA, outcome, ref, speak

ADMIN = Actor("user", "ana", 1, Role.ADMIN, "203.0.113.9")
PUBLIC = "https://leakguard.example"


def begin(service: Service, github: FakeGitHub, tenant_id: int, **given: str) -> manifest.Form:
    return manifest.start_form(
        service, ADMIN, tenant_id, PUBLIC, web_url=github.web_url, api_url=github.api_url, **given
    )


def finish(
    service: Service, tenant_id: int, code: str, state: str, actor: Actor = ADMIN
) -> Connection:
    with service.db.write() as session:
        return manifest.finish(service, session, actor, tenant_id, code, state)


def test_from_the_form_to_a_check_run(service: Service, github: FakeGitHub, tenant_id: int) -> None:
    form = begin(service, github, tenant_id, org="acme")
    split = urlsplit(form.url)
    assert split.path == "/organizations/acme/settings/apps/new"
    assert parse_qs(split.query) == {"state": [form.state]}
    asked = json.loads(form.manifest)
    assert asked["redirect_url"] == PUBLIC + manifest.RETURN_PATH
    assert len(asked["name"]) <= 34
    assert asked["public"] is False

    code = github.manifest_code(asked)
    row = finish(service, tenant_id, code, form.state)
    assert asked["hook_attributes"]["url"] == f"{PUBLIC}/hooks/github/{row.hook}"
    assert (row.web_url, row.api_url) == (github.web_url, github.api_url)
    assert len(service.keyring.open(row.secret)) == 40
    assert github.private_key[30:60] not in row.access
    assert manifest.install_url(row) == (
        f"{github.web_url}/github-apps/leakguard-tests/installations/new"
    )
    repo = github.add_repository("acme/app")
    speak(service, row.id).report(ref(repo), "1", outcome(1), "")
    assert github.run_for(SHA)["conclusion"] == "failure"
    with service.db.read() as session:
        (entry,) = session.scalars(sa.select(AuditEntry))
    assert (entry.action, entry.subject_id, entry.actor) == ("connection.created", row.id, "ana")
    assert github.private_key[30:60] not in json.dumps(entry.details)

    with pytest.raises(Hopeless, match="404"):
        finish(service, tenant_id, code, form.state)
    with pytest.raises(Conflict):
        finish(service, tenant_id, github.manifest_code(asked), form.state)


def test_states_that_are_not_ours(service: Service, github: FakeGitHub, tenant_id: int) -> None:
    form = begin(service, github, tenant_id)
    code = github.manifest_code(json.loads(form.manifest))
    sealed = service.keyring.seal(json.dumps({"tenant": tenant_id}))
    for state in ("", "x", form.state[:-4] + "AAAA", sealed, service.keyring.seal("[]"), "é"):
        with pytest.raises(NotAllowed):
            finish(service, tenant_id, code, state)
    other = add_tenant(service, "other")
    with pytest.raises(NotAllowed):
        finish(service, other, code, form.state)
    for somebody in (replace(ADMIN, id=2), replace(ADMIN, kind="token")):
        with pytest.raises(NotAllowed):
            finish(service, tenant_id, code, form.state, somebody)
    assert not github.calls


def test_states_end(
    service: Service, github: FakeGitHub, tenant_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "_SECONDS", -1.0)
    form = begin(service, github, tenant_id)
    with pytest.raises(NotAllowed):
        finish(service, tenant_id, "abc", form.state)


def test_only_admins(service: Service, github: FakeGitHub, tenant_id: int) -> None:
    triager = replace(ADMIN, role=Role.TRIAGER)
    with pytest.raises(NotAllowed):
        manifest.start_form(service, triager, tenant_id, PUBLIC)
    form = begin(service, github, tenant_id)
    with pytest.raises(NotAllowed):
        finish(service, tenant_id, "abc", form.state, triager)


def test_what_has_no_meaning(service: Service, github: FakeGitHub, tenant_id: int) -> None:
    for org in ("../x", "a b", "a/b", "-a", "a?b"):
        with pytest.raises(Invalid):
            begin(service, github, tenant_id, org=org)
    for url in ("", "javascript:alert(1)", "leakguard.example"):
        with pytest.raises(Invalid):
            manifest.start_form(service, ADMIN, tenant_id, url)
    with pytest.raises(Invalid):
        manifest.start_form(service, ADMIN, tenant_id, PUBLIC, web_url="https://u@github.com")
    form = begin(service, github, tenant_id)
    for code in ("", "../user", "a/b", "a" * 300):
        with pytest.raises(Invalid):
            finish(service, tenant_id, code, form.state)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"id": 1, "name": "x"}'])
def test_garbage(service: Service, github: FakeGitHub, tenant_id: int, body: bytes) -> None:
    form = begin(service, github, tenant_id)
    github.fail_next(201, body=body, match="conversions")
    with pytest.raises(Later):
        finish(service, tenant_id, "abc", form.state)


def test_github_com(service: Service, tenant_id: int) -> None:
    form = manifest.start_form(service, ADMIN, tenant_id, PUBLIC)
    assert form.url.startswith("https://github.com/settings/apps/new?state=")
    row = Connection(web_url="https://github.com", settings={"app_slug": "leakguard-acme"})
    assert manifest.install_url(row) == "https://github.com/apps/leakguard-acme/installations/new"
    assert manifest.install_url(Connection(web_url="https://github.com")) == ""
