"""Path globs, as `.gitignore` has them: which paths a list of globs covers. Pure.

The syntax is that of https://git-scm.com/docs/gitignore without comments and `!`: `*`, `?`, `[a-z]`
stay within one folder, `**` spans folders, a glob without an inner `/` holds at any depth, and a
glob that names a folder covers all in it.
"""

import re
from collections.abc import Sequence
from functools import cache

_PART = re.compile(r"\*+|\[[!^]?\]?(?:\\.|[^\]\\])*\]|\\.|.", re.DOTALL)
_WITHIN = "[^/]*"
_FOLDERS = "(?:[^/]+/)*"


def is_excluded(path: str, globs: tuple[str, ...]) -> bool:
    """Whether any of the globs covers a path, which has `/` between folders and none in front.

    What covers an archive covers all that is in it: `a.zip!b` is the member `b` of `a.zip`.
    Raises ValueError for a glob that has no meaning.
    """
    if not globs:
        return False
    pattern = _compiled(globs)
    return any(pattern.match(part) for part in {path, path.partition("!")[0]})


def check_globs(globs: tuple[str, ...]) -> None:
    """Raises ValueError, with the reason, when one of the globs has no meaning."""
    _compiled(globs)


@cache
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    try:
        return re.compile("|".join(map(_translated, globs)), re.DOTALL)
    except re.error as error:
        raise ValueError(f"a range in {', '.join(globs)} goes backwards") from error


def _translated(glob: str) -> str:
    """A regular expression for the beginning of the paths that a glob covers."""
    if glob.startswith("!"):
        raise ValueError(f"`{glob}`: `!` cannot bring a path back; write `\\!` for the character")
    segments = [segment for segment in glob.split("/") if segment not in ("", ".")]
    if not segments:
        raise ValueError("a glob is empty")
    if segments[-1] == "**":  # what lies anywhere in a folder lies in or below its direct members
        segments[-1] = "*"
    if "/" not in glob.rstrip("/"):
        segments.insert(0, "**")
    runs = [""]
    for segment in segments:
        if segment == "**":
            runs.append("")
        else:
            runs[-1] += _segment(segment, glob) + "/"
    runs[-1] = runs[-1].removesuffix("/")
    return _spanned(runs, _FOLDERS) + ("/" if glob.endswith("/") else r"(?:/|\Z)")


def _segment(segment: str, glob: str) -> str:
    runs = [""]
    for part in _PART.findall(segment):
        if part.startswith("*"):
            runs.append("")
        else:
            runs[-1] += _character(part, glob)
    return _spanned(runs, _WITHIN)


def _spanned(runs: Sequence[str], gap: str) -> str:
    """The runs in their order with a gap between each two.

    All gaps but the last end at the first place that fits and are not tried again (atomic groups):
    that loses no match, and no glob can make the matching slow.
    """
    first, *others = runs
    if not others:
        return first
    return first + "".join(f"(?>{gap}?{run})" for run in others[:-1]) + gap + others[-1]


def _character(part: str, glob: str) -> str:
    if part in ("[", "\\"):
        raise ValueError(f"`{glob}`: nothing follows `\\`, or `[` has no `]`")
    if part == "?":
        return "[^/]"
    if part.startswith("["):
        return _class(part[1:-1])
    return re.escape(part[-1])


def _class(body: str) -> str:
    negated = body[0] in "!^"
    members = re.sub(
        r"\\?(.)",
        lambda match: "-" if match[0] == "-" else re.escape(match[1]),
        body[negated:],
        flags=re.DOTALL,
    )
    return f"(?!/)[{'^' if negated else ''}{members}]"
