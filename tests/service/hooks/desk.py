"""What the tests of the receiver share: a client, and a delivery in one line."""

import json
from typing import Any

import httpx2
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from leakguard_service.db.tables import Base
from leakguard_service.hooks.receiver import router
from leakguard_service.service import Service
from tests.service.hooks import payloads


def client(service: Service) -> TestClient:
    """Speaks to the receiver; what raises there is an answer of 500 here."""
    app = FastAPI()
    app.include_router(router(service))
    return TestClient(app, raise_server_exceptions=False)


def deliver(
    to: TestClient,
    payload: Any,
    forge: str = "github",
    *,
    hook: str = "",
    secret: str = payloads.SECRET,
    headers: dict[str, str] | None = None,
    **signing: Any,
) -> httpx2.Response:
    """Signs and sends; `headers` replace those that `signed` makes, empty ones leave them out."""
    content = payload if isinstance(payload, bytes) else payloads.body(payload)
    made = payloads.signed(forge, secret, content, **signing) | (headers or {})
    sent = {name: value for name, value in made.items() if value}
    path = f"/hooks/{forge}/{hook}" if hook else f"/hooks/{forge}"
    return to.post(path, content=content, headers=sent)


def rows(service: Service, model: type[Base]) -> list[Any]:
    """All rows of a table."""
    with service.db.read() as session:
        return list(session.scalars(sa.select(model).order_by(sa.inspect(model).primary_key[0])))


def everything(service: Service) -> str:
    """All that is in the database, as text."""
    with service.db.read() as session:
        found = [
            [str(value) for value in row]
            for table in Base.metadata.sorted_tables
            for row in session.execute(sa.select(table))
        ]
    return json.dumps(found)
