"""Entitlements in DER, as code signatures have them beside the property list.

Form: Apple, "Using the latest code signature format": [APPLICATION 16] { INTEGER 1, dictionary },
where a dictionary is [16] { SEQUENCE { UTF8String, value } … } and a list is a SEQUENCE.
"""

from collections.abc import Iterator
from typing import Any, Final

from leakguard.artifacts.budget import ArtifactError

_OUTER: Final = 0x70
_DICTIONARIES: Final = (0xB0, 0x31)
_BOOLEAN, _INTEGER, _TEXT, _LIST = 0x01, 0x02, 0x0C, 0x30
_DEPTH: Final = 8
"""Real ones have lists in dictionaries: three."""


def load(der: bytes) -> dict[str, Any]:
    """The entitlements; values of other types than text, number, list, dictionary are left out.

    Raises ArtifactError when the bytes end too early or nest too deep.
    """
    for tag, body in _parts(der):
        if tag != _OUTER:
            break
        for inner, content in _parts(body):
            if inner in _DICTIONARIES:
                return _dictionary(content, _DEPTH)
    raise ArtifactError("no entitlements")


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element (X.690 section 8.1); all tags have one byte."""
    at = 0
    while at + 2 <= len(der):
        tag, size, start = der[at], der[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[at + 2 : start], "big")
        at = start + size
        if at > len(der):
            raise ArtifactError("entitlements end too early")
        yield tag, der[start:at]


def _dictionary(der: bytes, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag, body in _parts(der):
        pair = list(_parts(body)) if tag == _LIST else []
        if len(pair) == 2 and pair[0][0] == _TEXT:
            found[pair[0][1].decode("utf-8", "replace")] = _value(*pair[1], depth)
    return found


def _value(tag: int, body: bytes, depth: int) -> Any:
    if not depth:
        raise ArtifactError("entitlements nest too deep")
    if tag in _DICTIONARIES:
        return _dictionary(body, depth - 1)
    if tag == _LIST:
        return [_value(*part, depth - 1) for part in _parts(body)]
    if tag == _BOOLEAN:
        return any(body)
    if tag == _INTEGER:
        return int.from_bytes(body, "big", signed=True)
    return body.decode("utf-8", "replace") if tag == _TEXT else None
