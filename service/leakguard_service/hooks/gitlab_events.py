"""Deliveries of GitLab, understood: those of projects, of groups and of the whole server.

Formats: https://docs.gitlab.com/user/project/integrations/webhook_events/ and
https://docs.gitlab.com/administration/system_hooks/. The payload says by itself what it is; the
header X-Gitlab-Event is `System Hook` for everything that a server's own hook sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from leakguard_service import limits
from leakguard_service.hooks import names, shapes
from leakguard_service.hooks.fields import Fields, Garbled
from leakguard_service.nouns import Event, EventKind, ForgeKind, PushedRef, RepositoryRef

_PUBLIC: Final = 20
"""`visibility_level` of what everybody sees; 10 is for everybody who signed in."""

_ACTIONS: Final = {
    "project_create": "created",
    "project_rename": "renamed",
    "project_transfer": "transferred",
    "project_update": "edited",
    "project_destroy": "deleted",
}
"""Events of projects, and the words that the other forges have for them."""


def understand(name: str, payload: Fields) -> Event:
    """The event of a payload; `name` is X-Gitlab-Event. Raises Garbled."""
    kind = names.word(payload, "event_name") or names.word(payload, "object_kind")
    event = Event(kind=EventKind.OTHER, name=name, sender=_sender(payload))
    read = _EVENTS.get(kind) or _EVENTS.get(names.word(payload, "object_kind"))
    if read is None:
        return replace(event, action=kind)
    return read(replace(event, action=_ACTIONS.get(kind, "")), payload)


def _sender(payload: Fields) -> str:
    flat = payload.maybe_text("user_username", 2_000) or payload.maybe_text("user_name", 2_000)
    user = payload.values.get("user")
    return names.plain(flat) or (shapes.sender(payload, "user") if isinstance(user, dict) else "")


def _project(payload: Fields) -> RepositoryRef:
    """The project of pushes and merge requests. It does not say whether it is archived."""
    project = payload.part("project")
    number = project if "id" in project.values else payload
    return RepositoryRef(
        forge_id=str(number.number("id" if number is project else "project_id")),
        full_name=names.full_name(ForgeKind.GITLAB, project, "path_with_namespace"),
        default_branch=names.branch(project, "default_branch"),
        private=project.values.get("visibility_level") != _PUBLIC,
    )


def _flat(payload: Fields) -> RepositoryRef:
    """The project of events about projects: its values stand in the payload itself."""
    return RepositoryRef(
        forge_id=str(payload.number("project_id")),
        full_name=names.full_name(ForgeKind.GITLAB, payload, "path_with_namespace"),
        private=payload.values.get("project_visibility") != "public",
    )


def _push(event: Event, payload: Fields) -> Event:
    return replace(
        event,
        kind=EventKind.PUSH,
        repository=_project(payload),
        pushes=(shapes.pushed(payload),),
    )


def _update(event: Event, payload: Fields) -> Event:
    """`repository_update`: all refs of one push, also when they are too many for single hooks."""
    some = payload.parts("changes", limits.EVENT_REFS)
    rest = payload.count("changes") - len(some)
    return replace(
        event,
        kind=EventKind.PUSH,
        repository=_project(payload),
        pushes=tuple(shapes.pushed(change) for change in some),
        details={"more": str(rest)} if rest > 0 else {},
    )


def _merge_request(event: Event, payload: Fields) -> Event:
    request = payload.part("object_attributes")
    action, before = names.word(request, "action"), names.oid(request, "oldrev")
    event = replace(event, action=action)
    if action not in ("open", "reopen") and not (action == "update" and before):
        return event
    number = request.number("iid")
    after = names.oid(request.part("last_commit"), "id", needed=True)
    head = PushedRef(ref=f"refs/merge-requests/{number}/head", before=before, after=after)
    return replace(
        event,
        kind=EventKind.PULL_REQUEST,
        repository=_project(payload),
        number=number,
        pushes=(head,),
    )


def _changed(event: Event, payload: Fields) -> Event:
    if not event.action:
        raise Garbled("`event_name` is unknown")
    return replace(event, kind=EventKind.REPOSITORY, repository=_flat(payload))


_EVENTS: Final[Mapping[str, Callable[[Event, Fields], Event]]] = {
    "push": _push,
    "tag_push": _push,
    "repository_update": _update,
    "merge_request": _merge_request,
} | dict.fromkeys(_ACTIONS, _changed)
