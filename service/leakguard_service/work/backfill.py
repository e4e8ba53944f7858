"""Scans the whole history of a repository: what it finds is historical, told in one digest."""

from dataclasses import replace
from typing import Any

from leakguard.model import Skip
from leakguard_service.jobs.port import Steps, Task
from leakguard_service.repos import fetch, scan
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.model import Refs, ScanResult
from leakguard_service.service import Service
from leakguard_service.work import branches, policy, saving, scans
from leakguard_service.work.policy import Range
from leakguard_service.work.push import Numbers
from leakguard_service.work.scans import Begun
from leakguard_service.work.store import Seeing
from leakguard_service.work.target import Target, asking, load, working


def backfill(service: Service, task: Task, steps: Steps) -> Numbers:
    """Does a backfill job; the scan's id, and what was found and new."""
    with working(service, task):
        target = load(service, task)
        begun: dict[str, Any] = steps.run(
            "begin", lambda: scans.begin(service, task, Begun("backfill"))
        )
        return steps.run("scan", lambda: _scan(service, target, begun["scan"]))


def _scan(service: Service, target: Target, scan_id: int) -> Numbers:
    if (done := saving.numbers(service, target.tenant_id, scan_id)) is not None:
        return done
    settings = service.settings
    with asking(service, target.connection):
        access = target.forge.access(target.ref, target.installation)
    heads = fetch.remote_refs(access, settings)
    after = heads.get(f"refs/heads/{target.repository.default_branch}", "")
    scans.looking_at(service, target, scan_id, after)
    asked = policy.request(service, target, Range(after=after, whole=True))
    seeing = Seeing(target.tenant_id, target.id, scan_id, historical=True)
    with Cache(settings).open(target.id) as copy:
        fetch.fetch(copy, access, tuple(heads), settings, prune=True)
        result = _with_refs(scan.scan(copy, asked, settings, access), heads)
        numbers = saving.save(service, target, seeing, result, heads)
        scan.remember(copy, result)
        branches.follow(service, target, copy, scan_id)
    return numbers


def _with_refs(result: ScanResult, refs: Refs) -> ScanResult:
    """Says which refs were left out; such a scan is not clean."""
    skips = list(result.skips)
    if refs.cut:
        skips.append(Skip("", f"only the first {len(refs):,} refs: LEAKGUARD_REF_COUNT"))
    if refs.left_out:
        skips.append(Skip("", f"{refs.left_out:,} refs have names that cannot be used"))
    return replace(result, skips=tuple(skips))
