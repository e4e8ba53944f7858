"""What strangers, other tenants and broken senders try at the receiver."""

import asyncio
import gzip
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.testclient import TestClient

from leakguard_service import limits
from leakguard_service.crypto import Keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Delivery, Job
from leakguard_service.hooks.body import Bodies, Refused
from leakguard_service.hooks.gate import Gate
from leakguard_service.hooks.receiver import router
from leakguard_service.jobs.port import NewJob
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.conftest import add_connection, add_tenant, make_service
from tests.service.hooks import payloads
from tests.service.hooks.desk import client, deliver, everything, rows
from tests.service.hooks.payloads import Repo, sha
from tests.service.rowjobs import RowJobs

A, B = sha("a"), sha("b")
MAIN = "refs/heads/main"
PUSH = payloads.github_push(Repo(), MAIN, A, B)
UNKNOWN = "the signature fits no connection here: look at the webhook's secret and its address"


@pytest.fixture
def to(service: Service) -> TestClient:
    add_connection(service, add_tenant(service))
    return client(service)


def small(service: Service, **more: Any) -> Service:
    """The same with other settings."""
    changed = service.settings.model_copy(update=more)
    return make_service(changed, service.db)


def test_a_forged_delivery_leaves_no_trace(service: Service, to: TestClient) -> None:
    answer = deliver(to, PUSH, secret="guessed")  # noqa: S106 - it is none

    assert (answer.status_code, answer.json()) == (401, {"error": UNKNOWN})
    assert rows(service, Delivery) == rows(service, Job) == rows(service, Repository) == []


def test_unknown_addresses_answer_as_forged_deliveries_do(to: TestClient) -> None:
    for hook in ("github1", "nobody", "x" * 5_000, "%00", "ä", "'--"):
        answer = deliver(to, PUSH, hook=hook, secret="guessed")  # noqa: S106 - it is none
        assert (hook, answer.status_code, answer.json()) == (hook, 401, {"error": UNKNOWN})


def test_a_connections_own_address_takes_its_own_secret(service: Service) -> None:
    one, two = add_tenant(service, "one"), add_tenant(service, "two")
    first, second = add_connection(service, one), add_connection(service, two)
    secret(service, second, "other words")
    to = client(service)

    assert deliver(to, PUSH, hook="github1").status_code == 202
    assert deliver(to, PUSH, hook="github2").status_code == 401
    assert deliver(to, PUSH, hook="github2", secret="other words").status_code == 202  # noqa: S106
    assert {row.connection_id: row.tenant_id for row in rows(service, Repository)} == {
        first: one,
        second: two,
    }


def test_the_common_address_tells_tenants_apart_by_secret(service: Service) -> None:
    one, two = add_tenant(service, "one"), add_tenant(service, "two")
    add_connection(service, one)
    secret(service, add_connection(service, two), "other words")

    deliver(client(service), PUSH, secret="other words")  # noqa: S106 - it is none

    assert [row.tenant_id for row in rows(service, Delivery)] == [two]


def test_one_secret_for_two_connections_is_nobodys(service: Service) -> None:
    for name in ("one", "two"):
        add_connection(service, add_tenant(service, name))
    to = client(service)

    answer = deliver(to, PUSH)

    assert answer.status_code == 400
    assert "use the address of one of them" in answer.json()["error"]
    assert deliver(to, PUSH, hook="github2").status_code == 202


def test_another_tenants_repository_is_not_touched(service: Service) -> None:
    one, two = add_tenant(service, "one"), add_tenant(service, "two")
    add_connection(service, one)
    secret(service, add_connection(service, two), "other words")
    to = client(service)
    deliver(to, PUSH)

    for action in ("deleted", "renamed"):
        payload = payloads.github_repository_event(Repo(full_name="evil/app"), action)
        deliver(to, payload, event="repository", secret="other words")  # noqa: S106 - none
    gone = payloads.github_installation_repositories(9, removed=[Repo()])
    deliver(to, gone, event="installation_repositories", secret="other words")  # noqa: S106

    (mine,) = (row for row in rows(service, Repository) if row.tenant_id == one)
    assert (mine.full_name, mine.enabled) == ("acme/app", True)


