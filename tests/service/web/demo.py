"""Believable data for pages: two organisations, repositories, findings, scans, deliveries.

No text here is a credential: previews are masked as the service stores them.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service.db.tables import (
    AuditEntry,
    Channel,
    Connection,
    Finding,
    Occurrence,
    Repository,
    SavedView,
    User,
)
from leakguard_service.db.work_tables import (
    Delivery,
    Head,
    Job,
    Notification,
    Scan,
    ScanFinding,
    SkipSeen,
    Worker,
)
from leakguard_service.nouns import SYSTEM, Role
from leakguard_service.service import Service
from leakguard_service.triage import people
from leakguard_service.triage.scopes import Scope
from tests.service.conftest import add_tenant

KINDS = (
    ("aws-access-key-id", "AWS access key", 4, "AKIA…7Q2M"),
    ("github-classic-pat", "GitHub personal access token", 4, "ghp_…x81a"),
    ("slack-bot-token", "Slack bot token", 3, "xoxb-…Kf3e"),
    ("stripe-secret-key", "Stripe secret key", 4, "sk_live_…p0Ws"),
    ("google-api-key", "Google API key", 3, "AIza…9bTk"),
    ("private-key", "RSA private key", 4, "MIIE…9xQz"),
    ("npm-access-token", "npm access token", 3, "npm_…w4Hd"),
    ("url-credentials", "Password in a connection string", 2, "postgres://app:…@db"),
    ("sentry-user-token", "Sentry user token", 1, "sntryu_…41c7"),
    ("jwt", "JSON Web Token", 2, "eyJh…Q8sE"),
)
PATHS = (
    "src/config/settings.py",
    "deploy/production/values.yaml",
    "app/src/main/res/values/keys.xml",
    ".env",
    "scripts/release.sh",
    "infra/terraform/main.tf",
    "web/src/api/client.ts",
    "tests/fixtures/webhook.json",
    "docs/setup.md",
    "ci/pipeline.yml",
)
REPOSITORIES = (
    "northwind/storefront",
    "northwind/payments-api",
    "northwind/mobile-app",
    "northwind/infra",
    "northwind/data-pipeline",
    "northwind/design-system",
    "northwind/legacy-erp",
    "northwind/handbook",
)
PEOPLE = (
    ("mara.lindqvist@northwind.example", "Mara Lindqvist", "admin"),
    ("tomas.okafor@northwind.example", "Tomás Okafor", "triager"),
    ("yuki.brandt@northwind.example", "Yuki Brandt", "triager"),
    ("sam.ferreira@northwind.example", "Sam Ferreira", "viewer"),
)
IMPACT = "Reads and changes what the account may: code, data and settings."
REMEDY = (
    "Revoke the credential at its provider, make a new one and keep it outside of the repository,"
    " then look through the provider's log for uses that nobody here knows of."
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A tenant with data, and a token for each role."""

    tenant_id: int
    tokens: dict[str, str]
    """By role; each opens the pages."""


def fill(service: Service, name: str = "northwind", seed: int = 7, hostile: str = "") -> Demo:
    """A tenant with 60 findings. `hostile` is put wherever text comes from outside."""
    tenant_id = add_tenant(service, name)
    world = _World(service, tenant_id, random.Random(seed), hostile)  # noqa: S311 - the same each time
    with service.db.write() as session:
        world.fill(session)
    return Demo(tenant_id, tokens(service, tenant_id))


def tokens(service: Service, tenant_id: int) -> dict[str, str]:
    """A token for signing in, for each role."""
    found = {}
    with service.db.write() as session:
        for role in Role:
            scope = Scope.ADMIN if role is Role.ADMIN else Scope.SIGN_IN
            made = people.new_api_token(
                session, SYSTEM, tenant_id, name=f"{role} of the demo", scopes=[scope], role=role
            )
            found[role.value] = made.token
    return found


