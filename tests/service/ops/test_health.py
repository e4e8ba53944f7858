"""Readiness, figures, and what surrounds a request."""

from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from leakguard_service.db.engine import Database
from leakguard_service.jobs.port import NewJob
from leakguard_service.nouns import JobKind
from leakguard_service.ops.health import readiness
from leakguard_service.ops.metrics import Metrics
from leakguard_service.ops.watch import Watch
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.conftest import add_tenant, make_service


def test_ready_when_database_and_disk_are(service: Service) -> None:
    assert readiness(service.db, service.settings).ready


def test_not_ready_without_database_or_folder(settings: Settings) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")

    state = readiness(away, settings)

    assert not state.ready
    assert state.checks["database"] == "cannot be asked: OperationalError"
    assert state.checks["disk"].startswith("the data folder cannot be read")


def test_figures_count_jobs_by_kind_and_state(database: Database, settings: Settings) -> None:
    service = make_service(settings, database)
    tenant = add_tenant(service)
    with service.db.write() as session:
        for number in range(3):
            service.jobs.enqueue(session, NewJob(f"notify:{number}", JobKind.NOTIFY, tenant))

    text = generate_latest(Metrics(database).registry).decode()

    assert 'leakguard_jobs{kind="notify",state="queued"} 3.0' in text
    assert "leakguard_workers 0.0" in text
    assert "leakguard_oldest_job_seconds 0." in text


def test_requests_are_timed_by_route_and_get_an_id(service: Service) -> None:
    async def hello(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    metrics = Metrics(service.db)
    app = Watch(Starlette(routes=[Route("/a/{name}", hello)]), metrics)

    with TestClient(app) as client:
        answer = client.get("/a/b", headers={"X-Request-ID": "from-the-proxy"})
        client.get("/nowhere")
        other = client.get("/a/b", headers={"X-Request-ID": "<script>"})

    assert answer.headers["x-request-id"] == "from-the-proxy"
    assert len(other.headers["x-request-id"]) == 16
    text = generate_latest(metrics.registry).decode()
    assert 'leakguard_request_seconds_count{method="GET",route="other",status="404"} 1.0' in text
