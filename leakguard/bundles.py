"""Apps that are folders: bundles, archives and symbols of Apple's platforms, on disk."""

import os
import re
from collections.abc import Iterator

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer

_BUNDLE = re.compile(
    r"((?:.*/)?[^/]+\.(?:app|dSYM|xcarchive))/(?:Contents/)?Info\.plist", re.DOTALL
)
_INSIDE = re.compile(r"\.(?:app|appex|framework|xcarchive)/")
"""A bundle in a bundle is a part of it."""


def bundle_of(path: str) -> str:
    """The folder whose Info.plist `path` is; empty when it is no bundle, or a part of another."""
    found = _BUNDLE.fullmatch(path.replace(os.sep, "/"))
    return found[1] if found and not _INSIDE.search(found[1]) else ""


class FolderTree:
    """The files of a folder, as a container's members, its own name in front."""

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
        path = os.path.join(self._parent, name)
        try:
            if os.path.islink(path):
                raise KeyError(name)
            with open(path, "rb") as stream:
                data = stream.read(most + 1)
        except OSError as error:
            raise KeyError(name) from error
        if len(data) > most:
            raise ArtifactError(f"larger than {most >> 20} MiB")
        return data
