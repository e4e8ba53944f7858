"""What a container holds, for whoever names it: the names, and the members that tell something."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from leakguard import limits
from leakguard.artifacts.content import Buffer


class Tree(Protocol):
    """The members of one container, or the files of one folder."""

    @property
    def names(self) -> Sequence[str]:
        """All paths, `/` between folders, in the container's order; folders are left out."""
        ...

    @property
    def data(self) -> Buffer | None:
        """The container's own bytes, where they are at hand."""
        ...

    def read(self, name: str, most: int = limits.ARTIFACT_METADATA_BYTES) -> bytes:
        """The bytes of a member. Raises KeyError when it is not there or was not kept, and
        ArtifactError when it is larger than `most` or damaged."""
        ...


class KeptTree:
    """A container that streamed by, and the members that were kept of it."""

    def __init__(self, names: Sequence[str], kept: Mapping[str, bytes]) -> None:
        self.names = names
        self.data: Buffer | None = None
        self._kept = kept

    def read(self, name: str, most: int = limits.ARTIFACT_METADATA_BYTES) -> bytes:
        data = self._kept[name]
        return data if len(data) <= most else b""
