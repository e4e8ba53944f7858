"""Android's binary XML and resource table: the texts in both, and the elements of the XML.

The formats are those of AOSP's ResourceTypes.h (ResXMLTree, ResTable). Values of resources are
looked up in resources.py.
"""

from collections.abc import Iterator, Mapping
from struct import unpack_from
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, LimitReached
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.stringpool import POOL_TYPE, StringPool, utf16

_TABLE, _PACKAGE = 0x0002, 0x0200
_RESOURCE_IDS, _START_ELEMENT, _END_ELEMENT = 0x0180, 0x0102, 0x0103
_REFERENCES = (0x01, 0x07)
_STRING, _DECIMAL, _HEX, _BOOLEAN = 0x03, 0x10, 0x11, 0x12
_NONE = 0xFFFFFFFF
_PACKAGE_NAME_AT, _PACKAGE_NAME_BYTES = 12, 256

_NAMES = {
    0x01010001: "label",
    0x01010003: "name",
    0x0101000F: "debuggable",
    0x01010021: "targetPackage",
    0x01010024: "value",
    0x01010025: "resource",
    0x0101020C: "minSdkVersion",
    0x0101021B: "versionCode",
    0x0101021C: "versionName",
    0x01010270: "targetSdkVersion",
    0x01010272: "testOnly",
    0x01010576: "versionCodeMajor",
}
"""Android itself goes by these numbers of android.R.attr; shrinkers empty the names."""


class Value(NamedTuple):
    """What an attribute says."""

    text: str
    """A text as it is, a number in decimal, a boolean as `true` or `false`."""
    reference: int = 0
    """The resource id that it refers to instead, or 0."""


class Element(NamedTuple):
    """One element of an XML document."""

    tag: str
    parent: str
    """The tag of the element it is in; empty for the outermost."""
    attributes: Mapping[str, Value]
    """By name, without namespace."""


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts of a binary XML file or a resource table, in UTF-8, pool by pool."""
    held = bytes(data)
    for kind, at, _size in chunks(held, *_inside(held, 0)):
        if kind == POOL_TYPE:
            yield from StringPool(held, at).texts()
        elif kind == _PACKAGE:
            name = held[at + _PACKAGE_NAME_AT : at + _PACKAGE_NAME_AT + _PACKAGE_NAME_BYTES]
            yield utf16(name).partition(b"\0")[0]
            for inner, where, _ in chunks(held, *_inside(held, at)):
                if inner == POOL_TYPE:
                    yield from StringPool(held, where).texts()


def parse(data: bytes) -> list[Element]:
    """The elements in the document's order. Raises ArtifactError or struct.error for damage."""
    pool: StringPool | None = None
    ids: tuple[int, ...] = ()
    found: list[Element] = []
    open_tags = [""]
    for kind, at, size in chunks(data, *_inside(data, 0)):
        if kind == POOL_TYPE and pool is None:
            pool = StringPool(data, at)
        elif kind == _RESOURCE_IDS:
            head = unpack_from("<H", data, at + 2)[0]
            ids = unpack_from(f"<{(size - head) // 4}I", data, at + head)
        elif kind == _START_ELEMENT and pool is not None:
            element = _element(data, at, size, _Names(pool, ids), open_tags[-1])
            found.append(element)
            open_tags.append(element.tag)
        elif kind == _END_ELEMENT and len(open_tags) > 1:
            open_tags.pop()
    return found


def chunks(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Type, place and size of each chunk between two places, up to the first that is damaged.

    Raises LimitReached when there are too many.
    """
    left = limits.ARTIFACT_CHUNKS
    while at + 8 <= end:
        kind, head, size = unpack_from("<2HI", data, at)
        if head < 8 or size < head or size > end - at:
            return
        yield kind, at, size
        at += size
        left -= 1
        if not left:
            raise LimitReached(f"more than {limits.ARTIFACT_CHUNKS} chunks")


def _inside(data: bytes, at: int) -> tuple[int, int]:
    """Where the chunks in a chunk begin and end."""
    _, head, size = unpack_from("<2HI", data, at)
    return at + head, min(at + size, len(data))


class _Names(NamedTuple):
    """What the numbers of a document mean."""

    pool: StringPool
    ids: tuple[int, ...]

    def attribute(self, index: int) -> str:
        known = _NAMES.get(self.ids[index]) if index < len(self.ids) else None
        return known or self.pool.text(index)


def _element(data: bytes, at: int, size: int, names: _Names, parent: str) -> Element:
    """A ResXMLTree_attrExt behind the node's head, with its attributes."""
    body = at + unpack_from("<H", data, at + 2)[0]
    _, tag, first, step, count = unpack_from("<2I3H", data, body)
    first += body
    if step < 20 or first + step * count > at + size:
        raise ArtifactError("an element's attributes are damaged")
    attributes: dict[str, Value] = {}
    for place in range(first, first + step * count, step):
        _, name, raw, _, _, kind, number = unpack_from("<3IH2BI", data, place)
        attributes.setdefault(names.attribute(name), _value(names.pool, raw, kind, number))
    return Element(names.pool.text(tag), parent, attributes)


def _value(pool: StringPool, raw: int, kind: int, number: int) -> Value:
    """A Res_value; where it is of another type, the text that stood in the source."""
    if kind in _REFERENCES:
        return Value("", number)
    if kind == _BOOLEAN:
        return Value("true" if number else "false")
    if kind == _STRING:
        return Value(pool.text(number))
    if kind in (_DECIMAL, _HEX):
        return Value(str(number))
    return Value(pool.text(raw) if raw != _NONE else "")
