"""The ways in which a text can be written so that its tokens do not show, and how to read them.

Each row of ENCODINGS says by what the automaton finds it, how far it reaches around a hit and what
it says. Base64, hex and UTF-16 are found by how the fixed texts of the rules look in them: that
costs nothing, while an automaton for any base64 would take as long as all rules together.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from leakguard.alphabets import BASE64, HEX, UTF16, UTF32
from leakguard.escapes import byte, character, entity, escapes, quoted_printable
from leakguard.lines import Buffer
from leakguard.written import Encoding

_JSON: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_WORD: Final = r"[A-Za-z0-9_/+.=-]"
_PART: Final = r"[A-Za-z0-9_-]{3}"
"""How a piece of a token ends where only spaces join it to the next: `//EN" "http` is none."""
_QUOTE: Final = r"""["'`]"""

ENCODINGS: Final = (
    BASE64,
    HEX,
    UTF16,
    UTF32,
    escapes(
        "percent",
        (
            r"(?:%[2-7][0-9a-fA-F]){3}",
            rf"{_WORD}%(?:2[Dd]|3[AaDd]|40|5[Ff]){_WORD}",
            r"[A-Za-z0-9]{4}%2[BbFf][A-Za-z0-9]{4}",  # not so in paths: `/%2Fvar%2Frun`
        ),
        rb"%([0-9a-fA-F]{2})",
        byte,
    ),
    escapes(
        "unicode escapes",
        (r"\\u00[2-7][0-9a-fA-F]", r"\\u\{[2-7][0-9a-fA-F]\}"),
        rb"\\u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})",
        character,
    ),
    escapes("hex escapes", (r"(?:\\x[2-7][0-9a-fA-F]){4}",), rb"\\x([0-9a-fA-F]{2})", byte),
    escapes(
        "html",
        (
            # Of characters that tokens have: quotes and `@` stand in any page.
            r"&#(?:4[35-9]|5[0-8]|6[1-35-9]|[7-9][0-9]|1[01][0-9]|12[0-6]);",
            r"&#[xX](?:2[bBd-fD-F]|3[0-9aAdD]|[4-7][0-9a-fA-F]);",
            rf"{_WORD}&(?:equals|plus|sol|lowbar|hyphen|colon);",
        ),
        rb"&(?:#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});",
        entity,
    ),
    escapes(
        "quoted-printable",
        (r"=3[dD]", r"=[25][dDfF]", r"[0-9A-Za-z_/+-]{24}=\r?\n[A-Za-z0-9_/+-]{4}"),
        rb"=(?:[ \t]*\r?\n|([0-9A-Fa-f]{2}))",
        quoted_printable,
        lines=True,
    ),
    escapes(
        "json",
        (r'\\":', r"\\/\\/"),
        rb'\\([\\/"nrtbf])',
        lambda match: _JSON.get(match[1], match[1]),
    ),
    escapes(
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
    escapes(
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
