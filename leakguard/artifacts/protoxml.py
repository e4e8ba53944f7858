"""The XML and the resource table of an Android app bundle, which are Protocol Buffers.

The messages are those of AOSP's aapt2 (Resources.proto): XmlNode, ResourceTable.
"""

from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.axml import Element, Value
from leakguard.artifacts.budget import ArtifactError, LimitReached
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.protobuf import Fields, fields, messages, number_of, pairs, spans, text
from leakguard.artifacts.stringpool import POOL_TYPE, StringPool

_SHORTEST, _LONGEST_OF_BOTH = 4, 4096
"""Bytes of the shortest text that is worth a look, and of the longest that may be a message."""
_DONE = (0, 0, 0)
_BLANKS = {ord(char): None for char in "\n\r\t"}


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts in a message of any schema, inner messages included, without their lengths.

    What could be a text as well as a message is given as both. Raises ArtifactError for no message.
    """
    held = bytes(data)
    left = limits.ARTIFACT_TEXTS_GROWTH * len(held)
    stack = [spans(held, 0, len(held))]
    while stack:
        _, start, end = next(stack[-1], _DONE)
        if end == 0:
            stack.pop()
        elif end - start >= _SHORTEST:
            inner = len(stack) < limits.ARTIFACT_PROTOBUF_DEPTH and _is_message(held, start, end)
            if inner:
                stack.append(spans(held, start, end))
            if not inner or _is_text(held[start : min(end, start + _LONGEST_OF_BOTH + 1)]):
                left -= end - start
                if left < 0:
                    raise ArtifactError("messages in messages that are texts as well")
                yield from _leaf(held[start:end])


def parse(data: bytes) -> list[Element]:
    """The elements of an XmlNode in the document's order, as axml.parse gives them."""
    found: list[Element] = []
    stack = [(data, "", 0)]
    while stack:
        node, parent, depth = stack.pop()
        for body in messages(fields(node), 1):
            inner = fields(body)
            tag = text(inner, 3)
            attributes = (_attribute(fields(it)) for it in messages(inner, 4))
            found.append(Element(tag, parent, dict(attributes)))
            if len(found) > limits.ARTIFACT_CHUNKS or depth > limits.ARTIFACT_PROTOBUF_DEPTH:
                raise LimitReached(f"more than {limits.ARTIFACT_CHUNKS} elements")
            children = [(child, tag, depth + 1) for child in messages(inner, 5)]
            stack += reversed(children)
    return found


class Resources(NamedTuple):
    """The values of a bundle's resources.pb."""

    table: bytes

    def text(self, resource: int) -> str:
        """The text that an id stands for, following references; else empty."""
        for _ in range(limits.ARTIFACT_REFERENCES):
            item = self._item(resource)
            if 1 not in item:
                return next((text(fields(it), 1) for it in messages(item, 2)), "")
            resource = number_of(fields(next(messages(item, 1))), 2)
        return ""

    def _item(self, resource: int) -> Fields:
        """The Item of the default configuration, or of the first; empty when there is none."""
        package = _numbered(messages(fields(self.table), 2), resource >> 24)
        kind = _numbered(messages(package, 3), resource >> 16 & 0xFF)
        entry = _numbered(messages(kind, 3), resource & 0xFFFF)
        values = [fields(it) for it in messages(entry, 6)]
        values.sort(key=lambda value: any(messages(value, 1)) and any(next(messages(value, 1))))
        for value in values:
            for body in messages(value, 2):
                for item in messages(fields(body), 4):
                    return fields(item)
        return {}


def _numbered(candidates: Iterator[bytes], number: int) -> Fields:
    """The package, type or entry whose id, a message in field 1, is a number."""
    for candidate in candidates:
        identity = next((it for at, it in pairs(candidate) if at == 1), b"")
        if isinstance(identity, bytes) and number_of(fields(identity), 1) == number:
            return fields(candidate)
    return {}


def _attribute(attribute: Fields) -> tuple[str, Value]:
    """An XmlAttribute: the text as it stood in the source, and what it refers to."""
    reference = 0
    for item in messages(attribute, 6):
        for target in messages(fields(item), 1):
            reference = number_of(fields(target), 2)
    return text(attribute, 2), Value("" if reference else text(attribute, 3), reference)


def _is_message(data: bytes, start: int, end: int) -> bool:
    try:
        return all(True for _ in spans(data, start, end))
    except (ArtifactError, IndexError):
        return False


def _is_text(value: bytes) -> bool:
    """Whether what could be a message could be a text too: long texts never look like messages."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return False
    return len(value) <= _LONGEST_OF_BOTH and text.translate(_BLANKS).isprintable()


def _leaf(value: bytes) -> Iterator[bytes]:
    """A text as it is; of a pool of texts, which the table's sources are in, each one."""
    if int.from_bytes(value[:2], "little") == POOL_TYPE:
        try:
            pool = StringPool(value, 0)
        except Exception:
            yield value
        else:
            yield from pool.texts()
    else:
        yield value
