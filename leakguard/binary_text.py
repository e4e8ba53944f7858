"""Bytes that were written as text: base64, hex, and what was compressed before."""

import re
import zlib
from binascii import Error, a2b_base64
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from leakguard import limits

_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_NO_DATA: Final = re.compile(rb"(?:\\r)?\\n|[\s=]+")
_QUAD: Final = 4

_PRINTABLE: Final = bytes((*range(0x20, 0x7F), 9, 10, 13))
_OTHERS: Final = 8
"""Of so many bytes of a text at most one is no printable ASCII."""

_GZIP: Final = b"\x1f\x8b\x08"
_ZLIB: Final = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS
"""For zlib: gzip or zlib, as the data says."""


class Inflated(NamedTuple):
    """What was compressed, and how; cut when there is more of it than may be looked at."""

    name: str
    data: bytes
    cut: bool


def is_text(data: bytes) -> bool:
    """Whether decoded bytes look as if they had been meant: text, wide text or compressed."""
    if data.startswith((_GZIP, *_ZLIB)):
        return True
    if len(data.translate(None, _PRINTABLE)) * _OTHERS <= len(data) > 0:
        return True
    if data.count(0) * 3 >= len(data):
        return len(data) > 0
    others = len(data) - len(data.decode("utf-8", "ignore").encode())
    return others * _OTHERS <= len(data)


def unbase64(raw: bytes) -> Iterator[bytes]:
    """The text that base64 or base64url stands for (RFC 4648), wrapped or not, padded or not.

    The first characters may belong to something else, such as an escape: of the four ways to begin,
    the one that gives text counts; a later line begins where it begins. Nothing comes of
    certificates and pictures.
    """
    lines = _NO_DATA.split(raw) if b"\n" in raw or b"\\" in raw else [raw.rstrip(b"=")]
    yield from _aligned(b"".join(lines).translate(_URL_SAFE))
    if len(lines) > 1:
        for number, line in enumerate(lines):
            yield from _aligned(line.translate(_URL_SAFE), 1 if number else _QUAD)


def _aligned(run: bytes, ways: int = _QUAD) -> list[bytes]:
    head = run[: limits.DECODE_HEAD]
    meant = (shift for shift in range(ways) if is_text(_plain(head[shift:])))
    return [_plain(run[shift:]) for shift in islice(meant, 1)]


def _plain(run: bytes) -> bytes:
    rest = len(run) % _QUAD
    try:
        return a2b_base64(run + b"=" * (_QUAD - rest) if rest > 1 else run[: len(run) - rest])
    except Error:
        return b""


def unhex(raw: bytes) -> list[bytes]:
    """The text that pairs of hex digits stand for, from the first digit on or from the second."""
    texts = (bytes.fromhex(raw[at : at + (len(raw) - at) // 2 * 2].decode()) for at in range(2))
    return list(islice(filter(is_text, texts), 1))


def inflated(data: bytes) -> Inflated | None:
    """What gzip or zlib hold, as far as they are whole; None for anything else."""
    if not data.startswith((_GZIP, *_ZLIB)):
        return None
    stream = zlib.decompressobj(_EITHER_HEADER)
    try:
        text = stream.decompress(data, limits.DECODE_INFLATED)
    except zlib.error:
        return None
    name = "gzip" if data.startswith(_GZIP) else "zlib"
    return Inflated(name, text, bool(stream.unconsumed_tail)) if text else None
