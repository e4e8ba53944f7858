"""Where blobs come from. A source yields windows of blobs and says where each blob belongs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from leakguard.model import Place, Skip, Window


@dataclass(slots=True)
class Tally:
    """What a source has handed out so far."""

    blobs: int = 0
    bytes: int = 0
    commits: int = 0


class Source(Protocol):
    """Something that can be scanned once. Used by one thread."""

    tally: Tally
    root: str
    """The folder that the paths of places start from; empty for the working folder."""

    def windows(self) -> Iterator[Window | Skip]:
        """Every blob once, in windows; segments of a large blob follow one another.

        What cannot be read is a Skip; what makes all reading vain raises a LeakguardError.
        """
        ...

    def places(
        self, keys: Iterable[str], *, elsewhere: Collection[str] = ()
    ) -> Mapping[str, Sequence[Place]]:
        """Where the blobs of these pieces' keys occur. Called after the last window.

        To find every path of a blob can take long: one is enough, unless the source knows a path
        that one of the patterns `elsewhere` is found in.

        A key that is not in it does not count: what was asked for does not reach its blob.
        """
        ...

    def adds(self, place: Place, secret: bytes) -> bool:
        """Whether this version of the file brings the secret in.

        False when the version before it holds the secret already. True where the source has no
        versions, or covers all of them.
        """
        ...

    def former(self, place: Place) -> Sequence[str]:
        """The paths that the file at a place had before, as far as the source can tell."""
        ...

    def notes(self) -> list[str]:
        """Sentences on what the source was, for the report."""
        ...
