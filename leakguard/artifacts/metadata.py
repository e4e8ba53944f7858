"""Reads the small texts in which packages say what they are, and bounds what is read of them."""

import re
from collections.abc import Sequence

from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.tree import Tree

_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*):[ \t]*(.*)")
_SHOWN = 200
"""Characters kept of a name or version: the rest is no name."""


def read(tree: Tree, name: str) -> bytes:
    """A member's bytes; nothing when it is not there, was not kept, is too large or damaged."""
    try:
        return tree.read(name)
    except (KeyError, ArtifactError):
        return b""


def text(tree: Tree, name: str) -> str:
    """A member as UTF-8, without a byte order mark; nothing where `read` gives nothing."""
    return read(tree, name).decode("utf-8-sig", "replace")


def fields(content: str) -> dict[str, list[str]]:
    """The `Name: value` lines up to the first empty line, by name, in their order.

    A line that begins with a space goes on with the one before, without that space (JAR File
    Specification, "Notes on Manifest and Signature Files"); close enough to RFC 822 and Debian
    Policy 5.1 for fields of one line.
    """
    found: dict[str, list[str]] = {}
    last: list[str] = []
    for line in content.lstrip("\r\n").splitlines():
        if not line.strip():
            break
        if line[0] in " \t" and last:
            last[-1] += line[1:]
        elif match := _FIELD.fullmatch(line):
            last = found.setdefault(match[1], [])
            last.append(match[2])
    return found


def first(found: dict[str, list[str]], *names: str) -> str:
    """The first value of the first of `names` that has one, fit to be shown; else empty."""
    values = (clean(found[name][0]) for name in names if name in found)
    return next((value for value in values if value), "")


def clean(value: object) -> str:
    """A name or version as it can be shown: one line, bounded; empty for what is no text."""
    return " ".join(value.split())[:_SHOWN] if isinstance(value, str) else ""


def single_top(names: Sequence[str]) -> str:
    """The one folder that holds all members, without `/`; empty when there is none."""
    if not names:
        return ""
    tops = {name.partition("/")[0] for name in names if name != "pax_global_header"}
    return tops.pop() if len(tops) == 1 and any("/" in name for name in names) else ""