def test_another_forges_address_is_wrong(service: Service, to: TestClient) -> None:
    content = payloads.body(PUSH)
    headers = payloads.signed("github", payloads.SECRET, content)

    assert to.post("/hooks/gitlab", content=content, headers=headers).status_code == 401
    assert to.post("/hooks/gitea/github1", content=content, headers=headers).status_code == 401
    assert to.post("/hooks/bitbucket", content=content, headers=headers).status_code == 404
    gitea = payloads.body(payloads.gitea_push(Repo(), MAIN, A, B))
    headers = payloads.signed("gitea", payloads.SECRET, gitea)
    answer = to.post("/hooks/github", content=gitea, headers=headers)
    assert (answer.status_code, "/hooks/gitea" in answer.json()["error"]) == (400, True)
    assert rows(service, Delivery) == []


def test_a_connection_that_is_switched_off_takes_nothing(service: Service, to: TestClient) -> None:
    with service.db.write() as session:
        session.execute(sa.update(Connection).values(enabled=False))

    assert deliver(to, PUSH).status_code == 401


@pytest.mark.parametrize(("minutes", "status"), [(5, 202), (-5, 401), (None, 401)])
def test_the_old_secret_counts_for_a_while(
    service: Service, to: TestClient, minutes: int | None, status: int
) -> None:
    with service.db.write() as session:
        row = session.scalars(sa.select(Connection)).one()
        row.old_secret, row.secret = row.secret, service.keyring.seal("new words")
        row.old_secret_until = None if minutes is None else now() + timedelta(minutes=minutes)

    assert deliver(to, PUSH).status_code == status
    assert deliver(to, PUSH, secret="new words").status_code == 202  # noqa: S106 - it is none


def test_a_connection_without_secret_takes_nothing(service: Service, to: TestClient) -> None:
    with service.db.write() as session:
        session.execute(sa.update(Connection).values(secret=""))

    assert deliver(to, PUSH).status_code == 401
    assert deliver(to, PUSH, secret="").status_code == 401


def test_a_signed_delivery_of_gitlab(service: Service) -> None:
    connection = add_connection(service, add_tenant(service), "gitlab")
    token = payloads.signing_token()
    with service.db.write() as session:
        session.get_one(Connection, connection).signing = service.keyring.seal(token)
    to, payload = client(service), payloads.gitlab_push(Repo(), MAIN, A, B)

    assert deliver(to, payload, "gitlab", signing=token).status_code == 202
    assert deliver(to, payload, "gitlab", signing=token, at=1_000_000).status_code == 401
    other = payloads.signing_token("other")
    plain = {"X-Gitlab-Token": payloads.SECRET}
    assert deliver(to, payload, "gitlab", signing=other, headers=plain).status_code == 401


def test_sha1_alone_is_refused(to: TestClient) -> None:
    digest = hmac.new(payloads.SECRET.encode(), payloads.body(PUSH), hashlib.sha1).hexdigest()
    headers = {"X-Hub-Signature": f"sha1={digest}", "X-Hub-Signature-256": ""}

    assert deliver(to, PUSH, headers=headers).status_code == 401


def test_headers_that_come_twice_are_refused(service: Service, to: TestClient) -> None:
    content = payloads.body(PUSH)
    made = list(payloads.signed("github", payloads.SECRET, content).items())

    for name, status in (("X-Hub-Signature-256", 401), ("X-GitHub-Event", 400)):
        headers = [*made, (name.upper(), "ping")]
        assert to.post("/hooks/github", content=content, headers=headers).status_code == status
    twice = [*made, ("x-github-delivery", "another")]
    assert to.post("/hooks/github", content=content, headers=twice).status_code == 400
    assert rows(service, Delivery) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "application/json; charset=utf-8"}, 202),
        ({"Content-Encoding": "gzip"}, 415),
        ({"X-GitHub-Event": ""}, 400),
        ({"X-GitHub-Event": "<script>"}, 400),
        ({"X-GitHub-Event": "x" * 61}, 400),
        ({"X-GitHub-Delivery": "a b"}, 400),
        ({"X-GitHub-Delivery": "a" * 201}, 400),
        ({"X-GitHub-Delivery": ""}, 202),
    ],
)
def test_headers(to: TestClient, headers: dict[str, str], status: int) -> None:
    assert deliver(to, PUSH, headers=headers).status_code == status


