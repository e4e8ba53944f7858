"""Character classes in brackets, as Go and Rust have them, for both engines here.

https://pkg.go.dev/regexp/syntax and https://docs.rs/regex/latest/regex/#character-classes
"""

import re
from typing import Final, NamedTuple

POSIX: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
"""ASCII only, as in both dialects."""

_LETTERS: Final = r"A-Za-z\x80-\xff"
PROPERTIES: Final = {
    "L": _LETTERS,
    "Letter": _LETTERS,
    "Alphabetic": _LETTERS,
    "Ll": "a-z",
    "Lu": "A-Z",
    "N": "0-9",
    "Nd": "0-9",
    "P": r"!-#%-*,-/:;?@\[-\]_{}",
    "S": "$+<=>^`|~",
    "Z": " ",
    "Zs": " ",
}
"""Unicode's, over bytes: ASCII exactly, and any byte beyond it for a letter."""

_SPECIAL: Final = frozenset("\\.^$*+?()[]{}|-&~")
"""Characters that mean something to one of the engines, inside of brackets or outside."""
_SHORT: Final = {9: r"\t", 10: r"\n", 13: r"\r"}


class Atom(NamedTuple):
    """A piece of a pattern as it will be written, and what the pieces around must know of it."""

    text: str
    folded: bool = False
    """Letters of both cases are meant."""
    has_newline: bool = False
    """A class that a line's end belongs to."""
    is_end: bool = False
    """`$` where lines do not count: the end of the text."""


def character(code: int, *, raw: bool) -> str:
    """One character as both engines read it; `raw` says that the dialect means a byte."""
    if code < 0x80:
        text = chr(code)
        if text in _SPECIAL:
            return f"\\{text}"
        return text if text.isprintable() else _SHORT.get(code, f"\\x{code:02x}")
    return f"\\x{code:02x}" if raw and code <= 0xFF else chr(code)


class Members:
    """The members of a class, as they are read one by one."""

    def __init__(self, *, negated: bool) -> None:
        self.negated = negated
        self.beyond = False
        """A character beyond ASCII stands in a place where only bytes can be told apart."""
        self._parts: list[str] = []
        self._others: list[str] = []
        self._newline = False

    def add_class(self, text: str) -> None:
        """Takes `\\d`, or ranges as they stand in brackets."""
        self._parts.append(text)
        self._newline |= bool(re.match(f"[{text}]".encode(), b"\n"))

    def add(self, low: int, high: int, *, raw: bool) -> None:
        """Takes the characters from `low` to `high`, both included."""
        self._newline |= low <= 0x0A <= high
        if high < 0x80 or (raw and high <= 0xFF):
            first, last = (character(code, raw=True) for code in (low, high))
            self._parts.append(first if low == high else f"{first}-{last}")
        elif low == high and not self.negated:
            self._others.append(chr(low))
        else:
            self.beyond = True
            if low < 0x80:
                self._parts.append(f"{character(low, raw=True)}-\\x7f")
            if not self.negated:
                self._parts.append(r"\x80-\xff")

    def atom(self) -> Atom:
        """The class. A character beyond ASCII is several bytes, so it stands beside the class."""
        inner = "".join(self._parts)
        if self.negated:
            text = f"[^{inner}]" if inner else r"[\x00-\xff]"
            return Atom(text, has_newline=not self._newline)
        classes = [f"[{inner}]"] if inner else []
        if not self._others:
            text = classes[0] if classes else r"[^\x00-\xff]"
            return Atom(text, has_newline=self._newline)
        return Atom(f"(?:{'|'.join(classes + self._others)})", has_newline=self._newline)
