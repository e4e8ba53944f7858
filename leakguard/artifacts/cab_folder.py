"""The data blocks of a cabinet's folder, inflated one by one. [MS-CAB] and [MS-MCI]."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer

_BLOCK = struct.Struct("<4xHH")
_BLOCK_BYTES = 32 * 1024
"""A block never inflates to more."""
_STORED, _MSZIP = 0, 1
_NAMES = {2: "Quantum", 3: "LZX"}


class Folder(NamedTuple):
    """Blocks in a row that are inflated as one stream."""

    offset: int
    blocks: int
    compression: int
    reserve: int
    """Bytes between a block's head and its data."""

    @property
    def method(self) -> int:
        """The compression without its parameters."""
        return self.compression & 0xF


def why_not(folder: Folder) -> str:
    """Why the folder cannot be inflated, or nothing."""
    if folder.method in (_STORED, _MSZIP):
        return ""
    name = _NAMES.get(folder.method, f"method {folder.method}")
    return f"compressed with {name}, which is not supported"


def inflated_blocks(data: Buffer, folder: Folder, budget: Budget) -> Iterator[bytes]:
    """The folder's blocks, inflated, in order. Raises ArtifactError at the first damaged one.

    A block whose head says 0 inflated bytes goes on in the next cabinet of the set: the end here.
    """
    inflate = _inflater(folder)
    at = folder.offset
    for _ in range(folder.blocks):
        if at + _BLOCK.size > len(data):
            raise ArtifactError("the cabinet is cut off")
        packed, size = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size + folder.reserve
        block = bytes(data[at : at + packed])
        at += packed
        if size > _BLOCK_BYTES or len(block) < packed:
            raise ArtifactError("a block of the cabinet is damaged")
        if not size:
            return
        budget.spend(size)
        yield inflate(block, size)


def _inflater(folder: Folder) -> Callable[[bytes, int], bytes]:
    if folder.method == _MSZIP:
        return _Mszip()
    return lambda block, size: block[:size]


class _Mszip:
    """Deflate, block by block; each block may refer to the one before it."""

    def __init__(self) -> None:
        self._window = b""

    def __call__(self, block: bytes, size: int) -> bytes:
        if not block.startswith(b"CK"):
            raise ArtifactError("a block of the cabinet is damaged")
        try:
            inflated = zlib.decompressobj(-15, self._window).decompress(block[2:], size)
        except zlib.error:
            raise ArtifactError("a block of the cabinet is damaged") from None
        self._window = (self._window + inflated)[-_BLOCK_BYTES:]
        return inflated


class Cut:
    """Cuts a stream of blocks into files that follow each other."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = b""
        self._position = 0

    def forward(self, position: int) -> None:
        """Goes to `position`, in inflated bytes. Raises EOFError behind the end.

        Raises ArtifactError when it lies before what was read already.
        """
        if position < self._position:
            raise ArtifactError("lies inside another file")
        while self._position < position:
            if not self._take(position - self._position):
                raise EOFError

    def part(self, size: int) -> Callable[[int], bytes]:
        """A reader of the next `size` bytes. Raises EOFError when there are fewer."""
        end = self._position + size

        def read(most: int) -> bytes:
            left = min(most, end - self._position)
            if left <= 0:
                return b""
            data = self._take(left)
            if not data:
                raise EOFError
            return data

        return read

    def _take(self, most: int) -> bytes:
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._block = block
        data, self._block = self._block[:most], self._block[most:]
        self._position += len(data)
        return data
