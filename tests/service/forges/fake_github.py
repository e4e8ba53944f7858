"""A GitHub to test with: an App, its installations, checks, statuses, comments, code scanning."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from leakguard_service.db.tables import Connection
from leakguard_service.service import Service
from tests.service.forges.fake_github_told import REPO, Told
from tests.service.forges.server import Answer, Call, Forge, Refused, Repo, Route
from tests.service.githttp import allowed

_ANY: Mapping[str, str] = {}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_key() -> str:
    """The App's key, made for this process, as GitHub hands it out: PEM."""
    form = serialization.PrivateFormat.TraditionalOpenSSL
    clear = serialization.NoEncryption()
    return _key().private_bytes(serialization.Encoding.PEM, form, clear).decode()


@dataclass(frozen=True)
class Issued:
    """A token that was given out."""

    token: str
    installation: int
    until: float
    permissions: Mapping[str, str]
    repository_ids: tuple[int, ...]
    """Empty for all of the installation."""


class FakeGitHub(Told):
    """GitHub Enterprise Server's paths: the API is at `/api/v3`. See Forge and Server too."""

    prefix = "/api/v3"
    kind = "github"
    app_id = 4711
    app_slug = "leakguard-tests"

    def __init__(self, folder: Path, token: str = "") -> None:
        self.private_key = private_key()
        self.issued: list[Issued] = []
        self.token_seconds = 3_600.0
        self.permissions = {
            "checks": "write",
            "contents": "read",
            "metadata": "read",
            "pull_requests": "write",
            "security_events": "write",
            "statuses": "write",
        }
        self.suspended: set[int] = set()
        self.codes: dict[str, dict[str, Any]] = {}
        """Codes of the manifest flow that may be exchanged, with the manifest."""
        super().__init__(folder, token)

    # What tests call

    def connect(
        self, service: Service, tenant_id: int, *, app: bool = True, **settings: Any
    ) -> int:
        """Stores a connection to here, with the App or with the plain token; returns its id."""
        access: dict[str, Any] = {"token": self.token}
        if app:
            access = {"app_id": self.app_id, "private_key": self.private_key}
        return store(service, self, tenant_id, access, settings)

    def add_token(self, token: str, repo: Repo) -> None:
        """Makes this an installation token that may do everything with the repository."""
        until = time.time() + self.token_seconds
        issued = Issued(token, repo.installation, until, self.permissions, (repo.id,))
        self.issued.append(issued)

    def payload(self, repo: Repo) -> dict[str, Any]:
        """The repository as webhooks and the API show it."""
        url = f"{self.url}/{repo.full_name}"
        return {
            "id": repo.id,
            "node_id": f"R_{repo.id}",
            "name": repo.name,
            "full_name": repo.full_name,
            "owner": self.account(repo.owner),
            "private": repo.private,
            "visibility": "private" if repo.private else "public",
            "archived": repo.archived,
            "disabled": False,
            "fork": False,
            "default_branch": repo.default_branch,
            "html_url": url,
            "clone_url": f"{url}.git",
            "url": f"{self.api_url}/repos/{repo.full_name}",
        }

    def account(self, login: str) -> dict[str, Any]:
        """A user or organisation."""
        return {"login": login, "id": 77, "type": "Organization", "html_url": f"{self.url}/{login}"}

    def manifest_code(self, manifest: Mapping[str, Any]) -> str:
        """What GitHub puts into the redirect after somebody made the App of this manifest."""
        code = secrets.token_hex(20)
        self.codes[code] = dict(manifest)
        return code

    # Who may do what

    def may_clone(self, header: str, repo: Repo) -> bool:
        if not repo.private or allowed(header, self.token):
            return True
        for one in self.issued:
            fits = self._covers(one, repo) and "contents" in one.permissions
            if fits and allowed(header, one.token):
                return True
        return False

    def _covers(self, issued: Issued, repo: Repo) -> bool:
        ours = repo.installation == issued.installation and issued.until > time.time()
        return ours and (not issued.repository_ids or repo.id in issued.repository_ids)

    def _app(self, call: Call) -> None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        try:
            claims = jwt.decode(token, _key().public_key(), algorithms=["RS256"])
        except jwt.PyJWTError:
            claims = {}
        known = scheme == "Bearer" and str(claims.get("iss")) == str(self.app_id)
        if not known or claims["exp"] - time.time() > 600:
            raise Refused(401, {"message": "A JSON web token could not be decoded"})

    def _bearer(self, call: Call) -> Issued | None:
        """The installation token that was given; None for the plain token."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if token == self.token and scheme.lower() in ("token", "bearer"):
            return None
        for one in self.issued:
            if one.token == token and one.until > time.time():
                return one
        raise Refused(401, {"message": "Bad credentials"})

    def reached(self, call: Call, name: str, permission: str, *, app: bool = False) -> Repo:
        issued = self._bearer(call)
        repo = self.named(name)
        if issued is None:
            if app:
                raise Refused(403, {"message": "You must authenticate via a GitHub App."})
            return repo
        if not self._covers(issued, repo):
            raise Refused(404, {"message": "Not Found"})
        if permission not in issued.permissions:
            raise Refused(403, {"message": "Resource not accessible by integration"})
        return repo

    def answer(self, call: Call) -> Answer:
        if not call.headers.get("user-agent"):
            raise Refused(403, {"message": "Request forbidden by administrative rules."})
        return super().answer(call)

    def routes(self) -> Sequence[Route]:
        return [
            ("GET", "/app", self._show_app),
            ("GET", "/app/installations", self._installations),
            ("POST", r"/app/installations/(\d+)/access_tokens", self._issue_token),
            ("POST", r"/app-manifests/([^/]+)/conversions", self._convert),
            ("GET", REPO + "/installation", self._installation_of),
            ("GET", "/installation/repositories", self._installed),
            ("GET", "/user", self._user),
            ("GET", "/user/repos", self._own),
            ("GET", r"/(?:orgs|users)/([^/]+)/repos", self._org),
            ("GET", REPO, self._show),
            *self.told_routes(),
        ]

    # The App

    def _show_app(self, call: Call) -> Answer:
        self._app(call)
        return Answer(200, {"id": self.app_id, "slug": self.app_slug, "name": "leakguard"})

    def _installation_ids(self) -> list[int]:
        return sorted({repo.installation for repo in self.repos.values()})

    def _installations(self, call: Call) -> Answer:
        self._app(call)
        rows = [
            {
                "id": number,
                "account": self.account("acme"),
                "app_id": self.app_id,
                "app_slug": self.app_slug,
                "repository_selection": "selected",
                "permissions": self.permissions,
                "suspended_at": "2026-01-01T00:00:00Z" if number in self.suspended else None,
            }
            for number in self._installation_ids()
        ]
        return self.paged(call, rows)

    def _installation_of(self, call: Call, name: str) -> Answer:
        self._app(call)
        return Answer(200, {"id": self.named(name).installation, "app_id": self.app_id})

    def _issue_token(self, call: Call, number: str) -> Answer:
        self._app(call)
        asked = self.fits(call, "AppInstallationsInstallationIdAccessTokensPostBody", empty=True)
        if int(number) not in self._installation_ids():
            raise Refused(404, {"message": "Not Found"})
        if int(number) in self.suspended:
            raise Refused(403, {"message": "This installation has been suspended"})
        wanted = asked.get("permissions") or self.permissions
        order = ("read", "write", "admin")
        for key, level in wanted.items():
            if order.index(level) > order.index(self.permissions.get(key, "read")) or (
                key not in self.permissions
            ):
                raise Refused(422, {"message": "The permissions requested are not granted."})
        ids = tuple(asked.get("repository_ids") or ())
        mine = {one.id for one in self.repos.values() if one.installation == int(number)}
        if not set(ids) <= mine:
            raise Refused(422, {"message": "There is at least one repository not accessible."})
        token = f"gh{'s'}_{self.app_id}_{secrets.token_urlsafe(96)}"
        until = time.time() + self.token_seconds
        self.issued.append(Issued(token, int(number), until, wanted, ids))
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
        return Answer(201, {"token": token, "expires_at": stamp, "permissions": wanted})

    def _convert(self, call: Call, code: str) -> Answer:
        manifest = self.codes.pop(code, None)
        if manifest is None:
            raise Refused(404, {"message": "Not Found"})
        return Answer(
            201,
            {
                "id": self.app_id,
                "slug": self.app_slug,
                "node_id": "A_1",
                "client_id": "Iv1.0123456789abcdef",
                "owner": self.account("acme"),
                "name": manifest.get("name", "leakguard"),
                "description": "",
                "external_url": manifest["url"],
                "html_url": f"{self.url}/apps/{self.app_slug}",
                "created_at": "2026-11-01T00:00:00Z",
                "updated_at": "2026-11-01T00:00:00Z",
                "permissions": manifest.get("default_permissions", {}),
                "events": manifest.get("default_events", []),
                "client_secret": secrets.token_hex(20),
                "webhook_secret": secrets.token_hex(20),
                "pem": self.private_key,
            },
        )

    # Repositories

    def _installed(self, call: Call) -> Answer:
        issued = self._bearer(call)
        if issued is None:
            raise Refused(403, {"message": "You must authenticate with an installation token"})
        rows = [self.payload(one) for one in self.repos.values() if self._covers(issued, one)]
        return self.paged(call, rows, "repositories")

    def _user(self, call: Call) -> Answer:
        self._bearer(call)
        return Answer(200, self.account("acme"))

    def _own(self, call: Call) -> Answer:
        self._bearer(call)
        return self.paged(call, [self.payload(one) for one in self.repos.values()])

    def _org(self, call: Call, org: str) -> Answer:
        self._bearer(call)
        rows = [self.payload(one) for one in self.repos.values() if one.owner == org]
        if not rows:
            raise Refused(404, {"message": "Not Found"})
        return self.paged(call, rows)

    def _show(self, call: Call, name: str) -> Answer:
        return Answer(200, self.payload(self.reached(call, name, "metadata")))


def store(
    service: Service, forge: Forge, tenant_id: int, access: Any, settings: Mapping[str, Any] = _ANY
) -> int:
    """A connection to a fake, with the webhook secret `hook-words`; returns its id."""
    with service.db.write() as session:
        row = Connection(
            tenant_id=tenant_id,
            forge=forge.kind,
            name=forge.kind,
            hook=f"{forge.kind}-{secrets.token_hex(6)}",
            web_url=forge.web_url,
            api_url=forge.api_url,
            secret=service.keyring.seal("hook-words"),
            access=service.keyring.seal(json.dumps(access)),
            settings=dict(settings),
        )
        session.add(row)
        session.flush()
        return row.id
