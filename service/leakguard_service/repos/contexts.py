"""Reads the blobs of what was found, for the lines around it; only the child does, in the copy."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from leakguard.matcher import Matcher
from leakguard.model import Finding
from leakguard.sources.git.command import Git
from leakguard_service.repos.surroundings import Blob, Surroundings

MOST: Final = 1_000
"""Findings of one scan whose lines are kept: reading a blob takes some milliseconds."""
BLOB_BYTES: Final = 2**20
"""Larger blobs are no source code."""


def contexts(git: Git, matcher: Matcher, findings: Sequence[Finding]) -> list[str]:
    """Masked lines for each finding, in their order; empty where there are none to show."""
    wanted = [number for number, found in enumerate(findings) if _is_file(found)][:MOST]
    wanted.sort(key=lambda number: (findings[number].blob or "", number))
    said, show = [""] * len(findings), Surroundings(matcher)
    small = _small(git, {findings[number].blob or "" for number in wanted})
    for oid, group in groupby(wanted, key=lambda number: findings[number].blob or ""):
        if oid in small:
            blob = Blob.of(git.output("cat-file", "blob", oid))
            for number in group:
                said[number] = show.of(blob, findings[number])
    return said


def _is_file(found: Finding) -> bool:
    """Whether the lines are those of a blob: neither a message nor a part of an archive."""
    return bool(found.blob) and found.kind == "secret" and not _is_inside(found.path)


def _is_inside(path: str) -> bool:
    return "!" in path or path.startswith("<")


def _small(git: Git, oids: set[str]) -> set[str]:
    """Those of the blobs that are there and not too large."""
    if not oids:
        return set()
    feed = "".join(f"{oid}\n" for oid in sorted(oids)).encode()
    asked = git.output(
        "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", feed=feed
    )
    facts = [line.split() for line in asked.decode().splitlines()]
    return {
        fact[0]
        for fact in facts
        if len(fact) == 3 and fact[1] == "blob" and int(fact[2]) <= BLOB_BYTES
    }
