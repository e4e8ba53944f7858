"""Whether a build is released: what it says of itself, held against what is one's own. Pure.

The order of the questions:

1. Is it allowed by hash, signer or kind? Then it is never reported.
2. Is it internal by kind, such as symbols or a keystore? Then it is INTERNAL, unless its identifier
   is somebody else's.
3. Is it somebody else's? FOREIGN, whatever its signs.
4. Does it have a hard sign, a version that is a pre-release, or one newer than the newest released?
   UNRELEASED.
5. Is its version released, or does it have a sign that only released copies have? RELEASED.
6. Does it have two medium signs, or a version that is newer than the one in the sources?
   UNRELEASED, less surely.
7. Else UNKNOWN: an app of one's own is still reported, at the lowest severity.

When nothing is known of whose it is, only apps count, only the hard signs and the pre-releases, and
each one step lower. Packages (jar, wheel, npm ...) do not: most that lie around are others'.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from leakguard.artifacts import ownership as owners
from leakguard.artifacts import versions
from leakguard.artifacts.model import Build, Sign, Signer, Weight
from leakguard.artifacts.ownership import Ownership

LOW: Final = 0
MEDIUM: Final = 1
HIGH: Final = 2
"""Severities, as places in the scale of leakguard.model."""

_PACKAGES = frozenset(
    {
        "aar", "alpine", "conda", "crate", "deb", "dex", "dexjar", "egg", "gem", "jar", "npm",
        "nuget", "nupkg", "rpm", "sdist", "wheel",
    }
)  # fmt: skip
_LESSER_PLACES = frozenset(
    {
        "__tests__", "androidtest", "demo", "demos", "example", "examples", "external", "fixture",
        "fixtures", "node_modules", "sample", "sample-code", "samples", "spec", "specs", "test",
        "test-data", "test_data", "testdata", "testfixtures", "testing", "testresources", "tests",
        "third-party", "third_party", "thirdparty", "vendor", "vendored",
    }
)  # fmt: skip


class BuildVerdict(StrEnum):
    """What is thought of a build."""

    UNRELEASED = "unreleased"
    INTERNAL = "internal"
    """Of a kind that never leaves a company."""
    RELEASED = "released"
    FOREIGN = "foreign"
    """Somebody else's."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is thought of a build, and why."""

    verdict: BuildVerdict
    reasons: tuple[str, ...] = ()
    """For users, what says most first: `newer than the newest release 4.2.0`."""
    severity: int = LOW
    reported: bool = False
    """Whether it is worth telling."""
    owner: str = ""
    """Why it is taken for one's own; empty when it is not, or not known to be."""
    allowed: bool = False
    why: str = ""
    """What allows it."""

    @property
    def own(self) -> bool:
        """Whether it is known to be one's own."""
        return bool(self.owner)


class _Evidence(NamedTuple):
    """What a build shows, as sentences; empty ones where it does not."""

    signs: Mapping[Weight, tuple[str, ...]]
    prerelease: str
    newer: str
    not_newer: str
    """Its version is a released one, or older."""
    ahead: str
    """Newer than what the sources say, where no release is known."""


def judge(
    build: Build, sha256: str, ownership: Ownership, chain: Sequence[Signer] = ()
) -> Judgement:
    """What to think of a build. `sha256` is of its bytes, hex; `chain` the signer's issuers.

    Where it lies is not looked at: see `place_weight`.
    """
    owner = owners.owns(ownership, build, chain)
    why = owners.allows(ownership, build, sha256, chain)
    found = replace(_judged(build, ownership, owner), owner=owner)
    if not why:
        return found
    verdict = found.verdict if build.kind.lower() in ownership.committable else None
    return replace(
        found, verdict=verdict or BuildVerdict.RELEASED, reported=False, allowed=True, why=why
    )


def place_weight(path: str) -> int:
    """Steps by which a path raises a severity: -1 in tests, examples and vendored folders, else 0.

    Members of containers have `!` in their paths.
    """
    folders = path.replace("!", "/").replace("\\", "/").lower().split("/")[:-1]
    return -1 if _LESSER_PLACES.intersection(folders) else 0


def is_made_up(path: str) -> bool:
    """Whether a path is that of fixtures, seeds, examples or translations."""
    return place_weight(path) < 0 or bool(_MADE_UP.search(path))


_MADE_UP: Final = re.compile(
    r"(?i)(?:^|[/!_.-])(?:fixtures?|seeds?|seeders?|mocks?|fakes?|faker|factor(?:y|ies)|dummy|samples?"
    r"|examples?|demos?|tests?|testdata|test[_-]data|spec|i18n|locales?|cassettes?)(?:$|[/!_.0-9-])"
)
"""Words in paths of what is made up for tests and documents, and of translations."""


