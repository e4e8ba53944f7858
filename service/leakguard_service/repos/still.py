"""Whether branches still hold what was found on them."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from leakguard_service.repos.git import local, local_result
from leakguard_service.repos.model import HEADS, TAGS, TIP, Copy, is_oid

_MESSAGE: Final = "<commit message>"
_TAG: Final = "<tag message>"

_QUESTIONS_MOST: Final = 1_000_000
"""Paths times branches that are looked up one by one, some seconds; beyond, a blob counts as there
when any branch has it anywhere."""

Where = tuple[str, str]
"""Path and blob of an occurrence, as findings have them."""


def still_there(copy: Copy, places: Sequence[Where]) -> tuple[bool, ...]:
    """For each place, whether the head of any branch has that blob at that path.

    A commit message is there while a branch reaches the commit, a tag's while a tag has it. Of what
    is in an archive, the archive counts. Says how it is at the last fetch. Raises BrokenCopy.
    """
    asked = [place for place in dict.fromkeys(places) if is_oid(place[1])]
    files = [place for place in asked if not place[0].startswith((_MESSAGE, _TAG))]
    commits = [oid for path, oid in asked if path == _MESSAGE]
    there = {(_MESSAGE, oid) for oid in _reached(copy, commits)}
    there |= {place for place in asked if place[0].startswith(_TAG) and place[1] in _tags(copy)}
    there |= _held(copy, files)
    return tuple(place in there for place in places)


def _heads(copy: Copy) -> list[str]:
    """The trees of the branch heads, each once."""
    names = (HEADS, TIP)
    out = local(copy, "for-each-ref", "--format=%(tree)", *names).decode()
    return list(dict.fromkeys(line for line in out.split() if is_oid(line)))


def _tags(copy: Copy) -> Collection[str]:
    return set(local(copy, "for-each-ref", "--format=%(objectname)", TAGS).decode().split())


def _reached(copy: Copy, oids: Sequence[str]) -> set[str]:
    """Those of the commits that a branch reaches."""
    if not oids:
        return set()
    known = local(copy, "cat-file", "--batch-check=%(objectname)", feed=_lines(oids)).decode()
    present = [line for line in known.splitlines() if is_oid(line)]
    options = ("--stdin", "--not", "--remotes", TIP)
    ended = local_result(copy, "rev-list", *options, feed=_lines(present))
    if ended.code:
        return set()
    return set(present) - set(ended.out.decode().split())


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _held(copy: Copy, places: Sequence[Where]) -> set[Where]:
    heads = _heads(copy) if places else []
    listed = _listed(copy, heads)
    places = [place for place in places if place[1] in listed]
    if len(places) * len(heads) > _QUESTIONS_MOST:
        return set(places)
    return _looked_up(copy, heads, places)


def _listed(copy: Copy, heads: Sequence[str]) -> set[str]:
    """The ids of all that the trees hold. What is left at the forge is listed as well."""
    if not heads:
        return set()
    options = ("--objects", "--no-object-names", "--missing=print", "--stdin")
    out = local(copy, "rev-list", *options, feed=_lines(heads)).decode()
    return {line.removeprefix("?") for line in out.split()}


def _looked_up(copy: Copy, heads: Sequence[str], places: Sequence[Where]) -> set[Where]:
    """Those of the places that a tree has. Answers come in the order of the questions."""
    questions = [
        (place, f"{tree}:{path}".encode(errors="surrogateescape"))
        for place in places
        for path in _paths(place[0])
        for tree in heads
    ]
    there = {place for place, question in questions if b"\n" in question}
    asked = [(place, question) for place, question in questions if b"\n" not in question]
    feed = b"".join(question + b"\0" for _, question in asked)
    out = local(copy, "cat-file", "-z", "--batch-check=%(objectname)", feed=feed) if feed else b""
    for (place, _), answer in zip(asked, out.decode(errors="replace").split("\n"), strict=False):
        if answer == place[1]:
            there.add(place)
    return there


def _paths(shown: str) -> list[str]:
    """The paths that a shown one may stand for: of an archive with members, of odd bytes."""
    cuts = [at for at, character in enumerate(shown) if character == "!"]
    paths = [shown, *(shown[:at] for at in cuts)]
    odd = [re.sub(r"\\x([89a-f][0-9a-f])", _surrogate, path) for path in paths]
    return list(dict.fromkeys((*paths, *odd)))


def _surrogate(found: re.Match[str]) -> str:
    return chr(0xDC00 + int(found[1], 16))
