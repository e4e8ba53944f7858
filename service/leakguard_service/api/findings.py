"""The API's findings: lists, one, its places and history, and what is done to them."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends, Query
from sqlalchemy.orm import Session, selectinload

from leakguard.model import Severity
from leakguard_service import limits
from leakguard_service.api.finding_models import (
    ActionModel,
    BulkModel,
    EntryModel,
    FacetsModel,
    FindingModel,
    OutcomeModel,
    PlaceModel,
    RefusedModel,
    SeverityName,
)
from leakguard_service.api.routes import (
    LARGEST,
    After,
    Day,
    Limit,
    Listed,
    Number,
    OneOf,
    part,
    problems,
)
from leakguard_service.api.scopes import FindingsRead, FindingsWrite
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import AuditEntry, Finding, Occurrence
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Resolution, State
from leakguard_service.triage.actions import apply, apply_each
from leakguard_service.triage.cursors import Cursor, page_of
from leakguard_service.triage.facets import facets
from leakguard_service.triage.filters import NOBODY, TEXT_CHARACTERS, FindingFilter, Kind
from leakguard_service.triage.queries import Order, findings, where_found
from leakguard_service.triage.texts import clean

routes: Final = part("findings")

_PLACES: Final = Cursor("places", (Occurrence.id.asc(),))
_HISTORY: Final = Cursor("history", (AuditEntry.id.asc(),))
_Rule = Annotated[str, Query(max_length=TEXT_CHARACTERS)]


def filtered(
    state: Annotated[list[State], Query(max_length=10)] = [],  # noqa: B006 - FastAPI copies it
    severity: Annotated[
        list[SeverityName], Query(max_length=10, description="Several mean any of them.")
    ] = [],  # noqa: B006
    rule: Annotated[list[_Rule], Query(max_length=50, description="Ids of rules.")] = [],  # noqa: B006
    repository: OneOf = None,
    kind: Kind | None = None,
    assignee: Annotated[
        str, Query(pattern="^(|none|[1-9][0-9]{0,18})$", description="Number of a user, or `none`.")
    ] = "",
    text: Annotated[
        str,
        Query(
            max_length=TEXT_CHARACTERS,
            description="Part of a path, preview, rule or repository; case does not matter.",
        ),
    ] = "",
    since: Annotated[Day | None, Query(description="First seen on this day or later.")] = None,
    until: Annotated[Day | None, Query(description="First seen on this day or before.")] = None,
    historical: bool | None = None,
    on_branch: bool | None = None,
    resolution: Resolution | None = None,
) -> FindingFilter:
    """The filter that a query string means."""
    return FindingFilter(
        tuple(state),
        tuple(Severity[word.upper()] for word in severity),
        tuple(clean(word) for word in rule),
        repository,
        kind,
        _assignee(assignee),
        clean(text),
        since,
        until,
        historical,
        on_branch,
        resolution,
    )


Filter = Annotated[FindingFilter, Depends(filtered)]


@routes.get("/findings", operation_id="listFindings", responses=problems())
def list_(
    call: FindingsRead,
    wanted: Filter,
    order: Order = Order.NEWEST,
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[FindingModel]:
    """Findings that the filter lets through, a page at a time."""
    with call.service.db.read() as session:
        page = findings(session, call.tenant_id, wanted, order=order, after=after, limit=limit)
        return Listed(items=_shown(session, call.tenant_id, page.rows), next=page.next)


@routes.get("/findings/facets", operation_id="countFindings", responses=problems())
def count(call: FindingsRead, wanted: Filter) -> FacetsModel:
    """How many findings there are for each value that the filter could have."""
    with call.service.db.read() as session:
        return FacetsModel.of(facets(session, call.tenant_id, wanted))


@routes.post(
    "/findings/actions", operation_id="changeFindings", responses=problems(400, 404, 409, 413)
)
def change_many(call: FindingsWrite, asked: BulkModel) -> OutcomeModel:
    """Does one thing to many findings: each is done, or refused with the reason."""
    with call.service.db.write() as session:
        outcome = apply_each(
            call.service, session, call.actor, call.tenant_id, asked.ids, asked.action_of()
        )
        refused = [RefusedModel(id=one.id, reason=one.reason) for one in outcome.refused]
        return OutcomeModel(done=_shown(session, call.tenant_id, outcome.done), refused=refused)


@routes.get("/findings/{finding_id}", operation_id="getFinding", responses=problems(404))
def show(call: FindingsRead, finding_id: Number) -> FindingModel:
    """One finding."""
    with call.service.db.read() as session:
        row = get(session, Finding, finding_id, call.tenant_id)
        return _shown(session, call.tenant_id, [row])[0]


@routes.get(
    "/findings/{finding_id}/occurrences", operation_id="listOccurrences", responses=problems(404)
)
def places(
    call: FindingsRead, finding_id: Number, after: After = "", limit: Limit = limits.PAGE
) -> Listed[PlaceModel]:
    """All places of a finding, the first one first."""
    with call.service.db.read() as session:
        get(session, Finding, finding_id, call.tenant_id)
        asked = (
            mine(Occurrence, call.tenant_id)
            .where(Occurrence.finding_id == finding_id)
            .options(selectinload(Occurrence.repository))
        )
        page = page_of(session, asked, _PLACES, after, limit)
        return Listed(items=[PlaceModel.of(row) for row in page.rows], next=page.next)


@routes.get("/findings/{finding_id}/history", operation_id="getHistory", responses=problems(404))
def history(
    call: FindingsRead, finding_id: Number, after: After = "", limit: Limit = limits.PAGE
) -> Listed[EntryModel]:
    """What happened to a finding, the first thing first."""
    with call.service.db.read() as session:
        get(session, Finding, finding_id, call.tenant_id)
        asked = mine(AuditEntry, call.tenant_id).where(
            AuditEntry.subject == "finding", AuditEntry.subject_id == finding_id
        )
        page = page_of(session, asked, _HISTORY, after, limit)
        items = [EntryModel.of(row, address=False) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.post(
    "/findings/{finding_id}/actions",
    operation_id="changeFinding",
    responses=problems(400, 404, 409, 413),
)
def change(call: FindingsWrite, finding_id: Number, asked: ActionModel) -> FindingModel:
    """Does something to one finding. What was done in between by somebody else is a conflict."""
    with call.service.db.write() as session:
        rows = apply(
            call.service, session, call.actor, call.tenant_id, [finding_id], asked.action_of()
        )
        return _shown(session, call.tenant_id, rows)[0]


def _shown(session: Session, tenant_id: int, rows: Sequence[Finding]) -> list[FindingModel]:
    session.flush()
    there = where_found(session, tenant_id, [row.id for row in rows])
    return [FindingModel.of(row, there.get(row.id)) for row in rows]


def _assignee(text: str) -> int | None:
    if text in ("", "none"):
        return NOBODY if text else None
    if int(text) > LARGEST:
        raise Invalid("assignee is a user's number, or none", "query.assignee")
    return int(text)
