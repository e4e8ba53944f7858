"""xar archives, macOS installer packages in them, and pbzx streams.

Written from the xar project's format page and from the bytes that `pkgbuild` and `xar` write.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.inflate import Decoder, Inflate, drain, inflated, part
from leakguard.artifacts.model import Build, Member, Unread
from leakguard.artifacts.xar_package import package, parse

_HEADER_BYTES = 28
_LZMA_MEMORY = limits.ARTIFACT_WINDOW_MEMORY


class File(NamedTuple):
    """A file of the archive, and where its bytes lie in the heap."""

    name: str
    offset: int
    length: int
    encoding: str


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The archive's files by their place in it; of a pbzx stream, the one stream that is in it."""
    if content.head(4) == b"pbzx":
        yield Member("", Content(_pbzx(content, budget), budget))
        return
    files = sorted(_files(_table(content, budget)), key=lambda file: (file.offset, file.length))
    position, seen = 0, set()
    for file in files:
        budget.member()
        same = (file.offset, file.length)
        if file.offset < position:
            if same not in seen:
                yield Unread(file.name, "lies inside another file")
            continue
        seen.add(same)
        content.skip(file.offset - position)
        position = file.offset + file.length
        packed = part(content.read, file.length)
        decoder = _decoder(file.encoding)
        if isinstance(decoder, str):
            yield Unread(file.name, decoder)
        else:
            read = inflated(packed, decoder, budget) if decoder else packed
            yield Member(file.name, Content(read, budget))
        try:
            drain(packed)
        except EOFError:
            raise ArtifactError("the archive is cut off") from None


def describe(data: Buffer) -> Build | None:
    """Of a macOS installer package. None for other archives and for pbzx."""
    if bytes(data[:4]) != b"xar!":
        return None
    budget = Budget()
    content = Content.of(data, budget)
    table = _table(content, budget)
    heap = Content.of(content.whole(), budget).whole()
    texts: dict[str, bytes] = {}
    for file in _files(table):
        leaf = file.name.rpartition("/")[2]
        if leaf in ("PackageInfo", "Distribution") and len(texts) < 20:
            texts[file.name] = _small(heap, file, budget)
    return package(table, texts)


def _small(heap: Buffer, file: File, budget: Budget) -> bytes:
    most = limits.ARTIFACT_METADATA_BYTES
    packed = Content.of(bytes(heap[file.offset : file.offset + min(file.length, most)]), budget)
    decoder = _decoder(file.encoding)
    if isinstance(decoder, str):
        return b""
    return Content(inflated(packed.read, decoder, budget) if decoder else packed.read, budget).head(
        most
    )


def _table(content: Content, budget: Budget) -> Element:
    """The table of contents; what is left to be read is the heap."""
    head = content.exactly(8)
    size = int.from_bytes(head[4:6], "big")
    if head[:4] != b"xar!" or size < _HEADER_BYTES:
        raise ArtifactError("the archive's header is damaged")
    packed = int.from_bytes(content.exactly(size - 8)[:8], "big")
    most = limits.ARTIFACT_METADATA_BYTES
    if packed > most:
        raise ArtifactError("the archive's table is too large")
    decoder = zlib.decompressobj()
    try:
        table = decoder.decompress(content.exactly(packed), most)
    except (zlib.error, EOFError):
        raise ArtifactError("the archive's table is damaged") from None
    if decoder.unconsumed_tail:
        raise ArtifactError("the archive's table is too large")
    budget.spend(len(table))
    return parse(table)


def _files(table: Element) -> Iterator[File]:
    """All files with bytes, in the table's order."""
    waiting = [("", entry) for entry in reversed(table.findall("toc/file"))]
    while waiting:
        folder, entry = waiting.pop()
        name = folder + (entry.findtext("name") or "")
        waiting += [(name + "/", inner) for inner in reversed(entry.findall("file"))]
        data = entry.find("data")
        if data is not None:
            encoding = data.find("encoding")
            style = encoding.get("style", "") if encoding is not None else ""
            yield File(name, _number(data, "offset"), _number(data, "length"), style)


def _number(data: Element, name: str) -> int:
    text = (data.findtext(name) or "").strip()
    if not text.isdecimal() or len(text) > 20:
        raise ArtifactError("the archive's table is damaged")
    return int(text)


def _decoder(encoding: str) -> Decoder | str | None:
    """The decoder, None for stored bytes, or why there is none."""
    match encoding.removeprefix("application/"):
        case "" | "octet-stream":
            return None
        case "x-gzip" | "zlib":
            return Inflate()
        case "x-bzip2":
            return bz2.BZ2Decompressor()
        case "x-lzma" | "x-xz":
            return lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)
        case _:
            return "compressed in a way that is not supported"


def _pbzx(content: Content, budget: Budget) -> Callable[[int], bytes]:
    """A reader of the chunks: each has its flags, its length, and an xz stream or plain bytes."""
    content.skip(12)
    chunk: Callable[[int], bytes] = lambda _: b""  # noqa: E731
    packed = chunk

    def read(most: int) -> bytes:
        nonlocal chunk, packed
        while not (data := chunk(most)):
            drain(packed)
            head = content.head(16)
            if not head:
                return b""
            length = int.from_bytes(content.exactly(16)[8:], "big")
            if not length:
                return b""
            packed = chunk = part(content.read, length)
            if content.head(6) == b"\xfd7zXZ\0":
                chunk = inflated(packed, lzma.LZMADecompressor(memlimit=_LZMA_MEMORY), budget)
            budget.look()
        return data

    return read
