"""An Event as JSON, as the row of its delivery keeps it, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from leakguard_service.nouns import Event, EventKind, PushedRef, RepositoryRef


def to_json(event: Event) -> dict[str, Any]:
    """JSON values only."""
    return asdict(event) | {"kind": event.kind.value}


def from_json(summary: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote."""
    values = dict(summary)
    one = values.pop("repository", None)
    return Event(
        kind=EventKind(values.pop("kind")),
        repository=RepositoryRef(**one) if one else None,
        repositories=tuple(RepositoryRef(**item) for item in values.pop("repositories", ())),
        pushes=tuple(PushedRef(**item) for item in values.pop("pushes", ())),
        **values,
    )
