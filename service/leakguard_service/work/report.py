"""Tells the forge what was found at a commit: a check, SARIF, a comment, each of its own accord.

What the forge was told is in `forge_report`: telling it again changes that and adds nothing. One
that fails does not keep the others back, and its error is in its row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from leakguard_service.db.scope import get, mine
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import ForgeReport, Scan
from leakguard_service.errors import Hopeless, JobError, Later, NotThere
from leakguard_service.forges.port import Outcome
from leakguard_service.jobs.port import Steps, Task
from leakguard_service.nouns import ForgeKind
from leakguard_service.service import Service
from leakguard_service.work.outcome import outcome
from leakguard_service.work.target import Target, asking, load
from leakguard_service.work.upsert import put
from leakguard_service.work.words import one_line

_CONCLUSIONS: Final[Mapping[str, str]] = {
    "clean": "success",
    "leaks": "neutral",
    "incomplete": "action_required",
    "failed": "action_required",
}
"""Of checks that do not fail; see Outcome.fails."""


@dataclass(frozen=True, slots=True)
class _Telling:
    service: Service
    target: Target
    scan_id: int
    number: int
    """Of the pull request, else 0."""


def report(service: Service, task: Task, steps: Steps) -> Mapping[str, Any]:
    """Does a report job; how many of the forge's places were told."""
    target = load(service, task)
    scan_id = int(task.arguments["scan"])
    telling = _Telling(service, target, scan_id, _number(service, target, scan_id))
    problems: list[JobError] = []
    wanted = _wanted(telling)
    for kind, tell in wanted.items():
        try:
            steps.run(kind, lambda kind=kind, tell=tell: _told(telling, kind, tell))  # type: ignore[misc]
        except JobError as error:
            problems.append(error)
    if problems:
        raise next((one for one in problems if isinstance(one, Later)), problems[0])
    return {"told": len(wanted)}


_Tell = Callable[[Target, Outcome, str], str]


def _wanted(telling: _Telling) -> dict[str, _Tell]:
    """What is told, by the kind of `forge_report`; nothing without a token."""
    target, number = telling.target, telling.number
    if not target.connection.access:
        return {}
    wanted: dict[str, _Tell] = {}
    if target.answers.report:
        github = target.connection.forge == ForgeKind.GITHUB
        wanted["check_run" if github else "status"] = _check
    if target.answers.sarif and not number:
        wanted["sarif"] = _sarif
    if target.answers.comment and number:
        wanted[f"comment:{number}"] = lambda target, said, known: target.forge.comment(
            target.ref, target.installation, number, said, known
        )
    return wanted


def _check(target: Target, said: Outcome, known: str) -> str:
    return target.forge.report(target.ref, target.installation, said, known)


def _sarif(target: Target, said: Outcome, _known: str) -> str:
    return target.forge.sarif(target.ref, target.installation, said)


def _number(service: Service, target: Target, scan_id: int) -> int:
    """Of the pull request whose head was scanned: `refs/pull/7/head` is 7; 0 for a branch."""
    with service.db.read() as session:
        try:
            parts = get(session, Scan, scan_id, target.tenant_id).ref.split("/")
        except NotThere as error:
            raise Hopeless(str(error)) from error
    is_request = len(parts) == 4 and parts[1] in ("pull", "merge-requests") and parts[3] == "head"
    return int(parts[2]) if is_request and parts[2].isdecimal() else 0


def _told(telling: _Telling, kind: str, tell: _Tell) -> str:
    """Tells one place; the forge's id of it. What was read before may be older than what is said
    now, so the moment of reading is kept."""
    service, target = telling.service, telling.target
    at = now()
    with service.db.read() as session:
        scan = get(session, Scan, telling.scan_id, target.tenant_id)
        said = outcome(service, session, target, scan)
        known = _known(session, target, said.sha, kind)
        if kind.startswith("comment:") and not _comments(session, scan, said, known):
            return ""
    try:
        with asking(service, target.connection):
            external = tell(target, said, known)
    except JobError as error:
        _write(telling, kind, said, known, at, str(error))
        raise
    _write(telling, kind, said, external, at, "")
    return external


def _known(session: Session, target: Target, sha: str, kind: str) -> str:
    """The forge's id of what it was told before. A pull request has one comment for all heads."""
    asked = mine(ForgeReport, target.tenant_id).where(
        ForgeReport.repository_id == target.id, ForgeReport.kind == kind
    )
    if not kind.startswith("comment:"):
        asked = asked.where(ForgeReport.sha == sha)
    rows = session.scalars(asked.order_by(ForgeReport.id.desc()).limit(10))
    return next((row.external_id for row in rows if row.external_id), "")


def _comments(session: Session, scan: Scan, said: Outcome, known: str) -> bool:
    """Whether there is something to say at the pull request: of its newest head, once there was
    something to do."""
    newest = mine(Scan, scan.tenant_id).where(
        Scan.repository_id == scan.repository_id, Scan.ref == scan.ref
    )
    last = session.scalars(newest.order_by(Scan.id.desc()).limit(1)).one()
    return last.id == scan.id and (bool(known) or said.verdict != "clean")


def _write(
    telling: _Telling, kind: str, said: Outcome, external: str, at: datetime, problem: str
) -> None:
    target = telling.target
    row = {
        "tenant_id": target.tenant_id,
        "repository_id": target.id,
        "scan_id": telling.scan_id,
        "sha": said.sha,
        "kind": kind,
        "external_id": one_line(external, 64),
        "error": one_line(problem, 1_000),
    }
    if not problem:
        row |= {"conclusion": conclusion(said), "posted_at": at}
    with telling.service.db.write() as session:
        put(session, ForgeReport, row, ("repository_id", "sha", "kind"))


def conclusion(said: Outcome) -> str:
    """What the check says in one word: what was not looked at is none."""
    return "failure" if said.fails else _CONCLUSIONS[said.verdict]
