"""The smallest parts of a regular expression of Go or Rust: escapes, and classes in brackets."""

import re
from enum import Enum
from typing import Final

from leakguard.foreign.classes import POSIX, PROPERTIES, Atom, Members, character


class Dialect(Enum):
    """Whose regular expressions they are."""

    GO = "Go"
    RUST = "Rust"


class SyntaxProblem(ValueError):
    """A pattern that the tool it was written for refuses too."""


class Untranslatable(ValueError):
    """A pattern that only the tool it was written for can look for."""


START: Final = "(?-m:^)"
"""The beginning of the text, not of a line."""
END: Final = "(?-m:$)"
_CONTROLS: Final = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|[xuU]\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{2}")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)([A-Za-z_]+)\}|([A-Za-z]))")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_SET_OPERATION = re.compile(r"&&|--|~~|\[")


class Lexer:
    """A pattern, and how far it was read."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.position = 0
        self.by_bytes = False
        """Characters beyond ASCII stood in a class."""
        self._raw = dialect is Dialect.RUST

    def peek(self, length: int = 1) -> str:
        """The next characters, fewer at the end."""
        return self.text[self.position : self.position + length]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Steps over what matches here, if it does."""
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def escape(self) -> Atom:
        """What follows a backslash, outside of brackets."""
        next_ = self.peek()
        if next_ in ("b", "B", "A", "z"):
            self.position += 1
            borders = {"A": Atom(START), "z": Atom(END, is_end=True)}
            return borders.get(next_, Atom(f"\\{next_}"))
        if next_ == "Q":
            return Atom(self._quoted())
        members = Members(negated=False)
        single = self._member(members)
        if single is None:
            return members.atom()
        return Atom(character(single, raw=self._raw), has_newline=single == ord("\n"))

    def _quoted(self) -> str:
        end = self.text.find("\\E", self.position)
        stop = end if end >= 0 else len(self.text)
        quoted = self.text[self.position + 1 : stop]
        self.position = min(stop + 2, len(self.text))
        return "".join(character(ord(one), raw=False) for one in quoted)

    def _member(self, members: Members) -> int | None:
        """A character by its escape; None when the escape was a class and is in `members`."""
        if found := self.take(_HEX):
            return int(found[1] or found[2] or found[3], 16)
        if found := self.take(_OCTAL):
            return int(found[0], 8)
        if found := self.take(_PROPERTY):
            self._property(found, members)
            return None
        next_ = self.peek()
        self.position += 1
        if next_ in "dDwWsS" and next_:
            members.add_class(f"\\{next_}")
            return None
        if next_ in _CONTROLS:
            return _CONTROLS[next_]
        if not next_ or next_.isalnum():
            raise SyntaxProblem(f"`\\{next_}` means nothing here")
        return ord(next_)

    def _property(self, found: re.Match[str], members: Members) -> None:
        name = found[2] or found[3]
        if name not in PROPERTIES:
            raise Untranslatable(f"`\\{found[0]}` is no class of bytes")
        negated = (found[0][0] == "P") != bool(found[1])
        self.by_bytes |= name not in ("Ll", "Lu", "N", "Nd")
        members.add_class(_negated(PROPERTIES[name]) if negated else PROPERTIES[name])

    def brackets(self, *, spaced: bool) -> Atom:
        """A class in brackets; `spaced` says that white space in it does not count."""
        self.position += 1
        negated = self.peek() == "^"
        self.position += negated
        members = Members(negated=negated)
        first = True
        while first or self.peek() != "]":
            if not self.peek():
                raise SyntaxProblem("a `]` is missing")
            if spaced and self.peek().isspace():
                self.position += 1
            elif not self._posix(members):
                self._range(members)
            first = False
        self.position += 1
        self.by_bytes |= members.beyond
        return members.atom()

    def _posix(self, members: Members) -> bool:
        """Takes a `[:alnum:]`, if there is one."""
        found = self.take(_POSIX)
        if found is None:
            return False
        if found[2] not in POSIX:
            raise SyntaxProblem(f"`{found[0]}` is no class")
        members.add_class(_negated(POSIX[found[2]]) if found[1] else POSIX[found[2]])
        return True

    def _range(self, members: Members) -> None:
        """Takes one character, or a range of them."""
        if self._raw and _SET_OPERATION.match(self.text, self.position):
            raise Untranslatable("it has classes within classes")
        low = high = self._one(members)
        if low is None or high is None:
            return
        if self.peek() == "-" and self.peek(2)[1:] not in ("]", ""):
            self.position += 1
            high = self._one(members)
        if high is None or high < low:
            raise SyntaxProblem("a range in a class runs backwards")
        members.add(low, high, raw=self._raw)

    def _one(self, members: Members) -> int | None:
        """One character of a class; None for an escape that is a class of its own."""
        next_ = self.peek()
        self.position += 1
        return self._member(members) if next_ == "\\" else ord(next_)


def _negated(ranges: str) -> str:
    """The bytes that are not in the ranges, as ranges."""
    inside = re.compile(f"[{ranges}]".encode())
    outside = [code for code in range(256) if not inside.match(bytes([code]))]
    return "".join(f"\\x{code:02x}" for code in outside)
