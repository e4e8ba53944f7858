"""How fast a forge is asked to create things: GitHub bans those who are faster.

80 requests a minute and 500 an hour that create content, for one installation or token:
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
Counted in this process only; the forge's own 403 and 429 are obeyed besides.
"""

import time
from collections.abc import Sequence
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from leakguard_service.errors import Later

GITHUB: Final[Sequence[RateLimitItem]] = (RateLimitItemPerMinute(80), RateLimitItemPerHour(500))


class Pace:
    """Counts what was created."""

    def __init__(self, items: Sequence[RateLimitItem] = GITHUB) -> None:
        self._items = items
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, *who: str) -> None:
        """Counts one request. Raises Later, which says for how long, when it were one too many."""
        for item in self._items:
            if not self._limiter.test(item, *who):
                reset = self._limiter.get_window_stats(item, *who).reset_time
                seconds = min(max(reset - time.time(), 1.0), float(item.get_expiry()))
                raise Later(f"{who[0]}: asked often enough for now", seconds, waited=True)
        for item in self._items:
            self._limiter.hit(item, *who)


SHARED: Final = Pace()
"""This process's count for all GitHub connections."""
