"""The one message about all that a scan of the past found."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard.model import Severity
from leakguard_service.db.scope import get
from leakguard_service.db.tables import Finding, Occurrence, Repository
from leakguard_service.db.work_tables import Notification, Scan, ScanFinding
from leakguard_service.notify.model import Fact, Message
from leakguard_service.notify.names import instance, link
from leakguard_service.notify.text import line
from leakguard_service.service import Service

_RULES_SHOWN: Final = 8
"""Rules that a digest names; the page it links to shows all."""

_DIGEST_ADVICE: Final = (
    "Begin with the most severe ones: revoke or rotate each secret, then close its finding."
    " Nobody is told of these findings one by one."
)


def tally(session: Session, tenant_id: int, scan_id: int) -> dict[tuple[int, str], int]:
    """How many findings were new with a scan of the past and are open: by severity and rule."""
    scan = get(session, Scan, scan_id, tenant_id)
    seen = (
        sa.select(Occurrence.finding_id)
        .join(ScanFinding, ScanFinding.occurrence_id == Occurrence.id)
        .where(Occurrence.tenant_id == tenant_id, ScanFinding.scan_id == scan_id)
    )
    asked = (
        sa.select(Finding.severity, Finding.rule_id, sa.func.count())
        .where(
            Finding.tenant_id == tenant_id,
            Finding.id.in_(seen),
            Finding.state == "open",
            Finding.historical.is_(True),
            Finding.created_at >= scan.started_at,
        )
        .group_by(Finding.severity, Finding.rule_id)
    )
    return {(severity, rule): count for severity, rule, count in session.execute(asked)}


def message(service: Service, session: Session, row: Notification, scan_id: int) -> Message:
    """The digest, as things stand now. Raises NotThere."""
    name = instance(session, row.tenant_id)
    scan = get(session, Scan, scan_id, row.tenant_id)
    repository = get(session, Repository, scan.repository_id, row.tenant_id)
    counted = tally(session, row.tenant_id, scan_id)
    severities, rules = _sums(counted)
    total = sum(counted.values())
    where = line(repository.full_name, 100)
    return Message(
        id=f"leakguard-{name}-n{row.id}",
        event="scan.digest",
        at=row.created_at,
        title=f"{_findings(total)} in the history of {where}",
        facts=tuple(fact for fact in _digest_facts(scan, where, severities, rules) if fact.value),
        advice=_DIGEST_ADVICE,
        link=link(service, f"/findings?repository={repository.id}&historical=true&state=open"),
        severity=max((severity for severity, _ in counted), default=0),
        thread=f"leakguard-{name}-s{scan.id}",
        data={
            "change": "digest",
            "scan": {
                "id": scan.id,
                "repository": repository.full_name,
                "verdict": scan.verdict,
                "commits": scan.commits,
                "blobs": scan.blobs,
                "skipped": scan.skipped,
            },
            "findings": {"total": total, "by_severity": severities, "by_rule": rules},
        },
    )


def _sums(counted: Mapping[tuple[int, str], int]) -> tuple[dict[str, int], dict[str, int]]:
    """By severity, most severe first; by rule, most frequent first."""
    severities, rules = dict[str, int](), dict[str, int]()
    for (severity, rule), count in sorted(counted.items(), reverse=True):
        label = Severity(severity).label
        severities[label] = severities.get(label, 0) + count
        rules[rule] = rules.get(rule, 0) + count
    return severities, dict(sorted(rules.items(), key=lambda item: (-item[1], item[0])))


def _digest_facts(
    scan: Scan, where: str, severities: Mapping[str, int], rules: Mapping[str, int]
) -> tuple[Fact, ...]:
    named = [f"{line(rule, 80)}: {count}" for rule, count in list(rules.items())[:_RULES_SHOWN]]
    if len(rules) > _RULES_SHOWN:
        named.append(f"and {len(rules) - _RULES_SHOWN} more rules")
    skipped = f"{scan.skipped} files: see the scan's page" if scan.skipped else ""
    return (
        Fact("Repository", where),
        Fact("Severity", ", ".join(f"{count} {label}" for label, count in severities.items())),
        Fact("Rules", "; ".join(named)),
        Fact("Looked at", f"{scan.commits:,} commits, {scan.blobs:,} versions of files"),
        Fact("Not looked at", skipped),
    )


def _findings(count: int) -> str:
    return f"{count:,} leak{'s' * (count != 1)}"
