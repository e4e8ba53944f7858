"""Where a SQLite file keeps what it no longer needs: deleted rows stay there until overwritten.

Source: "Database File Format" on sqlite.org, sections 1.3 (header), 1.5 (freelist), 1.6 (b-tree
pages).
"""

import struct
from collections.abc import Iterator

from leakguard.artifacts.content import Buffer

_FIRST_HEADER = 100
"""Bytes of the file's header, in front of the first page's own."""
_UTF8 = 1
_POINTER_AT = {2: 12, 5: 12, 10: 8, 13: 8}
"""Kind of a b-tree page: bytes of its header, behind which the cell pointers stand."""


def free_stretches(data: Buffer) -> Iterator[bytes]:
    """Unused pages, and the unused parts of pages with cells, in the file's order.

    Texts in UTF-16 come without their zero bytes. Raises struct.error for a damaged header.
    """
    (size,) = struct.unpack_from(">H", data, 16)
    size = 65536 if size == 1 else size
    if size < 512:
        return
    unused = _unused_pages(data, size)
    encoding = int.from_bytes(data[56:60], "big")
    for number in range(1, len(data) // size + 1):
        page = bytes(data[(number - 1) * size : number * size])
        for stretch in [page] if number in unused else _gaps(page, number == 1):
            yield stretch if encoding <= _UTF8 else stretch.replace(b"\0", b"")


def _unused_pages(data: Buffer, size: int) -> set[int]:
    """The pages of the freelist: trunks, each with the next one's number and those of leaves."""
    pages, found = len(data) // size, set[int]()
    (trunk,) = struct.unpack_from(">I", data, 32)
    while 0 < trunk <= pages and trunk not in found:
        found.add(trunk)
        at = (trunk - 1) * size
        trunk, count = struct.unpack_from(">II", data, at)
        count = min(count, size // 4 - 2)
        found.update(struct.unpack_from(f">{count}I", data, at + 8))
    return found


def _gaps(page: bytes, is_first: bool) -> Iterator[bytes]:
    """What is between the cell pointers and the cells, and in each block that was freed."""
    start = _FIRST_HEADER if is_first else 0
    if page[start] not in _POINTER_AT:
        return
    block, cells, content = struct.unpack_from(">HHH", page, start + 1)
    yield page[start + _POINTER_AT[page[start]] + 2 * cells : content or 65536]
    seen = 0
    while seen < block <= len(page) - 4:
        seen = block
        block, length = struct.unpack_from(">HH", page, seen)
        yield page[seen + 4 : seen + length]
