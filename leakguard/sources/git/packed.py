"""All objects of a repository, out of its packs where that can be, the others out of git."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leakguard import limits
from leakguard.model import Piece, Skip, Window
from leakguard.sources import Tally
from leakguard.sources.git.command import Git
from leakguard.sources.git.readers import read_objects

if TYPE_CHECKING:
    from leakguard.sources.git.packs import Pack


_LISTED = re.compile(rb"^(?!tree )(?:[a-z]+ )?([0-9a-f]{40,64})", re.MULTILINE)
"""An object of git's list that is no tree. A corrupt one is told as `oid missing`; reading it will
say what is wrong with it."""

_ID_BYTES = {"sha1": 20, "sha256": 32}

_LOOSE = re.compile("[0-9a-f]{38}|[0-9a-f]{62}")
"""Name of a file that holds one object: its id without the two digits that name its folder."""


def read_all(git: Git, tally: Tally) -> Iterator[Window | Skip]:
    """The blobs, commit messages and tag messages that are there, whatever reaches them."""
    asked = ("rev-parse", "--show-object-format", "--git-path", "objects")
    name, _, folder = git.output(*asked).partition(b"\n")
    objects = Path(git.folder, os.fsdecode(folder.removesuffix(b"\n")))
    packs = _packs(objects, _ID_BYTES.get(name.decode(errors="replace"), 0))
    if not packs:
        yield from read_objects(git, present(git), tally)
        return
    loose = _loose(objects)
    windows = _Windows(tally, remember=bool(loose) or len(packs) > 1)
    for pack in packs:
        yield from windows.of(pack)
    yield from windows.flush()
    left = [oid for pack in packs for oid in pack.left] + loose
    unseen = [oid.encode() for oid in dict.fromkeys(left) if oid not in windows.seen]
    yield from read_objects(git, unseen, tally)


def present(git: Git) -> list[bytes]:
    """The ids of all objects that are there, as packs have them; trees are left out if it can.

    The type is read from the pack: in a damaged one git stops there, but still knows the ids.
    """
    arguments = ("cat-file", "--batch-all-objects", "--unordered", "--buffer")
    code, out, _ = git.result(*arguments, "--batch-check=%(objecttype) %(objectname)")
    if code:
        out = git.output(*arguments, "--batch-check=%(objectname)")
    return _LISTED.findall(out)


def _packs(objects: Path, id_bytes: int) -> Sequence["Pack"]:
    """The packs of a folder of objects; none when git has to read them.

    That is when they hold little, when one is not as it should be, and when other folders count as
    well, which git finds.
    """
    elsewhere = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
    if not id_bytes or elsewhere or (objects / "info" / "alternates").exists():
        return ()
    found = sorted((objects / "pack").glob("*.idx"))
    if sum(index.stat().st_size for index in found) < limits.PACKED_OBJECTS * id_bytes:
        return ()
    try:
        from leakguard.sources.git.packs import Pack, PackError
    except ImportError:  # dulwich without its Rust part
        return ()
    try:
        return [Pack(index, id_bytes) for index in found]
    except (OSError, PackError):
        return ()


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

    def __init__(self, tally: Tally, *, remember: bool) -> None:
        """`remember` is needed where an object may lie in more than one place."""
        self._tally = tally
        self._remember = remember
        self.seen: set[str] = set()
        self._parts: list[bytes | memoryview] = []
        self._length = 0
        self._pieces: list[Piece] = []

    def of(self, pack: "Pack") -> Iterator[Window]:
        """Runs for every object of a history: written for speed."""
        from leakguard.sources.git.packs import KINDS

        for oid, kind, content in pack.objects():
            if self._remember:
                if oid in self.seen:
                    continue
                self.seen.add(oid)
            begin = 0
            name = KINDS[kind]
            if name == "blob":
                self._tally.blobs += 1
                self._tally.bytes += len(content)
            else:
                self._tally.commits += name == "commit"
                # What stands behind the header of a commit or tag (git-commit-tree(1)).
                begin = content.find(b"\n\n") + 2
                if begin == 1:
                    continue
            size = len(content) - begin
            if self._length + size >= limits.WINDOW_BYTES:
                yield from self.flush()
            start = self._length
            end = start + size
            self._pieces.append(Piece(f"{name} {oid} ", start, end, start, end))
            self._parts += content[begin:], b"\n"
            self._length = end + 1

    def flush(self) -> Iterator[Window]:
        """The window begun, when there is anything in it."""
        if self._pieces:
            yield Window(b"".join(self._parts), self._length, self._pieces)
            self._parts, self._pieces, self._length = [], [], 0
