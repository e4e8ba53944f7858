"""What a Squashfs image is stored in: its superblock, data blocks, fragments and metadata blocks.

Sources: see squashfs.py.
"""

import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any

from leakguard import limits
from leakguard.artifacts import lzo
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer

_METADATA = 8 * limits.KIB
"""Inflated bytes of a metadata block, at most."""
_LARGEST_BLOCK = limits.MIB
_METADATA_KEPT, _FRAGMENTS_KEPT = 512, 8
_SUPERBLOCK = struct.Struct("<IIIIIHHHHHHQQQQQQQQ")


class Image:
    """An image at hand. Raises ArtifactError for what it cannot read."""

    def __init__(self, data: Buffer, budget: Budget) -> None:
        if len(data) < _SUPERBLOCK.size:
            raise ArtifactError("cut off in the superblock")
        fields = _SUPERBLOCK.unpack_from(data)
        self.block_size: int = fields[3]
        self._fragment_count, compressor, (major, root) = fields[4], fields[5], fields[9:12:2]
        if major != 4:
            raise ArtifactError(f"squashfs {major}, which is not supported")
        if not 4 * limits.KIB <= self.block_size <= _LARGEST_BLOCK:
            raise ArtifactError("impossible block size")
        self.budget = budget
        self.root: tuple[int, int] = (root >> 16, root & 0xFFFF)
        self._inodes, self._directories, self._fragments = fields[15:18]
        self._data = data
        self._inflate = _inflater(compressor)
        self._metadata: dict[int, tuple[bytes, int]] = {}
        self._kept: dict[int, bytes] = {}

    def inodes(self, block: int, offset: int) -> "Cursor":
        """At an inode."""
        return Cursor(self, self._inodes + block, offset)

    def directories(self, block: int, offset: int) -> "Cursor":
        """At a directory's entries."""
        return Cursor(self, self._directories + block, offset)

    def block(self, position: int, stored: int, want: int, plain: bool) -> bytes:
        """A data block of `want` bytes, or fewer where `want` is a most, of `stored` ones."""
        data = bytes(self._data[position : position + stored])
        if len(data) < stored:
            raise ArtifactError("cut off in a block")
        if not plain:
            data = self._inflate(data, want)
        if len(data) > want:
            raise ArtifactError("damaged block")
        self.budget.spend(len(data))
        return data

    def metadata(self, position: int) -> tuple[bytes, int]:
        """The metadata block at `position`, and where the next one is."""
        if position not in self._metadata:
            (word,) = struct.unpack("<H", bytes(self._data[position : position + 2]))
            stored = word & 0x7FFF
            data = self.block(position + 2, stored, _METADATA, bool(word & 0x8000))
            if len(self._metadata) >= _METADATA_KEPT:
                self._metadata.clear()
            self._metadata[position] = data, position + 2 + stored
        return self._metadata[position]

    def fragment(self, index: int, offset: int, size: int) -> bytes:
        """`size` bytes of a block that files share for their ends."""
        if index not in self._kept:
            if len(self._kept) >= _FRAGMENTS_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[index] = self._fragment(index)
        data = self._kept[index][offset : offset + size]
        if len(data) < size:
            raise ArtifactError("damaged fragment")
        return data

    def _fragment(self, index: int) -> bytes:
        if index >= self._fragment_count:
            raise ArtifactError("damaged fragment")
        at = self._fragments + index // 512 * 8
        (block,) = struct.unpack("<Q", bytes(self._data[at : at + 8]))
        start, word, _ = Cursor(self, block, index % 512 * 16).numbers("<QII")
        stored = word & 0xFFFFFF
        return self.block(start, stored, self.block_size, bool(word & 1 << 24))


class Cursor:
    """Reads on through metadata blocks, which follow each other."""

    def __init__(self, image: Image, block: int, offset: int) -> None:
        self._image, self._block, self._offset = image, block, offset

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises ArtifactError where there are none."""
        parts = []
        while size:
            try:
                data, following = self._image.metadata(self._block)
            except struct.error:
                raise ArtifactError("cut off in a table") from None
            part = data[self._offset : self._offset + size]
            parts.append(part)
            size -= len(part)
            self._offset += len(part)
            if size:
                if not data:
                    raise ArtifactError("damaged table")
                self._block, self._offset = following, max(0, self._offset - len(data))
        return b"".join(parts)

    def numbers(self, form: str) -> tuple[int, ...]:
        """The next numbers, in the form of the struct module."""
        return struct.unpack(form, self.take(struct.calcsize(form)))


def _inflater(compressor: int) -> Callable[[bytes, int], bytes]:
    """The function that inflates a block to at most so many bytes."""
    found: dict[int, Callable[[bytes, int], bytes]] = {
        1: _zlib, 2: _lzma, 3: lzo.decompress, 4: _xz, 5: _lz4, 6: _zstd
    }  # fmt: skip
    if compressor not in found:
        raise ArtifactError(f"compressed with method {compressor}, which is not supported")
    return found[compressor]


def _zlib(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        raise ArtifactError("damaged block") from None


def _lzma(data: bytes, most: int) -> bytes:
    return _of_lzma(data, most, lzma.FORMAT_ALONE)


def _xz(data: bytes, most: int) -> bytes:
    return _of_lzma(data, most, lzma.FORMAT_XZ)


def _of_lzma(data: bytes, most: int, form: int) -> bytes:
    inflater = lzma.LZMADecompressor(form, memlimit=limits.ARTIFACT_WINDOW_MEMORY)
    try:
        return inflater.decompress(data, most)
    except lzma.LZMAError:
        raise ArtifactError("damaged block") from None


def _lz4(data: bytes, most: int) -> bytes:
    try:
        import lz4.block
    except ImportError:
        raise ArtifactError('needs the package lz4: pip install "leakguard[artifacts]"') from None
    try:
        return bytes(lz4.block.decompress(data, uncompressed_size=most))
    except lz4.block.LZ4BlockError:
        raise ArtifactError("damaged block") from None


def _zstd(data: bytes, most: int) -> bytes:
    zstd = _zstd_module()
    try:
        return bytes(zstd.ZstdDecompressor().decompress(data, most))
    except zstd.ZstdError:
        raise ArtifactError("damaged block") from None


def _zstd_module() -> Any:
    try:
        from compression import zstd
    except ImportError:
        from backports import zstd
    return zstd
