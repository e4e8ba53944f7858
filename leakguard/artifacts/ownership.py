"""Whose a build is: what identifiers, products and signers are one's own, and what is allowed.

Pure; where the values come from (settings, a repository) is the caller's affair.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from leakguard.artifacts.model import Build, Signer
from leakguard.artifacts.names import covers, has_signed, has_words, is_same_name, plain

EVERY: Final = "*"
"""In `Ownership.released`: for each build of one's own that has no entry of its own."""

_TEAM = re.compile(r"[0-9A-Z]{10}\.(?=.)", re.ASCII)
"""Apple's team id in front of a bundle's identifier."""
_DOTTED_PLATFORMS = frozenset({"android", "ios", "java", "macos", "tvos", "visionos", "watchos"})
_DOTTED = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)+(?::\S+)?", re.ASCII)
"""`com.acme.app`, `com.acme:app`: domain names turned round."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What is one's own. Nothing of it tells upper from lower case."""

    identifiers: tuple[str, ...] = ()
    """`com.acme.app` with all below it, `com.acme.`, `com.acme:`, or a glob: `com.*.acme`."""
    products: tuple[str, ...] = ()
    """Names of apps and packages; space, `-`, `_` and `.` are the same."""
    signers: tuple[str, ...] = ()
    """`CN=Acme`, words out of a subject (`Acme Ltd`), or the SHA-256 of a certificate in hex."""
    released: Mapping[str, str] = field(default_factory=dict)
    """Identifier, product, platform or EVERY -> the newest released version, `4.2.0` or
    `4.2.0 (420)` with its build."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """Identifier or product -> the version that the sources give it now."""
    allowed: frozenset[str] = frozenset()
    """SHA-256 of files or certificates, or signers as above: builds that are fine."""
    committable: frozenset[str] = frozenset()
    """Kinds of build that may be committed at all: `jar`, `wheel`."""
    learned: bool = False
    """Whether the identities were gathered from a repository: then there may be others."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of whose builds are whose."""
        return not (self.identifiers or self.products or self.signers)


def ownership_of(
    *,
    identifiers: Iterable[str] = (),
    products: Iterable[str] = (),
    signers: Iterable[str] = (),
    released: Mapping[str, str] | None = None,
    allow: Iterable[str] = (),
    committable: Iterable[str] = (),
) -> Ownership:
    """What the settings say, as they are written there."""
    return Ownership(
        identifiers=tuple(identifiers),
        products=tuple(products),
        signers=tuple(map(plain, signers)),
        released=dict(released or {}),
        allowed=frozenset(map(plain, allow)),
        committable=frozenset(kind.strip().lower() for kind in committable),
    )


def completed(configured: Ownership, learned: Ownership) -> Ownership:
    """What is configured, and what was learned where nothing is.

    Configured identities stand alone, so that a vendored manifest makes nobody an owner. Released
    versions are taken from both, name by name.
    """
    released = dict(configured.released)
    if EVERY not in released:
        released = {**learned.released, **released}
    configured = replace(configured, released=released, declared=learned.declared)
    if not configured.is_empty:
        return configured
    return replace(
        configured,
        identifiers=learned.identifiers,
        products=learned.products,
        signers=learned.signers,
        learned=True,
    )


def owns(ownership: Ownership, build: Build, chain: Sequence[Signer] = ()) -> str:
    """Why a build is one's own, for users; empty when nothing says so.

    `chain` has certificates above the signer's. A signer is not proof, only a claim: anyone can
    write a name into a certificate of their own.
    """
    return _named(ownership, build) or _made(ownership, build, chain)


def allows(ownership: Ownership, build: Build, sha256: str, chain: Sequence[Signer] = ()) -> str:
    """Why a build is fine whatever it says of itself, for users; empty when it is not."""
    if sha256 and sha256.lower() in ownership.allowed:
        return "its SHA-256 is allowed"
    for text in sorted(ownership.allowed):
        for signer in _signers(build, chain):
            if has_signed(text, signer):
                return f"its signer {signer.subject or signer.sha256} is allowed"
    if build.kind.lower() in ownership.committable:
        return f"builds of kind {build.kind} are allowed"
    return ""


def is_foreign(ownership: Ownership, build: Build) -> bool:
    """Whether a build that nothing says to be one's own is somebody else's for sure.

    Configured identities are all there are. Learned ones only tell for builds that are named in
    the same way, by a domain.
    """
    if ownership.is_empty:
        return False
    return not ownership.learned or has_foreign_identifier(ownership, build)


def has_foreign_identifier(ownership: Ownership, build: Build) -> bool:
    """Whether its identifier is a domain name turned round, as one's own are, and none of them."""
    identifier = identifier_of(build)
    if build.platform not in _DOTTED_PLATFORMS or not _DOTTED.fullmatch(identifier):
        return False
    own = [text for text in ownership.identifiers if "." in text]
    return bool(own) and not any(covers(text, identifier) for text in own)


def released_version(ownership: Ownership, build: Build) -> tuple[str, str]:
    """The newest released version of a build and its build number; each empty when unknown."""
    text = _entry(ownership.released, build) or ownership.released.get(EVERY, "")
    version, _, number = text.strip().partition("(")
    return version.strip(), number.rstrip(") ").strip()


def declared_version(ownership: Ownership, build: Build) -> str:
    """The version that the sources give a build now; empty when unknown."""
    return _entry(ownership.declared, build)


def identifier_of(build: Build) -> str:
    """Its identifier, without Apple's team id."""
    return _TEAM.sub("", build.identifier, count=1).strip()


def _named(ownership: Ownership, build: Build) -> str:
    identifier = identifier_of(build)
    for own in ownership.identifiers:
        if identifier and covers(own, identifier):
            return f"its identifier {identifier} is one of yours"
    for own in ownership.products:
        for name in (build.name, identifier):
            if name and is_same_name(own, name):
                return f"its name {name} is one of yours"
    return ""


def _made(ownership: Ownership, build: Build, chain: Sequence[Signer]) -> str:
    for own in ownership.signers:
        for signer in _signers(build, chain):
            if has_signed(own, signer):
                return f"signed by {signer.subject or signer.sha256}, which is yours"
        # Packages of Linux have their vendor or maintainer there.
        if build.platform == "linux" and "=" not in own and has_words(own, build.identifier):
            return f"made by {build.identifier}, which is yours"
    return ""


def _entry(versions: Mapping[str, str], build: Build) -> str:
    """Of the entries for a build the one that says most: the longest identifier first, then its
    name, the end of its identifier, its platform."""
    identifier = identifier_of(build)
    for key in sorted(versions, key=len, reverse=True):
        if key != EVERY and identifier and covers(key, identifier):
            return versions[key]
    last = re.split(r"[.:/]", identifier)[-1]
    for name in (build.name, last, build.platform):
        for key, version in versions.items():
            if name and is_same_name(key, name):
                return version
    return ""


def _signers(build: Build, chain: Sequence[Signer]) -> list[Signer]:
    return [*([build.signer] if build.signer else ()), *chain]
