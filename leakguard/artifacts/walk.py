"""Goes through a file that holds others: every text in it, every build, and what stays closed.

Never raises for what a file holds: a member that is damaged, too large or encrypted is an Unread
with its reason, and the walk goes on with the next one.
"""

import hashlib
import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from posixpath import basename
from typing import Any, NamedTuple

from leakguard import limits
from leakguard.artifacts import kinds
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.kinds import Kind, Strings
from leakguard.artifacts.model import Build, Member, Unread, Weight
from leakguard.artifacts.tree import KeptTree, Tree

_PACKAGE = "leakguard.artifacts"

WEAK = frozenset(
    (
        "arsc", "asar", "axml", "bzip2", "class", "cpio", "data file", "dmg", "jffs2", "lzma",
        "macho", "mapping", "mobileprovision", "notebook", "pdb", "pdf", "pe", "pkcs12", "plist",
        "pyc", "source map", "utf-16",
    )
)  # fmt: skip
"""Kinds whose sign other files have by chance, or that lose nothing by being scanned as they are:
a file that then turns out to be none of them is plain content, not a damaged one."""

_STREAMED = frozenset(("cpio", "gzip", "lz4", "pbzx", "rpm", "tar", "xz", "zstd"))
"""Kinds that are opened as they stream by, however large they are."""

_MORE = frozenset(("elf", "pdb", "pdf", "pe"))
"""Kinds that are more than what they hold: their own bytes are scanned too."""

_TEXTS_AT_ONCE = 1000
"""Texts that are counted together: there may be hundreds of thousands."""

_WORKBOOK = "xl/workbook.xml"
"""A member that makes a zip a workbook."""

_DIGEST = re.compile(r"[0-9a-f]{64}(?:\.json)?")
"""Name of a configuration in an image of containers, or of a layer, which is no JSON."""


class Text(NamedTuple):
    """Bytes to be scanned, to be read before the next item is asked for."""

    name: str
    """Path in the file, `!` between containers; empty for the file itself."""
    content: Content


class Found(NamedTuple):
    """A build, and where it is."""

    name: str
    build: Build
    sha256: str
    """Of its bytes, lower-case hex; empty for one that only streamed by."""


class Sheet(NamedTuple):
    """A sheet of a workbook, which several files in it say together."""

    name: str
    text: bytes
    """A line for each row, its cells between tabs."""


Item = Text | Unread | Found | Sheet


def walk(data: Buffer, budget: Budget, name: str = "", *, sheets: bool = False) -> Iterator[Item]:
    """All that is in a file, but not its own bytes: those its source hands out already.

    `name` ends like its file name where that is known: Brotli shows in nothing else. With `sheets`
    workbooks are told as their sheets too.
    """
    content = Content.of(data, budget)
    yield from _Walk(budget, sheets=sheets).file("", content, 0, hint=name)


