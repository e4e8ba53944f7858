"""Where blobs come from. A source yields windows of blobs and says where each blob belongs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from leakguard.model import Place, Skip, Window


@dataclass(slots=True)
class Tally:
    """What a source has handed out so far."""

    blobs: int = 0
    bytes: int = 0
    commits: int = 0


Counts = Callable[[str, str], bool]
"""Whether anything in the blob of a key counts at a path."""


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
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        """Where the blobs of these pieces' keys occur. Called after the last window.

        To find every path of a blob can take long: one is enough, unless the source knows a path
        that one of the patterns `elsewhere` is found in. A blob that `counts` at none of the paths
        that are known without looking for more may be left out.

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


@runtime_checkable
class Shareable(Source, Protocol):
    """A source that several processes can read together, each some of its parts: see team.py."""

    others: Callable[[], None] | None
    """Set where others read the parts: `windows` calls it in their place, and then has only what is
    in none of them."""

    def parts(self) -> int:
        """How many there are; 0 where it is not worth it. Called before anything else."""
        ...

    def close(self) -> None:
        """Ends what `parts` has begun, in case that `windows` was never reached."""
        ...

    def share(self, claims: Iterable[int]) -> Iterator[Window | Skip]:
        """What is in the parts that are claimed, each a number below `parts`."""
        ...

    def told(self) -> Any:
        """What the process that asked for the scan has to know when the claims have run out. Can be
        pickled."""
        ...

    def hear(self, told: Any) -> None:
        """Takes what another process told."""
        ...
