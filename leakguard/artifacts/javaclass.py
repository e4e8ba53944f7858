"""Java class files: the texts of the constant pool.

Source: Java Virtual Machine Specification, section 4.4.
"""

import struct
from collections.abc import Iterator

from leakguard.artifacts.content import Buffer
from leakguard.artifacts.runs import runs

_UTF8, _LONG, _DOUBLE = 1, 5, 6
_SIZES = {
    3: 4, 4: 4, _LONG: 8, _DOUBLE: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4,
    15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2,
}  # fmt: skip
"""Bytes behind the tag of each constant but Utf8."""
_POOL_AT = 8


def strings(data: Buffer) -> Iterator[bytes]:
    """Every Utf8 constant as UTF-8, in the pool's order; then what is printable behind the pool,
    or behind the place where it is damaged."""
    (count,) = struct.unpack_from(">H", data, _POOL_AT)
    at, index = _POOL_AT + 2, 1
    while index < count and at < len(data):
        tag = data[at]
        if tag == _UTF8 and at + 3 <= len(data):
            (length,) = struct.unpack_from(">H", data, at + 1)
            if at + 3 + length > len(data):
                break
            yield _utf8(bytes(data[at + 3 : at + 3 + length]))
            at += 3 + length
        elif tag in _SIZES:
            at += 1 + _SIZES[tag]
        else:
            break
        index += 2 if tag in (_LONG, _DOUBLE) else 1
    yield from runs(data[at:])


def _utf8(text: bytes) -> bytes:
    """From modified UTF-8: NUL is written in two bytes, the rare characters as surrogates."""
    if text.isascii() or not (b"\xc0\x80" in text or b"\xed" in text):
        return text
    decoded = text.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