def _judged(build: Build, ownership: Ownership, owner: str) -> Judgement:
    if build.internal and (owner or not owners.has_foreign_identifier(ownership, build)):
        return _internal(build)
    if not owner and owners.is_foreign(ownership, build):
        return Judgement(BuildVerdict.FOREIGN)
    evidence = _evidence(build, ownership)
    return _own(build, evidence) if owner else _whose(build, evidence)


def _internal(build: Build) -> Judgement:
    hard = _told(build.signs, Weight.HARD)
    reasons = (f"{build.internal}: never leaves a company", *hard, *_signed(build))
    severity = HIGH if hard else MEDIUM
    return Judgement(BuildVerdict.INTERNAL, reasons, severity, reported=True)


def _own(build: Build, evidence: _Evidence) -> Judgement:
    signs, signed = evidence.signs, _signed(build)
    sure = _some(*signs[Weight.HARD], evidence.newer, evidence.prerelease)
    lesser = _some(*signs[Weight.MEDIUM], evidence.ahead)
    if sure:
        return Judgement(BuildVerdict.UNRELEASED, (*sure, *lesser, *signed), HIGH, reported=True)
    if signs[Weight.RELEASED] or (evidence.not_newer and not lesser):
        reasons = _some(*signs[Weight.RELEASED], evidence.not_newer, *signed)
        return Judgement(BuildVerdict.RELEASED, reasons)
    reasons = (*lesser, *signs[Weight.LOW], *signed)
    if len(signs[Weight.MEDIUM]) > 1 or evidence.ahead:
        return Judgement(BuildVerdict.UNRELEASED, reasons, MEDIUM, reported=True)
    return Judgement(BuildVerdict.UNKNOWN, reasons, LOW, reported=_is_app(build))


def _whose(build: Build, evidence: _Evidence) -> Judgement:
    """For a build of which nobody knows whose it is."""
    hard = evidence.signs[Weight.HARD]
    sure = _some(*hard, evidence.prerelease)
    unknown = "not known whose it is"
    if not sure or not _is_app(build):
        return Judgement(BuildVerdict.UNKNOWN, (unknown,))
    reasons = (*sure, *evidence.signs[Weight.MEDIUM], unknown, *_signed(build))
    severity = MEDIUM if hard else LOW
    return Judgement(BuildVerdict.UNRELEASED, reasons, severity, reported=True)


def _is_app(build: Build) -> bool:
    return build.app and build.kind not in _PACKAGES


def _evidence(build: Build, ownership: Ownership) -> _Evidence:
    kind = _kind(build)
    newest, number = owners.released_version(ownership, build)
    declared = owners.declared_version(ownership, build)
    order = versions.newer(build.version, newest, kind, build=build.build, released_build=number)
    word = _prerelease(build, kind)
    if order is False and versions.prerelease(newest, kind):
        word = ""  # the newest release is itself called one
    ahead = order is None and versions.newer(build.version, declared, kind)
    release = (
        f"the newest release {newest} ({number})" if number else f"the newest release {newest}"
    )
    version = build.version or build.build
    return _Evidence(
        signs={weight: _told(build.signs, weight) for weight in Weight},
        prerelease=f"version {version} is a pre-release ({word})" if word else "",
        newer=f"newer than {release}" if order else "",
        not_newer=f"not newer than {release}" if order is False else "",
        ahead=f"newer than version {declared} in the sources" if ahead else "",
    )


def _prerelease(build: Build, kind: str) -> str:
    """RPM has half of its version in the release, Apple's apps theirs in the bundle's version."""
    if build.kind == "rpm" and build.build:
        return versions.prerelease(f"{build.version}-{build.build}", kind)
    found = versions.prerelease(build.version, kind)
    is_apple = versions.family(kind) is versions.Family.APPLE
    return found or (versions.prerelease(build.build, kind) if is_apple else "")


def _kind(build: Build) -> str:
    """What its version is written for: its kind, or the platform where that says nothing."""
    known = versions.family(build.kind) is not versions.Family.WORDS
    return build.kind if known else build.platform


def _told(signs: Sequence[Sign], weight: Weight) -> tuple[str, ...]:
    return tuple(f"{sign.text} ({sign.proof})" for sign in signs if sign.weight is weight)


def _signed(build: Build) -> tuple[str, ...]:
    return (f"signed by {build.signer.subject}",) if build.signer else ()


def _some(*texts: str) -> tuple[str, ...]:
    """Those that are not empty."""
    return tuple(text for text in texts if text)
