"""What an error looks like: problem details, RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457).

No problem holds an inner text: what went wrong inside is in the log, by its type.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from leakguard_service.errors import (
    Conflict,
    Invalid,
    JobError,
    NotAllowed,
    NotThere,
    ServiceError,
)

MEDIA_TYPE: Final = "application/problem+json"
PREFIX: Final = "/api/"
"""Paths whose errors are problems, whatever else the application serves."""

_log = logging.getLogger(__name__)
_SHOWN: Final = 20
"""Errors of one request that are told; a list of a million wrong values has as many."""
_RETRY_SECONDS: Final = 5

_STATUS: Final[Mapping[type[ServiceError], int]] = {
    NotThere: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    JobError: 502,
}


class Fault(BaseModel):
    """One value of a request that has no meaning."""

    field: str = Field(description="Where it is: `body.resolution`, `query.limit`.")
    detail: str


class Problem(BaseModel):
    """Why a request was not done."""

    type: str = Field(default="about:blank", description="Always `about:blank`: see `status`.")
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        default="", description="What to change.", examples=["there is no finding 17"]
    )
    errors: list[Fault] = Field(default_factory=list)


class Limited(HTTPException):
    """Too many requests; `seconds` until the next one is taken."""

    def __init__(self, seconds: int) -> None:
        text = f"too many requests: try again in {seconds} s"
        super().__init__(429, text, {"Retry-After": str(seconds)})


def install(app: FastAPI) -> None:
    """Answers with problems what no route of the API got: unknown paths and methods, bugs."""
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(Exception, _unrouted)
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("Problem", _schema(Problem))
        schemas.setdefault("Fault", _schema(Fault))
        return document

    setattr(app, "openapi", openapi)  # noqa: B010 - FastAPI's own way to add to it


def problem(
    status: int,
    detail: str = "",
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that says what is wrong."""
    body = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors)
    )
    return JSONResponse(
        body.model_dump(exclude_defaults=False), status, headers, media_type=MEDIA_TYPE
    )


def answer(error: Exception) -> Response:
    """What is said of an error. Its own text only where that was written for people."""
    if isinstance(error, RequestValidationError):
        return problem(422, "the request has values without meaning", _faults(error.errors()))
    if isinstance(error, HTTPException):
        return problem(error.status_code, str(error.detail), headers=error.headers)
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            field = getattr(error, "field", "")
            faults = [Fault(field=field, detail=str(error))] if field else []
            return problem(status, str(error), faults)
    _log.error("a request to the API failed: %s", type(error).__name__)
    if isinstance(error, DBAPIError):
        retry = {"Retry-After": str(_RETRY_SECONDS)}
        return problem(503, "the database does not answer: try again", headers=retry)
    return problem(500, "the service failed; its log says where")


async def _unrouted(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(PREFIX):
        return answer(error)
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"detail": HTTPStatus(status).phrase}, status, headers)


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def _faults(errors: Sequence[Any]) -> list[Fault]:
    """The value itself is left out: it could be a token."""
    return [
        Fault(field=".".join(str(part)[:60] for part in error["loc"]), detail=str(error["msg"]))
        for error in errors[:_SHOWN]
    ]
