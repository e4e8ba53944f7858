"""Runs of printable characters in bytes of which no more is known."""

import re
from collections.abc import Iterator

from leakguard.artifacts.content import Buffer

_LEAST = 6
_RUN = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{%d,}" % _LEAST)


def runs(data: Buffer) -> Iterator[bytes]:
    """Each stretch of at least six bytes without control characters, in order.

    Bytes from 0x80 count as printable: they may be UTF-8.
    """
    for match in _RUN.finditer(data):
        yield bytes(match[0])
