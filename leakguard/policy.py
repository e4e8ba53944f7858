"""What is reported: the choices of a user or a team, without where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from leakguard import limits
from leakguard.model import Confidence, Severity

ARTIFACT_RULES: Final = (
    "unreleased-app-build",
    "internal-build-output",
    "source-code-in-build",
    "private-file",
    "data-file",
)
"""Ids of what is said of builds, to be disabled as rules are."""


@dataclass(frozen=True, slots=True)
class ArtifactSettings:
    """Whether and how far files that hold others are opened, and whose builds are whose."""

    open: bool = True
    identifiers: tuple[str, ...] = ()
    """Of one's own apps and packages: `com.acme.app` with all below it, `com.acme.`, globs."""
    products: tuple[str, ...] = ()
    """Names of one's own apps and packages."""
    signers: tuple[str, ...] = ()
    """One's own: `CN=Acme`, words out of a subject, SHA-256 of a certificate."""
    released: Mapping[str, str] = field(default_factory=dict)
    """Identifier, product or platform -> newest released version; `*` stands for all others."""
    released_from: str = ""
    """`tags`, `changelog` or the path of a file with the newest version; empty for tags, else the
    changelog."""
    allow: tuple[str, ...] = ()
    """SHA-256 of files or certificates, or signers, whose builds are not reported."""
    committable: frozenset[str] = frozenset()
    """Kinds of build that are not reported: `jar`, `wheel`."""
    max_total_mb: int = limits.ARTIFACT_TOTAL_BYTES // limits.MIB
    max_member_mb: int = limits.ARTIFACT_WHOLE_BYTES // limits.MIB
    max_depth: int = limits.ARTIFACT_DEPTH
    max_members: int = limits.ARTIFACT_MEMBERS
    max_seconds: int = limits.ARTIFACT_SECONDS
    max_ratio: int = limits.ARTIFACT_RATIO


DATA_RULES: Final = ("customer-table", "customer-records")
"""Ids of what is said of files with customers' data, to be disabled as rules are."""


@dataclass(frozen=True, slots=True)
class DataSettings:
    """How customers' data is looked for."""

    canaries: tuple[Path, ...] = ()
    """Files with customers that do not exist: see data/canaries.py."""
    tables: bool = True
    """Whether tables are judged by what their columns hold."""
    rows: int = limits.TABLE_ROWS
    """Fewest rows, and distinct values of a column, that make a table one of customers."""
    score: int = limits.TABLE_SCORE
    """What the columns must weigh together: see data/profile.py."""
    indexes: tuple[Path, ...] = ()
    """Keyed hashes of one's own customers: see data/edm.py."""
    key_file: Path | None = None
    """The key of the indexes; None for the user's own, or the variable LEAKGUARD_EDM_KEY."""
    matches: int = limits.EDM_MATCHES
    """Fewest distinct values of an index in one file that are a leak."""


@dataclass(frozen=True, slots=True)
class MarkerSettings:
    """What must not be named, and how documents say that they are not for everybody."""

    names: tuple[str, ...] = ()
    """Code names, found in all spellings."""
    hashed: tuple[str, ...] = ()
    """Names that must not stand in the settings: `leakguard markers hash` makes them."""
    classification: bool = False
    """Whether the usual lines count: `confidential`, `internal use only`, `vertraulich`."""
    lines: tuple[str, ...] = ()
    """Lines of one's own that say so."""


class Pragmas(StrEnum):
    """What comments in the scanned source that allow a secret count for; see pragmas.py."""

    HEED = "heed"
    REASON = "reason"
    """Only those that give a reason count."""
    FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is not reported, by the settings: all that is given must hold."""

    paths: tuple[str, ...] = ()
    """Globs, of which one must cover the path."""
    rules: frozenset[str] = frozenset()
    """Ids or families, of which one must be the rule's."""
    values: tuple[str, ...] = ()
    """RE2 patterns, of which one must occur in the secret."""
    fingerprints: frozenset[str] = frozenset()
    reason: str = ""
    until: date | None = None
    """The last day on which it holds."""
    origin: str = ""
    """Who says so: a file, a variable, a flag."""


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """How the hooks of a server, pre-receive and update, judge a push."""

    seconds: int = limits.RECEIVE_SECONDS
    on_timeout: str = "block"
    """Whether a push that was not looked at to its end is refused, or let through with a warning
    (`warn`) and a record in the audit log."""
    break_glass: bool = True
    """Whether the push option `leakguard.break-glass=REASON` lets a push through."""
    audit_log: Path | None = None
    """Where each push is recorded that went through unjudged; None for a file in the repository."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which findings count, and how they are named."""

    disabled_rules: frozenset[str] = frozenset()
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.MEDIUM
    excludes: tuple[str, ...] = ()
    """Globs of paths that are not reported."""
    own_baseline: str = ""
    """Path of the repository's own baseline, whose key the fingerprints have; empty for none."""
    baselines: tuple[str, ...] = ()
    """Paths of further files that say what was accepted: see baselines/."""
    pragmas: Pragmas = Pragmas.HEED
    allowed: tuple[Allowed, ...] = ()
    identity_key: bytes = field(default=b"", repr=False)
    """Key of `Finding.identity`; without one there are no identities."""
