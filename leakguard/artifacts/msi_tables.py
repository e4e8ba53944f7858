"""The database in a Windows installer package: names of streams, texts, the Property table.

Microsoft does not document the layout; it is known from the sources of Wine (dlls/msi) and of the
Rust crate `msi`, and was checked against packages that wixl makes.
"""

import codecs
import struct
from collections.abc import Iterator

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
_PAIR, _SINGLE, _TABLE = 0x3800, 0x4800, 0x4840
_LONG_REFERENCES = 0x80000000
_UTF_8 = 65001


def stream_name(name: str) -> str:
    """A stream's real name: two characters were packed into one. Tables begin with `!`."""
    found = []
    for char in name:
        code = ord(char)
        if _PAIR <= code < _SINGLE:
            found += [_ALPHABET[code - _PAIR & 0x3F], _ALPHABET[code - _PAIR >> 6]]
        elif _SINGLE <= code < _TABLE:
            found.append(_ALPHABET[code - _SINGLE])
        else:
            found.append("!" if code == _TABLE else char)
    return "".join(found)


class Texts:
    """All texts of a database, by their numbers."""

    def __init__(self, pool: bytes, data: bytes) -> None:
        """`pool` and `data` are the streams `_StringPool` and `_StringData`.

        A pool that is cut off gives the texts before.
        """
        head = int.from_bytes(pool[:4], "little")
        self._wide = bool(head & _LONG_REFERENCES)
        codec = _codec(head & 0x7FFFFFFF)
        self._texts = [text.decode(codec, "replace") for text in _cut(pool, data)]

    def __iter__(self) -> Iterator[str]:
        return (text for text in self._texts if text)

    def properties(self, table: bytes) -> dict[str, str]:
        """The table `Property`: a column of names, then one of values, both numbers of texts."""
        size = 3 if self._wide else 2
        rows = len(table) // (2 * size)
        cells = [
            int.from_bytes(table[at : at + size], "little")
            for at in range(0, 2 * rows * size, size)
        ]
        pairs = zip(cells[:rows], cells[rows:], strict=True)
        return {self._text(name): self._text(value) for name, value in pairs}

    def _text(self, number: int) -> str:
        """Number 0 is no text; the list has number 1 first."""
        return self._texts[number - 1] if 0 < number <= len(self._texts) else ""


def _cut(pool: bytes, data: bytes) -> Iterator[bytes]:
    """The texts, cut by the lengths that add up to all of `data`."""
    lengths = list(_lengths(pool, split=False))
    if sum(lengths) != len(data):
        other = list(_lengths(pool, split=True))
        lengths = other if sum(other) == len(data) else lengths
    at = 0
    for length in lengths:
        yield data[at : at + length]
        at += length


def _lengths(pool: bytes, *, split: bool) -> Iterator[int]:
    """The length of each text. One of 64 KiB or more has two entries, of which the first has length
    0: then the second is the length, or `split`: the high half is the first one's references."""
    entries = struct.iter_unpack("<HH", pool[4 : len(pool) & ~3])
    for length, references in entries:
        if length or not references:
            yield length
            continue
        low, high = next(entries, (0, 0))
        yield (references if split else high) << 16 | low


def _codec(number: int) -> str:
    """Python's name for a code page of Windows; 0 means the one of whoever installs."""
    try:
        return codecs.lookup("utf-8" if number == _UTF_8 else f"cp{number}").name
    except LookupError:
        return "cp1252"


def as_text(texts: Texts, properties: dict[str, str]) -> bytes:
    """What a scanner reads: the properties as `name = value`, then all other texts, by lines."""
    lines = [f"{name} = {value}" for name, value in properties.items()]
    known = {*properties.values(), *properties}
    lines += [text for text in texts if text not in known]
    return "\n".join(lines).encode("utf-8", "replace")
