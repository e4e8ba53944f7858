"""How many deliveries come from one address. Each process counts for itself, in memory."""

import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from leakguard_service.hooks.body import Refused

_NETWORK: Final = 64
"""Bits of an IPv6 address that tell networks apart: whoever has one has all addresses in it."""


class Gate:
    """Lets so many deliveries a minute through."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._counts = FixedWindowRateLimiter(MemoryStorage())

    def enter(self, address: str) -> None:
        """Counts one. Raises Refused (429) when there were too many."""
        who = _network(address)
        if not self._counts.hit(self._item, who):
            left = self._counts.get_window_stats(self._item, who).reset_time - time.time()
            raise Refused(429, "too many deliveries in a minute", max(1, math.ceil(left)))


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, _NETWORK), strict=False))
