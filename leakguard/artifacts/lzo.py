"""LZO1X, as snaps and firmware use it. Source of the format: Linux, Documentation/staging/lzo.rst.

An instruction copies bytes that came out before, and then up to three literal ones; an instruction
for literals alone stands where no literals went before.
"""

from leakguard.artifacts.budget import ArtifactError

_AFTER_LITERALS = 4
"""The state behind four literals or more: others are the number of literals before."""


def decompress(data: bytes, most: int) -> bytes:
    """What `data` holds, up to its end mark or its end, or `most` bytes. Raises ArtifactError."""
    stream = _Stream(data, most)
    try:
        stream.begin()
        while len(stream.out) < most and stream.at < len(data) and stream.step():
            pass
    except IndexError:
        raise ArtifactError("damaged LZO data") from None
    return bytes(stream.out)


class _Stream:
    def __init__(self, data: bytes, most: int) -> None:
        self.data, self.most = data, most
        self.out = bytearray()
        self.at = self.state = 0

    def begin(self) -> None:
        """The first byte can be a number of literals."""
        first = self.data[0]
        if first > 17:
            self.at = 1
            self.literals(first - 17)
            self.state = min(first - 17, _AFTER_LITERALS)

    def step(self) -> bool:
        """One instruction; False when it is the end mark."""
        code = self.byte()
        if code < 16 and self.state == 0:
            self.literals(3 + (code or self.long(15)))
            self.state = _AFTER_LITERALS
            return True
        length, distance, self.state = self.match(code)
        if not length:
            return False
        self.copy(length, distance)
        self.literals(self.state)
        return True

    def match(self, code: int) -> tuple[int, int, int]:
        """Length, distance, and the number of literals behind; a length of 0 is the end."""
        if code >= 64:
            length = 5 + (code >> 5 & 3) if code >= 128 else 3 + (code >> 5 & 1)
            return length, (self.byte() << 3) + (code >> 2 & 7) + 1, code & 3
        if code >= 32:
            length = 2 + (code & 31 or self.long(31))
            word = self.word()
            return length, (word >> 2) + 1, word & 3
        if code >= 16:
            length = 2 + (code & 7 or self.long(7))
            word = self.word()
            distance = 0x4000 + ((code & 8) << 11) + (word >> 2)
            return (length, distance, word & 3) if distance != 0x4000 else (0, 0, 0)
        near = (self.byte() << 2) + (code >> 2)
        far = self.state == _AFTER_LITERALS
        return (3, near + 2049, code & 3) if far else (2, near + 1, code & 3)

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def word(self) -> int:
        low = self.byte()
        return low | self.byte() << 8

    def long(self, base: int) -> int:
        """A length that goes on: zeros stand for 255 each."""
        while not (last := self.byte()):
            base += 255
        return base + last

    def literals(self, count: int) -> None:
        self.out += self.data[self.at : self.at + min(count, self.most - len(self.out))]
        self.at += count
        if self.at > len(self.data):
            raise IndexError

    def copy(self, length: int, distance: int) -> None:
        """The source may reach into what is being copied: then it repeats."""
        length, start = min(length, self.most - len(self.out)), len(self.out) - distance
        if start < 0:
            raise ArtifactError("damaged LZO data")
        part = self.out[start : start + length]
        if len(part) < length:
            part = (part * (length // len(part) + 1))[:length]
        self.out += part
