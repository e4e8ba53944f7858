"""A writer of small Squashfs images, for tests."""

import lzma
import struct
import zlib
from collections.abc import Callable, Mapping

Files = Mapping[str, bytes]

SQUASHFS_BLOCK = 4096


def squashfs(
    files: Files, compressor: int, compress: Callable[[bytes], bytes], fragments: bool = True
) -> bytes:
    """An image of folders and files whose tables fit into one metadata block each."""
    return _Squashfs(compressor, compress, fragments).made(files)


class _Squashfs:
    def __init__(
        self, compressor: int, compress: Callable[[bytes], bytes], fragments: bool
    ) -> None:
        self.compressor, self.compress, self.with_fragments = compressor, compress, fragments
        self.out = bytearray(96)
        self.inodes, self.directories = bytearray(), bytearray()
        self.tails = bytearray()
        self.count = 0

    def made(self, files: Files) -> bytes:
        entries = {name: self.data(data) for name, data in files.items()}
        fragment = self.block(bytes(self.tails)) if self.tails else (0, 0)
        root = self.folder(entries, "")
        tables = []
        for table in (self.inodes, self.directories):
            tables.append(len(self.out))
            self.metadata(bytes(table))
        at = len(self.out)
        self.metadata(struct.pack("<QII", *fragment, 0))
        tables.append(len(self.out))
        self.out += struct.pack("<Q", at)
        self.out[:96] = struct.pack(
            "<4s4I6H8Q", b"hsqs", self.count, 0, SQUASHFS_BLOCK, int(bool(self.tails)),
            self.compressor, 12, 0, 1, 4, 0, root, len(self.out),
            2**64 - 1, 2**64 - 1, *tables, 2**64 - 1,
        )  # fmt: skip
        return bytes(self.out)

    def data(self, data: bytes) -> bytes:
        """Stores a file; its inode comes back."""
        start, sizes = len(self.out), []
        left = len(data) % SQUASHFS_BLOCK if self.with_fragments else 0
        for at in range(0, len(data) - left, SQUASHFS_BLOCK):
            block = data[at : at + SQUASHFS_BLOCK]
            sizes.append(self.block(block)[1] if block.strip(b"\0") else 0)
        index, offset = (0, len(self.tails)) if left else (2**32 - 1, 0)
        self.tails += data[len(data) - left :]
        rest = struct.pack(f"<4I{len(sizes)}I", start, index, offset, len(data), *sizes)
        return struct.pack("<4H2I", 2, 0o644, 0, 0, 0, 0) + rest

    def folder(self, entries: Files, prefix: str) -> int:
        """Writes the inodes of a folder's files, its folders, and its own; gives where that is."""
        inner = {name.removeprefix(prefix) for name in entries if name.startswith(prefix)}
        listed = []
        for name in sorted({name.partition("/")[0] for name in inner}):
            if name in inner:
                place, kind = self.inode(entries[prefix + name]), 2
            else:
                place, kind = self.folder(entries, f"{prefix}{name}/"), 1
            listed.append(struct.pack("<HhHH", place, 0, kind, len(name) - 1) + name.encode())
        at = len(self.directories)
        self.directories += struct.pack("<3I", len(listed) - 1, 0, 1) + b"".join(listed)
        size = len(self.directories) - at + 3
        return self.inode(
            struct.pack("<4H2I", 1, 0o755, 0, 0, 0, 0) + struct.pack("<IIHHI", 0, 2, size, at, 0)
        )

    def inode(self, data: bytes) -> int:
        at = len(self.inodes)
        self.inodes += data
        self.count += 1
        return at

    def block(self, data: bytes) -> tuple[int, int]:
        at, packed = len(self.out), self.compress(data)
        if len(packed) >= len(data):
            self.out += data
            return at, len(data) | 1 << 24
        self.out += packed
        return at, len(packed)

    def metadata(self, data: bytes) -> None:
        assert len(data) <= 8192
        packed = self.compress(data)
        plain = len(packed) >= len(data)
        stored = data if plain else packed
        self.out += struct.pack("<H", len(stored) | plain << 15) + stored


def xz(data: bytes) -> bytes:
    return lzma.compress(data, check=lzma.CHECK_CRC32)


def lzma_alone(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


def zstd(data: bytes) -> bytes:
    try:
        from compression import zstd as module
    except ImportError:
        from backports import zstd as module
    return bytes(module.compress(data))


def lz4(data: bytes) -> bytes:
    import lz4.block

    return bytes(lz4.block.compress(data, store_size=False))


def lzo(data: bytes) -> bytes:
    """LZO1X of literals only."""
    if len(data) <= 238:
        return bytes((17 + len(data),)) + data + b"\x11\0\0"
    return b"\0" + _lzo_long(len(data) - 18) + data + b"\x11\0\0"


def _lzo_long(left: int) -> bytes:
    zeros = (left - 1) // 255
    return bytes(zeros) + bytes((left - 255 * zeros,))


COMPRESSORS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (1, zlib.compress),
    "lzma": (2, lzma_alone),
    "lzo": (3, lzo),
    "xz": (4, xz),
    "lz4": (5, lz4),
    "zstd": (6, zstd),
}
