"""Reads the values of settings: what a file, a variable or a flag gives -> what a Config holds.

Each function takes a value as it came and the folder that relative paths start from, and raises
ValueError with what the value must be. Variables give texts, or lists of texts.
"""

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from leakguard.model import Confidence, Severity
from leakguard.paths import check_globs
from leakguard.policy import Allowed

Reader = Callable[[object, Path], Any]

_SWITCH: Final = {"true": True, "false": False}
_PLACES: Final = ("tags", "changelog")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f: ]{16,}")
_SHA256 = 64
_DIGEST = re.compile("[0-9a-f]{64}")
_PIN: Final = "#sha256="
_LISTS: Final = {
    "paths": "path",
    "rules": "rule",
    "values": "value",
    "fingerprints": "fingerprint",
}
"""What a row of an allowlist may ask for, and its name where one value is given as a text."""
_ROW: Final = (*_LISTS, "reason", "until")


def texts(value: object, _folder: Path) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list | tuple) or not all(isinstance(t, str) and t for t in value):
        raise ValueError("must be a list of texts")
    return tuple(value)


def files(value: object, folder: Path) -> tuple[Path, ...]:
    """A list of paths."""
    return tuple(folder / os.path.expanduser(text) for text in texts(value, folder))


def file(value: object, folder: Path) -> Path:
    """The path of a file."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text, the path of a file")
    return folder / os.path.expanduser(value)


def file_or_files(value: object, folder: Path) -> tuple[Path, ...]:
    """A list of paths, or the path of one file."""
    return (file(value, folder),) if isinstance(value, str) else files(value, folder)


def one_of(known: Sequence[str], make: Callable[[str], Any], value: object, _folder: Path) -> Any:
    """One of a few words."""
    if not isinstance(value, str) or value.lower() not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return make(value.lower())


class Pinned(NamedTuple):
    """Where an organisation's settings lie, and their SHA-256; see organisation.py."""

    source: str
    """A path, an address with https, or `git:REVISION:PATH`."""
    sha256: str = ""
    """Lower-case hex; only a file may do without."""

    def __str__(self) -> str:
        return f"{self.source}{_PIN}{self.sha256}" if self.sha256 else self.source


