"""A rule's pattern as RE2 looks for it, in what the automaton has found: see finder.py."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import re2

from leakguard import limits


class PatternError(ValueError):
    """A pattern that one of the engines refuses, with the reason."""


class Confirmer:
    """A compiled RE2 pattern over bytes. Safe to share between threads."""

    __slots__ = ("_groups", "names", "regexp", "secret")

    def __init__(self, pattern: str) -> None:
        """Raises PatternError when RE2 refuses the pattern."""
        try:
            self.regexp: Any = re2.compile(b"(?m)" + pattern.encode(), options=_options())
        except re2.error as error:
            reason = error.args[0]
            text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
            raise PatternError(f"RE2 refuses `{pattern}`: {text}") from error
        self.names: dict[str, int] = {k.decode(): v for k, v in self.regexp.groupindex.items()}
        self.secret = self.names.get("secret", 0)
        self._groups = 0 if self.secret else self.regexp.groups

    def span(self, match: Any) -> tuple[int, int]:
        """Where the secret is in a match: its group, else the first that holds anything.

        Without any group it is the match, without line ends around it.
        """
        for group in range(1, self._groups + 1):
            start, end = match.span(group)
            if start < end:
                return start, end
        start, end = match.span(self.secret)
        if not self.secret:
            text = match.group()
            start += len(text) - len(text.lstrip(b"\n"))
            end -= len(text) - len(text.rstrip(b"\n"))
        return start, end


def _options() -> Any:
    """Patterns over bytes, quietly and within limits."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = limits.RE2_MEMORY_BYTES
    return options


def any_of(patterns: Iterable[str]) -> Any:
    """The RE2 set that says which of the patterns occur in a text, in any case: their numbers."""
    options = _options()
    options.case_sensitive = False
    found = re2.Set.SearchSet(options)
    for pattern in patterns:
        found.Add(pattern.encode())
    found.Compile()
    return found


@cache
def confirmer(pattern: str) -> Confirmer:
    """The compiled pattern, made once. Raises PatternError."""
    return Confirmer(pattern)


def search(pattern: str) -> Any:
    """The RE2 object of a pattern without groups of note. Raises PatternError."""
    return confirmer(pattern).regexp
