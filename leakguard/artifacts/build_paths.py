"""Folders of the machine that something was built on, as debug information has them."""

import re

_MOST = 20
_ROOTED = re.compile(r"(?:[A-Za-z]:[\\/]|\\\\|/)")
_TOOLS = re.compile(
    r"^(?:/_\d*/|/usr/(?:include|lib)/|[a-z]:[\\/](?:program files|windows)\b)"
    r"|[\\/](?:microsoft visual studio|windows kits|vctools)[\\/]",
    re.IGNORECASE,
)
"""Of the tools, or written by a build that hides its folders."""


def folder(path: str) -> str:
    """The folder of a file's path; nothing when it names none, or no particular machine's."""
    if not _ROOTED.match(path) or _TOOLS.search(path):
        return ""
    return path[: max(path.rfind("\\"), path.rfind("/"))]


def folders(paths: list[str]) -> tuple[str, ...]:
    """The different folders, in order, at most twenty."""
    return tuple(dict.fromkeys(found for path in paths if (found := folder(path))))[:_MOST]
