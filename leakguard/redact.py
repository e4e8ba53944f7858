"""Takes secrets out of a text: what stands in their place, and how the change looks.

Pure. A secret is read here, but what is shown of it is its preview.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from leakguard.fingerprint import preview
from leakguard.model import Finding
from leakguard.references import (
    PLACEHOLDER,
    PYTHON_IMPORT,
    Language,
    language_of,
    with_import,
    written,
)

_CONTINUATION: Final = range(0x80, 0xC0)
"""Bytes that continue a UTF-8 sequence (RFC 3629 section 3): they begin no character."""

_KEY: Final = re.compile(
    rb"([A-Za-z_][A-Za-z0-9_.-]{0,60})[\"']?\s*(?:=>|:=|=|:)\s*[\w@$]{0,2}[\"'`]*$"
)
"""A name that a value is given to, before the value."""
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BARE: Final = frozenset(
    ("TOKEN", "KEY", "SECRET", "PASSWORD", "PASS", "PWD", "AUTH", "VALUE", "DATA", "API_KEY")
)
"""Names that say nothing of whose a secret is: the rule's vendor goes before them."""
_NAME_CHARACTERS: Final = 60
_CONTEXT_LINES: Final = 1


_Span = tuple[int, int]
"""Offsets in bytes, the second exclusive."""
_New = tuple[int, int, bytes]
"""What is replaced, and by what."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is replaced. Offsets in bytes, `end` exclusive."""

    start: int
    end: int
    new: bytes
    secret: _Span
    """Where the secret itself stands."""
    name: str
    """Of the environment variable that holds the secret from now on."""
    reference: bool
    """Whether `new` reads that variable; else it is a placeholder."""


def changes_for(data: bytes, path: str, findings: Iterable[Finding]) -> list[Change]:
    """A change for each secret, in their order; of those that overlap, the first.

    One secret has one name, wherever it stands.
    """
    language, starts = language_of(path), _line_starts(data)
    names: dict[bytes, str] = {}
    changes: list[Change] = []
    for finding in sorted(findings, key=lambda found: (found.line, found.column)):
        start = _offset(data, starts, finding.line, finding.column)
        end = _offset(data, starts, finding.end_line, finding.end_column)
        secret = data[start:end]
        if not secret or (changes and start < changes[-1].end):
            continue
        name = names.get(secret) or _free(_name(data, (start, end), finding), names.values())
        names[secret] = name
        changes.append(_change(data, (start, end), name, language))
    return changes


def _line_starts(data: bytes) -> list[int]:
    """Offset of each line's first byte."""
    return [0, *(match.end() for match in re.finditer(b"\n", data))]


def _offset(data: bytes, starts: Sequence[int], line: int, column: int) -> int:
    """Offset of a character, both counted from 1; a byte that is no UTF-8 counts as one."""
    position = starts[line - 1]
    for _ in range(column - 1):
        position += 1
        while position < len(data) and data[position] in _CONTINUATION:
            position += 1
    return min(position, len(data))


def _name(data: bytes, secret: _Span, finding: Finding) -> str:
    """A name for the variable: that of what holds the secret, or else the rule's."""
    found = _KEY.search(_line_before(data, secret))
    key = found[1].decode().rpartition(".")[2] if found else ""
    name = _shouted(_CAMEL.sub("_", key))
    if name and name not in _BARE:
        return name
    vendor = finding.rule_id.partition("-")[0]
    if name:
        return name if vendor == "generic" else _shouted(f"{vendor}_{name}")
    return _shouted(finding.rule_id)


