"""What a tenant settles, changed by its admins; and what is switched at its repositories."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy.orm import Session

from leakguard_service.db.scope import get
from leakguard_service.db.tables import Repository
from leakguard_service.db.types import now
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Actor
from leakguard_service.repos.policy import check_policy
from leakguard_service.tenancy import TenantSettings
from leakguard_service.triage.audit import record
from leakguard_service.triage.guard import lock, needs_admin

EVERY_HOURS_MOST: Final = 24 * 366
"""The longest pause between two scans of a history that were scheduled."""


def change_settings(
    session: Session, actor: Actor, tenant_id: int, given: Mapping[str, Any]
) -> TenantSettings:
    """Changes the settings that are given, and says what they are now.

    Raises Invalid with the field: an unknown name, a value that is none, a policy that the core
    does not understand.
    """
    needs_admin(actor)
    unknown = set(given) - set(TenantSettings.model_fields)
    if unknown:
        raise Invalid(f"there is no setting {min(unknown)[:60]!r}", min(unknown)[:60])
    tenant = lock(session, tenant_id)
    before = TenantSettings.model_validate(tenant.settings)
    after = _checked({**before.model_dump(mode="json"), **given})
    wrong = check_policy(after.policy) if after.policy != before.policy else ""
    if wrong:
        raise Invalid(wrong, "policy")
    changed = _changed(before, after)
    if changed:
        tenant.settings = after.model_dump(mode="json")
        record(session, tenant_id, actor, "tenant.changed", "tenant", tenant_id, changed)
    session.flush()
    return after


def change_repository(
    session: Session,
    actor: Actor,
    tenant_id: int,
    repository_id: int,
    *,
    enabled: bool | None = None,
    scan_every_hours: int | None = None,
) -> Repository:
    """Switches a repository on or off, and says how often its history is scanned (0: never)."""
    needs_admin(actor)
    row = get(session, Repository, repository_id, tenant_id)
    changed: dict[str, Any] = {}
    if enabled is not None and enabled is not row.enabled:
        changed["enabled"] = [row.enabled, enabled]
        row.enabled = enabled
    if scan_every_hours is not None and scan_every_hours != row.scan_every_hours:
        if not 0 <= scan_every_hours <= EVERY_HOURS_MOST:
            raise Invalid(f"this is 0 to {EVERY_HOURS_MOST} hours", "scan_every_hours")
        changed["scan_every_hours"] = [row.scan_every_hours, scan_every_hours]
        row.scan_every_hours = scan_every_hours
        row.next_scan_at = _next(row.scanned_at, scan_every_hours)
    if changed:
        record(session, tenant_id, actor, "repository.changed", "repository", row.id, changed)
    session.flush()
    return row


def _next(scanned_at: datetime | None, hours: int) -> datetime | None:
    if not hours:
        return None
    return (scanned_at or now()) + timedelta(hours=hours)


def _checked(given: Mapping[str, Any]) -> TenantSettings:
    try:
        return TenantSettings.model_validate_json(json.dumps(given))
    except (ValidationError, ValueError) as error:
        where = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
        field = str(where[0]) if where else ""
        raise Invalid(f"{field or 'a setting'} has no such value", field) from None


def _changed(before: TenantSettings, after: TenantSettings) -> dict[str, Any]:
    """What changed, as `[from, to]`. A policy is long: that it changed has to do."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    changed: dict[str, Any] = {
        name: [old[name], new[name]] for name in new if old[name] != new[name] and name != "policy"
    }
    if before.policy != after.policy:
        changed["policy"] = "given" if after.policy else "removed"
    return changed
