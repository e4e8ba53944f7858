"""From a delivery to an Event, whatever the forge."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from leakguard_service.hooks import gitea_events, github_events, gitlab_events, names
from leakguard_service.hooks.fields import Fields, Garbled
from leakguard_service.hooks.headers import Twice, first
from leakguard_service.nouns import Event, ForgeKind

_READERS: Final[Mapping[ForgeKind, Callable[[str, Fields], Event]]] = {
    ForgeKind.GITHUB: github_events.understand,
    ForgeKind.GITLAB: gitlab_events.understand,
    ForgeKind.GITEA: gitea_events.understand,
}

_NAMES: Final[Mapping[ForgeKind, tuple[str, ...]]] = {
    ForgeKind.GITHUB: ("x-github-event",),
    ForgeKind.GITLAB: ("x-gitlab-event",),
    ForgeKind.GITEA: ("x-forgejo-event", "x-gitea-event"),
}
"""Headers that name the event."""

_IDS: Final[Mapping[ForgeKind, tuple[str, ...]]] = {
    ForgeKind.GITHUB: ("x-github-delivery",),
    ForgeKind.GITLAB: ("webhook-id", "idempotency-key"),
    ForgeKind.GITEA: ("x-forgejo-delivery", "x-gitea-delivery"),
}
"""Headers that hold the delivery's id, which stays when the forge delivers again."""


def understand(forge: ForgeKind, headers: Mapping[str, str], payload: Any) -> Event:
    """What a delivery says; kind OTHER for what the service has no use for. Raises Garbled."""
    if not isinstance(payload, dict):
        raise Garbled("the payload is no object")
    return _READERS[forge](_name(forge, headers), Fields(payload))


def delivery_id(forge: ForgeKind, headers: Mapping[str, str], body: bytes) -> str:
    """The delivery's own id, else one made of its content. Raises Garbled."""
    given = _first(headers, *_IDS[forge])
    if not given:
        return "body:" + hashlib.sha256(body).hexdigest()
    if not names.is_mark(given):
        raise Garbled("the delivery's id has signs that no forge uses")
    return given


def _name(forge: ForgeKind, headers: Mapping[str, str]) -> str:
    if forge is ForgeKind.GITHUB and _first(headers, *_NAMES[ForgeKind.GITEA]):
        # Gitea's deliveries have GitHub's headers too
        raise Garbled("this is a delivery of Gitea or Forgejo: its address is /hooks/gitea")
    name = _first(headers, *_NAMES[forge])
    if not names.is_word(name):
        raise Garbled(f"the header {_NAMES[forge][-1]} names no event")
    return name


def _first(headers: Mapping[str, str], *wanted: str) -> str:
    try:
        return first(headers, *wanted)[1]
    except Twice as error:
        raise Garbled(str(error)) from None
