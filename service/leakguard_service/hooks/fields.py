"""A payload's values, each of the type it must have. What is not so is Garbled: never a crash.

Texts of Garbled name fields as the forges document them, never what stood in them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import parse_qs

from leakguard_service.errors import ServiceError

NUMBER_MOST: Final = 2**63 - 1
"""The largest id a database column holds."""

TEXT_MOST: Final = 500
"""Characters of a name; paths and refs of forges are shorter."""

_FORM_FIELDS_MOST: Final = 8
"""GitHub's form has one field, `payload`."""


class Garbled(ServiceError):
    """A delivery that is signed and makes no sense."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object, read by name. `null` and missing are the same."""

    values: Mapping[str, Any]
    path: str = ""
    """Where it stands in the payload, for complaints."""

    def text(self, name: str, most: int = TEXT_MOST) -> str:
        """A text that must be there and not empty."""
        return self.maybe_text(name, most) or self._wrong(name, "is missing")

    def maybe_text(self, name: str, most: int = TEXT_MOST) -> str:
        """A text, empty when it is not there."""
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(name, "is no text")
        if len(value) > most:
            self._wrong(name, f"has more than {most} characters")
        return value

    def number(self, name: str) -> int:
        """A whole number from 1 on that must be there."""
        value = self.values.get(name)
        if type(value) is not int:  # True is an int too
            self._wrong(name, "is no whole number")
        if not 0 < value <= NUMBER_MOST:
            self._wrong(name, "is too small or too large")
        return int(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, bool) else self._wrong(name, "is neither true nor false")

    def part(self, name: str) -> "Fields":
        """An object that must be there."""
        return self.maybe(name) or self._wrong(name, "is missing")

    def maybe(self, name: str) -> "Fields | None":
        """An object, or None."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong(name, "is no object")
        return Fields(value, self._path(name))

    def parts(self, name: str, most: int) -> tuple["Fields", ...]:
        """The first `most` objects of a list; none when it is not there."""
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong(name, "is no list")
        some = value[:most]
        if not all(isinstance(item, dict) for item in some):
            self._wrong(name, "holds something that is no object")
        return tuple(Fields(item, self._path(name)) for item in some)

    def count(self, name: str) -> int:
        """How long a list is; 0 when there is none."""
        value = self.values.get(name)
        return len(value) if isinstance(value, list) else 0

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _wrong(self, name: str, what: str) -> NoReturn:
        raise Garbled(f"`{self._path(name)}` {what}")


def parse(body: bytes, *, form: bool = False) -> Any:
    """The JSON value of a body, or of the field `payload` of a form. Raises Garbled."""
    try:
        text = body.decode()
        if form:
            text = _payload(text)
        return json.loads(text, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Garbled("the body is no UTF-8") from None
    except RecursionError:
        raise Garbled("the body is nested too deeply") from None
    except ValueError:
        raise Garbled("the body is no JSON") from None


def _payload(text: str) -> str:
    fields = parse_qs(text, errors="strict", max_num_fields=_FORM_FIELDS_MOST)
    if len(fields.get("payload", ())) != 1:
        raise Garbled("the form needs one field `payload`")
    return fields["payload"][0]


def _constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
