"""Reads the values of settings: what a file, a variable or a flag gives -> what a Config holds.

Each function takes a value as it came and the folder that relative paths start from, and raises
ValueError with what the value must be. Variables give texts, or lists of texts.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from leakguard.model import Confidence, Severity
from leakguard.paths import check_globs

Reader = Callable[[object, Path], Any]

_SWITCH: Final = {"true": True, "false": False}
_PLACES: Final = ("tags", "changelog")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f: ]{16,}")
_SHA256 = 64


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
