"""What goes in and out of the copies of repositories, and how they fail. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from leakguard.model import Finding, Skip, Summary
from leakguard_service.errors import Hopeless, Later

HEADS: Final = "refs/remotes/forge/"
"""Where a copy keeps the forge's branches: git counts refs/remotes as branches."""

TAGS: Final = "refs/tags/"

OTHERS: Final = "refs/leakguard/"
"""Where it keeps everything else: refs/pull/1/head as refs/leakguard/pull/1/head."""

TIP: Final = "refs/heads/forge"
"""The head of the default branch, as the forge's HEAD named it at the last fetch."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A bare copy of one repository, held by whoever has it: nobody else changes it meanwhile."""

    repository_id: int
    folder: Path
    """Holds the copy and what belongs to it; goes away with it."""

    @property
    def git_dir(self) -> Path:
        """The bare repository."""
        return self.folder / "copy.git"


class Refs(dict[str, str]):
    """Object ids by whole ref name, in the forge's order: branches before tags."""

    cut: bool = False
    """Whether there are more than were asked for: the first ones are here."""
    left_out: int = 0
    """How many have names that cannot be used: bytes that are no UTF-8, over-long ones."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to scan, and by which rules."""

    before: str = ""
    """Where the ref was; empty for a new one. Need not be in the copy."""
    after: str = ""
    """Where the ref is; only a scan of everything needs none."""
    known: tuple[str, ...] = ()
    """Heads that were scanned: what they reach is left out."""
    whole: bool = False
    """Everything that any ref reaches, but for what was found clean before."""
    policies: tuple[str, ...] = ()
    """The tenant's settings in the form of .leakguard.toml, the nearest last."""
    identity_key: bytes = field(default=b"", repr=False)
    default_branch: str = ""
    """Its short name, for where the forge's HEAD is not known."""
    repository_policy: bool = True
    """Whether the .leakguard.toml of the default branch counts."""


class FoundAt(NamedTuple):
    """Where a finding begins: around it stands the same, whatever rule found it."""

    blob: str
    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan says. Texts have neither NUL nor lone surrogates: odd bytes are as `\\xff`."""

    findings: tuple[Finding, ...] = ()
    skips: tuple[Skip, ...] = ()
    suppressed: int = 0
    notes: tuple[str, ...] = ()
    summary: Summary = Summary()
    rules: str = ""
    """Hash of the rule set and leakguard's version, 40 hex digits."""
    bad_policy: str = ""
    """What is wrong with the repository's .leakguard.toml; it did not count then."""
    seen: str = ""
    """Name of the list of clean objects that `scan.remember` keeps; empty for none."""
    contexts: Mapping[FoundAt, str] = field(default_factory=dict)
    """Masked lines around findings, `number<TAB>text`; not every finding has them."""


class MovedOn(Hopeless):
    """The commit is no longer at the forge: whoever moved the ref on has pushed another."""


class BrokenCopy(Later):
    """The copy on disk is damaged: `Cache.open` throws it away as this passes by."""

    def __init__(self, text: str) -> None:
        super().__init__(text, 1.0)


def is_oid(text: str) -> bool:
    """Whether it is a whole object id: 40 or 64 hex digits in lower case, not all zero."""
    return len(text) in (40, 64) and not text.strip("0123456789abcdef") and bool(text.strip("0"))


def local_name(ref: str) -> str:
    """What the forge's ref is called in a copy. A wildcard at the end stays one."""
    if ref == "HEAD":
        return TIP
    for prefix, ours in (("refs/heads/", HEADS), ("refs/tags/", TAGS)):
        if ref.startswith(prefix):
            return ours + ref.removeprefix(prefix)
    return OTHERS + ref.removeprefix("refs/")


_NAME_BYTES: Final = 1_000
"""A longer name would not fit into a path beside what git adds to it."""

_FORBIDDEN: Final = frozenset(" ~^:?*[\\\x7f") | {chr(code) for code in range(32)}


def is_ref(name: str) -> bool:
    """Whether it is a whole name of a ref that git takes (git-check-ref-format(1)), as UTF-8."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    if not name.startswith("refs/") or size > _NAME_BYTES or _FORBIDDEN & set(name):
        return False
    return ".." not in name and "@{" not in name and _are_parts(name.split("/")[1:])


def _are_parts(parts: Iterable[str]) -> bool:
    return all(part and part[0] != "." and not part.endswith((".lock", ".")) for part in parts)
