"""What is told twice of a blob that was opened: by its own bytes, and by what came out of it."""

from collections.abc import Mapping, Sequence

from leakguard.model import Candidate
from leakguard.unpack import SEPARATOR, outer_key

_BYTES, _TEXTS, _MEMBER = "bytes", "texts", "member"

_OVERREAD = 8
"""Most bytes that a match in a container's own bytes is longer than the secret in its member."""


def without_doubles(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Leaves out what is told twice of a blob.

    A tar's own bytes show its members: these are told, with their paths. The texts taken out of a
    binary can stand in it as they are: then its bytes are told, with the line and the column.
    """
    opened = {outer_key(item.key) for item in candidates if SEPARATOR in item.key}
    seen: dict[tuple[str, str, bytes], set[str]] = {}
    for item in candidates if opened else ():
        seen.setdefault(_secret(item), set()).add(_form(item.key))
    return [
        item
        for item in candidates
        if outer_key(item.key) not in opened
        or (_form(item.key) == _best(seen[_secret(item)]) and not _runs_on(item, seen))
    ]


def _runs_on(item: Candidate, seen: Mapping[tuple[str, str, bytes], set[str]]) -> bool:
    """Whether it is a member's secret and what stands behind that in the container's bytes: LZ4
    leaves text as it is, with its own numbers in between."""
    if _form(item.key) != _BYTES:
        return False
    blob, credential, secret = _secret(item)
    shorter = (secret[:-more] for more in range(1, _OVERREAD + 1))
    return any(_MEMBER in seen.get((blob, credential, it), ()) for it in shorter)


def _best(forms: set[str]) -> str:
    return next(form for form in (_MEMBER, _BYTES, _TEXTS) if form in forms)


def _form(key: str) -> str:
    """Whether a key is of a blob's bytes, of the texts in it or of a member of it."""
    _, separator, inner = key.partition(SEPARATOR)
    if not separator:
        return _BYTES
    return _MEMBER if inner else _TEXTS


def _secret(item: Candidate) -> tuple[str, str, bytes]:
    return outer_key(item.key), item.rule.family or item.rule.id, item.secret
