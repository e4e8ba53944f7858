"""The ways in which a text can be written so that its tokens do not show, and how to read them.

Each row of ENCODINGS says by what the automaton finds it, how far it reaches around a hit and what
it says. Base64, hex and UTF-16 are found by how the fixed texts of the rules look in them: that
costs nothing, while an automaton for any base64 would take as long as all rules together.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from leakguard import limits
from leakguard.binary_text import inflated, unbase64, unhex
from leakguard.lines import Buffer


class Text(NamedTuple):
    """What a stretch says, and by which way."""

    name: str
    data: bytes
    cut: bool = False
    """Whether there is more of it than may be looked at."""


class Encoding(NamedTuple):
    """One way of writing. A stretch begins and ends where its bytes no longer can belong to it."""

    name: str
    finders: tuple[str, ...]
    """For Hyperscan, beside the forms of the fixed texts."""
    stretch: Callable[[Buffer, int, int, int], tuple[int, int]]
    """Of the buffer between two offsets, around a hit."""
    decode: Callable[[bytes], Iterable[Text]]
    spell: Callable[[bytes], Iterable[bytes]] | None = None
    """How a fixed text looks in it, wherever it stands."""
    inner: str = ""
    """For RE2, finds any of it that is ASCII: too slow for all bytes, but not for decoded ones."""
    escape: "re.Pattern[bytes] | None" = None
    """What stands for other bytes, where all else stands for itself."""
    replace: Callable[["re.Match[bytes]"], bytes] | None = None
    width: int = 1
    """Bytes of a character."""

    @property
    def is_exact(self) -> bool:
        """Whether each byte of a stretch has a place of its own in the text."""
        return self.escape is not None or self.width > 1

    def place(self, raw: bytes, start: int, end: int) -> tuple[int, int]:
        """Where in a stretch stands what its text has from `start` to `end`, in bytes."""
        if self.escape is None or self.replace is None:
            return start * self.width, min(end * self.width, len(raw))
        begin, shift = None, 0
        for match in self.escape.finditer(raw):
            # Up to here, an offset in the text and one in the stretch differ by `shift`.
            if begin is None and start + shift < match.start():
                begin = start + shift
            if end + shift <= match.start():
                break
            size = len(self.replace(match))
            if begin is None and start + shift < match.start() + size:
                begin = match.start()
            shift += match.end() - match.start() - size
        return start + shift if begin is None else begin, end + shift


_BREAK: Final = re.compile(rb"[^A-Za-z0-9_+/=.%-]")
"""What stands between words: a stretch must not begin in the middle of one."""

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


def _line(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
    """The line of a hit, DECODE_BACK and DECODE_AHEAD bytes of it at most, and no part of a word.

    Versions of a file repeat their lines: what was read once need not be read again.
    """
    start, end = max(low, hit - limits.DECODE_BACK), min(high, hit + limits.DECODE_AHEAD)
    return _whole_words(data, low, high, _cut(data, start, end, hit - 1, hit))


def _lines(data: Buffer, low: int, high: int, hit: int) -> tuple[int, int]:
    """As `_line`, with the lines before and behind it."""
    start, end = max(low, hit - limits.DECODE_BACK), min(high, hit + limits.DECODE_AHEAD)
    first, last = data.rfind(b"\n", start, hit - 1), data.find(b"\n", hit, end)
    around = _cut(data, start, end, max(first, start), last + 1 if last >= 0 else end)
    return _whole_words(data, low, high, around)


def _cut(data: Buffer, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """From behind the last line break before `first` to the next one from `last` on."""
    newline = data.find(b"\n", last, end)
    return max(start, data.rfind(b"\n", start, first) + 1), newline if newline >= 0 else end


def _whole_words(data: Buffer, low: int, high: int, around: tuple[int, int]) -> tuple[int, int]:
    start, end = around
    if start > low and (found := _BREAK.search(data, start - 1, end)):
        start = found.end()
    if end < high and (found := _BREAK.search(data, end, min(high, end + limits.DECODE_BACK))):
        end = found.start()
    return start, end


def _escapes(
    name: str,
    finders: tuple[str, ...],
    escape: bytes,
    replace: Callable[["re.Match[bytes]"], bytes],
    *,
    lines: bool = False,
) -> Encoding:
    """An encoding in which most characters stand for themselves."""
    pattern = re.compile(escape)
    return Encoding(
        name,
        finders,
        _lines if lines else _line,
        lambda raw: [Text(name, pattern.sub(replace, raw))],
        escape=pattern,
        replace=replace,
    )


def _byte(match: "re.Match[bytes]") -> bytes:
    return bytes([int(match[1], 16)])


def _character(match: "re.Match[bytes]") -> bytes:
    code = int(match[1] or match[2], 16)
    return chr(code).encode("utf-8", "replace") if code < 0x110000 else match[0]


def _entity(match: "re.Match[bytes]") -> bytes:
    from html import unescape  # takes two milliseconds to import

    return unescape(match[0].decode()).encode("utf-8", "replace")


_JSON: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _quoted_printable(match: "re.Match[bytes]") -> bytes:
    return bytes([int(match[1], 16)]) if match[1] else b""


_WORD: Final = r"[A-Za-z0-9_/+.=-]"
_PART: Final = r"[A-Za-z0-9_-]{3}"
"""How a piece of a token ends where only spaces join it to the next: `//EN" "http` is none."""
_QUOTE: Final = r"""["'`]"""

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

ENCODINGS: Final = (
    BASE64,
    HEX,
    UTF16,
    UTF32,
    _escapes(
        "percent",
        (
            r"(?:%[2-7][0-9a-fA-F]){3}",
            rf"{_WORD}%(?:2[Dd]|3[AaDd]|40|5[Ff]){_WORD}",
            r"[A-Za-z0-9]{4}%2[BbFf][A-Za-z0-9]{4}",  # not so in paths: `/%2Fvar%2Frun`
        ),
        rb"%([0-9a-fA-F]{2})",
        _byte,
    ),
    _escapes(
        "unicode escapes",
        (r"\\u00[2-7][0-9a-fA-F]", r"\\u\{[2-7][0-9a-fA-F]\}"),
        rb"\\u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})",
        _character,
    ),
    _escapes("hex escapes", (r"(?:\\x[2-7][0-9a-fA-F]){4}",), rb"\\x([0-9a-fA-F]{2})", _byte),
    _escapes(
        "html",
        (
            # Of characters that tokens have: quotes and `@` stand in any page.
            r"&#(?:4[35-9]|5[0-8]|6[1-35-9]|[7-9][0-9]|1[01][0-9]|12[0-6]);",
            r"&#[xX](?:2[bBd-fD-F]|3[0-9aAdD]|[4-7][0-9a-fA-F]);",
            rf"{_WORD}&(?:equals|plus|sol|lowbar|hyphen|colon);",
        ),
        rb"&(?:#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});",
        _entity,
    ),
    _escapes(
        "quoted-printable",
        (r"=3[dD]", r"=[25][dDfF]", r"[0-9A-Za-z_/+-]{24}=\r?\n[A-Za-z0-9_/+-]{4}"),
        rb"=(?:[ \t]*\r?\n|([0-9A-Fa-f]{2}))",
        _quoted_printable,
        lines=True,
    ),
    _escapes(
        "json",
        (r'\\":', r"\\/\\/"),
        rb'\\([\\/"nrtbf])',
        lambda match: _JSON.get(match[1], match[1]),
    ),
    _escapes(
        "joined",
        (
            rf"{_WORD}{_QUOTE} {{0,2}}\+ {{0,2}}{_QUOTE}{_WORD}",
            rf"\n[ \t]{{1,40}}\+[ \t]{{0,4}}{_QUOTE}{_WORD}",
            rf"{_WORD}{_QUOTE}[ \t]{{0,4}}\+[ \t]{{0,4}}\r?\n",
            rf'{_PART}" (?:\. )?"{_WORD}',
            rf"{_PART}' (?:\. )?'{_WORD}",
            rf"""{_WORD}(?:"'|'"){_WORD}""",
            rf'{_PART}"(?: \\)?\r?\n[ \t]{{1,40}}"{_WORD}',
            rf"{_PART}'(?: \\)?\r?\n[ \t]{{1,40}}'{_WORD}",
        ),
        rb"""["'`][ \t]{0,8}(?:[+.&\\][ \t]{0,8})?(?:\r?\n[ \t]{0,80})?(?:[+.&][ \t]{0,8})?"""
        rb"""[rRbBuUfFL]?["'`]""",
        lambda _: b"",
        lines=True,
    ),
    _escapes(
        "continued line",
        (rf"{_WORD}\\\r?\n{_WORD}",),
        rb"\\\r?\n",
        lambda _: b"",
        lines=True,
    ),
)
"""In this order; the numbers of their finders are in the cached automaton."""

_GROUP: Final = 100
"""Texts in one expression: each one by itself would take ten times as long to compile."""


def finders(texts: Iterable[bytes], grave: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Number of an encoding and an expression that finds it, for texts as literals.py has them."""
    texts, grave = list(texts), list(grave)
    for number, encoding in enumerate(ENCODINGS):
        for expression in encoding.finders:
            yield number, expression
        if encoding.spell is None:
            continue
        forms = {form for text in texts for form in encoding.spell(text)}
        forms |= {form for text in _twice(encoding, grave) for form in encoding.spell(text)}
        ordered = sorted(forms)
        for at in range(0, len(ordered), _GROUP):
            group = ordered[at : at + _GROUP]
            yield number, "|".join(_escaped(form) for form in group)


def _twice(outer: Encoding, texts: Iterable[bytes]) -> set[bytes]:
    """The forms of texts that are encoded once before, as far as that is met: base64 in base64
    (Kubernetes), UTF-16 in base64 (PowerShell), hex digests of either."""
    inner = {BASE64.name: (BASE64, UTF16, HEX), HEX.name: (BASE64,)}.get(outer.name, ())
    return {form for text in texts for item in inner if item.spell for form in item.spell(text)}


def _escaped(text: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text)


BORDERS: Final = re.compile(
    rb"(?P<json>\\[nrtbf])|(?P<unicode>\\u[0-9a-fA-F]{4})|(?P<hex>\\x[0-9a-fA-F]{2})"
    rb"|(?P<percent>%[0-9a-fA-F]{2})|(?P<printable>=[0-9A-F]{2})"
)
"""Escapes that end in a letter or digit: a token behind one does not begin at a word's border."""

_BY_BORDER: Final = {
    "json": "json",
    "unicode": "unicode escapes",
    "hex": "hex escapes",
    "percent": "percent",
    "printable": "quoted-printable",
}


def border(data: Buffer, start: int, end: int) -> int | None:
    """Number of the encoding of which an escape stands between two offsets, or None."""
    match = BORDERS.search(data, start, end)
    if match is None or match.lastgroup is None:
        return None
    name = _BY_BORDER[match.lastgroup]
    return next(number for number, item in enumerate(ENCODINGS) if item.name == name)
