"""What surrounds every request: an id, a time, a line in the log."""

import re
import secrets
import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leakguard_service.ops.metrics import Metrics
from leakguard_service.ops.tracing import Tracing

_LOG = structlog.get_logger("leakguard.request")
_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_PREFIXES: Final = ("/api/v1", "/hooks")
_SILENT: Final = frozenset(("/healthz", "/readyz", "/metrics"))
"""Asked every few seconds by machines."""


class Watch:
    """ASGI middleware. The path's template is logged, never the query: it may hold a token."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing = Tracing()) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the app does, with X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _request_id(scope)
        structlog.contextvars.bind_contextvars(request=request)
        started, status = time.perf_counter(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request.encode()))
            await send(message)

        with self._tracing.span("request", method=scope["method"]) as mark:
            try:
                await self._app(scope, receive, told)
            finally:
                mark("http.route", _route(scope))
                mark("http.status_code", status)
                self._done(scope, status, time.perf_counter() - started)
                structlog.contextvars.clear_contextvars()

    def _done(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.requests.labels(scope["method"], route, str(status)).observe(seconds)
        if scope["path"] in _SILENT:
            return
        client = scope.get("client")
        _LOG.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            client=client[0] if client else "",
        )


def _route(scope: Scope) -> str:
    """The route's template. Of nested routers FastAPI names the part below their prefix only."""
    route: str = getattr(scope.get("route"), "path", "")
    if not route:
        return "other"
    for prefix in _PREFIXES:
        if scope["path"].startswith(f"{prefix}/") and not route.startswith(prefix):
            return prefix + route
    return route


def _request_id(scope: Scope) -> str:
    """The one a proxy gave, when it looks like one; else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return str(value.decode())
    return secrets.token_hex(8)
