"""Comments in what is scanned that allow a secret: our own and those of other tools.

    leakguard:allow[=RULE,...] reason             on the secret's line
    leakguard:allow-next-line[=RULE,...] reason   on the line before
    leakguard:allow-file[=RULE,...] reason        in the first bytes of the file, for all of it

Of the other tools each comment counts where that tool heeds it; detect-secrets' own are read by
detect-secrets, which is imported when one is met.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from leakguard import limits
from leakguard.model import Candidate, Window
from leakguard.policy import Pragmas

WORD: Final = "comment"
"""Reasons that are comments begin with it."""

_MARK: Final = b"leakguard:allow"
_FILE_MARK: Final = b"leakguard:allow-file"

_OURS: Final = re.compile(
    rb"leakguard:allow(?P<form>-next-line|-file)?(?:=(?P<rules>[\w.-]+(?:,[\w.-]+)*))?(?![\w=-])"
    rb"(?P<rest>[^\n]*)"
)
_END: Final = re.compile(rb"\*/|-->|--}}|#}|%}|\*\)|\"\"\"|'''|\?>")
"""Ends of comments in the languages that have one."""

_THEIRS: Final[Mapping[bytes, bool]] = {
    b"gitleaks:allow": False,
    b"betterleaks:allow": False,
    b"trufflehog:ignore": False,
    b"kingfisher:ignore": True,
}
"""Whether it counts on the lines before and behind the secret as well."""


class Pragma(NamedTuple):
    """A comment that allows a secret."""

    text: str
    """What to call it: `comment leakguard:allow=github-pat`."""
    reason: str
    """Empty for none: other tools' comments never give one."""


def judged(pragma: Pragma | None, policy: Pragmas) -> tuple[str | None, str]:
    """Why a comment silences a secret, or None; and why one that is there does not, or nothing."""
    if pragma is None:
        return None, ""
    if policy is Pragmas.FORBID:
        return None, f"{pragma.text}: the settings forbid such comments"
    if policy is Pragmas.REASON and not pragma.reason:
        return None, f"{pragma.text}: it gives no reason, and the settings demand one"
    return f"{pragma.text}: {pragma.reason}" if pragma.reason else pragma.text, ""


def pragma_of(candidate: Candidate, path: str) -> Pragma | None:
    """The comment that allows a secret, whatever the settings say of comments; or None."""
    return _ours(candidate) or _theirs(candidate, path)


def _ours(candidate: Candidate) -> Pragma | None:
    places = (
        (b"", candidate.after, False),
        (b"", candidate.before, True),
        (b"-next-line", candidate.previous, False),
        (b"-file", candidate.head, False),
    )
    for form, text, cut in places:
        if _MARK not in text:
            continue
        for match in _OURS.finditer(text):
            rules = match["rules"].decode().split(",") if match["rules"] else []
            if (match["form"] or b"") == form and _is_for(candidate, rules):
                name = f"{WORD} leakguard:allow{form.decode()}"
                named = f"{name}={','.join(rules)}" if rules else name
                return Pragma(named, _reason(match["rest"], cut=cut))
    return None


def _is_for(candidate: Candidate, rules: list[str]) -> bool:
    rule = candidate.rule
    return not rules or rule.id in rules or bool(rule.family and rule.family in rules)


def _reason(rest: bytes, *, cut: bool) -> str:
    """The words behind the mark. Of a comment that is not closed before the secret (`cut`) nobody
    knows where the words end and what must not be told begins: it gives none."""
    end = _END.search(rest)
    if cut and end is None:
        return ""
    words = (rest[: end.start()] if end else rest).decode(errors="replace")
    return " ".join(words.split()).strip("-–:;,.'\" ")[: limits.PRAGMA_REASON_CHARACTERS]


def _theirs(candidate: Candidate, path: str) -> Pragma | None:
    line = candidate.before + b" " + candidate.after
    for mark, beside in _THEIRS.items():
        lines = (line, candidate.previous, candidate.following) if beside else (line,)
        if any(mark in text for text in lines):
            return Pragma(f"{WORD} {mark.decode()}", "")
    if b"pragma:" in line or b"pragma:" in candidate.previous:
        return _of_detect_secrets(candidate, path)
    return None


def _of_detect_secrets(candidate: Candidate, path: str) -> Pragma | None:
    """As detect-secrets reads its own comments, the form for the next line included."""
    from detect_secrets.filters.allowlist import is_line_allowlisted
    from detect_secrets.util.code_snippet import CodeSnippet

    line = (candidate.before + b"''" + candidate.after).decode(errors="replace")
    previous = candidate.previous.decode(errors="replace")
    snippet = CodeSnippet([previous, line], 0, 1)
    allowed = is_line_allowlisted(path, line, snippet)
    return Pragma(f"{WORD} pragma: allowlist secret", "") if allowed else None


class Heads:
    """Gives candidates what the beginning of their blob says of the whole of it.

    For one source, windows in its order. A window costs nothing unless something is found in it or
    a large blob begins there.
    """

    def __init__(self) -> None:
        self._large = ("", b"")
        """Key and head of the large blob that is coming in segments."""
        self._window: Window | None = None
        self._starts: dict[str, int] = {}
        """By key, where the blobs of the window begin; made when something is found in it."""

    def look(self, window: Window) -> None:
        """Takes the next window."""
        self._window, self._starts = window, {}
        last = window.pieces[-1] if window.pieces else None
        if last and not last.offset and last.own_end < last.end:
            self._large = (last.key, _head(window, last.start, last.end))

    def marked(self, candidate: Candidate) -> Candidate:
        """The candidate of the window with its `head`."""
        head = self._large[1] if self._large[0] == candidate.key else self._here(candidate.key)
        return replace(candidate, head=head) if head else candidate

    def _here(self, key: str) -> bytes:
        window = self._window
        if window is None:
            return b""
        if not self._starts:
            self._starts = {piece.key: at for at, piece in enumerate(window.pieces)}
        at = self._starts.get(key)
        piece = None if at is None else window.pieces[at]
        return b"" if piece is None or piece.offset else _head(window, piece.start, piece.end)


def _head(window: Window, start: int, end: int) -> bytes:
    """The line of a blob's beginning that has the mark, from the mark on; empty for none."""
    data, end = window.data, min(end, start + limits.PRAGMA_HEAD_BYTES)
    found = data.find(_FILE_MARK, start, end)
    if found < 0:
        return b""
    newline = data.find(b"\n", found, end)
    return bytes(data[found : end if newline < 0 else newline])
