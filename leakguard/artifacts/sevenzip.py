"""7z archives, read as a stream folder by folder, so that solid ones take no memory.

Copy, LZMA, LZMA2 (with the filters for programs and Delta), BZip2, Deflate, Deflate64 and zstd are
inflated here; files that are packed otherwise are Unread.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.deflate64 import inflate64
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.pieces import Piece
from leakguard.artifacts.sevenzip_header import Coder, Fields, File, Folder, folders, listing
from leakguard.artifacts.source import STEP, Deflate, Source, inflate
from leakguard.artifacts.streams import zstd_decoder

_MAGIC_BYTES = 32
_ENCODED = 0x17
_PLAIN = 1
_AES = b"\x06\xf1\x07\x01"
_LZMA, _LZMA2, _DELTA = b"\x03\x01\x01", b"\x21", b"\x03"
_BRANCHES = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x04": lzma.FILTER_X86,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x09": lzma.FILTER_SPARC,
}
"""Numbers of the filters for programs, of 7-Zip and of the .xz format."""

_SINGLE: dict[bytes, Callable[[Source], Iterator[bytes]]] = {
    b"\0": lambda source: iter(lambda: source.read(STEP), b""),
    b"\x04\x02\x02": lambda source: inflate(source, bz2.BZ2Decompressor()),
    b"\x04\x01\x08": lambda source: inflate(source, Deflate()),
    b"\x04\x01\x09": inflate64,
    b"\x04\xf7\x11\x01": lambda source: inflate(source, zstd_decoder()),
}
"""Methods that stand alone, by 7-Zip's Methods.txt."""

_NAMES = {
    b"\x03\x03\x01\x1b": "BCJ2",
    b"\x03\x04\x01": "PPMd",
    b"\x0a": "ARM64",
    b"\x04\xf7\x11\x02": "Brotli",
    b"\x04\xf7\x11\x04": "LZ4",
}


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """All files, in their order. Raises ArtifactError when their list is damaged or encrypted."""
    data = content.whole()
    found, files = _listing(data, budget)
    named = iter([file for file in files if file.has_stream])
    for file in files:
        if not file.has_stream and not file.is_folder:
            budget.member()
            yield Member(file.name, Content.of(b"", budget))
    for folder in found:
        inside = [next(named, File("", True, False)) for _ in folder.sizes]
        reason = _refusal(folder)
        if reason:
            yield from (Unread(file.name, reason) for file in inside)
        else:
            yield from _files(data, folder, inside, budget)


def _listing(data: Buffer, budget: Budget) -> tuple[list[Folder], list[File]]:
    start = int.from_bytes(data[12:20], "little") + _MAGIC_BYTES
    size = int.from_bytes(data[20:28], "little")
    if start + size > len(data):
        raise ArtifactError("it ends too early")
    if not size:
        return [], []
    header = bytes(data[start : start + size])
    while True:
        budget.look()
        fields = Fields(header, budget)
        kind = fields.number()
        if kind == _PLAIN:
            return listing(fields)
        found = folders(fields) if kind == _ENCODED else []
        if not found:
            raise ArtifactError("its header is damaged")
        header = _unpacked(data, found[0], budget)


def _unpacked(data: Buffer, folder: Folder, budget: Budget) -> bytes:
    """A header that is packed itself."""
    if reason := _refusal(folder):
        raise ArtifactError(f"its list of files is {reason}")
    if folder.size > 4 * limits.ARTIFACT_METADATA_BYTES:
        raise LimitReached("its list of files is too long")
    return Content(reading(_chunks(data, folder, budget)), budget).exactly(folder.size)


def _refusal(folder: Folder) -> str:
    """Why a folder cannot be unpacked; empty when it can."""
    if _AES in folder.methods:
        return "encrypted"
    unknown = folder.methods - {_LZMA, _LZMA2, _DELTA, *_SINGLE, *_BRANCHES}
    if folder.coders and not unknown:
        return ""
    names = sorted(_NAMES.get(method, method.hex()) for method in unknown or folder.methods)
    return f"compressed with {', '.join(names)}, which is not supported"


