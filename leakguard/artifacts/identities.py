"""What a manifest says of its product, and the small change of reading one. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_IDENTIFIER = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)+", re.ASCII)
_COMMON = frozenset(
    {
        "admin", "android", "api", "app", "application", "backend", "build", "cli", "client",
        "common", "core", "demo", "desktop", "docs", "documentation", "electron", "example",
        "examples", "frontend", "functions", "ios", "lib", "library", "main", "mobile",
        "monorepo", "my-app", "my_app", "myapp", "project", "root", "runner", "sample", "scripts",
        "server", "service", "shared", "site", "src", "test", "tests", "tools", "ui", "utils",
        "web", "website", "workspace",
    }
)  # fmt: skip
"""Names that tell nobody apart."""


class Identity(NamedTuple):
    """What one manifest says. Nothing in it is empty."""

    identifiers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    version: str = ""


def identity(
    identifiers: Iterable[object] = (),
    products: Iterable[object] = (),
    signers: Iterable[object] = (),
    version: object = "",
) -> Identity:
    """Of values as they come: what is no text, holds a variable or says nothing is left out."""
    return Identity(
        tuple(
            text for text in _texts(identifiers) if _IDENTIFIER.fullmatch(text.replace(":", "."))
        ),
        tuple(
            text for text in _texts(products) if text.casefold() not in _COMMON and len(text) > 1
        ),
        tuple(_texts(signers)),
        next(iter(_texts([version])), ""),
    )


def _texts(values: Iterable[object]) -> list[str]:
    texts = [value.strip() for value in values if isinstance(value, str)]
    return list(dict.fromkeys(text for text in texts if text and "$" not in text))


def text_of(data: bytes) -> str:
    """UTF-8, with or without a byte order mark."""
    return data.decode("utf-8-sig", "replace")


def pairs(pattern: re.Pattern[str], text: str, around: str = "") -> Mapping[str, list[str]]:
    """Keys and their values, without the characters `around` them."""
    found: dict[str, list[str]] = {}
    for key, value in pattern.findall(text):
        found.setdefault(key, []).append(value.strip(around) if around else value)
    return found


def first(found: Mapping[str, list[str]], key: str) -> str:
    """The first value of a key; empty when there is none."""
    return found.get(key, [""])[0]


def table(value: Any, *keys: str) -> Any:
    """A table in tables; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
