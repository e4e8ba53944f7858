"""Property lists, binary and XML: their texts, and what an Xcode archive's says.

Form of a binary one: CFBinaryPList.c of Apple's CoreFoundation: objects, a table of their offsets,
and a trailer of 32 bytes. Objects name others by their number, so that no recursion is needed to
see them all, even those that nothing refers to.
"""

import plistlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build, Sign, Weight

_TRAILER: Final = struct.Struct(">6xBBQQQ")
_MAGIC: Final = b"bplist0"
_INTEGER, _DATA, _ASCII, _UTF16, _UTF8, _DICTIONARY = 0x1, 0x4, 0x5, 0x6, 0x7, 0xD
_TEXTS: Final = (_ASCII, _UTF16, _UTF8)
_LISTS: Final = (0xA, 0xB, 0xC, _DICTIONARY)
_PAIR_BYTES: Final = 500
"""Longest key or value that is given as a pair: longer ones say enough by themselves."""
_NESTED: Final = 3
"""Property lists in the data of others: archives of objects hold one another."""


def strings(data: Buffer) -> Iterator[bytes]:
    """Every text, in UTF-8, and every value of type data as it is.

    Short texts of a dictionary come as `key = "value"`, so that rules see them side by side.
    Raises ArtifactError for counts that the bytes do not bear out.
    """
    yield from _strings(bytes(data), _NESTED)


def describe(data: Buffer) -> Build | None:
    """The build that an Xcode archive's Info.plist speaks of; None for all others."""
    if len(data) > limits.ARTIFACT_METADATA_BYTES:
        return None
    return archive(load(bytes(data)))


def load(data: bytes) -> dict[str, Any]:
    """A property list's outermost dictionary, empty when it is another type.

    Raises ArtifactError or what plistlib raises for damaged ones, RecursionError for deep ones.
    """
    if data.startswith(_MAGIC):
        _objects(data)
    elif len(data) > limits.ARTIFACT_METADATA_BYTES:
        raise ArtifactError("too large for a property list")
    found = plistlib.loads(data)
    return found if isinstance(found, dict) else {}