def _files(
    data: Buffer, folder: Folder, inside: Sequence[File], budget: Budget
) -> Iterator[Member | Unread]:
    """The files of a folder, one behind the other in its stream."""
    stream = Content(reading(_chunks(data, folder, budget)), budget)
    reason = ""
    for file, size, crc in zip(inside, folder.sizes, folder.crcs, strict=True):
        budget.member()
        if reason:
            yield Unread(file.name, reason)
            continue
        piece = Piece(stream, size, budget)
        yield Member(file.name, Content(reading(_checked(piece, crc)), budget))
        try:
            piece.finish(0)
        except LimitReached:
            raise
        except ArtifactError as error:
            reason = str(error)


def _checked(piece: Piece, crc: int | None) -> Iterator[bytes]:
    found = 0
    while part := piece.read(STEP):
        found = zlib.crc32(part, found)
        yield part
    if crc not in (found, None):
        raise ArtifactError("its checksum is wrong")


def _chunks(data: Buffer, folder: Folder, budget: Budget) -> Iterator[bytes]:
    """What a folder's coders make of its bytes, from the last one to the first."""
    start = folder.start + _MAGIC_BYTES
    view = memoryview(data)[start : start + folder.packed]
    chunks: Callable[[int], bytes] = Content.of(view, budget).read
    for coder in reversed(folder.coders):
        grows = coder.method != _DELTA and coder.method not in _BRANCHES
        source = Source(chunks, budget, counted=grows)
        chunks = reading(_capped(_unpack(coder, source, folder), folder.size))
    return iter(lambda: chunks(STEP), b"")


def _unpack(coder: Coder, source: Source, folder: Folder) -> Iterator[bytes]:
    if coder.method in _SINGLE:
        return _SINGLE[coder.method](source)
    chain = [_filter(coder, folder)]
    if coder.method not in (_LZMA, _LZMA2):
        source = Source(reading(_wrapped(source)), source.budget, counted=False)
        chain.append({"id": lzma.FILTER_LZMA2, "dict_size": 4096})
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, None, chain)
    return inflate(source, decoder, marked=False)


def _wrapped(source: Source) -> Iterator[bytes]:
    """LZMA2 that does not compress: liblzma has its filters only in front of an LZMA, and only
    LZMA2 has an end, without which they hold back the last bytes.

    Chunks as in https://en.wikipedia.org/wiki/Lempel-Ziv-Markov_chain_algorithm#LZMA2_format
    """
    while part := source.read(STEP):
        yield b"\x01" + (len(part) - 1).to_bytes(2, "big") + part
    yield b"\0"


def _capped(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """At most `size` bytes: behind its last byte, LZMA makes more of the bits that are left."""
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return


def _filter(coder: Coder, folder: Folder) -> dict[str, Any]:
    """A coder as liblzma wants it; a window is never larger than what is in it."""
    data = coder.properties
    most = max(4096, min(folder.size, limits.ARTIFACT_WINDOW_MEMORY))
    if coder.method in _BRANCHES:
        return {"id": _BRANCHES[coder.method]}
    if not data or (coder.method == _LZMA and len(data) < 5):
        raise ArtifactError("its header is damaged")
    if coder.method == _DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": data[0] + 1}
    if coder.method == _LZMA2:
        window = (2 | data[0] & 1) << (data[0] // 2 + 11)
        return {"id": lzma.FILTER_LZMA2, "dict_size": min(window, most)}
    window = max(int.from_bytes(data[1:5], "little"), 4096)
    return {
        "id": lzma.FILTER_LZMA1,
        "dict_size": min(window, most),
        "lc": data[0] % 9,
        "lp": data[0] // 9 % 5,
        "pb": data[0] // 45,
    }
