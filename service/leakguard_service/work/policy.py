"""Which rules a scan follows: the tenant's policy, and the repository's own where that counts."""

from dataclasses import dataclass

from leakguard_service.repos.model import ScanRequest
from leakguard_service.service import Service
from leakguard_service.work.target import Target


@dataclass(frozen=True, slots=True)
class Range:
    """Which commits are scanned: those of `after` that neither `before` nor `known` have."""

    before: str = ""
    after: str = ""
    known: tuple[str, ...] = ()
    whole: bool = False
    """Everything, whatever was scanned before."""


def request(service: Service, target: Target, commits: Range) -> ScanRequest:
    """What the scan's child is asked. The pushed branch has no say in it."""
    with service.db.read() as session:
        key = service.identity_key(session, target.tenant_id)
    return ScanRequest(
        before=commits.before,
        after=commits.after,
        known=commits.known,
        whole=commits.whole,
        policies=(target.tenant.policy,) if target.tenant.policy.strip() else (),
        identity_key=key,
        default_branch=target.repository.default_branch,
        repository_policy=target.tenant.repository_policy,
    )
