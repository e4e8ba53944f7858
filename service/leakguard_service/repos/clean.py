"""Objects in which nothing was found: they are not read again under the same rules and settings.

A list is a file of sorted binary ids, and one of those that came since, unsorted. What a scan found
clean lies in a third file until its findings are stored. No service parts: the child imports this.
"""

import mmap
import os
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

_RECENT_MOST: Final = 50_000
"""Ids that lie unsorted before the list is written anew; reading so many takes 10 ms."""

_LISTS_MOST: Final = 3
"""Lists that are kept: of these rules, and of some before."""

_MANY: Final = 20_000
"""From so many questions on, a set in memory answers faster than looking into the file."""


class Clean:
    """The list of one set of rules; there need not be one yet."""

    def __init__(self, folder: Path, key: str, width: int = 20) -> None:
        """`key` names rules and settings; `width` is the bytes of an id, 20 or 32."""
        self._width = width
        self.path = folder / f"clean-{key}-{width}"
        self._recent = frozenset(_ids(_read(self.recent), width))
        self._sorted = _mapped(self.path, width)

    @property
    def recent(self) -> Path:
        """The file of ids that came since the list was sorted."""
        return self.path.with_name(f"{self.path.name}.recent")

    def without(self, lines: list[bytes]) -> list[bytes]:
        """The lines, `oid` or `oid path`, whose objects are not known to be clean.

        Whether a file named .br is opened depends on its name: these are always looked at.
        """
        known: Iterable[bytes] | _Ids = self._sorted
        if len(lines) > _MANY:
            known = frozenset(_ids(bytes(self._sorted.data), self._width))
        digits = 2 * self._width
        return [
            line
            for line in lines
            if line.endswith(b".br")
            or ((oid := _binary(line[:digits])) not in self._recent and oid not in known)
        ]

    def offer(self, oids: Iterable[str]) -> str:
        """Writes down what was found clean, for `keep`; returns the file's name, empty for none."""
        new = [raw for oid in set(oids) if len(raw := bytes.fromhex(oid)) == self._width]
        if not new:
            return ""
        name = f"{self.path.name}.{secrets.token_hex(4)}.new"
        (self.path.parent / name).write_bytes(b"".join(new))
        return name


def keep(folder: Path, name: str) -> None:
    """Adds what was offered to its list. One that cannot be written is no error: see `offer`."""
    listed, _, _ = name.partition(".")
    width = 32 if listed.endswith("-32") else 20
    offered = folder / name
    with suppress(OSError):
        recent = folder / f"{listed}.recent"
        ids = {*_ids(_read(recent), width), *_ids(offered.read_bytes(), width)}
        if len(ids) > _RECENT_MOST:
            ids |= set(_ids(_read(folder / listed), width))
            _replace(folder / listed, sorted(ids))
            recent.unlink(missing_ok=True)
        else:
            _replace(recent, sorted(ids))
        offered.unlink()
    with suppress(OSError):
        _tidy(folder)


def _replace(path: Path, ids: Sequence[bytes]) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(b"".join(ids))
    os.replace(temporary, path)


def _tidy(folder: Path) -> None:
    """Removes the lists of older rules, and what was offered by scans that failed."""
    files = sorted(folder.glob("clean-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    names = list(dict.fromkeys(path.name.partition(".")[0] for path in files))[:_LISTS_MOST]
    for path in files:
        if path.name.endswith(".new") or path.name.partition(".")[0] not in names:
            path.unlink()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _ids(data: bytes, width: int) -> list[bytes]:
    """The whole ids in a file: a part of one at its end is left out."""
    return [data[at : at + width] for at in range(0, len(data) - width + 1, width)]


def _binary(digits: bytes) -> bytes:
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return b""


class _Ids(Sequence[bytes]):
    """Sorted ids in a file, looked into as they lie."""

    def __init__(self, data: bytes | mmap.mmap, width: int) -> None:
        self.data = data
        self._width = width

    def __len__(self) -> int:
        return len(self.data) // self._width

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.data[index * self._width : (index + 1) * self._width]

    def __contains__(self, oid: object) -> bool:
        if not isinstance(oid, bytes):
            return False
        at = bisect_left(self, oid)
        return at < len(self) and self[at] == oid


def _mapped(path: Path, width: int) -> _Ids:
    try:
        with path.open("rb") as stream:
            return _Ids(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), width)
    except (OSError, ValueError):  # none, or an empty one
        return _Ids(b"", width)
