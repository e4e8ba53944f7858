"""The table of R8 and ProGuard that turns obfuscated names back: `mapping.txt`.

Source of the format: "ProGuard manual: ReTrace", and R8's doc/retrace.md for its header.
"""

import re
from collections.abc import Iterator
from os.path import commonprefix

from leakguard import limits
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build

_READ = 256 * limits.KIB
"""Of the head: enough for the header and some hundred classes."""
_CLASS = re.compile(r"^([\w$.-]+) -> [\w$./-]+:\s*(?:#.*)?$", re.ASCII)
_HEADER = re.compile(r"^# (compiler|pg_map_id|compiler_version): *([\w.+-]+)", re.ASCII)
_CLASSES = 3
"""With a package: notes have arrows between single words."""


def describe(data: Buffer) -> Build | None:
    """The key to an app's obfuscated names, if R8 says so or three classes are mapped.

    The identifier is R8's number of the map, or else the package that all classes are in.
    """
    header: dict[str, str] = {}
    classes: list[str] = []
    for line in _lines(data):
        if found := _HEADER.match(line):
            header.setdefault(found[1], found[2])
        elif found := _CLASS.match(line):
            classes.append(found[1])
    by_r8 = header.get("compiler") in ("R8", "D8") and bool(classes)
    if not by_r8 and sum("." in name for name in classes) < _CLASSES:
        return None
    return Build(
        kind="mapping",
        platform="android",
        identifier=header.get("pg_map_id") or _package(classes),
        internal="the key to an obfuscated build",
        app=False,
    )


def _lines(data: Buffer) -> Iterator[str]:
    yield from bytes(data[:_READ]).decode("utf-8", "replace").splitlines()


def _package(classes: list[str]) -> str:
    shared = commonprefix([name.split(".")[:-1] for name in classes])
    return ".".join(shared)
