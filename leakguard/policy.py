"""What is reported: the choices of a user or a team, without where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from leakguard import limits
from leakguard.model import Confidence, Severity

ARTIFACT_RULES: Final = (
    "unreleased-app-build",
    "internal-build-output",
    "source-code-in-build",
    "private-file",
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


@dataclass(frozen=True, slots=True)
class Policy:
    """Which findings count, and how they are named."""

    disabled_rules: frozenset[str] = frozenset()
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.MEDIUM
    excludes: tuple[str, ...] = ()
    """Globs of paths that are not reported."""
    baseline: str = ""
    """Path of a file that says what was accepted: see suppression.py; empty for none."""
    identity_key: bytes = field(default=b"", repr=False)
    """Key of `Finding.identity`; without one there are no identities."""
