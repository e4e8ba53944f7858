"""The rules that come with leakguard: what is looked for, and what a leak of it means."""

from functools import cache
from typing import Final

import sqlalchemy as sa
from starlette.responses import Response

from leakguard.errors import LeakguardError
from leakguard.model import Rule
from leakguard.ruleset import load_rules
from leakguard_service.db.tables import Finding
from leakguard_service.errors import NotThere, ServiceError
from leakguard_service.nouns import Role
from leakguard_service.web.lists import pairs
from leakguard_service.web.visit import Route, Visit


@cache
def rules() -> dict[str, Rule]:
    """All rules by id. Raises ServiceError when leakguard is not installed as it should be."""
    try:
        return {rule.id: rule for rule in load_rules()}
    except LeakguardError as error:
        raise ServiceError(str(error)) from error


def masked(example: str) -> str:
    """An example without what makes it a secret: it wakes no scanner."""
    lines = example.strip().splitlines()
    text = lines[0] if lines else ""
    kept = max(4, len(text) // 4)
    return text[: min(kept, 24)] + "…" + ("" if len(text) < 12 else text[-2:])


def show_list(visit: Visit) -> Response:
    """Rules by provider, those that a word fits."""
    asked = visit.asked()
    text, severity = asked.get("text", "").strip().lower()[:100], asked.get("severity", "")
    found = [
        rule
        for rule in rules().values()
        if text in f"{rule.id} {rule.name} {rule.provider}".lower()
        and severity in ("", rule.severity.label)
    ]
    counted = (
        sa.select(Finding.rule_id, sa.func.count())
        .where(Finding.tenant_id == visit.tenant_id, Finding.state == "open")
        .group_by(Finding.rule_id)
    )
    with visit.service.db.read() as session:
        counts = pairs(session, counted)
    found.sort(key=lambda rule: (rule.provider.lower(), rule.name))
    return visit.page(
        "rules.html", rules=found, all=len(rules()), text=text, severity=severity, counts=counts
    )


def show(visit: Visit) -> Response:
    """One rule."""
    rule = rules().get(str(visit.request.path_params["rule_id"]))
    if rule is None:
        raise NotThere("there is no such rule among those that come with leakguard")
    examples = [masked(example) for example in rule.examples[:10]]
    return visit.page("rule.html", rule=rule, examples=examples)


ROUTES: Final = (
    Route("GET", "/rules", show_list, Role.VIEWER),
    Route("GET", "/rules/{rule_id}", show, Role.VIEWER),
)
