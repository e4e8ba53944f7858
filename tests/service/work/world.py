"""What tests of the work share: a forge with a repository, a service that knows it, pushes."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from leakguard_service.db.scope import mine
from leakguard_service.db.tables import AuditEntry, Base, Finding, Occurrence, Repository, Tenant
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Head, Job, Scan
from leakguard_service.forges.table import forge_for
from leakguard_service.jobs.names import backfill_job, push_job, reconcile_job
from leakguard_service.jobs.port import NewJob
from leakguard_service.nouns import PushedRef
from leakguard_service.service import Service
from leakguard_service.work.handlers import handlers
from tests.gitrepo import GitRepo
from tests.service.conftest import add_repository, add_tenant, make_service
from tests.service.fakeforge import FakeGitHub
from tests.service.forges.server import Repo
from tests.service.rowjobs import RowJobs

Row = TypeVar("Row", bound=Base)


def with_forge(service: Service, **settings: Any) -> Service:
    """The service speaking to real forges, with a public address."""
    given = service.settings.model_copy(update={"public_url": "https://leaks.example", **settings})
    return replace(service, forge=forge_for, settings=given)


@dataclass
class World:
    """One tenant with one repository at a GitHub, a work tree to push from, jobs as rows."""

    service: Service
    forge: FakeGitHub
    folder: Path
    tenant: str = "default"
    full_name: str = "acme/app"
    answers: dict[str, Any] = field(default_factory=dict)
    backfilled: bool = True

    def __post_init__(self) -> None:
        self.tenant_id = add_tenant(self.service, self.tenant)
        self.connection_id = self.forge.connect(self.service, self.tenant_id, **self.answers)
        self.tree, self.repo, self.repository_id = self.add(self.full_name)

    def add(self, full_name: str) -> tuple[GitRepo, Repo, int]:
        """A further repository with a first commit: work tree, its place at the forge, its id."""
        path = self.folder / self.tenant / full_name.replace("/", "-")
        path.mkdir(parents=True)
        tree = GitRepo(path)
        tree.git("init", "-q", "-b", "main")
        tree.commit("first", {"README": "hello\n"})
        repo = self.forge.add_repository(full_name, path)
        number = add_repository(self.service, self.connection_id, full_name, str(repo.id))
        with self.service.db.write() as session:
            row = session.get_one(Repository, number)
            row.installation = "1"
            if self.backfilled:
                row.backfilled_at = now()
                session.add(Head(repository_id=number, ref="refs/heads/main", oid=tree.head()))
        return tree, repo, number

    def settle(self, **settings: Any) -> None:
        """Changes the tenant's settings."""
        with self.service.db.write() as session:
            session.get_one(Tenant, self.tenant_id).settings = settings

    def push(self, *refs: str) -> None:
        """Brings refs of the work tree to the forge; nobody tells the service."""
        self.tree.git("push", "-q", "--force", str(self.repo.bare), *(refs or ("main",)))

    def pushed(self, ref: str = "refs/heads/main", *, before: str = "", number: int = 0) -> str:
        """Pushes a ref and queues its job, as a delivery does; the id of its commit."""
        name = ref.removeprefix("refs/heads/")
        after = self.tree.head("HEAD" if number else name)
        self.push(f"{after}:{ref}" if not ref.startswith("refs/tags/") else ref)
        self.tell(PushedRef(ref, before, after), number=number)
        return after

    def tell(self, pushed: PushedRef, *, number: int = 0) -> str:
        """Queues the job of a push; its id."""
        job = push_job(self.row(Repository, self.repository_id), pushed, number=number)
        self.queue(job)
        return job.id

    def queue(self, *jobs: NewJob) -> None:
        """Queues jobs."""
        with self.service.db.write() as session:
            for job in jobs:
                self.service.jobs.enqueue(session, job)

    def backfill(self, mark: str = "first") -> None:
        """Queues a scan of the history."""
        self.queue(backfill_job(self.row(Repository, self.repository_id), mark))

    def reconcile(self, mark: str) -> None:
        """Queues a comparison with the forge."""
        self.queue(reconcile_job(self.row(Repository, self.repository_id), mark))

    def drain(self) -> list[str]:
        """Does what is queued; the ids of the jobs."""
        return self.jobs.drain(handlers(self.service))

    def again(self, job_id: str) -> None:
        """Queues a job that has ended once more."""
        with self.service.db.write() as session:
            assert self.service.jobs.again(session, job_id)

    @property
    def jobs(self) -> RowJobs:
        """The engine."""
        assert isinstance(self.service.jobs, RowJobs)
        return self.service.jobs

    def row(self, model: type[Row], key: Any) -> Row:
        """One row."""
        with self.service.db.read() as session:
            return session.get_one(model, key)

    def rows(self, model: type[Row]) -> Sequence[Row]:
        """The tenant's rows, in the order in which they came."""
        (key,) = sa.inspect(model).primary_key[:1]
        asked = sa.select(model).order_by(key)
        if hasattr(model, "tenant_id"):
            asked = mine(model, self.tenant_id).order_by(key)
        with self.service.db.read() as session:
            return session.scalars(asked).all()

    def finding(self) -> Finding:
        """The only one."""
        (finding,) = self.rows(Finding)
        return finding

    def by_path(self) -> dict[str, Finding]:
        """Findings, by the path of one place."""
        findings = {finding.id: finding for finding in self.rows(Finding)}
        return {one.path: findings[one.finding_id] for one in self.rows(Occurrence)}

    def places(self) -> list[tuple[str, int, bool]]:
        """Path, line and whether a branch has it, of all occurrences."""
        return [(one.path, one.line, one.on_branch) for one in self.rows(Occurrence)]

    def story(self, finding_id: int) -> list[str]:
        """What happened to a finding."""
        return [
            one.action.removeprefix("finding.")
            for one in self.rows(AuditEntry)
            if (one.subject, one.subject_id) == ("finding", finding_id)
        ]

    def check(self, sha: str) -> str:
        """How the check of a commit ended."""
        return str(self.forge.run_for(sha)["conclusion"])

    def heads(self) -> dict[str, str]:
        """What was scanned."""
        return {one.ref: one.oid for one in self.rows(Head)}

    def scan(self) -> Scan:
        """The newest."""
        return self.rows(Scan)[-1]

    def job(self, start: str) -> Job:
        """The newest whose id begins so."""
        return [one for one in self.rows(Job) if one.id.startswith(start)][-1]


def forge_at(folder: Path) -> AbstractContextManager[FakeGitHub]:
    """A GitHub on 127.0.0.1."""
    made: AbstractContextManager[FakeGitHub] = FakeGitHub(folder / "forge")
    return made


__all__ = ["World", "forge_at", "make_service", "with_forge"]
