"""Finds every path that commits have some objects at, from one reading of a history's trees.

rev-list names each object once, at its first path; only the trees know the others. A tree is read
only as bytes and ids; nothing is taken apart that leads to none of the wanted objects.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BufferedReader, BufferedWriter, RawIOBase
from itertools import compress
from operator import itemgetter
from typing import NamedTuple, cast

from leakguard import limits
from leakguard.pattern import search
from leakguard.sources.git.command import Git

_PATHS_AT_MOST = 1000
"""Paths that one object is followed to: ten nested levels of ten equal folders have 10^10."""

Paths = dict[str, dict[str, int]]
"""By object id its paths, each with the index of the line of the first commit that has it there."""


class _Section(NamedTuple):
    """What one commit is the first to have."""

    order: int
    """Index of the commit's line."""
    commit: str
    root: bytes
    """Id of its tree, where the listing tells."""
    trees: list[bytes]
    """Ids, as git lists them: folders before what is in them."""


class _Tree(NamedTuple):
    oid: bytes
    data: bytes
    ids: list[bytes]


class Holders:
    """The trees of a listing that hold wanted blobs, in any depth.

    `lines` are those of `git rev-list --objects --in-commit-order`, oldest first. Trees that are
    not among them do not count, nor does what stands behind a corrupt tree.
    """

    def __init__(self, git: Git, lines: Sequence[bytes], wanted: Iterable[str]) -> None:
        self._git = git
        self._size = len(lines[0].partition(b" ")[0]) // 2 if lines else 0
        self._entry = re.compile(rb"[0-7]+ ([^\0]+)\0(.{%d})" % self._size, re.DOTALL)
        self._id = re.compile(rb"[^\0]+\0(.{%d})" % self._size, re.DOTALL)
        self._wanted = {bytes.fromhex(oid) for oid in wanted}
        self._held: dict[bytes, list[tuple[bytes, bytes]]] = {}
        """By tree the names and ids of what leads to wanted blobs."""
        self._sections = self._listed(lines)
        self._read()

    def paths(self) -> Paths:
        """Where the commits of the listing have the wanted blobs."""
        return self._walked(self._roots())

    def paths_in(self, revisions: Sequence[str]) -> Paths:
        """Where some commits, which the listing holds, have the wanted blobs."""
        return self._walked(enumerate(self._roots_of(revisions)))

    def _listed(self, lines: Sequence[bytes]) -> list[_Section]:
        """The listing from the first wanted blob on: no tree before it can hold one."""
        if not self._wanted:
            return []
        length = 2 * self._size
        start, wanted = 0, {oid.hex().encode() for oid in self._wanted}
        for index, line in enumerate(lines):
            if len(line) == length:
                start = index
            elif line[:length] in wanted:
                return _sections(lines, start, length, self._trees_among(lines[start:], length))
        return []

    def _trees_among(self, lines: Sequence[bytes], length: int) -> list[bool]:
        """For each line whether it is of a tree."""
        feed = b"".join([line[:length] + b"\n" for line in lines])
        arguments = ("cat-file", "--buffer", "--batch-check=%(objecttype)")
        types = self._git.result(*arguments, feed=feed)[1].split(b"\n")
        return [kind == b"tree" for kind in types]

    def _read(self) -> None:
        """Takes the trees in, section by section: what a tree holds is listed no later than it."""
        ids = [oid for section in self._sections for oid in reversed(section.trees)]
        read = contents(self._git, ids)
        for section in self._sections:
            trees = []
            for oid in reversed(section.trees):
                data = next(read, b"")
                trees.append(_Tree(bytes.fromhex(oid.decode()), data, self._id.findall(data)))
            self._take(trees)

    def _take(self, trees: Sequence[_Tree]) -> None:
        """Keeps the trees that hold something wanted, and wants them.

        Equal folders of one commit are listed once, in any order to the others they are in.
        """
        wanted, before = self._wanted, -1
        while before < len(wanted):
            before = len(wanted)
            for tree in trees:
                if tree.oid not in wanted and not wanted.isdisjoint(tree.ids):
                    wanted.add(tree.oid)
        for tree in trees:
            if tree.oid in wanted:
                entries = self._entry.findall(tree.data)
                self._held[tree.oid] = [entry for entry in entries if entry[1] in wanted]

    def _roots(self) -> Iterator[tuple[int, bytes]]:
        """The trees of the commits, oldest first."""
        asked = [section for section in self._sections if not section.root]
        told = iter(self._roots_of([section.commit for section in asked]))
        for section in self._sections:
            yield section.order, section.root or next(told, b"")

    def _roots_of(self, revisions: Sequence[str]) -> list[bytes]:
        """The id of each revision's tree, empty where there is none."""
        feed = "".join(f"{name}^{{tree}}\n" for name in revisions).encode()
        out = self._git.result("cat-file", "--buffer", "--batch-check=%(objectname)", feed=feed)[1]
        length = 2 * self._size
        return [
            bytes.fromhex(line.decode()) if len(line) == length else b""
            for line in out.splitlines()
        ]

    def _walked(self, roots: Iterable[tuple[int, bytes]]) -> Paths:
        """The paths below some trees, each with the order of the first tree that has it."""
        places: defaultdict[bytes, dict[bytes, int]] = defaultdict(dict)
        for order, root in roots:
            left = [(root, b"")] if root in self._held else []
            while left:
                tree, folder = left.pop()
                for name, oid in self._held[tree]:
                    path, known = folder + name, places[oid]
                    if path in known or len(known) == _PATHS_AT_MOST:
                        continue
                    known[path] = order
                    if oid in self._held:
                        left.append((oid, path + b"/"))
        return {
            oid.hex(): {path.decode(errors="surrogateescape"): known[path] for path in known}
            for oid, known in places.items()
            if oid not in self._held
        }


