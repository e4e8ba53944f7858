"""One of everything in a tenant, and the API in this process to ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from leakguard_service.api import problems
from leakguard_service.api.app import router
from leakguard_service.crypto import new_token, token_hash
from leakguard_service.db.tables import ApiToken, Channel, SavedView
from leakguard_service.db.work_tables import Delivery, Job, Notification, SkipSeen
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from leakguard_service.triage.audit import record
from leakguard_service.triage.scopes import Scope
from tests.service.triage.world import World, add_finding, add_scan, add_user, make_world

EVERYTHING = tuple(scope.value for scope in Scope)


@dataclass(frozen=True)
class Full:
    """A tenant with one of everything; `mark` is in each text of it."""

    world: World
    mark: str
    ids: Mapping[str, int | str] = field(default_factory=dict)
    """By the names that paths of the API have for them."""


def make_full(service: Service, mark: str) -> Full:
    world = make_world(service, mark)
    finding = add_finding(world, mark, path=f"src/{mark}.py", rule=f"rule-{mark}")
    scan = add_scan(world, [finding], "a" * 40)
    user = add_user(world, f"ada-{mark}")
    token(service, world.tenant_id, name=f"token-{mark}")
    with service.db.write() as session:
        ids = _rows(session, world, mark, finding, scan)
        actor = Actor("user", f"ada-{mark}", user, Role.ADMIN)
        record(session, world.tenant_id, actor, "finding.commented", "finding", finding)
    known: dict[str, int | str] = {
        "finding_id": finding,
        "scan_id": scan,
        "user_id": user,
        "repository_id": world.repository_id,
        "connection_id": world.connection_id,
    }
    return Full(world, mark, known | ids)


def _rows(
    session: Session, world: World, mark: str, finding: int, scan: int
) -> dict[str, int | str]:
    mine = {"tenant_id": world.tenant_id}
    keyring = world.service.keyring
    channel = Channel(
        **mine, kind="email", name=mark, config=keyring.seal('{"to": ["a@b.example"]}'), filter={}
    )
    view = SavedView(**mine, owner="", name=mark, query="state=open")
    delivery = Delivery(
        **mine,
        connection_id=world.connection_id,
        repository_id=world.repository_id,
        delivery_id=mark,
        event="push",
        size=1,
    )
    job = Job(**mine, id=f"push:{mark}", kind="push", repository_id=world.repository_id)
    skip = SkipSeen(
        **mine, scan_id=scan, repository_id=world.repository_id, path=mark, reason="large"
    )
    owned = ApiToken(
        **mine, name=mark, hash=token_hash(new_token()), hint="lgs_", scopes=["admin"], role="admin"
    )
    session.add_all([channel, view, delivery, job, skip, owned])
    session.flush()
    message = Notification(
        **mine,
        channel_id=channel.id,
        cause="audit:1",
        finding_id=finding,
        change="created",
        state="failed",
    )
    session.add(message)
    session.flush()
    return {
        "channel_id": channel.id,
        "view_id": view.id,
        "delivery_id": delivery.id,
        "job_id": job.id,
        "token_id": owned.id,
        "notification_id": message.id,
    }


def token(
    service: Service,
    tenant_id: int,
    scopes: Sequence[str] = EVERYTHING,
    role: Role = Role.ADMIN,
    *,
    name: str = "test",
    user_id: int | None = None,
) -> str:
    """A token with scopes that its role may not even have."""
    text = new_token()
    with service.db.write() as session:
        session.add(
            ApiToken(
                tenant_id=tenant_id,
                user_id=user_id,
                name=name,
                hash=token_hash(text),
                hint=text[:8],
                scopes=list(scopes),
                role=role.value,
            )
        )
    return text


def replay(_session: Session, _tenant_id: int, _delivery_id: int, _actor: Actor) -> bool:
    """Stands for hooks.intake.replay."""
    return True


def make_app(service: Service, replayed: Any = replay) -> FastAPI:
    app = FastAPI(openapi_url="/api/v1/openapi.json")
    app.include_router(router(service, replayed))
    problems.install(app)
    return app


def client(app: FastAPI, text: str = "") -> TestClient:
    headers = {"Authorization": f"Bearer {text}"} if text else {}
    return TestClient(app, raise_server_exceptions=False, headers=headers)


@dataclass(frozen=True)
class Operation:
    """One route of the API."""

    method: str
    path: str
    name: str
    scope: str
    """Empty when any token does."""

    def at(self, ids: Mapping[str, int | str]) -> str:
        return self.path.format(**ids)

    @property
    def names_a_row(self) -> bool:
        return "{" in self.path and "{rule_id}" not in self.path


def operations(app: FastAPI) -> list[Operation]:
    """All routes, as the API itself describes them."""
    return [
        Operation(
            method.upper(),
            path,
            described["operationId"],
            (described["security"][0]["HTTPBearer"] or [""])[0],
        )
        for path, methods in app.openapi()["paths"].items()
        for method, described in methods.items()
    ]


BODIES: Mapping[str, object] = {
    "changeFindings": {"action": "comment", "comment": "x", "ids": [1]},
    "changeFinding": {"action": "comment", "comment": "x"},
    "changeRepository": {"enabled": True},
    "saveView": {"name": "v"},
    "createConnection": {"forge": "github"},
    "changeConnection": {"name": "c"},
    "createChannel": {"kind": "email", "config": {"to": ["a@b.example"]}},
    "changeChannel": {"enabled": True},
    "inviteUser": {"login": "new"},
    "changeUser": {"active": True},
    "createToken": {"name": "t", "scopes": ["findings:read"]},
    "changeSettings": {"four_eyes": False},
}
"""What each route that takes a body is given."""
