"""The API's figures, rules, baseline, audit log and saved views."""

from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Final

from fastapi import Path, Query

from leakguard.model import Rule
from leakguard.ruleset import load_rules
from leakguard_service import limits
from leakguard_service.api.finding_models import EntryModel
from leakguard_service.api.insight_models import (
    BaselineModel,
    FiguresModel,
    ViewDraft,
    ViewModel,
)
from leakguard_service.api.routes import (
    After,
    Day,
    Limit,
    Listed,
    Number,
    OneOf,
    part,
    problems,
)
from leakguard_service.api.scopes import AuditRead, FindingsRead, FindingsWrite
from leakguard_service.api.work_models import RuleModel
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import AuditEntry
from leakguard_service.db.types import now
from leakguard_service.errors import NotThere
from leakguard_service.triage import baseline, views
from leakguard_service.triage.cursors import Cursor, page_of
from leakguard_service.triage.figures import figures
from leakguard_service.triage.texts import clean

routes: Final = part("insight")

_AUDIT: Final = Cursor("audit", (AuditEntry.id.desc(),))
_DAYS: Final = 30


@routes.get("/figures", operation_id="getFigures", responses=problems())
def figures_of(
    call: FindingsRead,
    since: Annotated[Day | None, Query(description="First day; 30 days ago.")] = None,
    until: Annotated[Day | None, Query(description="Last day; today.")] = None,
) -> FiguresModel:
    """Opened and closed day by day, open ones by rule and repository, mean time to resolve."""
    last = until or now().date()
    first = since or last - timedelta(days=min(_DAYS, last.toordinal() - 1))
    with call.service.db.read() as session:
        return FiguresModel.model_validate(figures(session, call.tenant_id, first, last))


@routes.get("/baseline", operation_id="getBaseline", responses=problems(404))
def baseline_of(call: FindingsRead, repository: OneOf = None) -> BaselineModel:
    """What was dismissed, as a file for `leakguard scan --baseline` and for hooks."""
    with call.service.db.read() as session:
        found = baseline.export(session, call.tenant_id, repository)
    return BaselineModel.model_validate(found)


@cache
def _rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in load_rules()}


@routes.get("/rules", operation_id="listRules", responses=problems())
def rules(
    call: FindingsRead,  # noqa: ARG001 - who asks has to be known
    provider: Annotated[str, Query(max_length=100)] = "",
) -> list[RuleModel]:
    """The rules that come with leakguard, by id."""
    chosen = [rule for rule in _rules().values() if provider.casefold() in ("", rule.provider)]
    return [_rule(rule) for rule in chosen]


@routes.get("/rules/{rule_id}", operation_id="getRule", responses=problems(404))
def rule_of(
    call: FindingsRead,  # noqa: ARG001
    rule_id: Annotated[str, Path(max_length=200, examples=["github-classic-pat"])],
) -> RuleModel:
    """One rule."""
    if rule_id not in _rules():
        raise NotThere("there is no such rule")
    return _rule(_rules()[rule_id])


def _rule(rule: Rule) -> RuleModel:
    words: dict[str, Any] = {
        "severity": rule.severity.label,
        "confidence": rule.confidence.label,
        "references": list(rule.references),
    }
    plain = {name: getattr(rule, name) for name in RuleModel.model_fields if name not in words}
    return RuleModel(**plain, **words)


@routes.get("/audit", operation_id="listAudit", responses=problems())
def audit(
    call: AuditRead,
    subject: Annotated[str, Query(max_length=40, examples=["finding"])] = "",
    subject_id: OneOf = None,
    action: Annotated[str, Query(max_length=60, examples=["finding.dismissed"])] = "",
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[EntryModel]:
    """What was done by whom, the newest first."""
    asked = mine(AuditEntry, call.tenant_id)
    if subject:
        asked = asked.where(AuditEntry.subject == clean(subject))
    if subject_id is not None:
        asked = asked.where(AuditEntry.subject_id == subject_id)
    if action:
        asked = asked.where(AuditEntry.action == clean(action))
    with call.service.db.read() as session:
        page = page_of(session, asked, _AUDIT, after, limit)
        items = [EntryModel.of(row, address=True) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.get("/views", operation_id="listViews", responses=problems())
def views_of(call: FindingsRead) -> list[ViewModel]:
    """Filters that got a name: one's own and everybody's."""
    with call.service.db.read() as session:
        return [ViewModel.of(row) for row in views.views(session, call.actor, call.tenant_id)]


@routes.post("/views", operation_id="saveView", status_code=201, responses=problems(400, 409, 413))
def save_view(call: FindingsWrite, asked: ViewDraft) -> ViewModel:
    """Gives a filter a name; a view of that name is replaced."""
    with call.service.db.write() as session:
        row = views.save_view(
            session, call.actor, call.tenant_id, asked.name, asked.query, shared=asked.shared
        )
        return ViewModel.of(row)


@routes.delete(
    "/views/{view_id}", operation_id="deleteView", status_code=204, responses=problems(404)
)
def delete_view(call: FindingsWrite, view_id: Number) -> None:
    """Deletes a view."""
    with call.service.db.write() as session:
        views.delete_view(session, call.actor, call.tenant_id, view_id)