class _Walk:
    """One top-level file."""

    def __init__(self, budget: Budget, *, sheets: bool = False) -> None:
        self._budget = budget
        self._sheets = sheets

    def file(self, name: str, content: Content, depth: int, hint: str) -> Iterator[Item]:
        """The items of one file or member; its own bytes too, unless it is the outermost."""
        plain = True
        try:
            found = self._kinds(content, hint)
            if depth > self._budget.allowance.depth and any(kind.opens for kind in found):
                yield Unread(name, f"nested deeper than {self._budget.allowance.depth} containers")
                found = []
        except Exception as error:
            yield Unread(name, reason(error))
            return
        if any(kind.name not in _STREAMED for kind in found):
            try:
                content.whole()
            except Exception as error:
                # A dump of any size is scanned as it streams by.
                if {kind.name for kind in found} - _STREAMED != {kinds.DATA_FILE}:
                    yield Unread(name, f"not opened: {reason(error)}")
                found = []
        for kind in found:
            replaced = yield from self._kind(kind, name, content, depth)
            plain = plain and not replaced
        if plain and depth:
            yield Text(name, _again(content))
        content.release()

    def _kinds(self, content: Content, hint: str) -> list[Kind]:
        head = content.head(kinds.HEAD_BYTES)
        found = kinds.kinds_of(head, self._tail(content))
        # A disk image shows at its end only; one of compressed runs begins as these do.
        unsure = found[0].name == "bzip2" if found else b"\0" in head
        if unsure and not content.is_held():
            with suppress(LimitReached):  # then it is scanned as it streams by
                content.whole()
                found = kinds.kinds_of(head, self._tail(content))
        return [kinds.BROTLI] if not found and hint.endswith(".br") else found

    def _tail(self, content: Content) -> bytes:
        """The last bytes, by which a disk image is known; none of what streams by."""
        if not content.is_held():
            return b""
        whole = content.whole()
        return bytes(whole[max(0, len(whole) - kinds.TAIL_BYTES) :])

    def _kind(
        self, kind: Kind, name: str, content: Content, depth: int
    ) -> Generator[Item, None, bool]:
        """What is known of one kind. Returns whether that makes the bytes themselves needless."""
        replaced = False
        if kind.describes:
            yield from self._described(kind, name, content, depth)
        if kind.strings is not Strings.NONE:
            found = yield from self._strings(kind, name, content)
            replaced = found and kind.strings is Strings.INSTEAD
        if kind.opens:
            opened = yield from self._opened(kind, name, content, depth)
            replaced = replaced or (opened and kind.name not in _MORE)
        return replaced

    def _described(self, kind: Kind, name: str, content: Content, depth: int) -> Iterator[Item]:
        try:
            whole = content.whole()
            build = _module(kind).describe(whole)
        except Exception as error:
            if kind.name not in WEAK:
                yield Unread(name, f"not judged: {reason(error)}")
            return
        if build is not None and (depth == 0 or _tells(build)):
            yield Found(name, build, hashlib.sha256(whole).hexdigest())

    def _strings(self, kind: Kind, name: str, content: Content) -> Generator[Item, None, bool]:
        texts: list[bytes] = []
        try:
            coming = iter(_module(kind).strings(content.whole()))
            while part := list(islice(coming, _TEXTS_AT_ONCE)):
                texts.append(b"\n".join(part))
                self._budget.spend(len(texts[-1]))
        except Exception as error:
            if kind.name not in WEAK or isinstance(error, LimitReached):
                yield Unread(name, f"its texts cannot be read: {reason(error)}")
            return False
        if texts:
            yield Text(name, Content.of(b"\n".join(texts), self._budget))
        return bool(texts)

    def _opened(
        self, kind: Kind, name: str, content: Content, depth: int
    ) -> Generator[Item, None, bool]:
        """The members of a container. Returns whether there were any."""
        inner = _again(content)
        names: list[str] = []
        kept: dict[str, bytes] = {}
        tree: Any = None
        try:
            module = _module(kind)
            if hasattr(module, "tree"):
                tree = module.tree(inner, self._budget)
            members = module.members(inner, self._budget) if tree is None else tree.members()
        except Exception as error:
            yield from self._closed(kind, name, error, opened=False)
            return False
        while True:
            try:
                member = next(members, None)
            except Exception as error:
                yield from self._closed(kind, name, error, opened=bool(names))
                break
            if member is None:
                break
            names.append(member.name)
            if isinstance(member, Unread):
                yield Unread(_inside(name, member.name), member.reason)
                continue
            if tree is None:
                self._keep(member, kept)
            yield from self._member(name, member, depth)
        yield from self._named(name, tree or KeptTree(names, kept), content)
        return bool(names)

    def _member(self, name: str, member: Member, depth: int) -> Iterator[Item]:
        path = _inside(name, member.name)
        if member.note:
            path = f"{path} ({member.note})"
        yield from self.file(path, member.content, depth + 1, member.name or name)

    def _keep(self, member: Member, kept: dict[str, bytes]) -> None:
        """Keeps a member that says what the container is."""
        leaf = basename(member.name)
        named = leaf in kinds.METADATA or leaf.endswith(kinds.METADATA_ENDS)
        if not named and not _DIGEST.fullmatch(leaf):
            return
        if len(kept) < limits.ARTIFACT_METADATA_MEMBERS:
            with suppress(Exception):  # whoever reads it next meets the error again
                if not named and member.content.head(1) != b"{":
                    return
                data = member.content.head(limits.ARTIFACT_METADATA_BYTES + 1)
                if len(data) <= limits.ARTIFACT_METADATA_BYTES:
                    kept[member.name] = data

    def _closed(self, kind: Kind, name: str, error: Exception, *, opened: bool) -> Iterator[Item]:
        """Says that a container could not be opened, or not to its end."""
        if opened or kind.name not in WEAK or isinstance(error, LimitReached):
            how = "opened only in part" if opened else f"cannot be opened as {kind.name}"
            yield Unread(name, f"{how}: {reason(error)}")

    def _named(self, name: str, tree: Tree, content: Content) -> Iterator[Item]:
        """What the container as a whole is."""
        if self._sheets and _WORKBOOK in tree.names:
            from leakguard.artifacts import workbook

            try:
                for sheet, text in workbook.sheets(tree, self._budget):
                    yield Sheet(_inside(name, sheet), text)
            except Exception as error:
                yield Unread(name, f"its sheets cannot be read: {reason(error)}")
        for module in kinds.TREES:
            try:
                builds = import_module(f"{_PACKAGE}.{module}").describe_tree(tree)
            except Exception as error:
                yield Unread(name, f"not judged: {reason(error)}")
                continue
            for build in builds:
                digest = hashlib.sha256(content.whole()).hexdigest() if content.is_held() else ""
                yield Found(name, build, digest)


def _tells(build: Build) -> bool:
    """Whether a part of a build is worth naming: not every library in an app is."""
    hard = any(sign.weight is Weight.HARD for sign in build.signs)
    return build.app or bool(build.internal or build.source) or hard


def reason(error: Exception) -> str:
    """Why something could not be read, without what an exception of a parser might quote."""
    if isinstance(error, ArtifactError):
        return str(error)
    if isinstance(error, EOFError):
        return "it ends too early"
    return f"damaged ({type(error).__name__})"


def _module(kind: Kind) -> Any:
    return import_module(f"{_PACKAGE}.{kind.module}")


def _again(content: Content) -> Content:
    """The content from its beginning, where it is held; else the content itself."""
    return content.copy() if content.is_held() else content


def _inside(name: str, member: str) -> str:
    return f"{name}!{member}" if name and member else name or member
