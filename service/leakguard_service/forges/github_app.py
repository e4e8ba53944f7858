"""Acting as a GitHub App: its own token, and tokens for one installation, as narrow as can be.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
Tokens are kept in memory only. They may be of any form and some 520 characters long.
"""

import hashlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gidgethub import apps

from leakguard_service.errors import Hopeless
from leakguard_service.forges.api import Api, number_of, read

_JWT_SECONDS: Final = 9 * 60
"""From 60 s in the past on: GitHub takes ten minutes, and clocks differ."""

_MARGIN_SECONDS: Final = 600.0
"""A token that lives shorter than this is not used again: a clone may take so long."""

_KEPT: Final = 5_000


@dataclass(slots=True, eq=False)
class Tokens:
    """Installation tokens that are still good."""

    held: dict[tuple[str, ...], tuple[str, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: tuple[str, ...]) -> str:
        """The token; empty when there is none that lives long enough."""
        with self.lock:
            token, until = self.held.get(key, ("", 0.0))
            return token if until - time.time() > _MARGIN_SECONDS else ""

    def put(self, key: tuple[str, ...], token: str, until: float) -> None:
        """Keeps it until then (seconds since 1970)."""
        with self.lock:
            now = time.time()
            if len(self.held) >= _KEPT:
                self.held = {one: pair for one, pair in self.held.items() if pair[1] > now}
            if len(self.held) < _KEPT:
                self.held[key] = (token, until)

    def drop(self, start: tuple[str, ...]) -> None:
        """Forgets those whose key begins so."""
        with self.lock:
            kept = {one: pair for one, pair in self.held.items() if one[: len(start)] != start}
            self.held = kept


SHARED: Final = Tokens()
"""This process's tokens. Who has not the App's key cannot reach its tokens here."""


@dataclass(frozen=True, slots=True, repr=False)
class App:
    """A GitHub App and its private key."""

    api: Api
    app_id: str
    private_key: str
    tokens: Tokens = SHARED

    def headers(self) -> Mapping[str, str]:
        """Authorization as the App itself, good for eight minutes. Raises Hopeless."""
        try:
            token = apps.get_jwt(
                app_id=self.app_id, private_key=self.private_key, expiration=_JWT_SECONDS
            )
        except Exception:
            # PyJWT and cryptography raise many kinds, and their texts may show the key
            raise Hopeless(
                f"the private key of the GitHub App {self.app_id} cannot be read: enter the PEM"
                " file that GitHub made"
            ) from None
        return {"Authorization": f"Bearer {token}"}

    def token(
        self, installation: str, permissions: Mapping[str, str], repositories: Sequence[str] = ()
    ) -> str:
        """A token of the installation with no more than these permissions, for these repositories
        (ids; none for all). Raises Later or Hopeless."""
        key = self._key(installation, permissions, repositories)
        if held := self.tokens.get(key):
            return held
        body: dict[str, Any] = {"permissions": dict(permissions)}
        if repositories:
            body["repository_ids"] = [int(number_of(one)) for one in repositories]
        answer = self.api.call(
            "POST",
            "/app/installations/{installation}/access_tokens",
            headers=self.headers(),
            json=body,
            values={"installation": number_of(installation)},
        )
        token, until = read(answer, _issued)
        self.tokens.put(key, token, until)
        return token

    def _key(
        self, installation: str, permissions: Mapping[str, str], repositories: Sequence[str]
    ) -> tuple[str, ...]:
        """Two connections share a token only when both hold the App's key."""
        proof = hashlib.sha256(self.private_key.encode()).hexdigest()
        wanted = (f"{name}:{level}" for name, level in sorted(permissions.items()))
        return (self.api.url, self.app_id, proof, installation, *wanted, *sorted(repositories))

    def forget(self) -> None:
        """Drops the App's tokens: one was refused before its time."""
        self.tokens.drop(self._key("", {}, ())[:3])

    def installation_of(self, full_name: str) -> str:
        """The installation that has the repository. Raises Hopeless when none has."""
        answer = self.api.call(
            "GET",
            "/repos/{repository}/installation",
            headers=self.headers(),
            values={"repository": full_name},
        )
        return read(answer, lambda found: str(int(found["id"])))


def _issued(found: Any) -> tuple[str, float]:
    until = datetime.fromisoformat(found["expires_at"]).timestamp()
    token = found["token"]
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ValueError("no token")
    return token, until
