"""Ways of writing with an alphabet of their own: base64, hex, UTF-16 and UTF-32."""

import re
from collections.abc import Iterator
from typing import Final

from leakguard import limits
from leakguard.binary_text import inflated, unbase64, unhex
from leakguard.lines import Buffer
from leakguard.written import Encoding, Text

_SET: Final = "A-Za-z0-9+/_-"
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WRAP: Final = rb"(?:\r?\n[ \t]{0,40}|(?:\\r)?\\n)"
_BACK_WRAP: Final = rb"(?:[ \t]{0,40}\n\r?|(?<=n)\\(?:r\\)?)"
_LINE: Final = 40
"""Characters of a line of wrapped base64, at least: 60, 64 and 76 are usual."""
_LAST_END: Final = rb"""[ \t]{0,4}(?:[^A-Za-z0-9+/_.:=( \t-]|\Z)"""
"""What stands behind the last line of wrapped base64: no `:` or `=` of an assignment, no word."""
_AHEAD = re.compile(
    rb"[%(set)s]*(?:(?<=[%(set)s]{%(line)d})%(wrap)s[%(set)s]{%(line)d,})*"
    rb"(?:(?<=[%(set)s]{%(line)d})%(wrap)s[%(set)s]+={0,2}(?=%(end)s)|={0,2})"
    % {b"set": _SET.encode(), b"line": _LINE, b"wrap": _WRAP, b"end": _LAST_END}
)
"""Up to a last line that may be short. `KEY: ...` below whole base64 is none."""
_BEHIND = re.compile(
    rb"[%(set)s]*(?:%(wrap)s[%(set)s]{%(line)d,})*"
    % {b"set": _SET.encode(), b"line": _LINE, b"wrap": _BACK_WRAP}
)


def _base64_stretch(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
    return _run(data, low, high, hit, behind=_BEHIND, ahead=_AHEAD)


def _run(
    data: Buffer,
    low: int,
    high: int,
    hit: int,
    *,
    behind: "re.Pattern[bytes]",
    ahead: "re.Pattern[bytes]",
) -> tuple[int, int]:
    """As far as two patterns reach from a hit; the one that looks back reads it backwards."""
    back = bytes(data[max(low, hit - limits.DECODE_STRETCH) : hit])[::-1]
    before, after = (
        behind.match(back),
        ahead.match(data, hit, min(high, hit + limits.DECODE_STRETCH)),
    )
    start = hit - (before.end() if before else 0)
    return start, after.end() if after else hit


def _base64(raw: bytes) -> Iterator[Text]:
    """The run, and when it is wrapped its lines by themselves: words may stand above and below."""
    for text in unbase64(raw):
        yield from _opened("base64", text)


def _base64_forms(text: bytes) -> Iterator[bytes]:
    """The characters that stand for a text and nothing else, at each of three offsets."""
    from binascii import b2a_base64

    for offset in range(3):
        whole = b2a_base64(bytes(offset) + text + bytes(2), newline=False)
        form = whole[-(-offset * 8 // 6) : (offset + len(text)) * 8 // 6]
        if len(form) >= _FORM_LEAST:
            yield form[:_FORM_MOST]


_FORM_LEAST, _FORM_MOST = 4, 8
"""Characters of a form: four are met by chance once in 16 million of random base64."""


def _of_ascii() -> str:
    """Four characters that stand for three bytes below 0x80 (RFC 4648, section 4)."""
    tops = (0b100000, 0b001000, 0b000010)
    sets = (bytes(c for n, c in enumerate(_ALPHABET) if not n & top).decode() for top in tops)
    return "".join(f"[{characters}]" for characters in sets) + f"[{_SET}]"


def _opened(name: str, data: bytes) -> Iterator[Text]:
    """Decoded bytes; when they are compressed, what they are inflated."""
    found = inflated(data)
    if found is None:
        yield Text(name, data)
    else:
        yield Text(f"{name} > {found.name}", found.data, found.cut)


_HEX_AHEAD = re.compile(rb"[0-9a-fA-F]*")


def _hex_stretch(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
    return _run(data, low, high, hit, behind=_HEX_AHEAD, ahead=_HEX_AHEAD)


def _hex(raw: bytes) -> Iterator[Text]:
    for text in unhex(raw):
        yield from _opened("hex", text)


def _hex_forms(text: bytes) -> Iterator[bytes]:
    form = text[:_FORM_MOST].hex()
    yield from sorted({form.encode(), form.upper().encode()})


def _wide(name: str, unit: int) -> Encoding:
    """UTF-16 or UTF-32 of ASCII, in either byte order: both have the same bytes between."""
    nuls = bytes(unit - 1)
    one = rb"[\t\n\r\x20-\x7e]%s" % nuls
    ahead = re.compile(rb"(?:%s)*[\t\n\r\x20-\x7e]?" % one)
    behind = re.compile(rb"(?:%s[\t\n\r\x20-\x7e])*" % nuls)

    def stretch(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
        start, end = _run(data, low, high, hit - 1, behind=behind, ahead=ahead)
        return start, end

    return Encoding(
        name,
        (),
        stretch,
        lambda raw: [Text(name, raw[::unit])],
        spell=lambda text: [nuls.join(bytes([byte]) for byte in text)],
        width=unit,
    )


BASE64: Final = Encoding(
    "base64",
    (
        # How gzip (RFC 1952: 1f 8b 08) and zlib (RFC 1950: 78 01, 78 5e, 78 9c, 78 da) begin.
        rf"(?:H4sIA|eJ[w-z]|eN[o-r]|eAE|eF[4-7])[{_SET}]{{40}}",
    ),
    _base64_stretch,
    _base64,
    spell=_base64_forms,
    inner=rf"(?:^|[^{_SET}])(?:{_of_ascii()}){{6}}",
)
HEX: Final = Encoding(
    "hex",
    (),
    _hex_stretch,
    _hex,
    spell=_hex_forms,
    inner=r"(?:^|[^0-9A-Za-z])(?:[2-7][0-9a-fA-F]){16}",
)
UTF16: Final = _wide("utf-16", 2)
UTF32: Final = _wide("utf-32", 4)
