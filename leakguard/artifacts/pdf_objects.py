"""The objects of a PDF, found by their words and not by the table that lists them: damaged and
changed files have several, and what is no longer listed is still there.
"""

import base64
import re
import zlib
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import LimitReached
from leakguard.artifacts.content import Buffer

_WORD = re.compile(rb"(\d{1,10})\s{1,9}\d{1,5}\s{1,9}obj\b|\bstream\r?\n|\bendobj\b")
_LENGTH = re.compile(rb"/Length\s{1,9}(\d{1,10})\s{0,9}(?=[/>])")
_FILTER = re.compile(rb"/(?:Filter|F)\s{0,9}(\[[^\[\]]*\]|/\w+)")
_NAME = re.compile(rb"/(\w+)")
_STEP = 64 * limits.KIB


class Stream(NamedTuple):
    """An object with bytes: its dictionary, and where the bytes stand in the file."""

    head: bytes
    start: int
    end: int


class Objects:
    """All objects of a file, by number; of several with one number, the last."""

    def __init__(self, data: Buffer) -> None:
        """Raises LimitReached for more objects than limits.ARTIFACT_PDF_OBJECTS."""
        self._data = bytes(data) if isinstance(data, memoryview) else data
        self.heads: dict[int, bytes] = {}
        """Objects without bytes; those in object streams as well."""
        self.streams: dict[int, Stream] = {}
        self._find()
        for stream in [s for s in self.streams.values() if b"/ObjStm" in s.head]:
            self._unpack(stream)

    def is_encrypted(self) -> bool:
        """Whether texts and streams are encrypted, as the trailer says."""
        return bool(re.search(rb"/Encrypt\s{1,9}\d{1,10}\s{1,9}\d{1,5}\s{1,9}R", self._data))

    def _find(self) -> None:
        at, number, start, count = 0, 0, -1, 0
        while match := _WORD.search(self._data, at):
            at = match.end()
            if match[1]:
                number, start = int(match[1]), at
                count += 1
                if count > limits.ARTIFACT_PDF_OBJECTS:
                    raise LimitReached(f"more than {limits.ARTIFACT_PDF_OBJECTS} objects")
            elif start >= 0:
                head = bytes(self._data[start : match.start()])
                start = -1
                if match[0] == b"endobj":
                    self.heads[number] = head
                else:
                    end = self._end(head, at)
                    self.streams[number] = Stream(head, at, end)
                    at = end

    def _end(self, head: bytes, start: int) -> int:
        """Where a stream's bytes end: by its length if that is right, else at `endstream`."""
        if match := _LENGTH.search(head):
            end = start + int(match[1])
            if bytes(self._data[end : end + 12]).lstrip().startswith(b"endstream"):
                return end
        end = self._data.find(b"endstream", start)
        return end if end >= 0 else len(self._data)

    def inflate(self, stream: Stream, most: int) -> bytes:
        """A stream's bytes without its filters, as far as they are known and intact.

        Raises LimitReached for more than `most`.
        """
        data = bytes(self._data[stream.start : stream.end])
        match = _FILTER.search(stream.head)
        for name in _NAME.findall(match[1]) if match else []:
            if name in (b"FlateDecode", b"Fl"):
                data = _flate(data, most)
            elif name in (b"ASCII85Decode", b"A85"):
                data = _ascii85(data)
            elif name in (b"ASCIIHexDecode", b"AHx"):
                data = unhex(data.partition(b">")[0])
            else:
                return b""
        return data

    def _unpack(self, stream: Stream) -> None:
        """The objects of an object stream (7.5.7): pairs of number and offset, then objects."""
        data = self.inflate(stream, limits.ARTIFACT_PDF_STREAM_BYTES)
        first = re.search(rb"/First\s{1,9}(\d{1,9})\b", stream.head)
        start = int(first[1]) if first else 0
        words = data[:start].split()
        numbers = [int(word) for word in words[: 2 * limits.ARTIFACT_PDF_OBJECTS] if word.isdigit()]
        ends = [*numbers[3::2], len(data) - start]
        for number, offset, end in zip(numbers[::2], numbers[1::2], ends, strict=False):
            if offset <= end:
                self.heads[number] = data[start + offset : start + end]


def _flate(data: bytes, most: int) -> bytes:
    """What can be inflated of a zlib stream."""
    inflate, parts, size = zlib.decompressobj(), list[bytes](), 0
    for at in range(0, len(data), _STEP):
        try:
            parts.append(inflate.decompress(data[at : at + _STEP], most - size + 1))
        except zlib.error:
            break
        size += len(parts[-1])
        if size > most:
            raise LimitReached(f"a stream of more than {most >> 20} MiB")
    return b"".join(parts)


def _ascii85(data: bytes) -> bytes:
    body = data.partition(b"~>")[0].strip()
    try:
        return base64.a85decode(body.removeprefix(b"<~"))
    except ValueError:
        return b""


def unhex(digits: bytes) -> bytes:
    """Hexadecimal digits with white space between; a last one alone counts as followed by 0."""
    packed = re.sub(rb"[^0-9A-Fa-f]", b"", digits)
    return bytes.fromhex((packed + b"0" * (len(packed) % 2)).decode())
