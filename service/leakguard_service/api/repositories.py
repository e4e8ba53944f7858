"""The API's repositories and scans."""

from typing import Annotated, Final

from fastapi import Query

from leakguard_service import limits
from leakguard_service.api.routes import After, Limit, Listed, Number, OneOf, part, problems
from leakguard_service.api.scopes import RepositoriesRead, RepositoriesWrite, ScansWrite
from leakguard_service.api.work_models import (
    QueuedModel,
    RepositoryChange,
    RepositoryModel,
    ScanModel,
    SkipModel,
)
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Repository
from leakguard_service.db.work_tables import Scan, SkipSeen
from leakguard_service.triage.cursors import Cursor, page_of
from leakguard_service.triage.tenants import change_repository
from leakguard_service.triage.texts import clean
from leakguard_service.work import requests

routes: Final = part("repositories")

_BY_NAME: Final = Cursor("repositories", (Repository.full_name.asc(), Repository.id.asc()))
_NEWEST: Final = Cursor("scans", (Scan.started_at.desc(), Scan.id.desc()))
_SKIPS: Final = Cursor("skips", (SkipSeen.id.asc(),))


@routes.get("/repositories", operation_id="listRepositories", responses=problems())
def list_(
    call: RepositoriesRead,
    connection: OneOf = None,
    text: Annotated[str, Query(max_length=200, description="Part of the name.")] = "",
    enabled: bool | None = None,
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[RepositoryModel]:
    """Repositories by name."""
    asked = mine(Repository, call.tenant_id)
    if connection is not None:
        asked = asked.where(Repository.connection_id == connection)
    if text:
        asked = asked.where(Repository.full_name.icontains(clean(text), autoescape=True))
    if enabled is not None:
        asked = asked.where(Repository.enabled.is_(enabled))
    with call.service.db.read() as session:
        page = page_of(session, asked, _BY_NAME, after, limit)
        return Listed(items=[RepositoryModel.of(row) for row in page.rows], next=page.next)


@routes.get("/repositories/{repository_id}", operation_id="getRepository", responses=problems(404))
def show(call: RepositoriesRead, repository_id: Number) -> RepositoryModel:
    """One repository."""
    with call.service.db.read() as session:
        return RepositoryModel.of(get(session, Repository, repository_id, call.tenant_id))


@routes.patch(
    "/repositories/{repository_id}",
    operation_id="changeRepository",
    responses=problems(400, 404, 413),
)
def change(
    call: RepositoriesWrite, repository_id: Number, asked: RepositoryChange
) -> RepositoryModel:
    """Switches a repository on or off, or has its history scanned every so many hours."""
    with call.service.db.write() as session:
        row = change_repository(
            session,
            call.actor,
            call.tenant_id,
            repository_id,
            enabled=asked.enabled,
            scan_every_hours=asked.scan_every_hours,
        )
        return RepositoryModel.of(row)


@routes.post(
    "/repositories/{repository_id}/scans",
    operation_id="scanRepository",
    status_code=202,
    responses=problems(404, 409),
)
def scan(call: ScansWrite, repository_id: Number) -> QueuedModel:
    """Has the whole history of a repository scanned now."""
    with call.service.db.write() as session:
        job = requests.scan_repository(
            call.service, session, call.actor, repository_id, call.tenant_id
        )
        return QueuedModel(queued=1, job=job)


@routes.get("/scans", operation_id="listScans", responses=problems())
def scans(
    call: RepositoriesRead,
    repository: OneOf = None,
    verdict: Annotated[str, Query(max_length=20, examples=["leaks"])] = "",
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[ScanModel]:
    """Scans, the newest first."""
    asked = mine(Scan, call.tenant_id)
    if repository is not None:
        asked = asked.where(Scan.repository_id == repository)
    if verdict:
        asked = asked.where(Scan.verdict == clean(verdict))
    with call.service.db.read() as session:
        page = page_of(session, asked, _NEWEST, after, limit)
        items = [ScanModel.model_validate(row) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.get("/scans/{scan_id}", operation_id="getScan", responses=problems(404))
def scan_of(call: RepositoriesRead, scan_id: Number) -> ScanModel:
    """One scan."""
    with call.service.db.read() as session:
        return ScanModel.model_validate(get(session, Scan, scan_id, call.tenant_id))


@routes.get("/scans/{scan_id}/skips", operation_id="listSkips", responses=problems(404))
def skips(
    call: RepositoriesRead, scan_id: Number, after: After = "", limit: Limit = limits.PAGE
) -> Listed[SkipModel]:
    """What a scan could not look at: as long as there is something, it is not clean."""
    with call.service.db.read() as session:
        get(session, Scan, scan_id, call.tenant_id)
        asked = mine(SkipSeen, call.tenant_id).where(SkipSeen.scan_id == scan_id)
        page = page_of(session, asked, _SKIPS, after, limit)
        items = [SkipModel.model_validate(row) for row in page.rows]
        return Listed(items=items, next=page.next)
