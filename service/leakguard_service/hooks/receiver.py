"""Where forges deliver: POST /hooks/{forge} and /hooks/{forge}/{hook}.

Read with limits, verified over the raw bytes, understood, written down, answered: nothing is asked
of anybody outside before the answer. Forges wait ten seconds
(https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from leakguard_service import limits
from leakguard_service.errors import NotThere, SettingsError
from leakguard_service.hooks import events, intake
from leakguard_service.hooks.body import Bodies, Refused, busy
from leakguard_service.hooks.fields import Garbled, parse
from leakguard_service.hooks.gate import Gate
from leakguard_service.hooks.senders import sender
from leakguard_service.hooks.verify import Forged
from leakguard_service.nouns import EventKind, ForgeKind
from leakguard_service.service import Service

_log = logging.getLogger("leakguard_service.hooks")

_FORGES: Final = {kind.value: kind for kind in ForgeKind} | {"forgejo": ForgeKind.GITEA}
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_LARGE_BYTES: Final = 1024 * 1024
"""Bodies above this size are worked on one at a time: parsed they take twenty times the room."""

_HOOK_MOST: Final = 64
"""Characters of a connection's own address."""

_UNKNOWN: Final = (
    "the signature fits no connection here: look at the webhook's secret and its address"
)
"""The answer to all that is not known, so that nobody can find out which addresses there are."""


@dataclass(frozen=True, slots=True)
class _Arrived:
    forge: ForgeKind
    hook: str
    headers: Mapping[str, str]
    body: bytes
    form: bool


def router(service: Service) -> APIRouter:
    """The addresses. They are no part of the API's description."""
    desk = _Desk(service)
    routes = APIRouter(include_in_schema=False)

    @routes.post("/hooks/{forge}")
    async def any_connection(forge: str, request: Request) -> JSONResponse:
        return await desk.answer(forge, "", request)

    @routes.post("/hooks/{forge}/{hook}")
    async def one_connection(forge: str, hook: str, request: Request) -> JSONResponse:
        return await desk.answer(forge, hook, request)

    return routes


class _Desk:
    """What all deliveries of one process share."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._gate = Gate(service.settings.deliveries_per_minute)
        self._bodies = Bodies(service.settings)
        self._threads = anyio.CapacityLimiter(limits.DELIVERY_THREADS)
        self._large = anyio.CapacityLimiter(1)
        self._waiting = 0

    async def answer(self, forge: str, hook: str, request: Request) -> JSONResponse:
        """Never raises for what a sender can do."""
        try:
            self._gate.enter(request.client.host if request.client else "")
            kind = _forge(forge)
            form = _form(kind, request.headers.get("content-type", ""))
            with self._bodies.hold() as held:
                body = await self._bodies.read(request, held)
                arrived = _Arrived(kind, hook[: _HOOK_MOST + 1], request.headers, body, form)
                return await self._work(arrived)
        except Refused as refused:
            _log.warning("a delivery of %s was refused: %s", _known(forge), refused)
            headers = {"Retry-After": str(refused.retry)} if refused.retry else None
            return JSONResponse({"error": str(refused)}, refused.status, headers)

    async def _work(self, arrived: _Arrived) -> JSONResponse:
        if self._waiting >= limits.DELIVERIES_WAITING:
            raise busy("too many deliveries wait")
        limiter = self._large if len(arrived.body) > _LARGE_BYTES else self._threads
        self._waiting += 1
        try:
            return await run_sync(_guarded, lambda: _take(self._service, arrived), limiter=limiter)
        finally:
            self._waiting -= 1


def _take(service: Service, arrived: _Arrived) -> JSONResponse:
    """Runs in a thread: hashes, parses and writes."""
    forge, headers, body = arrived.forge, arrived.headers, arrived.body
    connection = sender(service, forge, arrived.hook, headers, body)
    event = events.understand(forge, headers, parse(body, form=arrived.form))
    delivery = events.delivery_id(forge, headers, body)
    taken = intake.take(service, connection, event, delivery, len(body))
    content: dict[str, Any] = {
        "delivery": taken.delivery,
        "state": taken.state,
        "jobs": list(taken.jobs),
    }
    return JSONResponse(content, 200 if event.kind is EventKind.PING else 202)


def _guarded(work: Callable[[], JSONResponse]) -> JSONResponse:
    """Turns what can go wrong into answers; texts that are not for senders go to the log."""
    try:
        return work()
    except (Forged, NotThere):
        raise Refused(401, _UNKNOWN) from None
    except Garbled as error:
        raise Refused(400, str(error)) from None
    except SettingsError as error:
        _log.error("deliveries cannot be verified: %s", error)
        raise busy("the service cannot read its secrets") from None
    except SQLAlchemyError as error:
        # its text holds the statement's values
        _log.error("a delivery could not be written: %s", type(error).__name__)
        raise busy("the database does not take it") from None
    except Exception as error:
        # a fault of ours: the delivery must come again, and its content is no business of the log
        _log.error("a delivery could not be taken: %s", type(error).__name__)
        raise busy("the service cannot take it now") from None


def _forge(name: str) -> ForgeKind:
    if name not in _FORGES:
        raise Refused(404, "there are /hooks/github, /hooks/gitlab and /hooks/gitea")
    return _FORGES[name]


def _form(forge: ForgeKind, content_type: str) -> bool:
    """Whether the body is a form, as GitHub can send it."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _JSON:
        return False
    if kind == _FORM and forge is ForgeKind.GITHUB:
        return True
    raise Refused(415, f"set the webhook's content type to {_JSON}")


def _known(forge: str) -> str:
    return forge if forge in _FORGES else "an unknown forge"