def _shouted(text: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")[:_NAME_CHARACTERS]
    return f"_{name}" if name[:1].isdigit() else name


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it if another secret has it already."""
    used, number, free = set(taken), 1, name
    while free in used:
        number += 1
        free = f"{name}_{number}"
    return free


def _change(data: bytes, secret: _Span, name: str, language: Language) -> Change:
    """How a secret is replaced: as a literal, in one, in a text that is expanded, or not at all."""
    if not _line_before(data, secret).lstrip().startswith(language.comments):
        for way in (_as_literal, _expanded, _requoted, _joined):
            if found := way(data, secret, name, language):
                return Change(*found, secret, name, reference=True)
    return Change(*secret, written(PLACEHOLDER, name), secret, name, reference=False)


def _as_literal(data: bytes, secret: _Span, name: str, language: Language) -> _New | None:
    """In place of a literal that is nothing but the secret."""
    quote = _quote_around(data, secret, language)
    whole = _literal(data, secret, quote, language) if quote and language.whole else None
    return (*whole, written(language.whole, name)) if whole else None


def _expanded(data: bytes, secret: _Span, name: str, language: Language) -> _New | None:
    """In a text in which names are expanded."""
    quote = _quote_around(data, secret, language) or " "
    if not language.inline or quote not in language.expands:
        return None
    return (*secret, written(language.inline, name))


def _requoted(data: bytes, secret: _Span, name: str, language: Language) -> _New | None:
    """In a shell's single quotes, in which nothing is expanded: in double ones."""
    if not language.inline or language.whole or _quote_around(data, secret, language) != "'":
        return None
    new = b'"' + written(language.inline, name) + b'"'
    whole = _literal(data, secret, "'", language)
    return (*whole, new) if whole else (*secret, b"'" + new + b"'")


def _joined(data: bytes, secret: _Span, name: str, language: Language) -> _New | None:
    """Between the two halves of a literal."""
    quote = _quote_around(data, secret, language)
    if not quote or not language.plus or not _is_plain(data, secret, quote):
        return None
    before, after = f"{quote}{language.plus}".encode(), f"{language.plus}{quote}".encode()
    return (*secret, before + written(language.whole, name) + after)


def _line_before(data: bytes, secret: _Span) -> bytes:
    return data[data.rfind(b"\n", 0, secret[0]) + 1 : secret[0]]


def _quote_around(data: bytes, secret: _Span, language: Language) -> str:
    """The quote of the literal on one line that the secret stands in; empty for none."""
    before, after = _line_before(data, secret), data[secret[1] :].partition(b"\n")[0]
    open_quote = ""
    for index, byte in enumerate(before):
        character = chr(byte)
        if index and before[index - 1 : index] == b"\\":
            continue
        if character == open_quote:
            open_quote = ""
        elif not open_quote and character in language.quotes:
            open_quote = character
    return open_quote if open_quote and open_quote.encode() in after else ""


def _literal(data: bytes, secret: _Span, quote: str, language: Language) -> _Span | None:
    """The literal whose whole content the secret is: its quotes and its prefix included."""
    mark, (start, end) = quote.encode(), secret
    count = 3 if data[start - 3 : start] == mark * 3 and data[end : end + 3] == mark * 3 else 1
    begin, stop = start - count, end + count
    if data[begin:start] != mark * count or data[end:stop] != mark * count:
        return None
    prefix = data[begin - 1 : begin].decode("latin-1")
    if prefix and prefix in language.prefixes and not data[begin - 2 : begin - 1].isalnum():
        return begin - 1, stop
    return None if prefix.isalnum() or prefix == "_" else (begin, stop)


def _is_plain(data: bytes, secret: _Span, quote: str) -> bool:
    """Whether a literal can be parted: it is on one line, and neither `b"..."` nor `\"\"\"...`."""
    begin = data.rfind(quote.encode(), 0, secret[0])
    before = data[max(begin - 1, 0) : begin]
    return not before.isalnum() and before != quote.encode() and b"\n" not in data[slice(*secret)]


def applied(data: bytes, path: str, changes: Sequence[Change]) -> bytes:
    """The text with the changes, and in Python with the import that they need."""
    new = _replaced(data, [(change.start, change.end, change.new) for change in changes])
    needs_import = language_of(path).needs == PYTHON_IMPORT
    return with_import(new) if needs_import and any(item.reference for item in changes) else new


def _replaced(data: bytes, parts: Iterable[tuple[int, int, bytes]]) -> bytes:
    pieces, position = [], 0
    for start, end, new in parts:
        pieces += [data[position:start], new]
        position = end
    return b"".join((*pieces, data[position:]))


def difference(data: bytes, new: bytes, path: str, changes: Sequence[Change]) -> list[str]:
    """What changes, as `diff -u` has it, with previews in place of the secrets."""
    spans = [(*change.secret, preview(data[slice(*change.secret)]).encode()) for change in changes]
    old = _replaced(data, spans).decode(errors="replace").splitlines()
    lines = new.decode(errors="replace").splitlines()
    return list(difflib.unified_diff(old, lines, path, path, lineterm="", n=_CONTEXT_LINES))


def needed(path: str, changes: Sequence[Change]) -> list[str]:
    """Sentences on what is left to do, so that the program finds its values."""
    language = language_of(path)
    told = []
    if names := sorted({change.name for change in changes if change.reference}):
        told.append(f"Set {', '.join(names)} in the environment in which it runs.")
    if names and language.needs and language.needs != PYTHON_IMPORT:
        told.append(f"It needs {written(language.needs, names[0]).decode()}.")
    if rest := sorted({change.name for change in changes if not change.reference}):
        told.append(f"Placeholders to be filled in where it runs: {', '.join(rest)}.")
    return told
