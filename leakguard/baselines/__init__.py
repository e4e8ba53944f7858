"""Files that say what was accepted: the repository's own, a service's, those of other tools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from leakguard.model import Place


def _nowhere() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a baseline is asked about: a secret, or a build, at one place."""

    rule_id: str
    family: str
    secret: bytes = field(repr=False)
    place: Place
    line: int = 0
    """From 1; 0 for a build."""
    start: int = 0
    end: int = 0
    """Bytes in the blob, `end` exclusive."""
    root: str = ""
    """The folder that the place's path starts from; empty for the working folder."""
    parts: tuple[bytes, ...] = field(default=(), repr=False)
    """What else of the same credential stands near it."""
    former: Callable[[], Sequence[str]] = _nowhere
    """Gives the paths that the file had before, as git's rename detection tells."""


class Decision(NamedTuple):
    """What a baseline says of a subject that it knows."""

    reason: str
    """Why the subject is accepted; empty when it is not."""
    unheeded: str = ""
    """Why it is not accepted although the baseline knows it."""
    entry: str = ""
    """Fingerprint of the entry, of the repository's own baseline."""
    is_leak: bool = False
    """Whether somebody said that it is a leak: then nothing else silences it."""


class Baseline(Protocol):
    """What somebody has accepted."""

    def decides(self, subject: Subject) -> Decision | None:
        """What the baseline says of a subject; None when it does not know it."""
        ...
