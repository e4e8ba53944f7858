"""The objects of a repository in windows, straight out of its packs; git reads what is left."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leakguard import limits
from leakguard.model import Piece, Window
from leakguard.sources import Tally
from leakguard.sources.git.command import Git

if TYPE_CHECKING:
    from leakguard.sources.git.packs import Pack


_LISTED = re.compile(rb"^(?!tree )(?:[a-z]+ )?([0-9a-f]{40,64})", re.MULTILINE)
"""An object of git's list that is no tree. A corrupt one is told as `oid missing`; reading it will
say what is wrong with it."""

_ID_BYTES = {"sha1": 20, "sha256": 32}

_LOOSE = re.compile("[0-9a-f]{38}|[0-9a-f]{62}")
"""Name of a file that holds one object: its id without the two digits that name its folder."""


class Packed:
    """The packs of a repository, and what lies beside them."""

    def __init__(self, packs: Sequence["Pack"], loose: Sequence[str]) -> None:
        self._packs = packs
        self._left = list(loose)
        names: set[str] = set()
        if loose or len(packs) > 1:
            for pack in packs:
                ids = pack.ids()
                pack.doubles = frozenset(ids & names)
                names |= ids
        self._left = [oid for oid in loose if oid not in names]

    def windows(self, tally: Tally, claims: Iterable[int]) -> Iterator[Window]:
        """What the packs have, in the parts that are claimed, each a number below PACKED_PARTS."""
        windows = _Windows(tally)
        for part in claims:
            for pack in self._packs:
                yield from windows.of(pack, part)
        yield from windows.flush()

    def left(self) -> list[bytes]:
        """Ids of objects that git has to read: at first what lies beside the packs or is not plain
        in them, later what the windows left out. Each is told once."""
        left, self._left = self._left, []
        for pack in self._packs:
            left += pack.left
            pack.left = []
        return [oid.encode() for oid in dict.fromkeys(left)]


def present(git: Git) -> list[bytes]:
    """The ids of all objects that are there, as packs have them; trees are left out if it can.

    The type is read from the pack: in a damaged one git stops there, but still knows the ids.
    """
    arguments = ("cat-file", "--batch-all-objects", "--unordered", "--buffer")
    code, out, _ = git.result(*arguments, "--batch-check=%(objecttype) %(objectname)")
    if code:
        out = git.output(*arguments, "--batch-check=%(objectname)")
    return _LISTED.findall(out)


def open_packs(git: Git) -> Packed | None:
    """The packs of a repository; None when git has to read them.

    That is when they hold little, when one is not as it should be, and when other folders count as
    well, which git finds.
    """
    asked = ("rev-parse", "--show-object-format", "--git-path", "objects")
    name, _, folder = git.output(*asked).partition(b"\n")
    objects = Path(git.folder, os.fsdecode(folder.removesuffix(b"\n")))
    id_bytes = _ID_BYTES.get(name.decode(errors="replace"), 0)
    elsewhere = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
    if not id_bytes or elsewhere or (objects / "info" / "alternates").exists():
        return None
    try:
        found = sorted((objects / "pack").glob("*.idx"))
        if sum(index.stat().st_size for index in found) < limits.PACKED_OBJECTS * id_bytes:
            return None
        from leakguard.sources.git.pack_index import PackError
        from leakguard.sources.git.packs import Pack
    except (ImportError, OSError):  # dulwich without its Rust part
        return None
    try:
        return Packed([Pack(index, id_bytes) for index in found], _loose(objects))
    except (OSError, PackError):
        return None


def _loose(objects: Path) -> list[str]:
    """The ids of the objects that have a file of their own, in order."""
    return [
        folder.name + file.name
        for folder in sorted(objects.glob("[0-9a-f][0-9a-f]"))
        for file in sorted(folder.iterdir())
        if _LOOSE.fullmatch(file.name)
    ]


class _Windows:
    """Collects the objects of packs into windows. `of` and `flush` yield those that got full."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._parts: list[bytes] = []
        self._length = 0
        self._pieces: list[Piece] = []

    def of(self, pack: "Pack", part: int) -> Iterator[Window]:
        """Runs for every object of a history: written for speed."""
        from leakguard.sources.git.packs import BLOB, COMMIT, KINDS

        tally, most = self._tally, limits.WINDOW_BYTES
        for oid, kind, content in pack.objects(part, limits.PACKED_PARTS):
            if kind == BLOB:
                tally.blobs += 1
                tally.bytes += len(content)
            else:
                tally.commits += kind == COMMIT
                # What stands behind the header of a commit or tag (git-commit-tree(1)).
                _, blank, content = content.partition(b"\n\n")
                if not blank:
                    continue
            start = self._length
            end = start + len(content)
            if end >= most:
                yield from self.flush()
                start, end = 0, len(content)
            self._pieces.append(Piece(f"{KINDS[kind]} {oid} ", start, end, start, end))
            self._parts += content, b"\n"
            self._length = end + 1

    def flush(self) -> Iterator[Window]:
        """The window begun, when there is anything in it."""
        if self._pieces:
            yield Window(b"".join(self._parts), self._length, self._pieces)
            self._parts, self._pieces, self._length = [], [], 0
