"""A source whose blobs are opened: what they hold comes as blobs of its own, behind them.

The key of a member is its outer blob's key, a NUL and its path inside; in a report the two are
joined by `!`. Builds that are met are collected, to be judged when the scan is over.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from leakguard.artifacts.budget import Allowance, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.kinds import DATA_FILE, HEAD_BYTES, is_known, kinds_of, may_be_known
from leakguard.bundles import FolderTree, bundle_of
from leakguard.model import Piece, Place, Skip, Window
from leakguard.sources import Counts, Source, Tally
from leakguard.sources.around import Around
from leakguard.sources.files import FilesSource
from leakguard.sources.windows import Packer

if TYPE_CHECKING:
    from leakguard.artifacts.model import Build
    from leakguard.artifacts.ownership import Ownership

SEPARATOR = "\0"
"""Between an outer key and a path inside: no path on disk or in git has it."""

_BROTLI = ".br"
"""Ending of the names of files whose content has no sign of its own."""

_FIRST_RUNS = (b"x\x01", b"x\x9c", b"x\xda", b"BZh", b"bvx")
"""How disk images of compressed runs begin: only their last bytes say what they are."""

_MESSAGES = ("commit ", "tag ")
"""Keys of what git has beside blobs."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How far files that hold others are opened, and whose builds are whose."""

    allowance: Allowance = Allowance()
    ownership: "Callable[[], Ownership] | None" = None
    """Asked once, when a build was met; None for nobody knows."""


class BuildSeen(NamedTuple):
    """A build that was met, and where."""

    key: str
    build: "Build"
    sha256: str


class _Told(NamedTuple):
    """What an `Unpacking` in another process says of its share."""

    inner: Any
    """What its source says."""
    members: Tally
    builds: list[BuildSeen]
    unread: list[tuple[str, str]]


