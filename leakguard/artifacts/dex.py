"""Dalvik bytecode: the texts in it (source.android.com, "Dalvik executable format")."""

from collections.abc import Iterator
from itertools import chain, islice
from struct import iter_unpack, unpack_from

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, LimitReached
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build
from leakguard.artifacts.stringpool import is_plain_utf8, modified_utf8

_HEAD = 0x70
_FILE_SIZE_AT, _STRINGS_AT, _DATA_AT = 0x20, 0x38, 0x6C
_AT_ONCE = 1000
"""Texts that are looked at together: there are hundreds of thousands."""
_CONTAINER = b"041"
"""The first version with several programs behind one another."""


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts in UTF-8, in the table's order: literals, names of classes, methods and files.

    Raises ArtifactError for a table that is not within the file.
    """
    held = bytes(data)
    left = limits.ARTIFACT_TEXTS_GROWTH * len(held)
    texts = chain.from_iterable(_table(held, start) for start in _programs(held))
    while some := list(islice(texts, _AT_ONCE)):
        together = b"".join(some)
        left -= len(together)
        if left < 0:
            raise ArtifactError("the texts overlap")
        if is_plain_utf8(together):
            yield from filter(None, some)
        else:
            yield from (modified_utf8(text) for text in some if text)


def describe(data: Buffer) -> Build | None:
    """Code of an Android app, but not an app."""
    if len(data) < _HEAD:
        return None
    return Build(kind="dex", platform="android", app=False)


def _programs(data: bytes) -> Iterator[int]:
    """Where the headers are. Raises LimitReached when there are too many texts in all."""
    start, count = 0, 0
    while start + _HEAD <= len(data):
        count += unpack_from("<I", data, start + _STRINGS_AT)[0]
        if count > limits.ARTIFACT_TEXTS:
            raise LimitReached(f"more than {limits.ARTIFACT_TEXTS} texts")
        yield start
        size = unpack_from("<I", data, start + _FILE_SIZE_AT)[0]
        if data[:4] != b"dex\n" or data[4:7] < _CONTAINER or size < _HEAD:
            return
        start += size


def _table(data: bytes, start: int) -> Iterator[bytes]:
    """Texts of the program whose header is at `start`. All offsets count from the file's front,
    in a compact dex from its data section."""
    count, at = unpack_from("<2I", data, start + _STRINGS_AT)
    base = unpack_from("<I", data, start + _DATA_AT)[0] if data[:4] == b"cdex" else 0
    if at + 4 * count > len(data):
        raise ArtifactError("the table of texts is damaged")
    find = data.find
    for (offset,) in iter_unpack("<I", memoryview(data)[at : at + 4 * count]):
        begin = base + offset + 1
        # A ULEB128 with the length in UTF-16 units, mostly of one byte, then bytes up to a NUL.
        while data[begin - 1] & 0x80:
            begin += 1
        end = find(b"\0", begin)
        if end < 0:
            raise ArtifactError("a text has no end")
        yield data[begin:end]
