"""Protocol Buffers without their schema (protobuf.dev/programming-guides/encoding)."""

from collections.abc import Iterator

from leakguard.artifacts.budget import ArtifactError

Fields = dict[int, list[int | bytes]]
"""The values of a message by field number, in their order: numbers, or the bytes of the rest."""

_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}
_KINDS = (_VARINT, _BYTES, *_FIXED)
_MOST_SHIFT = 63


def spans(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of the message between two places: field number, and where its bytes begin and
    end; for a number the number itself, and -1. Raises ArtifactError or IndexError for no message.
    """
    while at < end:
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if not number or kind not in _KINDS:
            raise ArtifactError("no protobuf message")
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value, -1
            continue
        size = _FIXED.get(kind, 0)
        if kind == _BYTES:
            size, at = _varint(data, at)
        if size > end - at:
            raise ArtifactError("no protobuf message")
        yield number, at, at + size
        at += size


def pairs(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field. Raises like `spans`."""
    for number, start, end in spans(data, 0, len(data)):
        yield number, start if end < 0 else data[start:end]


def fields(data: bytes) -> Fields:
    """All fields of one message. Raises like `spans`."""
    found: Fields = {}
    for number, value in pairs(data):
        found.setdefault(number, []).append(value)
    return found


def messages(found: Fields, number: int) -> Iterator[bytes]:
    """The values of a field that holds texts or messages."""
    return (value for value in found.get(number, ()) if isinstance(value, bytes))


def text(found: Fields, number: int) -> str:
    """The last value of a text field, as protobuf has it; empty when there is none."""
    return ([b"", *messages(found, number)][-1]).decode("utf-8", "replace")


def number_of(found: Fields, number: int) -> int:
    """The last value of a number field; 0 when there is none."""
    return [0, *(value for value in found.get(number, ()) if isinstance(value, int))][-1]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits for each byte, lowest first, and where it ends."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7
        if shift > _MOST_SHIFT:
            raise ArtifactError("no protobuf message")
