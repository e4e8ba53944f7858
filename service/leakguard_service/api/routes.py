"""What all routes of the API share: bounded bodies, errors as problems, pages of lists."""

import re
from collections.abc import Callable, Coroutine
from datetime import date
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field
from starlette.exceptions import HTTPException

from leakguard_service import limits
from leakguard_service.api.problems import MEDIA_TYPE, answer

Item = TypeVar("Item")

BODY_BYTES: Final = 1024 * 1024
"""Largest body of a request: a policy of 100,000 characters with every one escaped."""

LARGEST: Final = 2**63 - 1
"""What both databases hold as a row's number."""

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")

Number = Annotated[int, Path(ge=1, le=LARGEST, examples=[1])]
"""A row's number in a path."""
OneOf = Annotated[int | None, Query(ge=1, le=LARGEST)]
"""A row's number in a query."""
After = Annotated[
    str, Query(max_length=1_000, description="The `next` of the page before; empty for the first.")
]
Limit = Annotated[int, Query(ge=1, le=limits.PAGE_MOST, description="Rows of the page, at most.")]


def _calendar(value: object) -> object:
    """Pydantic takes numbers too, as seconds since 1970: nobody who sends them means that."""
    if value is None or (isinstance(value, str) and _DAY.match(value)):
        return value
    raise ValueError("write it as in 2026-01-31 or 2026-01-31T12:00:00Z")


Flag = Annotated[bool, Field(strict=True)]
"""In a body: numbers and words such as `yes` are none."""

Day = Annotated[date, BeforeValidator(_calendar)]
Moment = Annotated[AwareDatetime, BeforeValidator(_calendar)]
"""With its zone."""


class Listed(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str = Field(description="Give it as `after` for the next page; empty on the last.")


class _Bounded(Request):
    """A request whose body is read up to BODY_BYTES."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            read = bytearray()
            async for part in self.stream():
                read += part
                if len(read) > BODY_BYTES:
                    raise HTTPException(413, f"a body has at most {BODY_BYTES} bytes")
            self._body = bytes(read)
        return self._body


class Route(APIRoute):
    """A route whose errors are problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, within bounds."""
        handler = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            try:
                response = await handler(_Bounded(request.scope, request.receive))
            except Exception as error:
                response = answer(error)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return bounded


def part(name: str) -> APIRouter:
    """An empty part of the API under one tag."""
    return APIRouter(tags=[name], route_class=Route)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of errors: those of every route, and these."""
    return {status: _described(_WHEN[status]) for status in (401, 403, 422, 429, *statuses)}


def _described(when: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": when, "content": {MEDIA_TYPE: {"schema": schema}}}


_WHEN: Final = {
    400: "The body cannot be read.",
    401: "There is no token, or it is unknown, expired or revoked.",
    403: "The token's scopes or role do not allow this.",
    404: "There is no such thing, or it is another tenant's.",
    409: "The thing is in a state in which this cannot be done.",
    413: "The body is too large.",
    422: "A value has no meaning.",
    429: "Too many requests; `Retry-After` says when to try again.",
    502: "Somebody outside did not do what was asked.",
}