def pinned(value: object, folder: Path) -> Pinned:
    """A place of settings, pinned by `#sha256=` unless it is a file."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text: a path, https://... or git:REVISION:PATH")
    source, pin, digest = value.partition(_PIN)
    digest = digest.lower()
    if pin and not _DIGEST.fullmatch(digest):
        raise ValueError(f"must have {_SHA256} hex digits behind {_PIN}")
    remote = source.startswith(("https://", "git:"))
    if "://" in source and not remote:
        raise ValueError("must be an address with https, a path or git:REVISION:PATH")
    if remote and not pin:
        raise ValueError(f"must be pinned: write {_PIN} and the SHA-256 of the file behind it")
    return Pinned(source if remote else str(folder / os.path.expanduser(source)), digest)


def allow_rows(value: object, _folder: Path) -> tuple[Allowed, ...]:
    """A list of tables, or of texts as `rule=jwt; path=docs/**; reason=of the docs`."""
    if not isinstance(value, list | tuple):
        value = [value]
    return tuple(_allowed(_row(item) if isinstance(item, str) else item) for item in value)


def _row(text: str) -> dict[str, object]:
    row: dict[str, Any] = {}
    for part in text.split(";"):
        name, sign, content = (piece.strip() for piece in part.partition("="))
        if not sign or not content:
            raise ValueError("must be NAME=VALUE, several joined by `;`: rule=jwt; path=docs/**")
        if name in _LISTS.values():
            key = next(key for key, single in _LISTS.items() if single == name)
            row.setdefault(key, []).append(content)
        else:
            row[name] = content
    return row


def _allowed(row: object) -> Allowed:
    if not isinstance(row, dict):
        raise ValueError("must be a list of tables: write [[allow]]")
    for name in row:
        if name not in _ROW:
            raise ValueError(f"has `{name}`, which means nothing: use {', '.join(_ROW)}")
    lists = {name: texts(row.get(name, []), Path()) for name in _LISTS}
    if not any(lists.values()):
        raise ValueError(f"must say what is allowed: one of {', '.join(_LISTS)}")
    reason = row.get("reason", "")
    if not isinstance(reason, str):
        raise ValueError("must have a text as `reason`")
    _check_patterns(lists["values"])
    return Allowed(
        paths=globs(lists["paths"], Path()),
        rules=frozenset(lists["rules"]),
        values=lists["values"],
        fingerprints=frozenset(lists["fingerprints"]),
        reason=reason,
        until=_day(row.get("until")),
    )


def allowed_text(row: Allowed) -> str:
    """A row as a flag has it: `path=docs/**; reason=of the docs`."""
    lists: Mapping[str, Collection[str]] = {name: getattr(row, name) for name in _LISTS}
    parts = [f"{_LISTS[name]}={text}" for name in _LISTS for text in sorted(lists[name])]
    parts += [f"reason={row.reason}"] if row.reason else []
    parts += [f"until={row.until}"] if row.until else []
    return "; ".join(parts)


def _check_patterns(patterns: Sequence[str]) -> None:
    if not patterns:
        return
    from leakguard.pattern import PatternError, search

    for pattern in patterns:
        try:
            search(pattern)
        except PatternError as error:
            raise ValueError(f"has the pattern `{pattern}`: {error}") from error


def _day(value: object) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError("must have a date as 2027-01-31 as `until`") from error


def ids(value: object, folder: Path) -> frozenset[str]:
    """A list of texts in no order."""
    return frozenset(texts(value, folder))


def globs(value: object, folder: Path) -> tuple[str, ...]:
    """A list of globs as paths.py has them."""
    found = texts(value, folder)
    try:
        check_globs(found)
    except ValueError as error:
        raise ValueError(f"must be globs of paths: {error}") from error
    return found


_L = TypeVar("_L", Severity, Confidence)


def level(scale: type[_L], value: object, _folder: Path) -> _L:
    """The label of a level."""
    labels = {level.label: level for level in scale}
    if not isinstance(value, str) or value.lower() not in labels:
        raise ValueError(f"must be one of {', '.join(labels)}")
    return labels[value.lower()]


def switch(value: object, _folder: Path) -> bool:
    """True or false, as a text too."""
    found = _SWITCH.get(value.lower(), value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("must be true or false")
    return found


def number(most: int, value: object, _folder: Path) -> int:
    """A whole number from 1 to `most`, as a text too."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])  # more digits would be too large as well
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"must be a whole number from 1 to {most}")
    return value


def versions(value: object, _folder: Path) -> Mapping[str, str]:
    """A table of names and versions, or one version for all; in a list `name=version`."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        pairs = (text.rpartition("=") for text in value)
        value = {name.strip() if sign else "*": version.strip() for name, sign, version in pairs}
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a version, or a table of names and versions")
    for name, version in value.items():
        if isinstance(version, dict):
            raise ValueError(f'has a dot in a name: write it in quotes, as in "{name}.app" = "1.2"')
        if not name or not isinstance(version, str) or not any(map(str.isdigit, version)):
            raise ValueError('must have versions with numbers in quotes, as in "app" = "1.2"')
    return dict(value)


def release(value: object, folder: Path) -> str:
    """Where released versions stand: `tags`, `changelog` or the path of a file."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be tags, changelog or the path of a file")
    return value if value in _PLACES else str(folder / os.path.expanduser(value))


def allowed(value: object, folder: Path) -> tuple[str, ...]:
    """A list of SHA-256 in hex, also with colons, and of signers."""
    found = texts(value, folder)
    for text in found:
        if _HEXADECIMAL.fullmatch(text) and len(re.sub("[: ]", "", text)) != _SHA256:
            raise ValueError(f"has `{text}`: use a SHA-256, {_SHA256} hex digits, or a signer")
    return found