def text(values: Mapping[str, Any], *keys: str) -> str:
    """The first of `keys` that has a text, but no build setting that was never filled in."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value.strip() and "$(" not in value and "${" not in value:
            return value.strip()
    return ""


def archive(values: Mapping[str, Any], path: str = "Info.plist") -> Build | None:
    """The build of an Xcode archive (.xcarchive), from its Info.plist at `path`."""
    found = values.get("ApplicationProperties")
    if not isinstance(found, dict):
        return None
    proof = f"{path} ApplicationProperties"
    if identity := text(found, "SigningIdentity"):
        proof += f", SigningIdentity={identity}"
    architectures = found.get("Architectures")
    is_mac = isinstance(architectures, list) and "x86_64" in architectures
    return Build(
        kind="xcarchive",
        platform="macos" if is_mac else "",
        name=text(values, "Name", "SchemeName"),
        identifier=text(found, "CFBundleIdentifier"),
        version=text(found, "CFBundleShortVersionString"),
        build=text(found, "CFBundleVersion"),
        signs=(Sign(Weight.HARD, "an Xcode archive, from before the export", proof),),
        internal="an Xcode archive",
    )


class _Object(NamedTuple):
    kind: int
    """The upper half of its first byte."""
    start: int
    """Where its content begins."""
    length: int
    """Bytes, UTF-16 units, or members."""


class _Form(NamedTuple):
    """The trailer."""

    offset_bytes: int
    reference_bytes: int
    objects: int
    table: int


def _form(data: bytes) -> _Form:
    if len(data) < 40:
        raise ArtifactError("too short for a property list")
    offset_bytes, reference_bytes, objects, _top, table = _TRAILER.unpack(data[-32:])
    if not (1 <= offset_bytes <= 8 and 1 <= reference_bytes <= 8):
        raise ArtifactError("its trailer is damaged")
    if objects > limits.ARTIFACT_PLIST_OBJECTS:
        raise ArtifactError(f"more than {limits.ARTIFACT_PLIST_OBJECTS} objects")
    if table + objects * offset_bytes > len(data) - 32:
        raise ArtifactError("its table of objects is not in it")
    return _Form(offset_bytes, reference_bytes, objects, table)


def _objects(data: bytes) -> tuple[_Form, list[_Object]]:
    """All objects, by number. Together they are no larger than the file: else they overlap, and
    a short file would have endless content."""
    form = _form(data)
    found, left, width = [], len(data), form.offset_bytes
    for at in range(form.table, form.table + form.objects * width, width):
        offset = int.from_bytes(data[at : at + width], "big")
        item = _object(data, offset)
        size = _size(item, form.reference_bytes)
        left -= max(1, size)
        if left < 0 or item.start + size > len(data):
            raise ArtifactError("its objects do not fit into it")
        found.append(item)
    return form, found


def _object(data: bytes, offset: int) -> _Object:
    """Counts from 15 on are an integer object of their own behind the first byte."""
    if offset >= len(data):
        raise ArtifactError("an object is not in it")
    kind, count = data[offset] >> 4, data[offset] & 0x0F
    counted = kind in _TEXTS or kind in _LISTS or kind == _DATA
    if not counted or count < 0x0F:
        return _Object(kind, offset + 1, count)
    head = data[offset + 1] if offset + 1 < len(data) else 0
    if head >> 4 != _INTEGER or head & 0x0F > 3:
        raise ArtifactError("an object has no size")
    width = 1 << (head & 0x0F)
    start = offset + 2
    return _Object(kind, start + width, int.from_bytes(data[start : start + width], "big"))


def _size(item: _Object, reference: int) -> int:
    """In bytes, without the head. Numbers and dates have the size's logarithm in their head."""
    if item.kind in _LISTS:
        return item.length * reference * (2 if item.kind == _DICTIONARY else 1)
    if item.kind in (_DATA, _ASCII, _UTF8):
        return item.length
    if item.kind == _UTF16:
        return 2 * item.length
    if item.kind == 0x8:
        return item.length + 1
    return int(1 << item.length) if item.kind in (_INTEGER, 0x2, 0x3) else 0


def _strings(data: bytes, depth: int) -> Iterator[bytes]:
    form, objects = _objects(data)
    shown: set[int] = set()
    left = 2 * len(data)
    for item in objects:
        if item.kind != _DICTIONARY:
            continue
        for numbers, pair in _pairs(data, form, objects, item):
            # Texts may be shared: pairs are limited, the texts themselves are not.
            if (left := left - len(pair)) < 0:
                break
            shown.update(numbers)
            yield pair
    for number, item in enumerate(objects):
        if item.kind in _TEXTS and number not in shown:
            yield _text(data, item)
        elif item.kind == _DATA:
            yield from _blob(data[item.start : item.start + item.length], depth)


def _pairs(
    data: bytes, form: _Form, objects: list[_Object], item: _Object
) -> Iterator[tuple[tuple[int, int], bytes]]:
    """The pairs of a dictionary that are short texts, with the numbers of the two."""
    width = form.reference_bytes
    for at in range(item.start, item.start + item.length * width, width):
        key = int.from_bytes(data[at : at + width], "big")
        at += item.length * width
        value = int.from_bytes(data[at : at + width], "big")
        if max(key, value) < len(objects) and _short(objects[key]) and _short(objects[value]):
            found = _text(data, objects[value])
            if b"\n" not in found:
                yield (key, value), _text(data, objects[key]) + b' = "' + found + b'"'


def _short(item: _Object) -> bool:
    return item.kind in _TEXTS and item.length <= _PAIR_BYTES


def _text(data: bytes, item: _Object) -> bytes:
    if item.kind != _UTF16:
        return data[item.start : item.start + item.length]
    units = data[item.start : item.start + 2 * item.length]
    return units.decode("utf-16-be", "replace").encode()


def _blob(blob: bytes, depth: int) -> Iterator[bytes]:
    if not blob.startswith(_MAGIC) or not depth:
        yield blob
        return
    try:
        yield from list(_strings(blob, depth - 1))
    except ArtifactError:
        yield blob
