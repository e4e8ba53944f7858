"""`.betterleaksignore`: hashes of secrets, wherever they are. Pure: text in, entries out.

Version 2 has a SHA-256 a line, or, under BETTERLEAKS_FINGERPRINT_HMAC_KEY, an HMAC-SHA-256; the
lines of version 1 are gitleaks'. https://github.com/betterleaks/betterleaks
"""

import re
from collections.abc import Iterable

from leakguard.baselines import gitleaks
from leakguard.baselines.foreign import HMAC_SHA256, SHA256, Found, Known, counted_once

_LABEL_DIGITS = 12
_DIGEST = re.compile(r"[0-9a-f]{64}")


def read_ignore(text: str, *, keyed: bool) -> Found:
    """The entries of a file; `keyed` says that there is a key in the environment."""
    entries: list[Known] = []
    others: list[str] = []
    for line in (line.partition("#")[0].strip() for line in text.splitlines()):
        digest = line.lower()
        is_digest = bool(_DIGEST.fullmatch(digest))
        others.append("" if is_digest else line)
        if is_digest:
            algorithm = HMAC_SHA256 if keyed else SHA256
            entries.append(Known(f"{digest[:_LABEL_DIGITS]}…", hash=algorithm, digest=digest))
    older = gitleaks.read_ignore("\n".join(others))
    return Found("betterleaks", counted_once([*entries, *older.entries]), older.left_out)


def is_ignore(lines: Iterable[str]) -> bool:
    """Whether a line is a hash as betterleaks has them."""
    return any(_DIGEST.fullmatch(line.partition("#")[0].strip().lower()) for line in lines)
