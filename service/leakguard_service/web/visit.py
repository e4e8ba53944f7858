"""One visit to one page: who comes, what was sent, and how a page or a way back is answered."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from leakguard_service.errors import Invalid, NotThere
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from leakguard_service.web.render import render
from leakguard_service.web.security import (
    Attempts,
    content_policy,
    form_token,
    is_https,
    local_path,
)

Replay = Callable[[Session, int, int, Actor], bool]
"""Does again what a delivery asked for: session, tenant, delivery, who. False for nothing."""

FLASH: Final = "leakguard-flash"
THEME: Final = "leakguard-theme"
THEMES: Final = ("auto", "light", "dark")
ROLES: Final = (Role.VIEWER, Role.TRIAGER, Role.ADMIN)
_FLASH_SECONDS: Final = 60
_FLASH_LENGTH: Final = 600


@dataclass(frozen=True, slots=True)
class Web:
    """What all pages share."""

    service: Service
    replay: Replay
    attempts: Attempts = field(default_factory=Attempts)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, after session, role and form were checked."""

    web: Web
    request: Request
    actor: Actor | None
    """None on the few pages that need no sign-in."""
    tenant_id: int
    """From the session only; 0 without one."""
    cookie: str
    """The session's, or a passing one of who is not signed in yet."""
    form: FormData

    @property
    def service(self) -> Service:
        """The running service."""
        return self.web.service

    @property
    def who(self) -> Actor:
        """Who is signed in."""
        if self.actor is None:
            raise NotThere("nobody is signed in")
        return self.actor

    def may(self, role: str) -> bool:
        """Whether who is signed in has this role, or one above it."""
        return self.actor is not None and allowed(self.actor.role, Role(role))

    def number(self, name: str) -> int:
        """A number of the path. Raises NotThere for anything else."""
        given = str(self.request.path_params[name])
        if not given.isascii() or not given.isdigit() or len(given) > 18:
            raise NotThere(f"there is no {name.removesuffix('_id')} {given[:40]}")
        return int(given)

    def text(self, name: str, most: int = 2_000) -> str:
        """A field of the form without white space around it; empty when it is not there.

        Raises Invalid when it is longer than `most` characters.
        """
        value = self.form.get(name, "")
        plain = value.strip() if isinstance(value, str) else ""
        if len(plain) > most:
            raise Invalid(f"{name} is longer than {most} characters: shorten it", name)
        return plain

    def texts(self, name: str) -> list[str]:
        """All fields of this name."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def numbers(self, name: str) -> list[int]:
        """All fields of this name that are row numbers."""
        return [
            int(text)
            for text in self.texts(name)
            if text.isascii() and 0 < len(text) <= 18 and text.isdigit()
        ]

    def asked(self) -> dict[str, str]:
        """The query string, the last of each name."""
        return dict(self.request.query_params)

    def page_number(self) -> int:
        """Which page of a list is asked for, from 1."""
        given = self.request.query_params.get("page", "1")
        plain = given.isascii() and given.isdigit() and len(given) < 7
        return max(1, int(given)) if plain else 1

    def base_url(self) -> str:
        """Where browsers and forges reach the service, without a slash at the end."""
        return (self.service.settings.public_url or str(self.request.base_url)).rstrip("/")

    def page(
        self, template: str, status: int = 200, forge: str = "", **values: Any
    ) -> HTMLResponse:
        """A page. `forge` is the origin of a forge to which a form of it is sent."""
        theme = self.request.cookies.get(THEME, "auto")
        flash = _read_flash(self.request.cookies.get(FLASH, ""))
        shared = {
            "visit": self,
            "actor": self.actor,
            "path": self.request.url.path,
            "here": self.here(),
            "form_token": form_token(self.cookie),
            "theme": theme if theme in THEMES else "auto",
            "flash": flash,
            "asked": self.asked(),
        }
        answer = HTMLResponse(render(template, {**shared, **values}), status)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Security-Policy"] = content_policy(forge)
        if flash:
            answer.delete_cookie(FLASH, path="/")
        return answer

    def here(self) -> str:
        """Path and query of this page."""
        question = self.request.url.query
        return self.request.url.path + (f"?{question}" if question else "")

    def go(self, path: str, said: str = "", kind: str = "good") -> Response:
        """Leads the browser on to a page of ours, where `said` is shown once."""
        answer = RedirectResponse(local_path(path), 303, {"Cache-Control": "no-store"})
        if said:
            text = json.dumps([kind, said[:_FLASH_LENGTH]])
            self.set_cookie(answer, FLASH, quote(text), _FLASH_SECONDS)
        return answer

    def back(self, otherwise: str, said: str = "", kind: str = "good") -> Response:
        """Leads to the page that the form names in `back`, when it is one of ours."""
        return self.go(local_path(self.text("back"), otherwise), said, kind)

    def set_cookie(self, answer: Response, name: str, value: str, seconds: int | None) -> None:
        """A cookie of this site that scripts cannot read."""
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=is_https(self.request, self.service.settings),
        )


def allowed(has: Role, needs: Role) -> bool:
    """Whether one role is at least the other."""
    return ROLES.index(has) >= ROLES.index(needs)


def _read_flash(cookie: str) -> Mapping[str, str] | None:
    from urllib.parse import unquote

    try:
        kind, text = json.loads(unquote(cookie))
    except (ValueError, TypeError):
        return None
    if kind not in ("good", "bad") or not isinstance(text, str):
        return None
    return {"kind": kind, "text": text[:_FLASH_LENGTH]}


Handler = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One page or action: who may, and what answers."""

    method: str
    path: str
    handler: Handler
    role: Role | None
    """None for the pages that need no sign-in."""


Routes = Sequence[Route]
