"""All pages and actions of the browser's interface, and what surrounds each of them.

Every request goes through `_answer`: session, role, form token, then the page's own function; what
goes wrong becomes a page that says what to do. Actions are POSTs only.
"""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from leakguard_service import crypto
from leakguard_service.errors import Conflict, Invalid, NotAllowed, NotThere, ServiceError
from leakguard_service.service import Service
from leakguard_service.web import (
    app_pages,
    audit_pages,
    channel_pages,
    connection_pages,
    delivery_pages,
    finding_pages,
    job_pages,
    overview,
    people_pages,
    repository_pages,
    rule_pages,
    settings_pages,
    sign_in,
    token_pages,
    view_pages,
)
from leakguard_service.web.render import STATIC
from leakguard_service.web.security import (
    SecurityHeaders,
    add_headers,
    cookie_name,
    form_token,
    is_https,
    same_site,
)
from leakguard_service.web.visit import Replay, Route, Visit, Web, allowed

ROUTES: Final[tuple[Route, ...]] = (
    *sign_in.ROUTES,
    *overview.ROUTES,
    *finding_pages.ROUTES,
    *view_pages.ROUTES,
    *repository_pages.ROUTES,
    *delivery_pages.ROUTES,
    *job_pages.ROUTES,
    *rule_pages.ROUTES,
    *audit_pages.ROUTES,
    *settings_pages.ROUTES,
    *app_pages.ROUTES,
    *connection_pages.ROUTES,
    *channel_pages.ROUTES,
    *people_pages.ROUTES,
    *token_pages.ROUTES,
)

FORM_BYTES: Final = 512 * 1024
"""Largest form: a policy of 100,000 characters, percent-encoded, fits."""

FORM_FIELDS: Final = 1_000
"""Most fields: a bulk action on the largest page has about 500."""


_STATUS: Final[tuple[tuple[type[ServiceError], int], ...]] = (
    (NotThere, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Invalid, 400),
)
_OTHERS: Final = ("/api/", "/hooks/", "/healthz", "/readyz", "/metrics", "/static/")
"""Paths whose errors are not pages."""

Endpoint = Callable[[Request], Awaitable[Response]]
Failing = Callable[[Request, Exception], Awaitable[Response]]


def router(service: Service, replay: Replay) -> APIRouter:
    """All pages. `replay` comes from hooks: pages cannot import their neighbour."""
    web, made = Web(service, replay), APIRouter(include_in_schema=False)
    for route in ROUTES:
        made.add_route(route.path, _endpoint(web, route), methods=[route.method])
    return made


def mount(app: FastAPI, service: Service, replay: Replay) -> None:
    """Adds pages, static files, headers, and pages for errors. Call it after the API's own."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(router(service, replay))
    app.add_middleware(SecurityHeaders, settings=service.settings)
    web = Web(service, replay)
    for kind in (HTTPException, Exception):
        earlier = app.exception_handlers.get(kind)
        app.add_exception_handler(kind, _error_handler(web, earlier))


def _endpoint(web: Web, route: Route) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        request.scope["route"] = route  # as FastAPI does for its own: figures are kept by its path
        try:
            form = await _read_form(request) if route.method == "POST" else FormData()
        except Invalid as error:
            visit = await run_in_threadpool(_arrive, web, request, FormData())
            return _failed(visit, 413 if error.field == "size" else 400, str(error))
        return await run_in_threadpool(_answer, web, route, request, form)

    return endpoint


def _answer(web: Web, route: Route, request: Request, form: FormData) -> Response:
    visit = _arrive(web, request, form)
    if route.role is not None and visit.actor is None:
        return _to_sign_in(visit)
    try:
        _check(visit, route)
        return route.handler(visit)
    except ServiceError as error:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        return _failed(visit, status, str(error))


def _check(visit: Visit, route: Route) -> None:
    """Raises NotAllowed when this visitor may not do this, or did not mean to."""
    if route.role is not None and not allowed(visit.who.role, route.role):
        raise NotAllowed(f"this takes the role {route.role.value}: ask an admin for it")
    if route.method != "POST":
        return
    if not same_site(visit.request.headers, visit.service.settings):
        raise NotAllowed("the form was sent from another site")
    given = visit.text("form_token")
    if not visit.cookie or not crypto.same(given, form_token(visit.cookie)):
        raise NotAllowed("the form is out of date: go back, load the page again, and send it again")


def _arrive(web: Web, request: Request, form: FormData) -> Visit:
    cookie = request.cookies.get(cookie_name(request, web.service.settings), "")
    known = sign_in.known(web.service, request, cookie) if cookie else None
    if known is None:
        stranger = request.cookies.get(sign_in.VISITOR, "")
        return Visit(web, request, None, 0, stranger, form)
    actor, tenant_id = known
    return Visit(web, request, actor, tenant_id, cookie, form)


def _to_sign_in(visit: Visit) -> Response:
    wanted = visit.here() if visit.request.method == "GET" else "/"
    where = "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted)}"
    return RedirectResponse(where, 303, {"Cache-Control": "no-store"})


async def _read_form(request: Request) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Invalid("this takes a form in application/x-www-form-urlencoded")
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES:
                raise Invalid(f"the form is larger than {FORM_BYTES // 1024} kB", "size")
        fields: list[tuple[str, str | UploadFile]] = list(
            parse_qsl(
                body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS, errors="strict"
            )
        )
    except (ValueError, ClientDisconnect) as error:
        raise Invalid("the form cannot be read") from error
    return FormData(fields)


_SAID: Final = {
    400: "That does not work",
    403: "You may not do this",
    404: "There is no such page",
    405: "There is no such page",
    409: "That is not possible now",
    413: "That is too large",
    500: "Something went wrong here",
}


def _failed(visit: Visit, status: int, text: str) -> Response:
    title = _SAID.get(status, "That did not work")
    template = "error.html" if visit.actor else "error_alone.html"
    return visit.page(template, status, title=title, code=status, text=text)


def _error_handler(web: Web, earlier: object) -> Failing:
    """Errors of paths that no page has, and of pages that broke; the API keeps its own answers."""

    async def handler(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(_OTHERS) and callable(earlier):
            answer: Response = await earlier(request, error)
            return answer
        status = error.status_code if isinstance(error, HTTPException) else 500
        text = "It was written to the log. Try again; if it stays, tell who runs this service."
        if status != 500:
            text = "The address may be wrong, or what it showed is no longer there."
        visit = Visit(web, request, None, 0, "", FormData())
        if status != 500:  # with the database down, asking it who this is would fail again
            visit = await run_in_threadpool(_arrive, web, request, FormData())
        answer = _failed(visit, status, text)
        add_headers(answer.headers, request.scope, is_https(request, web.service.settings))
        return answer

    return handler
