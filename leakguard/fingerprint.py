"""What a finding shows and stores in place of its secret: a masked preview and a fingerprint."""

import hashlib
import hmac
import math
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from leakguard import limits

FIXED_KEY: Final = b"leakguard/v1"
"""Of fingerprints where no baseline of the repository has a key of its own, as in a service."""

_DIGITS = 32
_DIGIT = re.compile(rb"[0-9]")


def preview(secret: bytes) -> str:
    """The first and last characters with `…` between: at most a quarter of the secret in all."""
    text = secret.decode(errors="replace")
    count = min(limits.PREVIEW_CHARACTERS, len(text) // (2 * limits.PREVIEW_SHARE))
    head, tail = text[:count], text[len(text) - count :]
    return "…".join("".join(c if c.isprintable() else "?" for c in part) for part in (head, tail))


def identity(key: bytes, family: str, secret: bytes) -> str:
    """64 hex digits that are the same wherever the secret is; empty without a key.

    HMAC-SHA-256 (RFC 2104). Whoever does not have the key can neither guess nor compare.
    """
    if not key:
        return ""
    return hmac.new(key, family.encode() + b"\0" + secret, hashlib.sha256).hexdigest()


class Fingerprints:
    """Makes the fingerprints under one key. For one scan; what it remembers holds no secret.

    The key is committed with the baseline: it is a salt, not a secret. It makes the fingerprints of
    one repository useless for another one and tables of hashes worthless, but whoever has both can
    still try values. For a token of 20 random characters that is hopeless; `hunter2` falls in a
    moment to a bare hash. So what `is_guessable` goes through PBKDF2 (RFC 8018) first: a guess
    then costs milliseconds, 20,000 times as much.
    """

    def __init__(self, key: bytes = FIXED_KEY) -> None:
        self._key = key
        self._slow: dict[bytes, bytes] = {}
        """By its hash, which a process may hold, what PBKDF2 makes of a secret."""
        self._at_work: list[threading.Thread] = []
        """What fills `_slow` beside everything else."""

    def of(self, family: str, secret: bytes, path: str) -> str:
        """32 hex digits that stay the same while the secret stays in the file, on whatever line.

        HMAC-SHA-256 (RFC 2104) of the family of rules, the secret and the path.
        """
        digest = self._stretched(secret) if is_guessable(secret) else secret
        text = b"\0".join((family.encode(), digest, path.encode(errors="surrogateescape")))
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:_DIGITS]

    def prepare(self, secrets: Iterable[bytes]) -> None:
        """Begins to hash several secrets, side by side and beside what follows: it needs no lock.

        `of` waits until they are.
        """
        left = sorted(filter(is_guessable, set(secrets)))
        if len(left) < limits.SLOW_HASHES_TOGETHER:
            return
        for _ in range(min(len(left), os.cpu_count() or 1)):
            self._at_work.append(threading.Thread(target=self._work, args=(left,), daemon=True))
            self._at_work[-1].start()

    def _work(self, left: list[bytes]) -> None:
        with suppress(IndexError):
            while True:
                self._hash(left.pop())

    def _stretched(self, secret: bytes) -> bytes:
        while self._at_work:
            self._at_work.pop().join()
        return self._hash(secret)

    def _hash(self, secret: bytes) -> bytes:
        mark = hmac.new(self._key, secret, hashlib.sha256).digest()
        if mark not in self._slow:
            rounds = limits.SLOW_HASH_ROUNDS
            self._slow[mark] = hashlib.pbkdf2_hmac("sha256", secret, self._key, rounds)
        return self._slow[mark]


def is_guessable(secret: bytes) -> bool:
    """Whether a list of fingerprints could help in guessing a secret.

    So it is when it is short, has no digit and hence may be words, or has little entropy for its
    length (Shannon's, of the bytes that occur, which no secret is better than).
    """
    length = len(secret)
    if length < limits.GUESSABLE_CHARACTERS:
        return True
    if length > limits.GUESSABLE_MOST:
        return False
    if not _DIGIT.search(secret):
        return True
    shares = (count / length for count in Counter(secret).values())
    return -length * sum(share * math.log2(share) for share in shares) < limits.GUESSABLE_BITS
