"""What one top-level file may cost: bytes, members, depth and time, over all nesting."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from leakguard import limits


class ArtifactError(Exception):
    """A file is not what its head promised. The text is for users and quotes no content."""


class LimitReached(ArtifactError):
    """Looking further would cost more than is allowed. The text names the limit."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one top-level file; see limits.py for each one's reason."""

    total_bytes: int = limits.ARTIFACT_TOTAL_BYTES
    whole_bytes: int = limits.ARTIFACT_WHOLE_BYTES
    ratio: int = limits.ARTIFACT_RATIO
    depth: int = limits.ARTIFACT_DEPTH
    members: int = limits.ARTIFACT_MEMBERS
    seconds: float = limits.ARTIFACT_SECONDS


class Budget:
    """Counts down what one top-level file may still cost. Not for several threads."""

    def __init__(
        self, allowance: Allowance = Allowance(), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.allowance = allowance
        self._clock = clock
        self._ends = clock() + allowance.seconds
        self._bytes = allowance.total_bytes
        self._members = 4 * allowance.members
        self._held = 0

    def spend(self, count: int) -> None:
        """Takes `count` inflated bytes, and looks at the clock. Raises LimitReached."""
        self._bytes -= count
        if self._bytes < 0:
            raise LimitReached(f"more than {self.allowance.total_bytes >> 20} MiB inflated")
        self.look()

    def member(self) -> None:
        """Counts a member. Raises LimitReached."""
        self._members -= 1
        if self._members < 0:
            raise LimitReached(f"more than {4 * self.allowance.members} members in all")
        self.look()

    def hold(self, count: int) -> None:
        """Counts bytes that are held in memory until `hold(-count)`. Raises LimitReached."""
        self._held += count
        if self._held > 2 * self.allowance.whole_bytes:
            self._held -= count
            raise LimitReached(f"needs more than {2 * self.allowance.whole_bytes >> 20} MiB held")

    def look(self) -> None:
        """Raises LimitReached when the time is over: to be called in every long loop."""
        if self._clock() > self._ends:
            raise LimitReached(f"took longer than {self.allowance.seconds:g} s")

    def ratio(self, inflated: int, compressed: int) -> None:
        """Raises LimitReached when a stream grows like a bomb."""
        free = limits.ARTIFACT_RATIO_FREE_BYTES
        if inflated > max(free, self.allowance.ratio * compressed):
            raise LimitReached(f"inflates to more than {self.allowance.ratio} times its size")