class Unpacking(Around):
    """A source, and all that is in its blobs."""

    def __init__(self, source: Source, allowance: Allowance = Allowance()) -> None:
        super().__init__(source)
        self.members = Tally()
        """Blobs and bytes that came out of others."""
        self.builds: list[BuildSeen] = []
        self.wants_sheets = False
        self.sheets: list[tuple[str, bytes]] = []
        """Sheets of workbooks as lines of cells between tabs, by key; only when they are wanted."""
        self._allowance = allowance
        self._packer = Packer(self.members)
        self._unread: list[tuple[str, str]] = []
        self._large: bytearray | None = None
        """The blob that is coming in segments, as far as it has come."""
        self._known = False
        """Whether its head is that of something to be opened."""

    def windows(self) -> Iterator[Window | Skip]:
        yield from self._through(self._source.windows())
        yield from self._skips()

    def _through(self, items: Iterable[Window | Skip]) -> Iterator[Window | Skip]:
        """The items, and behind each window what is in its blobs."""
        for item in items:
            yield item
            if isinstance(item, Window):
                for piece in self._promising(item):
                    yield from self._piece(item.data, piece)
        yield from self._packer.flush()

    def told(self) -> "_Told":
        return _Told(self._told_inside(), self.members, self.builds, self._unread)

    def hear(self, told: "_Told") -> None:
        self._hear_inside(told.inner)
        self.members.blobs += told.members.blobs
        self.members.bytes += told.members.bytes
        self.builds += told.builds
        self._unread += told.unread

    def _promising(self, window: Window) -> list[Piece]:
        """The pieces to be looked at closer: few. Runs for every blob: written for speed."""
        data, pieces = window.data, window.pieces
        if pieces and (pieces[-1].offset or pieces[-1].own_end < pieces[-1].end):
            return pieces  # the segment of a large blob fills a window
        return [
            piece
            for piece in pieces
            if may_be_known(data, piece.start, piece.end) or piece.key.endswith(_BROTLI)
        ]

    def _piece(self, data: bytearray | bytes, piece: Piece) -> Iterator[Window | Skip]:
        if piece.offset or piece.own_end < piece.end:
            yield from self._segment(data, piece)
        elif self._is_wanted(data, piece):
            yield from self._open(piece.key, bytes(data[piece.start : piece.end]))

    def _is_wanted(self, data: bytearray | bytes, piece: Piece) -> bool:
        # Files have their paths for keys, whatever these begin with.
        if piece.key.startswith(_MESSAGES) and not isinstance(self._source, FilesSource):
            return False
        return is_known(data, piece.start, piece.end) or piece.key.endswith(_BROTLI)

    def _segment(self, data: bytearray | bytes, piece: Piece) -> Iterator[Window | Skip]:
        """Puts a large blob together again, unless it is text or its file can be looked at."""
        last = piece.own_end == piece.end
        if not piece.offset:
            self._begin_large(data, piece)
        if self._large is None:
            return
        if isinstance(self._source, FilesSource):
            if last:
                yield from self._mapped(self._source, piece.key)
            return
        self._large += data[piece.own_start : piece.own_end]
        if len(self._large) > self._allowance.whole_bytes:
            if self._known:
                most = self._allowance.whole_bytes >> 20
                self._unread.append((piece.key, f"not opened: larger than {most} MiB"))
            self._large = None
        elif last:
            yield from self._open(piece.key, self._large)
            self._large = None

    def _begin_large(self, data: bytes | bytearray, piece: Piece) -> None:
        head = bytes(data[piece.start : piece.start + HEAD_BYTES])
        self._known = self._is_wanted(data, piece) or head.startswith(_FIRST_RUNS)
        self._large = bytearray() if self._known or b"\0" in head else None
        if [kind.name for kind in kinds_of(head)] == [DATA_FILE]:
            self._known = False  # it need not be opened: it is looked at as it is

    def _mapped(self, source: FilesSource, key: str) -> Iterator[Window | Skip]:
        mapped = source.mapped(key)
        if mapped is None:
            self._unread.append((key, "not opened: it is gone or cannot be mapped into memory"))
            return
        yield from self._open(key, mapped)
        with suppress(BufferError):  # something still looks at it: it is closed after that
            mapped.close()

    def _bundle(self, source: FilesSource, key: str) -> None:
        """Names the app whose folder a property list lies in."""
        folder = bundle_of(key)
        if not folder:
            return
        from leakguard.artifacts import apple
        from leakguard.artifacts.walk import reason

        try:
            found = apple.describe_tree(FolderTree(source.path_of(folder)))
        except Exception as error:
            self._unread.append((folder, f"not judged: {reason(error)}"))
        else:
            self.builds += [BuildSeen(folder, build, "") for build in found]

    def _open(self, key: str, data: Buffer) -> Iterator[Window | Skip]:
        # Most scans open nothing, and a hook has no time for what it does not need.
        from leakguard.artifacts.model import Unread
        from leakguard.artifacts.walk import Found, Sheet, walk

        if isinstance(self._source, FilesSource):
            self._bundle(self._source, key)
        for item in walk(data, Budget(self._allowance), key, sheets=self.wants_sheets):
            inner = f"{key}{SEPARATOR}{item.name}"
            if isinstance(item, Unread):
                self._unread.append((inner, item.reason))
            elif isinstance(item, Found):
                self.builds.append(BuildSeen(inner, item.build, item.sha256))
            elif isinstance(item, Sheet):
                self.sheets.append((inner, item.text))
            else:
                yield from self._packer.add(inner, _Reader(inner, item.content, self._unread))

    def _skips(self) -> Iterator[Skip]:
        places = self.places({key for key, _ in self._unread})
        for key, why in dict.fromkeys(self._unread):
            for place in places.get(key, ())[:1]:
                yield Skip(place.path, why, place.blob)

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        keys_of: dict[str, list[str]] = {}
        for key in keys:
            keys_of.setdefault(outer_key(key), []).append(key)

        def counts_within(outer: str, path: str) -> bool:
            return counts is None or any(counts(key, _path(path, key)) for key in keys_of[outer])

        found = self._source.places(keys_of, elsewhere=elsewhere, counts=counts and counts_within)
        return {
            key: [replace(place, path=_path(place.path, key)) for place in found[outer]]
            for outer in found
            for key in keys_of[outer]
        }

    def notes(self) -> list[str]:
        return self._source.notes()


class _Reader:
    """Fills buffers from a member; one that is damaged ends early, and that is written down."""

    def __init__(self, key: str, content: Content, unread: list[tuple[str, str]]) -> None:
        self._key = key
        self._content = content
        self._unread = unread

    def __call__(self, view: memoryview) -> int:
        try:
            data = self._content.read(len(view))
        except Exception as error:
            from leakguard.artifacts.walk import reason

            self._unread.append((self._key, f"cannot be read to its end: {reason(error)}"))
            return 0
        view[: len(data)] = data
        return len(data)


def outer_key(key: str) -> str:
    """The key of the blob that the source has, from that of a member of it."""
    return key.partition(SEPARATOR)[0]


def _path(outer: str, key: str) -> str:
    inner = key.partition(SEPARATOR)[2]
    return f"{outer}!{inner}" if inner else outer
