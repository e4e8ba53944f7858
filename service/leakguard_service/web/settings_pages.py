"""What the tenant has settled: policy, life cycle of findings, what fails a check."""

import re
from typing import Any, Final

from starlette.responses import Response

from leakguard_service.errors import Invalid
from leakguard_service.nouns import Role
from leakguard_service.repos.policy import check_policy
from leakguard_service.triage.tenants import change_settings
from leakguard_service.web.rule_pages import rules
from leakguard_service.web.text import SEVERITIES
from leakguard_service.web.visit import Route, Visit

POLICY: Final = 100_000
"""Characters of a policy: as TenantSettings has it."""


def show(visit: Visit) -> Response:
    """The settings."""
    return _page(visit)


def _page(visit: Visit, problem: str = "") -> Response:
    """With a problem, the policy is shown as it was sent: nobody types it twice."""
    with visit.service.db.read() as session:
        found = visit.service.tenant_settings(session, visit.tenant_id)
    return visit.page(
        "settings.html",
        400 if problem else 200,
        settings=found,
        policy=_policy(visit) if problem else found.policy,
        mail=bool(visit.service.settings.smtp_url.get_secret_value()),
        severities=SEVERITIES,
        problem=problem,
    )


def save(visit: Visit) -> Response:
    """Saves one part of the settings: the one the form names in `part`."""
    life = visit.text("part") == "life"
    if not life and (problem := check_policy(_policy(visit), tuple(rules().values()))):
        return _page(visit, problem)
    changed = _life_cycle(visit) if life else _policies(visit)
    with visit.service.db.write() as session:
        change_settings(session, visit.who, visit.tenant_id, changed)
    return visit.go("/settings", "Saved.")


def _policies(visit: Visit) -> dict[str, Any]:
    own = bool(visit.text("repository_policy"))
    return {"policy": _policy(visit), "repository_policy": own}


def _policy(visit: Visit) -> str:
    return visit.text("policy", POLICY).replace("\r\n", "\n")


def _life_cycle(visit: Visit) -> dict[str, Any]:
    domains = re.split(r"[\s,;]+", visit.text("committer_domains").lower())
    severity = visit.text("block_severity")
    if severity not in [str(number) for number in SEVERITIES]:
        raise Invalid("choose from which severity on checks fail", "block_severity")
    return {
        "reopen": bool(visit.text("reopen")),
        "four_eyes": bool(visit.text("four_eyes")),
        "notify_committer": bool(visit.text("notify_committer")),
        "committer_domains": [domain.lstrip("@") for domain in domains if domain],
        "identity": visit.text("identity"),
        "block_severity": int(severity),
    }


ROUTES: Final = (
    Route("GET", "/settings", show, Role.ADMIN),
    Route("POST", "/settings", save, Role.ADMIN),
)