def _sections(
    lines: Sequence[bytes], start: int, length: int, is_tree: Sequence[bool]
) -> list[_Section]:
    """The listing from `start` on by commits.

    git lists a commit's tree behind it, unless a commit before has it, but what tags name it lists
    behind the first commit: there, and where there is none, the tree has to be asked for.
    """
    sections: list[_Section] = []
    for index, tree in enumerate(is_tree[: len(lines) - start], start):
        line = lines[index]
        if len(line) == length:
            sections.append(_Section(index, line.decode(), b"", []))
        elif tree and sections:
            last = sections[-1]
            if index == last.order + 1 and len(line) == length + 1 and last.order:
                sections[-1] = last = last._replace(root=bytes.fromhex(line[:length].decode()))
            last.trees.append(line[:length])
    return sections


def trees_with(lines: Sequence[bytes], patterns: Iterable[str]) -> list[bytes]:
    """Ids of the folders, in all versions, that have a path in which one of the patterns is found.

    `lines` are as for `Holders`.
    """
    length = len(lines[0].partition(b" ")[0]) if lines else 0
    paths = list(map(itemgetter(slice(length + 1, None)), lines))
    text = b"\n".join(paths)  # searched at once: line by line takes ten times as long
    folders = set()
    for match in search("|".join(f"(?:{pattern})" for pattern in patterns)).finditer(text):
        start = text.rfind(b"\n", 0, match.end() - 1) + 1
        folders.add(text[start : match.end()].rpartition(b"/")[0])
    found = compress(lines, map(folders.__contains__, paths)) if folders else ()
    return [line[:length] for line in found if len(line) > length]


def contents(git: Git, oids: Sequence[bytes]) -> Iterator[bytes]:
    """The bytes of trees, in the order of their ids; ends at one that git cannot read."""
    if not oids:
        return
    with git.running("cat-file", "--buffer", "--batch=%(objectsize)", stdin=True) as process:
        threading.Thread(
            target=feed, args=(cast(RawIOBase, process.stdin), oids), daemon=True
        ).start()
        stream = BufferedReader(cast(RawIOBase, process.stdout), limits.MIB)
        while size := stream.readline():
            yield stream.read(int(size) + 1)[:-1] if size.strip().isdigit() else b""


def feed(stdin: RawIOBase, oids: Sequence[bytes]) -> None:
    """Writes the object ids while another thread reads the objects."""
    with suppress(OSError, ValueError), BufferedWriter(stdin) as stream:
        stream.write(b"\n".join(oids) + b"\n")