def test_a_form_is_taken_from_github(service: Service, to: TestClient) -> None:
    content = b"payload=" + payloads.body(PUSH).replace(b"&", b"%26").replace(b"+", b"%2B")
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert deliver(to, content, headers=form).status_code == 202
    assert [job.arguments["after"] for job in rows(service, Job) if job.kind == "push"] == [B]


def test_a_form_is_not_taken_from_others(service: Service) -> None:
    add_connection(service, add_tenant(service), "gitea")
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = deliver(client(service), b"payload={}", "gitea", headers=form)
    assert (answer.status_code, answer.json()["error"]) == (
        415,
        "set the webhook's content type to application/json",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"[" * 200_000, b"\xff", b'{"ref": NaN}', b"{}"],
)
def test_garbage_is_named(service: Service, to: TestClient, content: bytes) -> None:
    answer = deliver(to, content)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert rows(service, Delivery) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists, max_leaves=3).map(payloads.body)
)
def test_any_signed_bytes_have_an_answer(to: TestClient, content: bytes) -> None:
    assert deliver(to, content).status_code == 400


def test_the_secret_that_old_giteas_send_is_dropped(service: Service) -> None:
    add_connection(service, add_tenant(service), "gitea")
    payload = payloads.gitea_push(Repo(), MAIN, A, B, secret="gitea-own-words")  # noqa: S106

    assert deliver(client(service), payload, "gitea").status_code == 202
    assert "gitea-own-words" not in everything(service)


