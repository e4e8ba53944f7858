"""What tests of notifications share: a leak in a repository, channels, messages."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from leakguard.fingerprint import Fingerprints, preview
from leakguard_service.db.tables import AuditEntry, Channel, Finding, Occurrence, Repository, Tenant
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Notification, Scan, ScanFinding
from leakguard_service.jobs.port import Handler
from leakguard_service.notify import outbox
from leakguard_service.notify.model import Fact, Message
from leakguard_service.notify.text import line
from leakguard_service.nouns import Change, JobKind
from leakguard_service.service import Service
from tests.helpers import github_token
from tests.service.conftest import add_connection, add_repository, add_tenant
from tests.service.rowjobs import RowJobs

AUTHOR = "Ana Admin <ana@corp.example>"
HOSTILE = "a<b>&`*_[x](http://evil.example)@all\u202e|~#1 <!channel>"
MOMENT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

MESSAGE = Message(
    id="leakguard-0123456789-n7",
    event="finding.created",
    at=MOMENT,
    title="New leak: GitHub personal access token (classic) in acme/app",
    facts=(
        Fact("Severity", "critical"),
        Fact("Rule", "github-classic-pat", code=True),
        Fact("Repository", "acme/app"),
        Fact("Branch", "main"),
        Fact("Place", "src/deploy.py:4 and 1 more place", code=True),
        Fact("Commit", "b2e0e64ba6d7", code=True),
        Fact("Author", AUTHOR),
        Fact("Preview", "ghp_…fcta", code=True),
    ),
    advice="Delete it on https://github.com/settings/tokens.",
    link="https://leaks.corp.example/findings/3",
    severity=4,
    thread="leakguard-0123456789-f3",
    data={"change": "created", "finding": {"id": 3}},
)
"""What the golden files show."""

HOSTILE_MESSAGE = replace(
    MESSAGE,
    title=line(f"New leak: {HOSTILE}"),
    facts=tuple(Fact("Place", line(HOSTILE), code=code) for code in (True, False)),
    advice=line(HOSTILE),
)


class World:
    """One tenant with one repository."""

    def __init__(self, service: Service, name: str = "default") -> None:
        self.service = service
        self.tenant = add_tenant(service, name)
        self.connection = add_connection(service, self.tenant)
        self.repository = add_repository(service, self.connection)
        self.causes = 0

    def settle(self, **settings: Any) -> None:
        """Changes the tenant's settings."""
        with self.service.db.write() as session:
            session.get_one(Tenant, self.tenant).settings = settings

    def channel(
        self, kind: str, config: Mapping[str, Any], wanted: Mapping[str, Any] | None = None
    ) -> int:
        """A channel; returns its id."""
        with self.service.db.write() as session:
            row = Channel(
                tenant_id=self.tenant,
                kind=kind,
                name=kind,
                config=self.service.keyring.seal(json.dumps(config)),
                filter=dict(wanted or {}),
            )
            session.add(row)
            session.flush()
            return row.id

    def finding(
        self,
        seed: int = 0,
        *,
        historical: bool = False,
        severity: int = 4,
        author: str = AUTHOR,
        path: str = "src/deploy.py",
    ) -> int:
        """A finding of a token that was really there; returns its id."""
        token = github_token(seed).encode()
        with self.service.db.write() as session:
            row = Finding(
                tenant_id=self.tenant,
                identity=f"{seed:064x}",
                rule_id="github-classic-pat",
                name="GitHub personal access token (classic)",
                kind="secret",
                severity=severity,
                confidence=3,
                preview=preview(token),
                remedy="Delete it on https://github.com/settings/tokens. Then look at the log.",
                historical=historical,
            )
            session.add(row)
            session.flush()
            session.add(
                Occurrence(
                    tenant_id=self.tenant,
                    finding_id=row.id,
                    repository_id=self.repository,
                    rule_id=row.rule_id,
                    fingerprint=Fingerprints().of("github", token, path),
                    blob=f"{seed:040x}",
                    path=path,
                    line=4,
                    end_line=4,
                    col=10,
                    end_col=50,
                    commit="b2e0e64ba6d7" + "0" * 28,
                    author=author,
                    ref="refs/heads/main",
                )
            )
            return row.id

    def scan(self, findings: list[int]) -> int:
        """A scan of the past that saw these findings; returns its id."""
        with self.service.db.write() as session:
            row = Scan(
                tenant_id=self.tenant,
                repository_id=self.repository,
                job_id=f"backfill:{self.repository}:{self.cause()}",
                kind="backfill",
                commits=1_200,
                blobs=3_400,
                skipped=2,
                started_at=now() - timedelta(minutes=5),
            )
            session.add(row)
            session.flush()
            for place in session.scalars(
                sa.select(Occurrence.id).where(Occurrence.finding_id.in_(findings))
            ):
                session.add(ScanFinding(scan_id=row.id, occurrence_id=place, tenant_id=self.tenant))
            return row.id

    def cause(self) -> str:
        """Another cause each time."""
        self.causes += 1
        return f"test:{self.causes}"

    def announce(self, finding: int, change: Change = Change.CREATED, cause: str = "") -> list[int]:
        """See outbox.announce."""
        with self.service.db.write() as session:
            return outbox.announce(
                self.service, session, self.tenant, finding, change, cause or self.cause()
            )

    def digest(self, scan: int) -> list[int]:
        """See outbox.digest."""
        with self.service.db.write() as session:
            return outbox.digest(self.service, session, self.tenant, scan)

    def audited(self, name: str = "ben") -> str:
        """The cause that is an entry of the audit log by somebody."""
        with self.service.db.write() as session:
            row = AuditEntry(
                tenant_id=self.tenant,
                actor_kind="user",
                actor=name,
                action="finding.changed",
                subject="finding",
            )
            session.add(row)
            session.flush()
            return f"audit:{row.id}"

    def close(self, finding: int, state: str = "resolved", resolution: str = "revoked") -> None:
        """Closes a finding without telling anybody."""
        with self.service.db.write() as session:
            row = session.get_one(Finding, finding)
            row.state, row.resolution = state, resolution

    def row(self, notification: int) -> Notification:
        """A message as it is stored."""
        with self.service.db.read() as session:
            return session.get_one(Notification, notification)

    def change(self, notification: int, **values: Any) -> None:
        """Changes a message's row."""
        with self.service.db.write() as session:
            session.execute(
                sa.update(Notification).where(Notification.id == notification).values(**values)
            )

    def channel_row(self, channel: int) -> Channel:
        """A channel as it is stored."""
        with self.service.db.read() as session:
            return session.get_one(Channel, channel)

    def rename(self, full_name: str) -> None:
        """Gives the repository another name."""
        with self.service.db.write() as session:
            session.get_one(Repository, self.repository).full_name = full_name

    def deliver(self) -> list[str]:
        """Does all jobs that are queued; errors come through."""
        jobs = self.service.jobs
        assert isinstance(jobs, RowJobs)

        def notify(task: Any, _steps: Any) -> dict[str, Any]:
            return {"state": outbox.deliver(self.service, task.arguments["notification"])}

        handlers: dict[JobKind, Handler] = {JobKind.NOTIFY: notify}
        return jobs.drain(handlers)
