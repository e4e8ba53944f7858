"""Which findings somebody wants to see: a filter, from and to the query string of a list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from leakguard.model import Severity
from leakguard_service.errors import Invalid
from leakguard_service.nouns import Resolution, State
from leakguard_service.triage.texts import clean

Word = TypeVar("Word", bound=StrEnum)

NOBODY: Final = 0
"""As an assignee: findings that are assigned to nobody."""

TEXT_CHARACTERS: Final = 200
_VALUES: Final = 50
"""Values of one field."""
_LARGEST: Final = 2**63 - 1
_YES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Kind(StrEnum):
    """What a finding is about."""

    SECRET = "secret"  # noqa: S105 - a kind of finding
    ARTIFACT = "artifact"
    DATA = "data"
    MARKER = "marker"


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Everything that is given has to be so; of several values of a field, one."""

    states: tuple[State, ...] = ()
    severities: tuple[int, ...] = ()
    """leakguard.model.Severity."""
    rules: tuple[str, ...] = ()
    repository_id: int | None = None
    kind: Kind | None = None
    assignee_id: int | None = None
    """NOBODY for those that are assigned to nobody."""
    text: str = ""
    """Part of a path, preview, rule's id or name, or repository's name; case does not matter."""
    since: date | None = None
    """First seen on this day (UTC) or later."""
    until: date | None = None
    """First seen on this day (UTC) or before."""
    historical: bool | None = None
    on_branch: bool | None = None
    resolution: Resolution | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> "FindingFilter":
        """From a query string that was taken apart; values may be repeated or have commas.

        Names are those of `to_query`; unknown ones (pages, orders) are left alone. Raises Invalid
        with the field that has no meaning.
        """
        return cls(
            states=tuple(_word(State, "state", value) for value in _many(query, "state")),
            severities=tuple(_severity(value) for value in _many(query, "severity")),
            rules=tuple(_bounded("rule", value) for value in _many(query, "rule")),
            repository_id=_one(query, "repository", _number),
            kind=_one(query, "kind", lambda field, value: _word(Kind, field, value)),
            assignee_id=_one(query, "assignee", _assignee),
            text=_one(query, "text", _bounded) or "",
            since=_one(query, "since", _day),
            until=_one(query, "until", _day),
            historical=_one(query, "historical", _yes),
            on_branch=_one(query, "on_branch", _yes),
            resolution=_one(query, "resolution", lambda f, value: _word(Resolution, f, value)),
        )

    def to_query(self) -> str:
        """The query string that means this filter; empty for all findings."""
        pairs = [("state", state.value) for state in self.states]
        pairs += [("severity", Severity(number).name.lower()) for number in self.severities]
        pairs += [("rule", rule) for rule in self.rules]
        single: dict[str, object] = {
            "repository": self.repository_id,
            "kind": self.kind,
            "assignee": "none" if self.assignee_id == NOBODY else self.assignee_id,
            "text": self.text or None,
            "since": self.since,
            "until": self.until,
            "historical": _said(self.historical),
            "on_branch": _said(self.on_branch),
            "resolution": self.resolution,
        }
        pairs += [(name, str(value)) for name, value in single.items() if value is not None]
        return urlencode(pairs)

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The moments of `since` and `until`: from the first on, before the second."""
        first = datetime.combine(self.since, time(), UTC) if self.since else None
        last = None if self.until == date.max else self.until
        end = datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None
        return first, end


def _said(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _many(query: Mapping[str, Any], name: str) -> list[str]:
    """All values of a field; of a QueryParams all repetitions."""
    getlist = getattr(query, "getlist", None)
    given = getlist(name) if getlist else query.get(name, ())
    values: Sequence[object] = [given] if isinstance(given, (str, int)) else list(given or ())
    parts = [part.strip() for value in values for part in str(value).split(",") if part.strip()]
    if len(parts) > _VALUES:
        raise Invalid(f"{name} has more than {_VALUES} values", name)
    return list(dict.fromkeys(parts))


Found = TypeVar("Found")


def _one(
    query: Mapping[str, Any], name: str, understood: Callable[[str, str], Found]
) -> Found | None:
    """The last value of a field, or None when it is missing or empty."""
    getlist = getattr(query, "getlist", None)
    given = (getlist(name) or [None])[-1] if getlist else query.get(name)
    text = "" if given is None else str(given).strip()
    return understood(name, text) if text else None


def _word(kind: type[Word], field: str, value: str) -> Word:
    try:
        return kind(value)
    except ValueError:
        words = ", ".join(word.value for word in kind)
        raise Invalid(f"{field} is one of {words}", field) from None


def _severity(value: str) -> int:
    names = {severity.name.lower(): int(severity) for severity in Severity}
    numbers = {str(number): number for number in names.values()}
    found = (names | numbers).get(value.lower())
    if found is None:
        raise Invalid(f"severity is one of {', '.join(names)}", "severity")
    return found


def _bounded(field: str, value: str) -> str:
    if len(value) > TEXT_CHARACTERS:
        raise Invalid(f"{field} has at most {TEXT_CHARACTERS} characters", field)
    return clean(value)


def _number(field: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value[:20]) <= _LARGEST):
        raise Invalid(f"{field} is a number", field)
    return int(value)


def _assignee(field: str, value: str) -> int:
    return NOBODY if value == "none" else _number(field, value)


def _day(field: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid(f"{field} is a day such as 2026-01-31", field) from None


def _yes(field: str, value: str) -> bool:
    found = _YES.get(value.lower())
    if found is None:
        raise Invalid(f"{field} is true or false", field)
    return found
