"""The single values of a channel's configuration: what each is asked for as, and what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from leakguard_service.errors import Invalid

_VALUE: Final = 2_000
"""Characters of one value: the longest webhook addresses have some hundreds."""
_LIST: Final = 50
"""Addresses of one channel."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a channel's configuration holds."""

    name: str
    label: str
    form: str = "text"
    """`text`, `url`, `addresses`, `number`, `flag`."""
    required: bool = True
    secret: bool = False
    """Never shown again once it was given."""
    hint: str = ""


def _texts(given: Any, name: str, most: int) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise Invalid("this is a list of texts", name)
    if len(given) > most or not all(isinstance(one, str) and len(one) <= 200 for one in given):
        raise Invalid(f"this is a list of at most {most} texts of 200 characters", name)
    return [one.strip() for one in given if one.strip()]


def value(key: Key, given: Any) -> Any:
    """The value, tidied up; None for a missing one. Raises Invalid, which names the key."""
    missing = given is None or given in ("", [])
    if missing and key.required:
        raise Invalid(f"{key.label} is missing", key.name)
    return None if missing else _FORMS[key.form](key, given)


def _text(key: Key, given: Any) -> str:
    if not isinstance(given, str) or len(given) > _VALUE or not given.strip().isprintable():
        raise Invalid(f"{key.label} is one line of at most {_VALUE} characters", key.name)
    return given.strip()


def _url(key: Key, given: Any) -> str:
    text = _text(key, given)
    try:
        url = urlsplit(text)
        usable = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable or url.scheme not in ("http", "https") or "@" in url.netloc or " " in text:
        raise Invalid(f"{key.label} begins with https:// and holds no user or password", key.name)
    return text


def _addresses(key: Key, given: Any) -> list[str]:
    values = given.replace(",", "\n").splitlines() if isinstance(given, str) else given
    return _texts(values, key.name, _LIST)


def _number(key: Key, given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{key.label} is a number", key.name) from error


def _flag(key: Key, given: Any) -> bool:
    said = str(given).lower()
    if said not in ("true", "1", "on", "yes", "false", "0", "off", "no"):
        raise Invalid(f"{key.label} is true or false", key.name)
    return said in ("true", "1", "on", "yes")


_FORMS: Final[Mapping[str, Callable[[Key, Any], Any]]] = {
    "text": _text,
    "url": _url,
    "addresses": _addresses,
    "number": _number,
    "flag": _flag,
}
