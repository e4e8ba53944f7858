"""Names the builds in files and folders, without looking for secrets in them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from leakguard.artifacts.model import Build
from leakguard.artifacts.ownership import Ownership
from leakguard.artifacts.verdict import Judgement, judge
from leakguard.builds import learned_notes
from leakguard.errors import UsageError
from leakguard.model import Skip
from leakguard.sources.files import FilesSource
from leakguard.unpack import Opening, Unpacking


@dataclass(frozen=True, slots=True)
class Inspected:
    """A build, where it is, and what is thought of it."""

    path: str
    build: Build
    sha256: str
    """Of its bytes; empty for a folder or what only streamed by."""
    judgement: Judgement


def inspect(
    paths: Sequence[str], opening: Opening
) -> tuple[list[Inspected], list[Skip], list[str]]:
    """The builds in files and folders, by path, what could not be looked at, and notes.

    Raises UsageError for a path that does not exist.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{path}: there is no such file or folder")
    source = Unpacking(FilesSource(paths, follow=True), opening.allowance)
    skips = [item for item in source.windows() if isinstance(item, Skip)]
    places = source.places({seen.key for seen in source.builds})
    found = [(places[seen.key][0].path, seen.build, seen.sha256) for seen in source.builds]
    ownership = opening.ownership() if found and opening.ownership else Ownership()
    builds = [
        Inspected(path, build, digest, judge(build, digest, ownership))
        for path, build, digest in dict.fromkeys(found)
    ]
    builds.sort(key=lambda item: (item.path, item.build.kind))
    skips.sort(key=lambda skip: (skip.path, skip.reason))
    return builds, skips, learned_notes(ownership) if builds else []
