"""Errors are problems, whatever went wrong; bodies and rates are bounded; nothing inner is told."""

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from leakguard_service.api.routes import BODY_BYTES
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Finding
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.api.world import Full, client, make_app, make_full, token
from tests.service.conftest import make_service

WORDS = "words-that-are-secret"


@pytest.fixture
def ours(service: Service) -> Full:
    return make_full(service, "ours")


@pytest.fixture
def app(service: Service) -> FastAPI:
    return make_app(service)


@pytest.fixture
def asked(app: FastAPI, service: Service, ours: Full) -> TestClient:
    return client(app, token(service, ours.world.tenant_id))


def told(
    asked: TestClient,
    method: str,
    path: str,
    *,
    content: bytes | None = None,
    kind: str = "application/json",
) -> tuple[int, dict[str, object]]:
    answer = asked.request(
        method, f"/api/v1{path}", content=content, headers={"Content-Type": kind}
    )
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == "about:blank"
    assert body["title"]
    return answer.status_code, body


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("GET", "/findings/999", None, 404),
        ("DELETE", "/findings", None, 405),
        ("TRACE", "/findings/1", None, 405),
        ("GET", "/findings/0", None, 422),
        ("GET", "/findings/x", None, 422),
        ("GET", "/findings/9223372036854775808", None, 422),
        ("GET", "/findings?limit=201", None, 422),
        ("GET", "/findings?after=nope", None, 422),
        ("GET", "/findings?state=gone", None, 422),
        ("GET", "/findings?since=soon", None, 422),
        ("GET", "/findings?since=0", None, 422),
        ("POST", "/findings/1/actions", b'{"action": "reopen", "until": 0}', 422),
        ("GET", "/figures?since=0001-01-01&until=9999-12-31", None, 422),
        ("GET", "/baseline?repository=999", None, 404),
        ("POST", "/findings/1/actions", b"", 422),
        ("POST", "/findings/1/actions", b"{", 422),
        ("POST", "/findings/1/actions", b"\xc3\x28", 400),
        ("POST", "/findings/1/actions", b"[" * 100_000, 400),
        ("POST", "/findings/1/actions", b'{"action": "explode"}', 422),
        ("POST", "/findings/1/actions", b'{"action": "resolve"}', 422),
        ("POST", "/findings/1/actions", b'{"action": "reopen"}', 409),
        ("POST", "/findings/1/actions", b'{"action": "reopen", "x": 1}', 422),
        ("POST", "/findings/1/actions", b'{"action": "assign", "assignee_id": 1e400}', 422),
        ("PATCH", "/settings", b'{"nope": 1}', 422),
        ("PATCH", "/repositories/1", b'{"enabled": 0.0}', 422),
        ("PATCH", "/repositories/1", b'{"scan_every_hours": "1"}', 422),
        ("PATCH", "/settings", b'{"block_severity": Infinity}', 422),
        ("POST", "/tokens", b"x" * (BODY_BYTES + 1), 413),
    ],
)
def test_what_is_wrong_is_told(
    asked: TestClient, method: str, path: str, content: bytes | None, status: int
) -> None:
    assert told(asked, method, path, content=content)[0] == status


def test_the_field_is_named_and_its_value_is_not(asked: TestClient) -> None:
    content = f'{{"name": "t", "scopes": ["{WORDS}"], "role": "{WORDS}"}}'.encode()

    status, body = told(asked, "POST", "/tokens", content=content)

    assert status == 422
    assert WORDS not in str(body)
    fields = [error["field"] for error in body["errors"]]  # type: ignore[attr-defined]
    assert fields == ["body.scopes.0", "body.role"]


def test_a_form_is_no_json(asked: TestClient) -> None:
    """What a page of another site can make a browser send."""
    content, kind = b'{"name": "v"}', "text/plain"

    assert told(asked, "POST", "/views", content=content, kind=kind)[0] == 422


def test_texts_that_no_database_takes(asked: TestClient, ours: Full) -> None:
    number = ours.ids["finding_id"]

    done = asked.post(
        f"/api/v1/findings/{number}/actions",
        content=b'{"action": "comment", "comment": "a\\u0000b"}',
        headers={"Content-Type": "application/json"},
    )

    assert done.status_code == 200
    entries = asked.get(f"/api/v1/findings/{number}/history").json()["items"]
    assert entries[-1]["details"]["comment"] == "a\\0b"
    for query in ("text=%00", "text=%ff", "text=%ed%a0%80", "rule=%00", "after=%00"):
        assert asked.get(f"/api/v1/findings?{query}").status_code in (200, 422)
    assert asked.get("/api/v1/jobs/%00").status_code == 404


def test_what_breaks_inside_stays_inside(
    service: Service, ours: Full, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(session: Session, *_: object) -> bool:
        session.execute(sa.update(Finding).values(preview=WORDS))
        raise RuntimeError(WORDS)

    asked = client(make_app(service, broken), token(service, ours.world.tenant_id))

    status, body = told(asked, "POST", f"/deliveries/{ours.ids['delivery_id']}/replay")

    assert status == 500
    assert WORDS not in str(body) + caplog.text
    assert "RuntimeError" in caplog.text
    assert WORDS not in asked.get("/api/v1/findings").text


def test_a_database_that_is_away_is_said(service: Service, asked: TestClient) -> None:
    with service.db.write() as session:
        session.execute(sa.text("DROP TABLE saved_view"))

    answer = asked.get("/api/v1/views")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "saved_view" not in answer.text


def test_requests_a_minute(settings: Settings, sqlite: Database) -> None:
    few = settings.model_copy(update={"requests_per_minute": 3})
    service = make_service(few, sqlite)
    ours, app = make_full(service, "ours"), make_app(service)
    first, second = (client(app, token(service, ours.world.tenant_id)) for _ in range(2))

    statuses = [first.get("/api/v1/me").status_code for _ in range(5)]
    limited = first.get("/api/v1/me")

    assert statuses == [200, 200, 200, 429, 429]
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    assert limited.headers["content-type"] == "application/problem+json"
    assert second.get("/api/v1/me").status_code == 200
    strangers = [client(app, "x").get("/api/v1/me").status_code for _ in range(4)]
    assert strangers == [401, 401, 401, 429]


def test_other_paths_are_not_problems(app: FastAPI) -> None:
    answer = client(app).get("/elsewhere")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


def test_the_description_names_every_error(app: FastAPI) -> None:
    document = app.openapi()

    for methods in document["paths"].values():
        for described in methods.values():
            assert described["summary"]
            assert described["description"]
            for status, answer in described["responses"].items():
                if int(status) >= 400:
                    (kind,) = answer["content"]
                    assert kind == "application/problem+json"
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_answers_are_kept_by_nobody(asked: TestClient) -> None:
    for path in ("/me", "/findings/999"):
        assert asked.get(f"/api/v1{path}").headers["cache-control"] == "no-store"
