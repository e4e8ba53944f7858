"""Findings, people and scans for tests of the triage and of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from leakguard_service.db.tables import AuditEntry, Finding, Occurrence, Tenant, User
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Scan, ScanFinding
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from tests.service.conftest import add_connection, add_repository, add_tenant

TRIAGER = Actor("user", "ada", 1, Role.TRIAGER)
OTHER = Actor("user", "bob", 2, Role.TRIAGER)
ADMIN = Actor("user", "root", 3, Role.ADMIN)
VIEWER = Actor("user", "eve", 4, Role.VIEWER)


@dataclass(frozen=True)
class World:
    """One tenant with a repository."""

    service: Service
    tenant_id: int
    connection_id: int
    repository_id: int


def make_world(service: Service, name: str = "default") -> World:
    tenant_id = add_tenant(service, name)
    connection_id = add_connection(service, tenant_id)
    repository_id = add_repository(service, connection_id, f"{name}/app")
    return World(service, tenant_id, connection_id, repository_id)


def add_finding(
    world: World,
    mark: str = "1",
    *,
    path: str = "src/settings.py",
    rule: str = "github-classic-pat",
    severity: int = 4,
    repository_id: int | None = None,
    opened_at: datetime | None = None,
    **columns: object,
) -> int:
    """A finding with one place; `mark` makes it another secret. Returns its id."""
    at = opened_at or now()
    with world.service.db.write() as session:
        row = Finding(
            tenant_id=world.tenant_id,
            identity=mark,
            rule_id=rule,
            name="GitHub token",
            kind="secret",
            severity=severity,
            confidence=3,
            preview="ghp_…" + mark,
            created_at=at,
            opened_at=at,
        )
        for name, value in columns.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        session.add(
            Occurrence(
                tenant_id=world.tenant_id,
                finding_id=row.id,
                repository_id=repository_id or world.repository_id,
                rule_id=rule,
                fingerprint=f"f{mark}",
                blob=f"{row.id:040x}",
                path=path,
                line=3,
                end_line=3,
                col=1,
                end_col=41,
                commit="c" * 40,
                author="Ada <ada@example.org>",
                ref="refs/heads/main",
            )
        )
        return row.id


def add_scan(world: World, finding_ids: Sequence[int], after: str, kind: str = "push") -> int:
    """A finished scan that saw these findings; returns its id."""
    with world.service.db.write() as session:
        scan = Scan(
            tenant_id=world.tenant_id,
            repository_id=world.repository_id,
            job_id=f"{kind}:{after}:{now().isoformat()}",
            kind=kind,
            ref="refs/heads/main",
            after=after,
            verdict="leaks",
            finished_at=now(),
        )
        session.add(scan)
        session.flush()
        asked = sa.select(Occurrence.id).where(Occurrence.finding_id.in_(finding_ids))
        for occurrence_id in session.scalars(asked).all():
            session.add(
                ScanFinding(scan_id=scan.id, occurrence_id=occurrence_id, tenant_id=world.tenant_id)
            )
        return scan.id


def add_user(world: World, login: str, role: Role = Role.TRIAGER, *, bound: bool = True) -> int:
    """A user who has signed in before; returns the id."""
    with world.service.db.write() as session:
        subject = f"https://id.example|{world.tenant_id}|{login}" if bound else None
        row = User(
            tenant_id=world.tenant_id, login=login, role=role.value, subject=subject, name=login
        )
        session.add(row)
        session.flush()
        return row.id


def settle(world: World, **settings: object) -> None:
    """Sets settings of the tenant."""
    with world.service.db.write() as session:
        row = session.get_one(Tenant, world.tenant_id)
        row.settings = {**row.settings, **settings}


def finding(world: World, number: int) -> Finding:
    with world.service.db.read() as session:
        return session.get_one(Finding, number)


def history(world: World, number: int) -> list[AuditEntry]:
    """What happened to a finding, the first thing first."""
    with world.service.db.read() as session:
        asked = (
            sa.select(AuditEntry)
            .where(AuditEntry.subject == "finding", AuditEntry.subject_id == number)
            .order_by(AuditEntry.id)
        )
        return list(session.scalars(asked))
