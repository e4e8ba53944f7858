"""One compressed stream as a container with one member: gzip, bzip2, xz, lzma, zstd, lz4, Brotli.

The member has no name. It inflates as it is read, gives what there is of a damaged or cut stream,
and then raises ArtifactError.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from leakguard.artifacts.source import STEP, Deflate, Framed, Source, inflate

Frame = Callable[[Source], Iterator[bytes] | None]
"""Reads the head of the next frame and gives its content; None for what is no such frame."""

_LZ4 = b"\x04\x22\x4d\x18"
_LZ4_LEGACY = b"\x02\x21\x4c\x18"
_LZ4_LEGACY_BYTES = 8 * limits.MIB
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
_ZSTD_WINDOW_LOG = 27
"""128 MiB, what the zstd tool itself takes without being asked to take more."""


def members(content: Content, budget: Budget) -> Iterator[Member]:
    """The content of all frames in a row, as one Member; garbage behind them is passed over.

    Raises ArtifactError at once when the first frame's head is wrong or needs a package that is
    not there.
    """
    head = content.head(4)
    for offset, magic, frame in _FRAMES:
        if head.startswith(magic, offset):
            return iter((_member(content, budget, frame),))
    raise ArtifactError("no compressed stream that is known")


def brotli_members(content: Content, budget: Budget) -> Iterator[Member]:
    """The same of a Brotli stream (RFC 7932), which has no magic. Raises ArtifactError."""
    return iter((_member(content, budget, _brotli),))


def zstd_decoder() -> Framed:
    """A decoder of one zstd frame (RFC 8878) with a bounded window."""
    try:
        from compression import zstd
    except ImportError:
        from backports import zstd
    most = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    decoder: Framed = zstd.ZstdDecompressor(options=most)
    return decoder


def package(name: str) -> Any:
    """An optional package. Raises ArtifactError that says how to install it."""
    try:
        return __import__(name, fromlist=["_"])
    except ImportError:
        needed = name.partition(".")[0]
        hint = 'pip install "leakguard[artifacts]"'
        raise ArtifactError(f"needs the package {needed}: {hint}") from None


def _member(content: Content, budget: Budget, frame: Frame) -> Member:
    budget.member()
    source = Source(content.read, budget)
    first = frame(source)
    if first is None:
        raise ArtifactError("its head is wrong")
    return Member("", Content(reading(_frames(source, frame, first)), budget))


def _frames(source: Source, frame: Frame, chunks: Iterator[bytes] | None) -> Iterator[bytes]:
    while chunks is not None:
        yield from chunks
        chunks = frame(source)


def _gzip(source: Source) -> Iterator[bytes] | None:
    """RFC 1952."""
    head = source.peek(10)
    if len(head) < 10 or head[:3] != b"\x1f\x8b\x08" or head[3] & 0xE0:
        return None
    source.read(10)
    if head[3] & 4:
        source.exactly(int.from_bytes(source.exactly(2), "little"))
    for text in (8, 16):
        if head[3] & text:
            _pass_text(source)
    if head[3] & 2:
        source.exactly(2)
    return _gzip_data(source)


def _pass_text(source: Source) -> None:
    """Reads to behind the next NUL."""
    while part := source.read(256):
        if b"\0" in part:
            return source.give_back(part.partition(b"\0")[2])
    return None


def _gzip_data(source: Source) -> Iterator[bytes]:
    crc = 0
    for chunk in inflate(source, Deflate()):
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if int.from_bytes(source.exactly(8)[:4], "little") != crc:
        raise ArtifactError("its checksum is wrong")


def _bzip2(source: Source) -> Iterator[bytes] | None:
    """A number of blocks that each begin with pi, and then the square root of pi."""
    head = source.peek(10)
    known = head[4:] in (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
    if not known or head[:3] != b"BZh" or head[3:4] not in b"123456789":
        return None
    return inflate(source, bz2.BZ2Decompressor())


def _xz(source: Source) -> Iterator[bytes] | None:
    """https://tukaani.org/xz/xz-file-format.txt: streams with padding between them."""
    while part := source.read(STEP):
        rest = part.lstrip(b"\0")
        source.count(0)
        if rest:
            source.give_back(rest)
            break
    if source.peek(6) != b"\xfd7zXZ\0":
        return None
    most = limits.ARTIFACT_WINDOW_MEMORY
    return inflate(source, lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=most))


def _lzma(source: Source) -> Iterator[bytes] | None:
    """The format of LZMA Utils. Its magic is weak, so the first bytes have to inflate at once."""
    head = source.peek(4096)
    window, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    plausible = window == 0xFFFFFFFF or bin(window).count("1") <= 2
    if not plausible or not (size == 2**64 - 1 or size < 2**38) or head[13:14] != b"\0":
        return None
    most = limits.ARTIFACT_WINDOW_MEMORY
    try:
        lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=most).decompress(head, 4096)
    except lzma.LZMAError:
        return None
    return inflate(source, lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=most))


def _mixed(source: Source) -> Iterator[bytes] | None:
    """A frame of zstd or of lz4, which share the frames to be skipped (RFC 8878, 3.1.2)."""
    while (head := source.peek(4))[1:] == _SKIPPABLE and head[0] >> 4 == 5:
        source.read(4)
        left = int.from_bytes(source.exactly(4), "little")
        while left and (part := source.read(min(left, limits.MIB))):
            left -= len(part)
            source.count(0)
    if head == _ZSTD:
        return inflate(source, zstd_decoder())
    if head == _LZ4:
        return inflate(source, package("lz4.frame").LZ4FrameDecompressor())
    if head == _LZ4_LEGACY:
        return _lz4_blocks(source, package("lz4.block"))
    return None


def _lz4_blocks(source: Source, block: Any) -> Iterator[bytes]:
    """The legacy frame: blocks of 8 MiB, to the end or to another frame's magic.

    https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
    """
    source.read(4)
    while len(field := source.peek(4)) == 4:
        size = int.from_bytes(field, "little")
        if size > _LZ4_LEGACY_BYTES + _LZ4_LEGACY_BYTES // 255 + 16 or len(source.peek(5)) < 5:
            return
        source.read(4)
        packed = source.exactly(size)
        try:
            found = block.decompress(packed, uncompressed_size=_LZ4_LEGACY_BYTES)
        except Exception:
            raise ArtifactError("the compressed data are damaged") from None
        source.count(len(found))
        yield found


class _Brotli:
    """Brotli's decoder with the names that the others have."""

    unused_data = b""

    def __init__(self) -> None:
        self.needs_input = True
        self._inner = package("brotli").Decompressor()
        if not hasattr(self._inner, "can_accept_more_data"):
            raise ArtifactError("needs the package brotli in version 1.2 or newer")

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """It holds back output without saying so, hence is asked until nothing comes."""
        found: bytes = self._inner.process(data, output_buffer_limit=max_length)
        self.needs_input = not found and self._inner.can_accept_more_data()
        return found


def _brotli(source: Source) -> Iterator[bytes] | None:
    return inflate(source, _Brotli()) if source.peek(1) else None


_FRAMES: tuple[tuple[int, bytes, Frame], ...] = (
    (0, b"\x1f\x8b", _gzip),
    (0, b"BZh", _bzip2),
    (0, b"\xfd7zX", _xz),
    (0, b"\x5d\0\0", _lzma),
    (0, _ZSTD, _mixed),
    (0, _LZ4, _mixed),
    (0, _LZ4_LEGACY, _mixed),
    (1, _SKIPPABLE, _mixed),
)
"""By the first four bytes."""
