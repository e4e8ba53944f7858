"""A GitHub App in one click: GitHub makes it from a manifest and hands over its key and secret.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
1. `start_form` gives what a page has to post to GitHub from the admin's browser.
2. GitHub sends the browser back to `{public_url}{RETURN_PATH}` with `code` and `state`.
3. `finish` exchanges the code, which is good once and for an hour, and stores the connection.
The state is encrypted and authenticated by the keyring, and names tenant, admin and end.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.tables import AuditEntry, Connection
from leakguard_service.errors import Conflict, Hopeless, Invalid, NotAllowed, SettingsError
from leakguard_service.forges import address
from leakguard_service.forges.api import Api, host_of, read
from leakguard_service.forges.github import HEADERS
from leakguard_service.forges.http import Client
from leakguard_service.forges.table import Parts
from leakguard_service.nouns import Actor, ForgeKind, Role

RETURN_PATH: Final = "/connections/github/created"
"""Where GitHub sends the browser back to, below the service's address."""

PERMISSIONS: Final = {
    "checks": "write",
    "contents": "read",
    "metadata": "read",
    "pull_requests": "write",
    "security_events": "write",
}
"""What the App may do. Every token is narrowed further to what it is for."""

EVENTS: Final = ("check_run", "check_suite", "pull_request", "push", "repository")
"""What is delivered; events of the installation always are."""

_SECONDS: Final = 3_600.0
_NAME: Final = 34
"""Characters of an App's name, which must be unique at its GitHub."""
_OWNER: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


@dataclass(frozen=True, slots=True)
class Form:
    """What the page posts: a field `manifest`, to `url`. Needs `form-action` of a CSP."""

    url: str
    """With the state in its query."""
    manifest: str
    """JSON."""
    state: str


@dataclass(frozen=True, slots=True)
class _State:
    tenant: int
    actor: str
    hook: str
    web_url: str
    api_url: str
    until: float


@dataclass(frozen=True, slots=True, repr=False)
class _Made:
    """The App that GitHub made."""

    app_id: int
    slug: str
    name: str
    private_key: str
    secret: str


def manifest(public_url: str, hook: str) -> dict[str, Any]:
    """What GitHub makes the App from; `hook` is the end of the connection's address."""
    base = public_url.rstrip("/")
    return {
        "name": f"leakguard {host_of(base)}"[:_NAME].strip(),
        "description": "Scans every push for secrets.",
        "url": base,
        "hook_attributes": {"url": f"{base}/hooks/github/{hook}", "active": True},
        "redirect_url": f"{base}{RETURN_PATH}",
        "public": False,
        "default_permissions": dict(PERMISSIONS),
        "default_events": list(EVENTS),
    }


def start_form(
    service: Parts,
    actor: Actor,
    tenant_id: int,
    public_url: str,
    *,
    org: str = "",
    web_url: str = "https://github.com",
    api_url: str = "https://api.github.com",
) -> Form:
    """The form for an organisation's App, or the admin's own. Raises NotAllowed, Invalid.

    `public_url` is where GitHub and the browser reach the service.
    """
    _needs_admin(actor)
    for url in (web_url, api_url):
        address.target(url, service.settings, own=(host_of(web_url), host_of(api_url)))
    if org and not _OWNER.fullmatch(org):
        raise Invalid("that is no name of an organisation at GitHub", "org")
    if urlsplit(public_url).scheme not in ("http", "https") or not host_of(public_url):
        raise Invalid("set LEAKGUARD_PUBLIC_URL: GitHub has to know where to deliver", "public_url")
    hook, until = secrets.token_urlsafe(24), time.time() + _SECONDS
    base = web_url.rstrip("/")
    made = _State(tenant_id, _who(actor), hook, base, api_url.rstrip("/"), until)
    state = service.keyring.seal(json.dumps(asdict(made)))
    owner = f"/organizations/{quote(org)}" if org else ""
    url = f"{base}{owner}/settings/apps/new?{urlencode({'state': state})}"
    return Form(url, json.dumps(manifest(public_url, hook)), state)


def finish(
    service: Parts, session: Session, actor: Actor, tenant_id: int, code: str, state: str
) -> Connection:
    """Exchanges the code and stores the connection, with an entry in the audit log.

    Asks GitHub before it asks the database, so give it a session that has asked nothing yet.
    Raises NotAllowed when the state is not one of this admin, Invalid, Conflict, Later, Hopeless.
    """
    _needs_admin(actor)
    begun = _opened(service, actor, tenant_id, state)
    made = _exchange(service, begun, code)
    there = sa.select(Connection.id).where(Connection.hook == begun.hook)
    if session.scalar(there) is not None:
        raise Conflict("this App is connected already")
    row = _row(service, begun, made)
    session.add(row)
    session.flush()
    session.add(
        AuditEntry(
            tenant_id=tenant_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor=actor.name,
            address=actor.address,
            action="connection.created",
            subject="connection",
            subject_id=row.id,
            details={"forge": row.forge, "name": row.name, "app_id": made.app_id},
        )
    )
    session.flush()
    return row


def install_url(connection: Connection) -> str:
    """Where the App is put on repositories: the next step after `finish`. Empty without an App."""
    slug = str((connection.settings or {}).get("app_slug", ""))
    if not slug:
        return ""
    public = host_of(connection.web_url) == "github.com"
    kind = "apps" if public else "github-apps"
    return f"{connection.web_url}/{kind}/{quote(slug)}/installations/new"


def _needs_admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise NotAllowed("only admins make connections")


def _who(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}:{actor.name}"


def _opened(service: Parts, actor: Actor, tenant_id: int, state: str) -> _State:
    wrong = NotAllowed("this was not begun by you here, or too long ago: begin again")
    try:
        found = _State(**json.loads(service.keyring.open(state)))
    except (SettingsError, ValueError, TypeError):
        raise wrong from None
    if (found.tenant, found.actor) != (tenant_id, _who(actor)) or found.until < time.time():
        raise wrong
    return found


def _exchange(service: Parts, begun: _State, code: str) -> _Made:
    if not _CODE.fullmatch(code):
        raise Invalid("GitHub gave no code: begin again", "code")
    own = (host_of(begun.web_url), host_of(begun.api_url))
    api = Api(Client(service.settings, own=own), begun.api_url, HEADERS)
    answer = api.call("POST", "/app-manifests/{code}/conversions", values={"code": code})
    made = read(answer, _made)
    if not made.secret:
        raise Hopeless("GitHub made an App without a webhook secret: delete it and begin again")
    return made


def _made(found: Mapping[str, Any]) -> _Made:
    return _Made(
        app_id=int(found["id"]),
        slug=str(found.get("slug") or ""),
        name=str(found["name"])[:200],
        private_key=str(found["pem"]),
        secret=str(found.get("webhook_secret") or ""),
    )


def _row(service: Parts, begun: _State, made: _Made) -> Connection:
    access = {"app_id": str(made.app_id), "private_key": made.private_key}
    return Connection(
        tenant_id=begun.tenant,
        forge=ForgeKind.GITHUB.value,
        name=made.name,
        hook=begun.hook,
        web_url=begun.web_url,
        api_url=begun.api_url,
        secret=service.keyring.seal(made.secret),
        access=service.keyring.seal(json.dumps(access)),
        settings={"app_slug": made.slug},
    )