def test_content_reaches_neither_database_nor_log(
    service: Service, to: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    payload = payloads.github_push(Repo(), MAIN, A, B)
    payload["head_commit"]["message"] = payload["repository"]["description"] = "xyzzy"

    deliver(to, payload)
    deliver(to, payload, secret="guessed")  # noqa: S106 - it is none
    payload["repository"]["full_name"] = payload["ref"] = "xyzzy"
    answer = deliver(to, payload)

    assert answer.status_code == 400
    assert "xyzzy" not in everything(service) + caplog.text + answer.text


def test_an_announced_size_is_believed_when_it_is_too_large(service: Service) -> None:
    add_connection(service, add_tenant(service))
    to = client(small(service, delivery_bytes=1_000))

    answer = to.post("/hooks/github", content=b"x" * 1_001, headers=JSON)

    assert (answer.status_code, answer.json()["error"]) == (413, "a delivery may have 1000 bytes")


def test_an_unannounced_size_is_counted(service: Service) -> None:
    add_connection(service, add_tenant(service))
    to = client(small(service, delivery_bytes=1_000))

    def endless() -> Iterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 100

    assert to.post("/hooks/github", content=endless(), headers=JSON).status_code == 413


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("length", ["5", "-1", "1e3", "9" * 5_000, "٥", ""])
def test_a_lying_length_changes_nothing(settings_small: Settings, length: str) -> None:
    asked = request([b"x" * 400] * 5, [(b"content-length", length.encode())])

    assert asyncio.run(refusal(settings_small, asked)) in (400, 413)


@pytest.fixture
def settings_small(settings: Settings) -> Settings:
    return settings.model_copy(update={"delivery_bytes": 1_000})


def request(pieces: list[bytes], headers: list[tuple[bytes, bytes]], pause: float = 0) -> Request:
    """A request whose body comes in pieces; the last one breaks off."""

    async def come() -> AsyncIterator[dict[str, Any]]:
        for piece in pieces:
            await asyncio.sleep(pause)
            yield {"type": "http.request", "body": piece, "more_body": True}
        yield {"type": "http.disconnect"}

    coming = come()
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    return Request(scope, receive=coming.__anext__)


async def refusal(given: Settings, asked: Request, bodies: Bodies | None = None) -> int:
    bodies = bodies or Bodies(given)
    with bodies.hold() as held:
        try:
            await bodies.read(asked, held)
        except Refused as refused:
            return refused.status
    return 0


def test_a_body_that_breaks_off_is_none(settings_small: Settings) -> None:
    assert asyncio.run(refusal(settings_small, request([b"{}"], []))) == 400


def test_a_slow_body_is_not_waited_for(
    settings_small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.1)

    assert asyncio.run(refusal(settings_small, request([b"x"] * 900, [], pause=0.02))) == 408


def test_all_bodies_together_are_bounded(
    settings_small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODIES_BYTES", 1_500)
    bodies = Bodies(settings_small)

    async def three() -> list[int]:
        asked = [request([b"x" * 450] * 2, [], pause=0.01) for _ in range(3)]
        return await asyncio.gather(*(refusal(settings_small, one, bodies) for one in asked))

    assert 503 in asyncio.run(three())
    assert asyncio.run(refusal(settings_small, request([b"x" * 450] * 2, []), bodies)) == 400


def test_a_flood_of_one_address_is_stopped(service: Service) -> None:
    add_connection(service, add_tenant(service))
    to = client(small(service, deliveries_per_minute=3))

    answers = [deliver(to, payloads.github_ping(), event="ping") for _ in range(4)]

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_addresses_are_counted_one_by_one() -> None:
    gate = Gate(1)
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "", "fe80::1%x"):
        gate.enter(address)
    for address in ("192.0.2.1", "::ffff:192.0.2.2", "2001:db8::2", "socket"):
        with pytest.raises(Refused):
            gate.enter(address)


def test_a_database_that_is_down_is_said(settings: Settings) -> None:
    db = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    answer = deliver(client(make_service(settings, db)), PUSH)
    db.close()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json() == {"error": "the database does not take it"}


def test_a_locked_database_is_said(
    service: Service, to: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakguard_service.db.engine._BUSY_MILLISECONDS", 50)
    with service.db.write() as session:
        session.execute(sa.text("SELECT 1"))
        assert deliver(to, PUSH).status_code == 503

    assert rows(service, Delivery) == rows(service, Repository) == rows(service, Job) == []
    assert deliver(to, PUSH).status_code == 202


class Broken(RowJobs):
    """Fails some times, after it wrote the job."""

    def __init__(self, db: Database, error: Exception, times: int) -> None:
        super().__init__(db)
        self._error, self._times = error, times

    def enqueue(self, session: Session, job: NewJob) -> bool:
        added = super().enqueue(session, job)
        self._times -= 1
        if self._times >= 0:
            raise self._error
        return added


@pytest.mark.parametrize(("times", "status"), [(2, 202), (3, 503)])
def test_what_got_in_the_way_is_tried_again(service: Service, times: int, status: int) -> None:
    add_connection(service, add_tenant(service))
    other = IntegrityError("INSERT", None, Exception("double"))

    answer = deliver(client(replace(service, jobs=Broken(service.db, other, times))), PUSH)

    assert answer.status_code == status
    assert len(rows(service, Delivery)) == (status == 202)


@pytest.mark.usefixtures("to")
def test_half_a_delivery_is_none(service: Service) -> None:
    broken = replace(service, jobs=Broken(service.db, RuntimeError("xyzzy"), 99))

    answer = deliver(client(broken), PUSH)

    assert (answer.status_code, "xyzzy" in answer.text) == (503, False)
    assert rows(service, Delivery) == rows(service, Repository) == []


def test_secrets_that_cannot_be_read_are_said(service: Service, to: TestClient) -> None:
    other = Keyring(["b3RoZXItd29yZHMtb3RoZXItd29yZHMtb3RoZXItd28="])  # leakguard:allow
    broken = Service(service.settings, service.db, other, service.jobs, service.forge)

    assert deliver(to, PUSH).status_code == 202
    assert deliver(client(broken), PUSH).status_code == 503


def test_only_posts_are_taken(to: TestClient) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert to.request(method, "/hooks/github").status_code == 405


def test_the_addresses_are_not_described(service: Service) -> None:
    app = FastAPI()
    app.include_router(router(service))
    assert app.openapi()["paths"] == {}


def test_packed_bodies_are_not_opened(to: TestClient) -> None:
    packed = gzip.compress(b"0" * 1_000_000)
    assert deliver(to, packed, headers={"Content-Encoding": "gzip"}).status_code == 415
    assert deliver(to, json.dumps({"a": 1}).encode(), headers=JSON).status_code == 400


def secret(service: Service, connection: int, words: str) -> None:
    with service.db.write() as session:
        session.get_one(Connection, connection).secret = service.keyring.seal(words)