class _World:
    def __init__(
        self, service: Service, tenant_id: int, chance: random.Random, hostile: str
    ) -> None:
        self.service, self.tenant_id, self.chance, self.hostile = (
            service,
            tenant_id,
            chance,
            hostile,
        )
        self.now = datetime.now(UTC)

    def _text(self, text: str) -> str:
        return f"{self.hostile}{text}" if self.hostile else text

    def _context(self, line: int) -> str:
        rows = ("import shop", "", "shop.connect(token=•••, retries=3)", self._text("run()"))
        return "\n".join(f"{line - 2 + n}\t{row}" for n, row in enumerate(rows))

    def _oid(self) -> str:
        return f"{self.chance.getrandbits(160):040x}"

    def _before(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def fill(self, session: Session) -> None:
        users = self._users(session)
        connections = self._connections(session)
        repositories = self._repositories(session, connections)
        scans = [self._scans(session, row, place) for place, row in enumerate(repositories)]
        findings = [
            self._finding(session, place, repositories, users, scans) for place in range(60)
        ]
        self._deliveries(session, repositories)
        self._jobs(session, repositories)
        self._channels(session, findings)
        session.add(
            SavedView(
                tenant_id=self.tenant_id,
                owner="",
                name=self._text("Payments"),
                query="state=open&severity=critical",
            )
        )

    def _users(self, session: Session) -> list[User]:
        rows = [
            User(
                tenant_id=self.tenant_id,
                login=f"{self.tenant_id}.{login}" if self.hostile else login,
                name=self._text(name),
                role=role,
                subject=f"https://id.example|{self.tenant_id}|{login}",
                created_at=self._before(200),
                seen_at=self._before(place / 3),
            )
            for place, (login, name, role) in enumerate(PEOPLE)
        ]
        session.add_all(rows)
        session.flush()
        return rows

    def _connections(self, session: Session) -> list[Connection]:
        seal = self.service.keyring.seal
        rows = [
            Connection(
                tenant_id=self.tenant_id,
                forge=forge,
                name=self._text(name),
                hook=f"hook-{forge}-{self.tenant_id}",
                web_url=url,
                api_url=url,
                error=error,
                secret=seal("hook-words"),
                access=seal('{"token": "words"}'),
                delivered_at=self._before(0.002),
            )
            for forge, name, url, error in (
                ("github", "GitHub", "https://github.com", ""),
                ("gitlab", "GitLab", "https://gitlab.northwind.example", self.hostile),
            )
        ]
        session.add_all(rows)
        session.flush()
        return rows

    def _repositories(self, session: Session, connections: list[Connection]) -> list[Repository]:
        rows = []
        for place, name in enumerate(REPOSITORIES):
            never, failed = place == 7, place == 6
            error = "git fetch: the server closed the connection after 900 s" if failed else ""
            rows.append(
                Repository(
                    tenant_id=self.tenant_id,
                    connection_id=connections[place == 6].id,
                    forge_id=str(place),
                    full_name=self._text(name),
                    error=self._text(error) if error else "",
                    default_branch=self._text("main"),
                    private=place != 5,
                    backfilled_at=None if never else self._before(120),
                    scanned_at=None if never else self._before(0.01 * (place + 1) ** 3),
                    created_at=self._before(121),
                    reconciled_at=None if never else self._before(0.005),
                    scan_every_hours=168 if place == 1 else 0,
                    next_scan_at=self._before(-3) if place == 1 else None,
                )
            )
        session.add_all(rows)
        session.flush()
        return rows

    def _scans(self, session: Session, repository: Repository, place: int) -> list[Scan]:
        if repository.scanned_at is None:
            return []
        rows = []
        for back in range(5):
            at = repository.scanned_at - timedelta(hours=7 * back)
            verdict = (
                "failed"
                if repository.error and not back
                else (
                    "incomplete"
                    if place == 3 and not back
                    else "leaks"
                    if (place + back) % 3 == 0
                    else "clean"
                )
            )
            seconds = round(self.chance.uniform(0.3, 9), 2)
            kind = "backfill" if back == 4 else "push"
            rows.append(
                Scan(
                    tenant_id=self.tenant_id,
                    repository_id=repository.id,
                    kind=kind,
                    job_id=f"{kind}:{repository.id}:{back}",
                    verdict=verdict,
                    ref=self._text(f"refs/heads/{'main' if back % 2 else 'feature/checkout'}"),
                    before=self._oid(),
                    after=self._oid(),
                    rules="5c1f2a90bd4e",
                    blobs=self.chance.randrange(4, 4_800),
                    bytes=self.chance.randrange(10_000, 90_000_000),
                    commits=self.chance.randrange(1, 40),
                    members=self.chance.randrange(0, 300),
                    found=2 if verdict == "leaks" else 0,
                    created=1 if verdict == "leaks" else 0,
                    skipped=3 if verdict == "incomplete" else 0,
                    error=repository.error if verdict == "failed" else "",
                    seconds=seconds,
                    started_at=at,
                    finished_at=at + timedelta(seconds=seconds),
                )
            )
        rows = rows[::-1]
        session.add_all(rows)
        session.flush()
        session.add(
            Head(repository_id=repository.id, ref=self._text("refs/heads/main"), oid=self._oid())
        )
        if rows[-1].skipped:
            for path in ("assets/training-set.7z", "vendor/blob.bin", "backup/dump.sql.zst"):
                reason = "larger than 512 MB: it is not fetched"
                session.add(
                    SkipSeen(
                        tenant_id=self.tenant_id,
                        scan_id=rows[-1].id,
                        repository_id=repository.id,
                        path=self._text(path),
                        reason=self._text(reason),
                    )
                )
        return rows

    def _finding(
        self,
        session: Session,
        place: int,
        repositories: list[Repository],
        users: list[User],
        scans: list[list[Scan]],
    ) -> Finding:
        rule, name, severity, preview = KINDS[(place * 7 + place // 9) % len(KINDS)]
        created = self._before(88 * (1 - place / 60) ** 1.25 + 0.02)
        state, resolution = self._state(place)
        closed = created + timedelta(hours=self.chance.uniform(2, 90)) if resolution else None
        closed = min(closed, self.now - timedelta(minutes=3)) if closed else None
        row = Finding(
            tenant_id=self.tenant_id,
            identity=f"{self.tenant_id}-{place}",
            rule_id=rule,
            name=name,
            kind="artifact" if place % 20 == 9 else "secret",
            severity=severity,
            confidence=3,
            preview=self._text(preview),
            impact=IMPACT,
            remedy=REMEDY,
            reference="https://docs.github.com/code-security",
            state=state,
            resolution=resolution,
            historical=place < 12,
            on_branch=place % 4 != 1,
            assignee_id=users[place % 3].id if place % 3 != 1 else None,
            requested_by="user:0" if state == "pending_review" else "",
            created_at=created,
            opened_at=created,
            closed_at=closed if state != "pending_review" else None,
            seen_at=created,
        )
        session.add(row)
        session.flush()
        used = [repositories[place % 6], repositories[(place + 1) % 6]][: 1 + (place % 5 == 0)]
        for number, repository in enumerate(used):
            self._occurrence(session, row, repository, place + number, scans)
        self._history(session, row, users, place, closed)
        return row

    def _state(self, place: int) -> tuple[str, str | None]:
        if place > 55 or place % 5 in (0, 3):
            return "open", None
        if place == 51:
            return "pending_review", "used_in_tests"
        if place % 5 == 4:
            return "dismissed", ("false_positive", "used_in_tests", "wont_fix")[place % 3]
        return "resolved", ("revoked", "rotated")[place % 2]

    def _occurrence(
        self,
        session: Session,
        row: Finding,
        repository: Repository,
        place: int,
        scans: list[list[Scan]],
    ) -> None:
        line = 3 + place * 11 % 190
        author = f"{PEOPLE[place % 4][1]} <{PEOPLE[place % 4][0]}>"
        one = Occurrence(
            tenant_id=self.tenant_id,
            finding_id=row.id,
            repository_id=repository.id,
            rule_id=row.rule_id,
            fingerprint=f"{place:016x}",
            blob=self._oid(),
            path=self._text(PATHS[place % len(PATHS)]),
            line=line,
            end_line=line,
            col=17,
            end_col=57,
            commit=self._oid(),
            author=self._text(author),
            committed_at=row.created_at,
            ref=self._text("refs/heads/main" if place % 3 else "refs/heads/feature/checkout"),
            context=self._context(line),
            on_branch=row.on_branch,
        )
        session.add(one)
        session.flush()
        own = next((rows for rows in scans if rows and rows[0].repository_id == repository.id), [])
        if own:
            session.add(
                ScanFinding(scan_id=own[-1].id, occurrence_id=one.id, tenant_id=self.tenant_id)
            )

    def _history(
        self, session: Session, row: Finding, users: list[User], place: int, closed: datetime | None
    ) -> None:
        first = ("finding.created", row.created_at, None, {"historical": row.historical})
        entries: list[tuple[str, datetime, User | None, dict[str, Any]]] = [first]
        if row.assignee_id:
            at = row.created_at + timedelta(minutes=25)
            entries.append(
                ("finding.assigned", at, users[0], {"assignee_id": [None, row.assignee_id]})
            )
        if place % 4 == 0:
            said = {"comment": self._text("Asked the team: the key is used by the nightly export.")}
            entries.append(
                ("finding.commented", row.created_at + timedelta(hours=1), users[1], said)
            )
        if closed and row.state != "pending_review":
            told = {"state": ["open", row.state], "resolution": [None, row.resolution]}
            entries.append((f"finding.{row.state}", closed, users[place % 3], told))
        for action, at, user, details in entries:
            session.add(
                AuditEntry(
                    tenant_id=self.tenant_id,
                    at=min(at, self.now),
                    actor_kind="user" if user else "system",
                    actor_id=user.id if user else None,
                    actor=user.login if user else "leakguard",
                    action=action,
                    subject="finding",
                    subject_id=row.id,
                    details=details,
                )
            )

    def _deliveries(self, session: Session, repositories: list[Repository]) -> None:
        for place in range(24):
            repository = repositories[place % 6]
            event = ("push", "push", "pull_request", "push", "check_run", "ping")[place % 6]
            state = {4: "ignored", 5: "done"}.get(place % 6, "done" if place > 1 else "queued")
            pushed = [
                {"ref": self._text("refs/heads/main"), "before": self._oid(), "after": self._oid()}
            ]
            row = Delivery(
                tenant_id=self.tenant_id,
                connection_id=repository.connection_id,
                repository_id=repository.id,
                delivery_id=f"{self.chance.getrandbits(128):032x}",
                event=event,
                action="opened" if event == "pull_request" else "",
                summary={
                    "kind": event,
                    "name": event,
                    "sender": self._text("mlindqvist"),
                    "pushes": pushed,
                },
                size=self.chance.randrange(900, 48_000),
                state=state,
                received_at=self._before(0.002 + place * 0.06),
                note=self._text("nothing to do for this event") if state == "ignored" else "",
                copies=2 if place == 3 else 1,
            )
            session.add(row)
            session.flush()
            if event == "push":
                self._job(session, repository, "push", place, delivery=row)

    def _jobs(self, session: Session, repositories: list[Repository]) -> None:
        for place, kind in enumerate(("backfill", "report", "notify", "reconcile", "inventory")):
            self._job(session, repositories[place], kind, 40 + place)
        session.add(
            Worker(
                id=f"w{self.tenant_id}",
                host="scan-1",
                pid=4711,
                beat_at=self.now + timedelta(hours=1),
            )
        )

    def _job(
        self,
        session: Session,
        repository: Repository,
        kind: str,
        place: int,
        delivery: Delivery | None = None,
    ) -> None:
        state = {0: "running", 1: "queued", 9: "failed", 43: "queued"}.get(place, "done")
        at = self._before(0.002 + (place % 40) * 0.06)
        error = (
            "the forge answers 403: the token may not read this repository"
            if state == "failed"
            else ""
        )
        session.add(
            Job(
                id=f"{kind}:{repository.id}:{place}:{self.tenant_id}",
                tenant_id=self.tenant_id,
                kind=kind,
                repository_id=repository.id,
                delivery_id=delivery.id if delivery else None,
                state=state,
                arguments={"ref": self._text("refs/heads/main"), "after": self._oid()}
                if kind == "push"
                else {},
                attempts=3 if state == "failed" else 0,
                error=self._text(error) if error else "",
                created_at=at,
                started_at=at,
                finished_at=at + timedelta(seconds=4) if state in ("done", "failed") else None,
                result={"found": 2} if kind == "push" and state == "done" else {},
            )
        )

    def _channels(self, session: Session, findings: list[Finding]) -> None:
        for kind, name in (("slack", "#security-alerts"), ("email", "Security team")):
            row = Channel(
                tenant_id=self.tenant_id,
                kind=kind,
                name=self._text(name),
                config=self.service.keyring.seal("{}"),
                filter={"min_severity": 2},
                error=self.hostile,
            )
            session.add(row)
            session.flush()
            for finding in findings[-8:]:
                session.add(
                    Notification(
                        tenant_id=self.tenant_id,
                        channel_id=row.id,
                        cause=f"demo:{finding.id}",
                        finding_id=finding.id,
                        change="created",
                        state="sent",
                        created_at=finding.created_at,
                        sent_at=finding.created_at,
                    )
                )
