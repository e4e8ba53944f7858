"""Deliveries of GitHub, understood.

Format: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from leakguard_service import limits
from leakguard_service.hooks import names, shapes
from leakguard_service.hooks.fields import Fields
from leakguard_service.nouns import Event, EventKind, ForgeKind, PushedRef, RepositoryRef

_SCANNED: Final = ("opened", "reopened", "synchronize", "ready_for_review")
"""Actions of pull requests that may bring commits."""


def understand(name: str, payload: Fields) -> Event:
    """The event of a payload; `name` is X-GitHub-Event. Raises Garbled."""
    read = _EVENTS.get(name)
    return read(_plain(name, payload), payload) if read else _plain(name, payload)


def _plain(name: str, payload: Fields) -> Event:
    """What every event has; ignored unless a function below makes more of it."""
    installation = payload.maybe("installation")
    return Event(
        kind=EventKind.OTHER,
        name=name,
        action=names.word(payload, "action"),
        installation=str(installation.number("id")) if installation else "",
        sender=shapes.sender(payload),
    )


def _repository(payload: Fields) -> RepositoryRef:
    return shapes.repository(ForgeKind.GITHUB, payload.part("repository"))


def _ping(event: Event, _payload: Fields) -> Event:
    return replace(event, kind=EventKind.PING)


def _push(event: Event, payload: Fields) -> Event:
    moved = (shapes.pushed(payload),)
    return replace(event, kind=EventKind.PUSH, repository=_repository(payload), pushes=moved)


def _pull_request(event: Event, payload: Fields) -> Event:
    if event.action not in _SCANNED:
        return event
    number, head = shapes.pull_request(payload)
    return replace(
        event,
        kind=EventKind.PULL_REQUEST,
        repository=_repository(payload),
        number=number,
        pushes=(head,),
    )


def _installation(event: Event, payload: Fields) -> Event:
    payload.part("installation")
    return _listed(event, payload, "repositories")


def _installation_repositories(event: Event, payload: Fields) -> Event:
    payload.part("installation")
    return _listed(event, payload, f"repositories_{event.action}")


def _listed(event: Event, payload: Fields, name: str) -> Event:
    some = payload.parts(name, limits.EVENT_REPOSITORIES)
    more = {"more": str(payload.count(name) - len(some))} if payload.count(name) > len(some) else {}
    return replace(
        event,
        kind=EventKind.INSTALLATION,
        repositories=tuple(shapes.repository(ForgeKind.GITHUB, fields) for fields in some),
        details=more,
    )


def _changed(event: Event, payload: Fields) -> Event:
    return replace(event, kind=EventKind.REPOSITORY, repository=_repository(payload))


def _check_run(event: Event, payload: Fields) -> Event:
    if event.action not in ("rerequested", "requested_action"):
        return event
    run = payload.part("check_run")
    details = _details(run, run.maybe("check_suite") or Fields({}))
    details |= {"check_run": str(run.number("id")), "external_id": names.mark(run, "external_id")}
    kind = EventKind.RERUN
    if event.action == "requested_action":
        kind = EventKind.ACTION
        details["identifier"] = names.mark(payload.part("requested_action"), "identifier")
    return replace(event, kind=kind, repository=_repository(payload), details=details)


def _check_suite(event: Event, payload: Fields) -> Event:
    if event.action not in ("requested", "rerequested"):
        return event
    suite = payload.part("check_suite")
    details, kind = _details(suite, suite), EventKind.RERUN
    moved: tuple[PushedRef, ...] = ()
    if event.action == "requested":
        # GitHub makes a suite by itself for each push: the same work, should that be lost
        if not details["head_branch"]:
            return event
        kind, before = EventKind.PUSH, names.oid(suite, "before")
        ref = f"refs/heads/{details['head_branch']}"
        moved = (PushedRef(ref=ref, before=before, after=details["head_sha"]),)
    return replace(event, kind=kind, repository=_repository(payload), pushes=moved, details=details)


def _details(of: Fields, suite: Fields) -> dict[str, str]:
    """Which commit, and by which ref it can be fetched."""
    requests = of.parts("pull_requests", 1)
    return {
        "head_sha": names.oid(of, "head_sha", needed=True),
        "head_branch": names.branch(suite, "head_branch"),
        "number": str(requests[0].number("number")) if requests else "",
    }


_EVENTS: Final[Mapping[str, Callable[[Event, Fields], Event]]] = {
    "ping": _ping,
    "push": _push,
    "pull_request": _pull_request,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
    "repository": _changed,
    "check_run": _check_run,
    "check_suite": _check_suite,
}
