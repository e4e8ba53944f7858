"""The web application: webhooks, API, pages, health; and what starts and stops with it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from leakguard.version import __version__
from leakguard_service.api import app as api
from leakguard_service.api import problems
from leakguard_service.crypto import same
from leakguard_service.hooks import intake, receiver
from leakguard_service.ops.health import readiness
from leakguard_service.ops.metrics import Metrics
from leakguard_service.ops.tracing import Tracing
from leakguard_service.ops.watch import Watch
from leakguard_service.service import Service
from leakguard_service.web import pages

_LOOPBACK = frozenset(("127.0.0.1", "::1"))


def create_app(
    service: Service,
    around: Callable[[], object] | None = None,
    tracing: Tracing = Tracing(),
) -> FastAPI:
    """The application. `around` is called when it starts, and what it returns when it stops."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # In a thread: both speak to the database, and stopping waits for running jobs.
        stop = await run_in_threadpool(around) if around else None
        try:
            yield
        finally:
            if callable(stop):
                await run_in_threadpool(stop)

    app = FastAPI(
        title="leakguard",
        version=__version__,
        summary="Leaks found in repositories, and what is done about them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    metrics = Metrics(service.db)
    replay = partial(intake.replay, service)
    app.include_router(receiver.router(service))
    app.include_router(api.router(service, replay))
    _operations(app, service, metrics)
    problems.install(app)
    pages.mount(app, service, replay)
    app.add_middleware(Watch, metrics=metrics, tracing=tracing)
    return app


def _operations(app: FastAPI, service: Service, metrics: Metrics) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        """The process can do its work: 200, else 503 and what is wrong."""
        state = readiness(service.db, service.settings)
        return JSONResponse(
            {"ready": state.ready, "checks": state.checks}, 200 if state.ready else 503
        )

    @app.get("/metrics", include_in_schema=False)
    def measured(request: Request) -> Response:
        """For Prometheus: with the token, or from this machine when there is none."""
        if not _may_measure(request, service.settings.metrics_token.get_secret_value()):
            return Response("metrics need LEAKGUARD_METRICS_TOKEN\n", 403, media_type="text/plain")
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _may_measure(request: Request, token: str) -> bool:
    if token:
        return same(request.headers.get("authorization", ""), f"Bearer {token}")
    return request.client is not None and request.client.host in _LOOPBACK
