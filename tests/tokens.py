"""Fake credentials with the right form and checksum, put together when a test needs them."""

import random
import string
import zlib

from leakguard.checksums import base62

_ALPHANUMERIC = string.digits + string.ascii_letters


def github_pat(seed: int = 0) -> str:
    """A classic personal access token of GitHub: 30 random characters and their CRC-32."""
    body = _random(seed, 30)
    return "gh" + "p_" + body + base62(zlib.crc32(body.encode()), 6).decode()


def slack_bot(seed: int = 0) -> str:
    """A bot token of Slack: two numbers and 24 random characters."""
    chance = random.Random(seed)  # noqa: S311 - the same for the same seed
    numbers = (str(chance.randrange(10**10, 10**11)) for _ in range(2))
    return "-".join(("xo" + "xb", *numbers, _random(seed, 24)))


def gitlab_pat(seed: int = 0) -> str:
    """A personal access token of GitLab in its first form: 20 random characters."""
    return "gl" + "pat-" + _random(seed, 20)


def google_api_key(seed: int = 0) -> str:
    """An API key of Google: 35 random characters."""
    return "AI" + "za" + _random(seed, 35)


def _random(seed: int, count: int) -> str:
    chance = random.Random(seed)  # noqa: S311 - the same for the same seed
    return "".join(chance.choices(_ALPHANUMERIC, k=count))
