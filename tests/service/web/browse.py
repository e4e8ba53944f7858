"""A browser without a screen: keeps cookies, sends forms as pages have them."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from typing import Any

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from leakguard_service.nouns import Actor
from leakguard_service.service import Service
from leakguard_service.web import pages

BASE = "http://leakguard.test"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')

Fields = Mapping[str, str | Sequence[str]]


class Replays:
    """Stands for the replay of hooks; remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, str]] = []

    def __call__(self, session: Session, tenant_id: int, delivery_id: int, who: Actor) -> bool:
        self.asked.append((tenant_id, delivery_id, who.name))
        return True


def site(service: Service, replay: Callable[..., bool] | None = None) -> FastAPI:
    """An application with the pages only."""
    app = FastAPI(openapi_url=None)
    pages.mount(app, service, replay or Replays())
    return app


class Browser:
    """One browser."""

    def __init__(self, app: FastAPI, base: str = BASE) -> None:
        self.client = TestClient(
            app, base_url=base, follow_redirects=False, raise_server_exceptions=False
        )
        self.base = base

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def token(self, path: str = "/views") -> str:
        """The form token of a page."""
        found = _TOKEN.search(self.client.get(path).text)
        assert found, f"{path} has no form"
        return found[1]

    def post(
        self,
        path: str,
        fields: Fields | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Sends a form of ours, with the token of another page of the session."""
        known = self.token() if token is None else token
        data = {"form_token": known, **(fields or {})}
        sent = {"Origin": self.base, **(headers or {})}
        return self.client.post(path, data=data, headers=sent)

    def sign_in(self, token: str, wanted: str = "") -> "Browser":
        """Signs in with a token of leakguard."""
        fields = {"token": token, "next": wanted}
        answer = self.post("/sign-in", fields, token=self.token("/sign-in"))
        assert answer.status_code == 303, text(answer.text)
        return self


def text(html: str) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
