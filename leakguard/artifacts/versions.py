"""Which versions are pre-releases: each ecosystem writes them in its own way. Pure.

Sources: PEP 440; Semantic Versioning 2.0.0; Maven, ComparableVersion; deb-version(7) and the RPM
manual on `~`; Apple, Core Foundation Keys (CFBundleVersion); git-describe(1). Android, Windows and
containers have no rules: there a known word counts.
"""

import re
from enum import Enum
from typing import Final

from leakguard import limits
from leakguard.artifacts import version_order


class Family(Enum):
    """Ways to write versions."""

    PYTHON = 1
    SEMVER = 2
    MAVEN = 3
    DISTRIBUTION = 4
    APPLE = 5
    WINDOWS = 6
    WORDS = 7
    """No rules but words."""


_FAMILIES: Final = {
    **dict.fromkeys(("python", "wheel", "sdist", "egg", "conda"), Family.PYTHON),
    **dict.fromkeys(
        ("node", "npm", "dotnet", "nuget", "nupkg", "gem", "ruby", "asar", "electron", "crate",
         "rust"), Family.SEMVER,
    ),
    **dict.fromkeys(("java", "jar", "war", "ear", "aar"), Family.MAVEN),
    **dict.fromkeys(("deb", "rpm", "alpine"), Family.DISTRIBUTION),
    **dict.fromkeys(
        ("ios", "macos", "tvos", "watchos", "visionos", "apple", "ipa", "app", "xcarchive", "dsym",
         "pkg"), Family.APPLE,
    ),
    **dict.fromkeys(("windows", "pe", "msi", "msix", "appx", "nsis", "inno"), Family.WINDOWS),
}  # fmt: skip

_KNOWN = (
    "alpha|beta|rc|pre|preview|pre-?release|dev|devel|develop|development|snapshot|nightly|canary"
    "|eap|milestone|unstable|experimental|insiders?|dirty|debug|test|testing|qa|staging|internal"
    "|wip"
)
_MORE: Final = {
    Family.SEMVER: r"|next|ci|tp\d*|dp\d*|m\d+",
    Family.MAVEN: r"|m\d+|cr\d*|pr\d+|ea",
}


def _words(more: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{_KNOWN}{more})(?![a-z])", re.IGNORECASE)


_WORDS: Final = {family: _words(_MORE.get(family, "")) for family in Family}
_DESCRIBED = re.compile(r"-(\d+-g[0-9a-f]{7,40})(?![0-9a-z])")
_DEVELOPED = re.compile(r"(?<![a-z])(devel|dirty)(?![a-z])", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*v?=?\s*\d+(?:\.\d+)*", re.IGNORECASE | re.ASCII)
_LOCAL = re.compile(r"\+(?:.*\.)?(g[0-9a-f]{7,40}|editable)(?:\.|\Z)", re.IGNORECASE)
_DEPLOYED = re.compile(r"-\d{8}\.\d{6}-\d+\Z", re.ASCII)
"""What Maven makes of SNAPSHOT when it uploads."""
_CORE_FOUNDATION = re.compile(r"\d[\d.]*(d|a|b|fc)\d+\Z", re.ASCII)
_REALLY = "+really"
"""Debian's way back to a smaller version: what stands before it is not true."""


def family(platform_or_kind: str) -> Family:
    """The way that a kind or platform of model.Build writes versions."""
    return _FAMILIES.get(platform_or_kind.lower(), Family.WORDS)


def prerelease(version: str, platform_or_kind: str) -> str:
    """The word that makes a version a pre-release, as it stands there; empty when there is none.

    What git describe and Maven make of commits between releases counts as well.
    """
    if len(version) > limits.VERSION_CHARACTERS:
        return ""
    way = family(platform_or_kind)
    for pattern in (_DESCRIBED, _DEVELOPED):
        if found := pattern.search(version):
            return found[1]
    if way is Family.PYTHON:
        return _python(version)
    if way is Family.DISTRIBUTION:
        return _distribution(version)
    return _by_words(version, way)


def newer(
    version: str, released: str, kind: str, *, build: str = "", released_build: str = ""
) -> bool | None:
    """Whether a version comes after a released one, by the order of `kind` (or a platform).

    4.2.0 is the same as 4.2 and 4.2.0.0, and 4.2.0-beta comes before it. What only one of the two
    says is left out: an epoch, a packaging revision, the fourth number of a Windows version.
    `build` and `released_build` decide between equal versions. None when they have no order.
    """
    way = family(kind)
    first, second = (_parsed(text, kind, way) for text in (version, released))
    if first is None or second is None:
        return None
    order = version_order.compare(first, second, short=way is Family.WINDOWS)
    if order == 0 and build and released_build:
        return version_order.numbers(build) > version_order.numbers(released_build)
    return None if order is None else order > 0


def _parsed(text: str, kind: str, way: Family) -> version_order.Version | None:
    if len(text) > limits.VERSION_CHARACTERS:
        return None
    if way is Family.PYTHON:
        return version_order.python(text)
    if way is Family.DISTRIBUTION:
        return version_order.distribution(text)
    is_semver = way is Family.SEMVER
    return version_order.plain(text, prerelease(text, kind), by_identifiers=is_semver)


def _python(version: str) -> str:
    parsed = version_order.PYTHON.fullmatch(version.strip())
    if parsed is None:
        return _by_words(version, Family.WORDS)
    if found := parsed["pre"] or parsed["dev"]:
        return found
    local = _LOCAL.search(version)
    return local[1] if local else ""


def _distribution(version: str) -> str:
    """`2.0~rc1-1`, `2.0-0.1.rc1`; not what follows `+`, nor `~deb12u1`, which is a rebuild."""
    return "" if _REALLY in version else _by_words(version.partition("+")[0], Family.WORDS)


def _by_words(version: str, way: Family) -> str:
    if way is Family.APPLE and (found := _CORE_FOUNDATION.match(version)):
        return found[1]
    if way is Family.MAVEN and _DEPLOYED.search(version):
        return "SNAPSHOT"
    if way is Family.SEMVER:
        version = version.partition("+")[0]
    lead = _NUMBERS.match(version)
    word = _WORDS[way].search(version, lead.end() if lead else 0)
    return word[0] if word else ""
