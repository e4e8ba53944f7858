"""Source maps (ECMA-426): the table between a bundle and the sources it was made from.

Most of them hold the sources as well.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Build, Member, Unread

_NAMES = 20
"""Names of sources that a Build has at most."""
_NAME_CHARACTERS = 300
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)
_MAPPINGS = re.compile(rb'"mappings"\s*:')
_ODD = re.compile(r"[\x00-\x1f\x7f\\?*]")


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The sources that the map holds, by their names without scheme and `..`.

    JSON that is no source map holds none. Raises ArtifactError for what is no JSON.
    """
    for name, text in _sources(_parsed(content.whole())):
        budget.member()
        data = text.encode("utf-8", "replace")
        budget.spend(len(data))
        yield Member(name, Content.of(data, budget))


def describe(data: Buffer) -> Build | None:
    """Only of a map that holds sources: the others tell names and nothing else."""
    found = _parsed(data)
    names = []
    for name, text in _sources(found):
        if text.strip():
            names.append(name)
        if len(names) == _NAMES:
            break
    if not names:
        return None
    file = found.get("file")
    return Build(
        kind="source map",
        name=file if isinstance(file, str) else "",
        source=tuple(names),
        app=False,
    )


def _parsed(data: Buffer) -> Any:
    """None when there are no mappings at all: much else is JSON with sources and a version."""
    if not _MAPPINGS.search(data):
        return None
    try:
        return json.loads(bytes(data))
    except (ValueError, RecursionError):
        raise ArtifactError("not valid JSON") from None


def _sources(found: Any) -> Iterator[tuple[str, str]]:
    """The name and the text of each source with a text, sections included."""
    maps = [found]
    sections = found.get("sections") if isinstance(found, dict) else None
    if isinstance(sections, list):
        maps += [section.get("map") for section in sections if isinstance(section, dict)]
    for one in maps:
        if isinstance(one, dict) and isinstance(one.get("sourcesContent"), list):
            names = one.get("sources")
            yield from _of_map(names if isinstance(names, list) else [], one["sourcesContent"])


def _of_map(names: list[Any], texts: list[Any]) -> Iterator[tuple[str, str]]:
    for at, text in enumerate(texts):
        if isinstance(text, str):
            name = names[at] if at < len(names) and isinstance(names[at], str) else ""
            yield _label(name) or f"source-{at}", text


def _label(name: str) -> str:
    """`webpack:///./src/a.js?1b2c` becomes `src/a.js_1b2c`."""
    clean = _ODD.sub("_", _SCHEME.sub("", name[-_NAME_CHARACTERS:]))
    return "/".join(folder for folder in clean.split("/") if folder not in ("", ".", ".."))
