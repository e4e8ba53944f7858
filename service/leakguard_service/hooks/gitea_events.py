"""Deliveries of Gitea and Forgejo, understood.

Formats: https://docs.gitea.com/usage/webhooks and
https://forgejo.org/docs/latest/user/webhooks. Old versions repeat the webhook's secret in the
payload; nothing here reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from leakguard_service.hooks import names, shapes
from leakguard_service.hooks.fields import Fields
from leakguard_service.nouns import Event, EventKind, ForgeKind, PushedRef, RepositoryRef

_SCANNED: Final = ("opened", "reopened", "synchronized", "synchronize")
_PREFIXES: Final = {"branch": "refs/heads/", "tag": "refs/tags/"}
"""`create` and `delete` name refs without their beginning."""


def understand(name: str, payload: Fields) -> Event:
    """The event of a payload; `name` is X-Forgejo-Event or X-Gitea-Event. Raises Garbled."""
    event = Event(
        kind=EventKind.OTHER,
        name=name,
        action=names.word(payload, "action"),
        sender=shapes.sender(payload),
    )
    read = _EVENTS.get(name)
    return read(event, payload) if read else event


def _repository(payload: Fields) -> RepositoryRef:
    return shapes.repository(ForgeKind.GITEA, payload.part("repository"))


def _ping(event: Event, _payload: Fields) -> Event:
    return replace(event, kind=EventKind.PING)


def _push(event: Event, payload: Fields) -> Event:
    moved = (shapes.pushed(payload),)
    return replace(event, kind=EventKind.PUSH, repository=_repository(payload), pushes=moved)


def _create(event: Event, payload: Fields) -> Event:
    moved = PushedRef(_short(payload), before="", after=names.oid(payload, "sha", needed=True))
    return replace(event, kind=EventKind.PUSH, repository=_repository(payload), pushes=(moved,))


def _delete(event: Event, payload: Fields) -> Event:
    moved = PushedRef(_short(payload), before=names.oid(payload, "sha"), after="")
    return replace(event, kind=EventKind.PUSH, repository=_repository(payload), pushes=(moved,))


def _short(payload: Fields) -> str:
    return names.ref(payload, prefix=_PREFIXES.get(names.word(payload, "ref_type"), ""))


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


def _changed(event: Event, payload: Fields) -> Event:
    return replace(event, kind=EventKind.REPOSITORY, repository=_repository(payload))


_EVENTS: Final[Mapping[str, Callable[[Event, Fields], Event]]] = {
    "ping": _ping,
    "push": _push,
    "create": _create,
    "delete": _delete,
    "pull_request": _pull_request,
    "pull_request_sync": _pull_request,
    "repository": _changed,
}
