"""Texts in UTF-16 and UTF-32: whole files with a byte order mark, and runs of it in a binary."""

import re
from collections.abc import Iterator

from leakguard import limits
from leakguard.artifacts.content import Buffer

_MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LEAST = 6
"""Characters of a run; shorter ones are chance in code."""
_WINDOW = 8 * limits.MIB
"""Bytes looked at in one go: a run longer than this comes out in parts."""
_CLASSES = bytes(
    1 if byte in b"\t\n\r" or 32 <= byte < 127 else 0 if not byte else 2 for byte in range(256)
)
"""Printable, NUL and everything else: then a run begins with a fixed text, found at full speed."""
_START = b"\1\0" * _LEAST
_RUN = re.compile(rb"(?:\x01\x00)+")


def strings(data: Buffer) -> Iterator[bytes]:
    """A file with a byte order mark, as one text in UTF-8; without a mark it is UTF-16LE.

    What does not decode is replaced. A file that does not look like UTF-16 behind its mark comes
    out as it is too, so that a mark hides nothing.
    """
    raw = bytes(data)
    mark, encoding = next((it for it in _MARKS if raw.startswith(it[0])), (b"", "utf-16-le"))
    body = raw[len(mark) :]
    yield body.decode(encoding, "replace").encode("utf-8", "replace")
    if body.count(0) * 8 < len(body):
        yield body


def runs(data: Buffer) -> Iterator[bytes]:
    """Runs of at least six ASCII characters in UTF-16 at any offset, as ASCII, in order.

    Both byte orders are found. 50 MB of a program take 0.1 to 0.5 s.
    """
    start, size = 0, len(data)
    while start < size:
        window = bytes(data[start : start + _WINDOW])
        last = start + len(window) >= size
        following = len(window) if last else len(window) - len(_START)
        for begin, end in _spans(window.translate(_CLASSES)):
            if not last and begin and end >= len(window) - 1:
                following = begin
                break
            yield window[begin:end:2]
            following = max(following, end)
        start += following


def _spans(classes: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while (at := classes.find(_START, at)) >= 0:
        found = _RUN.match(classes, at)
        end = found.end() if found else at + len(_START)
        yield at, end
        at = end
