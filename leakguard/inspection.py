"""Names the builds in files and folders, without looking for secrets in them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leakguard import limits
from leakguard.artifacts import apple
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer
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
    found += [(path, build, "") for path in paths for build in _bundles(path)]
    ownership = opening.ownership() if found and opening.ownership else Ownership()
    builds = [
        Inspected(path, build, digest, judge(build, digest, ownership))
        for path, build, digest in dict.fromkeys(found)
    ]
    builds.sort(key=lambda item: (item.path, item.build.kind))
    skips.sort(key=lambda skip: (skip.path, skip.reason))
    return builds, skips, learned_notes(ownership) if builds else []


def _bundles(path: str) -> Iterator[Build]:
    """Builds that are folders: apps, archives and symbols of Apple's platforms."""
    if os.path.isdir(path):
        yield from apple.describe_tree(FolderTree(path))


class FolderTree:
    """The files of a folder, as a container's members."""

    def __init__(self, folder: str) -> None:
        self.data: Buffer | None = None
        self._parent = os.path.dirname(os.path.abspath(folder))
        self.names = list(self._walk(os.path.abspath(folder)))

    def _walk(self, folder: str) -> Iterator[str]:
        seen = 0
        for root, folders, files in os.walk(folder):
            folders.sort()
            seen += len(files)
            if seen > limits.ARTIFACT_MEMBERS:
                return
            for name in sorted(files):
                full = os.path.join(root, name)
                yield os.path.relpath(full, self._parent).replace(os.sep, "/")

    def read(self, name: str, most: int = limits.ARTIFACT_METADATA_BYTES) -> bytes:
        """The bytes of a file. Raises KeyError when it cannot be read, ArtifactError if large."""
        try:
            with open(os.path.join(self._parent, name), "rb") as stream:
                data = stream.read(most + 1)
        except OSError as error:
            raise KeyError(name) from error
        if len(data) > most:
            raise ArtifactError(f"{name} is larger than {most >> 20} MiB")
        return data
