"""Debug symbols of Windows programs: whose source files they were built from.

The PDB file format (LLVM's documentation of MSF, the PDB info stream and string tables) and
Portable PDB v1.0 of .NET.
"""

import re
import struct
import uuid
from collections.abc import Iterator

from leakguard import limits
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.build_paths import folders
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.dotnet import CUSTOM_DEBUG, DOCUMENT, Metadata, compressed
from leakguard.artifacts.dotnet_files import inflated
from leakguard.artifacts.model import Build, Member, Unread

_PORTABLE = b"BSJB"
_EMBEDDED_SOURCE = uuid.UUID("0E8A571B-6926-466E-B4AD-8AB04611F5FE").bytes_le
_DOCUMENT_TAG = 22
"""Of a Document in the index HasCustomDebugInformation, which keeps its table in five bits."""
_MOST_NAMES = 100_000
_MOST_STREAM = 32 * limits.MIB
_MOST_SHOWN = 20
_SOURCE = re.compile(
    rb"[^\0]{1,400}\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx|inl|ipp|m|mm|asm|s|rs|go|cs|vb|fs|swift|pas|d)",
    re.IGNORECASE,
)
_NAMES_SIGNATURE = 0xEFFEEFFE


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The source files that a portable PDB has inside; none for another PDB."""
    data = bytes(content.whole())
    if not data.startswith(_PORTABLE):
        return
    metadata = Metadata(data)
    names = [_document(metadata, row[0]) for row in metadata.rows(DOCUMENT)]
    for document, blob in _embedded(metadata):
        budget.member()
        name = names[document - 1] if 0 < document <= len(names) else f"source {document}"
        text = metadata.blob(blob)
        if int.from_bytes(text[:4], "little"):
            yield inflated(name, text[4:], budget)
        else:
            budget.spend(len(text))
            yield Member(name, Content.of(text[4:], budget))


def describe(data: Buffer) -> Build:
    """Folders of the machine it was built on, and the names of source files that are inside.

    Raises ValueError, struct.error or IndexError when it is damaged.
    """
    raw = data if isinstance(data, bytes) else bytes(data)
    source: tuple[str, ...] = ()
    if raw.startswith(_PORTABLE):
        metadata = Metadata(raw)
        if "#Pdb" not in metadata.streams:
            raise ValueError("no symbols")
        names = [_document(metadata, row[0]) for row in metadata.rows(DOCUMENT)][:_MOST_NAMES]
        inside = {document for document, _ in _embedded(metadata)}
        source = tuple(name for at, name in enumerate(names, 1) if at in inside)[:_MOST_SHOWN]
    else:
        names = list(_msf_names(raw))
    return Build(
        kind="pdb",
        platform="windows",
        internal="debug symbols",
        source=source,
        leaked_paths=folders(names),
        app=False,
    )


def _embedded(metadata: Metadata) -> Iterator[tuple[int, int]]:
    """Number of the document, and where its text stands in the heap of blobs."""
    for parent, kind, blob in metadata.rows(CUSTOM_DEBUG):
        if parent & 31 == _DOCUMENT_TAG and metadata.guid(kind) == _EMBEDDED_SOURCE:
            yield parent >> 5, blob


def _document(metadata: Metadata, index: int) -> str:
    """A path: its separator, then the places of its parts in the heap of blobs."""
    blob = metadata.blob(index)
    if not blob:
        return ""
    separator, at = blob[:1].strip(b"\0").decode("latin-1"), 1
    parts: list[str] = []
    while at < len(blob) and len(parts) < 100:
        part, at = compressed(blob, at)
        parts.append(metadata.blob(part).decode("utf-8", "replace") if part else "")
    return separator.join(parts)


def _msf_names(data: bytes) -> Iterator[str]:
    """Paths of source files in the stream /names, at most _MOST_NAMES."""
    streams = _Streams(data)
    number = _named(streams.read(1)).get("/names")
    if number is None:
        return
    names = streams.read(number)
    signature, _, size = struct.unpack_from("<III", names)
    if signature != _NAMES_SIGNATURE:
        return
    for text in names[12 : 12 + size].split(b"\0", _MOST_NAMES)[:_MOST_NAMES]:
        if _SOURCE.fullmatch(text):
            yield text.decode("utf-8", "replace")


def _named(info: bytes) -> dict[str, int]:
    """The numbers of streams by their names, from the PDB info stream."""
    (size,) = struct.unpack_from("<I", info, 28)
    texts, at = info[32 : 32 + size], 32 + size
    count, _ = struct.unpack_from("<II", info, at)
    at += 8
    for _ in range(2):  # which places of the table are in use, and which were
        (words,) = struct.unpack_from("<I", info, at)
        at += 4 + 4 * words
    found = {}
    for index in range(min(count, (len(info) - at) // 8)):
        name, stream = struct.unpack_from("<II", info, at + 8 * index)
        found[texts[name : name + 256].split(b"\0")[0].decode("utf-8", "replace")] = stream
    return found


class _Streams:
    """The streams of a multi-stream file: each is a list of blocks."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size, _, _, length, _, block_map = struct.unpack_from("<6I", data, 32)
        if self._size not in (512, 1024, 2048, 4096, 8192, 16384, 32768):
            raise ValueError("no block size")
        count = self._blocks(min(length, len(data)))
        places = struct.unpack_from(f"<{count}I", data, block_map * self._size)
        self._directory = self._gathered(places, length)
        (streams,) = struct.unpack_from("<I", self._directory)
        self._sizes = struct.unpack_from(f"<{min(streams, len(data))}I", self._directory, 4)

    def read(self, number: int) -> bytes:
        """The bytes of a stream, at most _MOST_STREAM."""
        before = sum(self._blocks(size) for size in self._sizes[:number])
        size = min(self._sizes[number], _MOST_STREAM)
        count = self._blocks(size)
        at = 4 + 4 * len(self._sizes) + 4 * before
        return self._gathered(struct.unpack_from(f"<{count}I", self._directory, at), size)

    def _blocks(self, size: int) -> int:
        """How many blocks so many bytes take; a size of all ones is that of no stream."""
        return 0 if size == 0xFFFF_FFFF else -(-size // self._size)

    def _gathered(self, places: tuple[int, ...], size: int) -> bytes:
        parts = (self._data[place * self._size : (place + 1) * self._size] for place in places)
        return b"".join(parts)[:size]
