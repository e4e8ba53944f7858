"""What another tool has accepted, as a list of entries, and which of them a scan has met.

Each module beside this one makes the entries of one tool's file. No entry holds a secret: where the
file does, the entry has its SHA-256.
"""

import hashlib
import hmac
import os
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from leakguard.baselines import Decision, Subject

SHA1: Final = "sha1"
SHA256: Final = "sha256"
HMAC_SHA256: Final = "hmac-sha256"
"""Under the key in BETTERLEAKS_KEY."""

KINGFISHER: Final = "kingfisher-v1"
"""XXH3-64 of the secret, of what kind of source it is in, and of its first and last byte there."""

BETTERLEAKS_KEY: Final = "BETTERLEAKS_FINGERPRINT_HMAC_KEY"

_COMMON: Final = re.compile(
    "access|account|api|app|auth|bot|betterleaks|classic|client|credentials?|fine|generic|grained"
    "|id|keys?|kingfisher|keyword|oauth|pass|password|pat|private|rule|secrets?|service|test|token"
    "|url|user|username|webhook"
)
"""Words in ids of rules that say nothing of whose credential it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """One secret that another tool has accepted. What is empty is not asked."""

    label: str
    """What to call it: as it stands in the file, without a secret."""
    path: str = ""
    line: int = 0
    commit: str = ""
    rule: str = ""
    """The other tool's name for the kind of secret."""
    hash: str = ""
    """Name of the algorithm."""
    digest: str = ""
    """Of the secret, in lower-case hex."""
    hint: int = 0
    """The line as it was, where only the digest counts: two entries there are one secret that two
    rules told."""
    is_false: bool = False
    """Whether somebody has said there that it is no secret."""


class Found(NamedTuple):
    """What a module makes of a file."""

    tool: str
    entries: tuple[Known, ...]
    left_out: tuple[str, ...] = ()
    """What of it means nothing here, each as a sentence."""


@dataclass
class Foreign:
    """A baseline of another tool in use. For one scan."""

    found: Found
    met: set[Known] = field(default_factory=set)
    """The entries that silenced something."""
    told: dict[str, Known] = field(default_factory=dict)
    """The entries by the reasons that were given with them."""

    def __post_init__(self) -> None:
        self._by_digest: dict[tuple[str, str], list[Known]] = {}
        self._by_line: dict[int, list[Known]] = {}
        for entry in self.found.entries:
            if entry.digest:
                self._by_digest.setdefault((entry.hash, entry.digest), []).append(entry)
            else:
                self._by_line.setdefault(entry.line, []).append(entry)
        self._hashes = {entry.hash for entry in self.found.entries if entry.digest}

    def decides(self, subject: Subject) -> Decision | None:
        entries = [entry for entry in self._like(subject) if _is_there(entry, subject)]
        self.met.update(entries)
        if not entries:
            return None
        reason = f"baseline: {self.found.tool} {entries[0].label}"
        self.told[reason] = entries[0]
        return Decision(reason)

    def _like(self, subject: Subject) -> Iterable[Known]:
        for name in sorted(self._hashes):
            for digest in _HASHES[name](subject):
                yield from self._by_digest.get((name, digest), ())
        for entry in self._by_line.get(subject.line, ()):
            if is_alike(entry.rule, subject.rule_id):
                yield entry

    def unmet(self) -> list[Known]:
        """The entries that silenced nothing, nor stand where one that did stands."""
        places = {(entry.path, entry.hint) for entry in self.met if entry.hint}
        left = [entry for entry in self.found.entries if entry not in self.met]
        return [entry for entry in left if (entry.path, entry.hint) not in places]


def _is_there(entry: Known, subject: Subject) -> bool:
    if entry.commit and entry.commit != subject.place.commit:
        return False
    path = subject.place.path
    if not entry.path or entry.path == path:
        return True
    # Some tools tell paths as they were given to them: from the root of the disk, or from above.
    full = os.path.normpath(os.path.join(os.path.abspath(subject.root or "."), path))
    return os.path.isabs(entry.path) and os.path.normpath(entry.path) == full


def is_alike(theirs: str, ours: str) -> bool:
    """Whether two ids of rules may mean the same kind of secret.

    So they may when a word that names whose it is stands in both, or when one of the two has none.
    """
    their_words, our_words = _words(theirs), _words(ours)
    if not their_words or not our_words:
        return True
    return any(one in other or other in one for one in their_words for other in our_words)


def _words(rule: str) -> set[str]:
    words = re.split(r"[^a-z0-9]+", rule.lower())
    return {word for word in words if len(word) > 1 and not _COMMON.fullmatch(word)}


def slashed(path: str) -> str:
    """A path with `/` between folders and nothing in front."""
    return path.replace("\\", "/").removeprefix("./")


def sha256(secret: str) -> str:
    """SHA-256 of a secret that another tool wrote down."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def _sha1(subject: Subject) -> Iterator[str]:
    for secret in (subject.secret, *subject.parts):
        yield hashlib.sha1(secret, usedforsecurity=False).hexdigest()


def _sha256(subject: Subject) -> Iterator[str]:
    for secret in (subject.secret, *subject.parts):
        yield hashlib.sha256(secret).hexdigest()


def _hmac(subject: Subject) -> Iterator[str]:
    key = os.environ.get(BETTERLEAKS_KEY, "").encode()
    for secret in (subject.secret, *subject.parts):
        yield hmac.new(key, secret, hashlib.sha256).hexdigest()


def _kingfisher(subject: Subject) -> Iterator[str]:
    """In decimal, as its baselines have it, for files and for blobs of a history."""
    from xxhash import xxh3_64_intdigest

    place = struct.pack("<QQ", subject.start, subject.end)
    for source in (b"file", b"git"):
        yield str(xxh3_64_intdigest(subject.secret + source + place))


_HASHES: Final[dict[str, Callable[[Subject], Iterator[str]]]] = {
    SHA1: _sha1,
    SHA256: _sha256,
    HMAC_SHA256: _hmac,
    KINGFISHER: _kingfisher,
}


def counted_once(entries: Iterable[Known]) -> tuple[Known, ...]:
    """The entries without repetitions, in their order."""
    return tuple(dict.fromkeys(entries))


def texts(row: object, *names: str) -> Sequence[str]:
    """The texts that an object of JSON has under these names; empty for what is none."""
    table = row if isinstance(row, dict) else {}
    return [value if isinstance(value := table.get(name), str) else "" for name in names]
