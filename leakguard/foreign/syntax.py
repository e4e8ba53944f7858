"""Regular expressions of Go and Rust -> the form that RE2 and the finder both read.

Go's are RE2's (https://pkg.go.dev/regexp/syntax); Rust's (https://docs.rs/regex/latest/regex/)
have free spacing as well. What comes out has no names but `secret`, no flags but scoped ones, no
POSIX classes, and says of each `^` and `$` whether it means a line or the whole text.
"""

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from leakguard import limits
from leakguard.foreign.classes import Atom, character
from leakguard.foreign.lexer import END, START, Dialect, Lexer, SyntaxProblem, Untranslatable


@dataclass(frozen=True, slots=True)
class Translated:
    """A pattern in our form."""

    pattern: str
    groups: int
    names: dict[str, int]
    """Numbers of the named groups."""
    by_bytes: bool
    """Characters beyond ASCII stand in a class: there they are compared byte by byte."""


def translate(pattern: str, dialect: Dialect = Dialect.GO, secret: int = 0) -> Translated:
    """The pattern in our form; the group with the number `secret` gets that name.

    Raises SyntaxProblem and Untranslatable.
    """
    reader = _Reader(pattern, dialect, secret)
    try:
        text = reader.alternatives(frozenset())
    except RecursionError as error:
        raise SyntaxProblem("its groups are nested too deeply") from error
    if reader.position < len(pattern):
        raise SyntaxProblem("a `)` closes nothing")
    return Translated(text, reader.groups, reader.names, reader.by_bytes)


_FLAGS: Final = {Dialect.GO: "imsU", Dialect.RUST: "imsUxuR"}
_IGNORED: Final = "uR"
"""Unicode and CRLF modes: bytes have no such thing."""
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(,?)(\d*)\}")
_GROUP = re.compile(
    r"\?(?:P?<(?P<name>[A-Za-z_]\w*)>|(?P<flags>[A-Za-z]*(?:-[A-Za-z]+)?)(?P<end>[:)]))"
)
_Flags = frozenset[str]


