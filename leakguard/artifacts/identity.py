"""Learns from a repository whose builds are its own, and which version is released. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from leakguard import limits
from leakguard.artifacts import manifests, version_order, versions
from leakguard.artifacts.ownership import EVERY, Ownership
from leakguard.artifacts.verdict import place_weight

TAGS: Final = "tags"
CHANGELOG: Final = "changelog"

_CHANGELOGS = re.compile(r"(?:changelog|changes|history|releases|news)(?:\.(?:md|rst|txt))?")
_IGNORED = frozenset(
    {"bower_components", "build", "carthage", "dist", "pods", "site-packages", "target", "venv"}
)
_VERSION = r"\d+(?:\.\d+)+[-.+~_0-9A-Za-z]*"
_TAG = re.compile(
    rf"(?:\A|[-_/@]|version|release|rel)[-_/]?v?(?P<version>{_VERSION})\Z", re.IGNORECASE | re.ASCII
)
_PLAIN = frozenset({"", "version", "versions", "release", "releases", "rel", "stable", "tags"})
_HEADING = re.compile(
    rf"""\s*(?P<mark>\#+|=+|\*\*)?\s*(?:[A-Za-z][\w.-]*\s+)?[\[(]?
    v?(?P<version>(?>{_VERSION}))[\])]?(?P<rest>\s*(?:[-\u2013\u2014:(\[/,*|<=\#].*|\d.*)?)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_UNDERLINE = re.compile(r"[ \t]*([-=~^])\1{2,}[ \t]*")
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?", re.ASCII)
_OPEN = re.compile(
    r"unreleased|not released|to be released|in development|tbd|upcoming", re.IGNORECASE
)
_PLACEHOLDERS = frozenset({(), (1,), (0, 1), (0, 0, 1)})
"""What templates begin with: where a build server sets the versions, they stay for ever."""
_FAMILIES = ("", "python", "node", "java")
"""In tags any of these may be meant."""


def is_wanted(path: str) -> bool:
    """Whether a repository's file tells something: a manifest, or the changelog at its root.

    Those of tests, examples and vendored folders do not count.
    """
    if not manifests.is_manifest(path) and not _is_changelog(path):
        return False
    folders = path.lower().split("/")[:-1]
    is_ignored = any(name in _IGNORED or name.startswith(".") for name in folders)
    return not is_ignored and not place_weight(path)


def learn(files: Mapping[str, bytes], tags: Sequence[str], released_from: str = "") -> Ownership:
    """What the wanted files of a repository and its tags say; at most LEARNED_FILES are read.

    `released_from` is `tags` or `changelog`; without it the changelog counts where no tag says
    which version is released.
    """
    paths = sorted(
        (path for path in files if is_wanted(path) and len(files[path]) <= limits.LEARNED_BYTES),
        key=lambda path: (path.count("/"), path),
    )[: limits.LEARNED_FILES]
    found = [manifests.identity_of(path, files[path]) for path in paths]
    declared = {
        name: identity.version
        for identity in reversed(found)
        for name in (*identity.products, *identity.identifiers)
        if identity.version and version_order.numbers(identity.version) not in _PLACEHOLDERS
    }
    released = {} if released_from == CHANGELOG else released_in_tags(tags)
    if not released and released_from != TAGS:
        logs = [path for path in paths if _is_changelog(path)]
        newest = newest_of(filter(None, (released_in_text(files[path]) for path in logs)))
        released = {EVERY: newest} if newest else {}
    return Ownership(
        identifiers=tuple(dict.fromkeys(text for item in found for text in item.identifiers)),
        products=tuple(dict.fromkeys(text for item in found for text in item.products)),
        signers=tuple(dict.fromkeys(text for item in found for text in item.signers)),
        released=released,
        declared=declared,
        learned=True,
    )


def released_in_tags(tags: Iterable[str]) -> dict[str, str]:
    """Product (or EVERY for tags that name none) -> its newest version that is no pre-release.

    Known forms: `v4.2.0`, `release-4.2.0`, `orchard-4.2.0`, `ios/v4.2.0`, `@acme/core@4.2.0`.
    """
    found: dict[str, list[str]] = {}
    for tag in tags:
        match = _TAG.search(tag) if len(tag) <= limits.VERSION_CHARACTERS else None
        if match and not _is_prerelease(match["version"]):
            name = tag[: match.start()].strip("-_/")
            key = EVERY if name.lower() in _PLAIN else name
            found.setdefault(key, []).append(match["version"])
    return {name: newest_of(several) for name, several in found.items()}


def released_in_text(data: bytes) -> str:
    """The newest version that a changelog calls released, or the one a version file has.

    It is the first heading with a version that is no pre-release and not called unreleased. Empty
    when there is none.
    """
    lines = data[: limits.LEARNED_BYTES].decode("utf-8-sig", "replace").splitlines()
    lines = [line for line in lines if line.strip()]
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        version = _heading(line, following, alone=len(lines) == 1)
        if version and not _is_prerelease(version):
            return version
    return ""


def newest_of(several: Iterable[str]) -> str:
    """The newest of some versions, by their numbers; empty for none."""
    newest = ""
    for version in several:
        if not newest or versions.newer(version, newest, "") is True:
            newest = version
    return newest


def _heading(line: str, following: str, *, alone: bool) -> str:
    """The version in a heading: marked as one, underlined, dated, or alone in its file."""
    found = _HEADING.fullmatch(line) if len(line) <= limits.VERSION_CHARACTERS else None
    if not found or _OPEN.search(line):
        return ""
    is_heading = found["mark"] or _UNDERLINE.fullmatch(following) or _DATE.search(found["rest"])
    return found["version"].rstrip(".-_") if is_heading or alone else ""


def _is_changelog(path: str) -> bool:
    return "/" not in path and _CHANGELOGS.fullmatch(path.lower()) is not None


def _is_prerelease(version: str) -> bool:
    return any(versions.prerelease(version, family) for family in _FAMILIES)