class _Reader(Lexer):
    """Reads one pattern from left to right."""

    def __init__(self, text: str, dialect: Dialect, secret: int) -> None:
        super().__init__(text, dialect)
        self.groups = 0
        self.names: dict[str, int] = {}
        self._secret = secret

    def alternatives(self, flags: _Flags) -> str:
        """Up to the `)` that closes the group, or the end. Flags set inside reach over `|`."""
        branches: list[list[Atom]] = [[]]
        while (next_ := self.peek()) not in ("", ")"):
            if next_ == "|":
                self.position += 1
                branches.append([])
            elif flag_group := self._flag_group(flags):
                flags = flag_group[0]
            elif not self._skipped(flags):
                branches[-1].append(self._quantified(flags))
        return "|".join(map(_joined, _ends(branches)))

    def _skipped(self, flags: _Flags) -> bool:
        """Steps over free spacing and comments."""
        if self.peek(3) == "(?#":
            end = self.text.find(")", self.position)
            self.position = end + 1 if end >= 0 else len(self.text)
            return True
        if "x" not in flags or not (self.peek().isspace() or self.peek() == "#"):
            return False
        if self.peek() == "#":
            end = self.text.find("\n", self.position)
            self.position = end if end >= 0 else len(self.text)
        else:
            self.position += 1
        return True

    def _flag_group(self, flags: _Flags) -> tuple[_Flags] | None:
        """The flags that hold after a `(?i)`; None when there is none here."""
        found = re.compile(r"\((?=\?)").match(self.text, self.position)
        inner = _GROUP.match(self.text, found.end()) if found else None
        if inner is None or inner["end"] != ")":
            return None
        self.position = inner.end()
        return (self._changed(flags, inner["flags"]),)

    def _changed(self, flags: _Flags, text: str) -> _Flags:
        on, _, off = text.partition("-")
        for letter in on + off:
            if letter not in _FLAGS[self.dialect]:
                raise SyntaxProblem(f"`(?{text})` has a flag that {self.dialect.value} has not")
        return ((flags | set(on)) - set(off)) - set(_IGNORED)

    def _quantified(self, flags: _Flags) -> Atom:
        atom = self._atom(flags)
        while True:
            while self._skipped(flags):
                pass
            found = self.take(_QUANTIFIER)
            if found is None:
                return atom
            atom = Atom(self._repeated(_grouped(atom.text), found, flags), atom.folded)

    def _repeated(self, text: str, found: re.Match[str], flags: _Flags) -> str:
        """The text with its quantifier; one that counts further than RE2 does is cut in two."""
        lazy = self.peek() == "?"
        self.position += lazy
        mark = "?" if lazy != ("U" in flags) else ""
        low = int(found[1] or 0)
        high = int(found[3] or 0) if found[2] else low
        most = limits.REPEAT_MOST
        if max(low, high) <= most:
            return f"{text}{found[0]}{mark}"
        if self.dialect is Dialect.GO:
            raise SyntaxProblem(f"`{found[0]}` counts to more than {most}")
        if max(low, high) > 2 * most or "(" in text:
            raise Untranslatable(f"`{found[0]}` counts to more than {most}")
        rest = f"{{{max(low - most, 0)},{max(high - most, 0) or ''}}}"
        return f"{text}{{{min(low, most)},{most}}}{mark}{text}{rest}{mark}"

    def _atom(self, flags: _Flags) -> Atom:
        next_ = self.peek()
        if next_ == "(":
            return Atom(self._group(flags))
        if next_ == "[":
            return self.brackets(spaced="x" in flags)._replace(folded="i" in flags)
        self.position += 1
        if next_ == "\\":
            return self.escape()._replace(folded="i" in flags)
        if next_ == ".":
            return Atom("(?s:.)" if "s" in flags else r"[^\n]", has_newline="s" in flags)
        if next_ in "^$":
            return _border(next_, flags)
        if next_ in "*+?":
            raise SyntaxProblem(f"`{next_}` repeats nothing")
        return Atom(character(ord(next_), raw=False), "i" in flags)

    def _group(self, flags: _Flags) -> str:
        self.position += 1
        opening = "("
        if self.peek() == "?":
            found = self.take(_GROUP)
            if found is None:
                raise SyntaxProblem(f"`({self.peek(3)}` is not allowed: no look-around")
            if found["name"]:
                opening = self._numbered(found["name"])
            else:
                opening, flags = "(?:", self._changed(flags, found["flags"])
        else:
            opening = self._numbered("")
        inner = self.alternatives(flags)
        if self.peek() != ")":
            raise SyntaxProblem("a `)` is missing")
        self.position += 1
        return f"{opening}{inner})"

    def _numbered(self, name: str) -> str:
        self.groups += 1
        if name:
            self.names[name] = self.groups
        return "(?P<secret>" if self.groups == self._secret else "("


def _joined(branch: list[Atom]) -> str:
    """The atoms one after the other, with one `(?i:` around those that stand together."""
    runs = groupby(branch, key=lambda atom: atom.folded)
    texts = (("".join(atom.text for atom in run), folded) for folded, run in runs)
    return "".join(f"(?i:{text})" if folded else text for text, folded in texts)


def _border(sign: str, flags: _Flags) -> Atom:
    if "m" in flags:
        return Atom(sign)
    return Atom(START if sign == "^" else END, is_end=sign == "$")


def _ends(branches: list[list[Atom]]) -> list[list[Atom]]:
    """The branches; an end of the text beside a class that has the line's end is one of a line.

    `(?:[\\s;]|$)` says the same either way, and then no whole file has to be looked at.
    """
    newline = any(len(branch) == 1 and branch[0].has_newline for branch in branches)
    line_end = Atom("$")
    return [
        [line_end] if newline and len(branch) == 1 and branch[0].is_end else branch
        for branch in branches
    ]


def _grouped(text: str) -> str:
    """The text as one thing to repeat."""
    single = len(text) == 1 or re.fullmatch(r"\\x[0-9a-f]{2}|\\.|\[(?:\\.|[^]\\])*\]", text)
    closed = text.startswith("(") and _closes(text)
    return text if (single and text.isascii()) or closed else f"(?:{text})"


def _closes(text: str) -> bool:
    """Whether the first `(` is closed by the last character."""
    depth = 0
    bare = re.sub(r"\\.|\[(?:\\.|[^]\\])*\]", lambda found: "_" * len(found[0]), text)
    for index, one in enumerate(bare):
        depth += (one == "(") - (one == ")")
        if not depth:
            return index == len(bare) - 1
    return False
