"""What packages for Linux say about themselves: snaps, AppImages, packages of Alpine."""

from collections.abc import Iterator

from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import Tree

_SNAP = "meta/snap.yaml"
_PACKAGE = ".PKGINFO"
_NOT_ALPINE = (".BUILDINFO", ".MTREE")
"""Packages of Arch have a .PKGINFO too."""
_APPLICATIONS = "usr/share/applications/"
_QUOTES = "\"'"


def describe_tree(tree: Tree) -> list[Build]:
    """A snap, the inside of an AppImage, or a package of Alpine; nothing for others."""
    found = list(_appimages(tree))
    if _SNAP in tree.names:
        found.append(_snap(_pairs(_text(tree, _SNAP), ":")))
    if _PACKAGE in tree.names and not any(name in tree.names for name in _NOT_ALPINE):
        found.extend(_alpine(_pairs(_text(tree, _PACKAGE), "=")))
    return found


def _snap(said: dict[str, str]) -> Build:
    """Source: "The snap format", snapcraft.io/docs."""
    signs = [
        Sign(Weight.HARD, text, f"{_SNAP} {key}: {value}")
        for key, value, text in (
            ("grade", "devel", "a development snap"),
            ("confinement", "devmode", "a snap without confinement, for developers"),
        )
        if said.get(key) == value
    ]
    return Build(
        kind="snap",
        platform="linux",
        name=said.get("title") or said.get("name", ""),
        identifier=said.get("name", ""),
        version=said.get("version", ""),
        signs=tuple(signs),
    )


def _appimages(tree: Tree) -> Iterator[Build]:
    """The first desktop entry that says it is an AppImage's (its specification, draft 2)."""
    for name in tree.names:
        folder, _, _ = name.rpartition("/")
        if not name.endswith(".desktop") or folder + "/" not in ("/", _APPLICATIONS):
            continue
        said = _pairs(_text(tree, name), "=")
        if "X-AppImage-Version" in said or "X-AppImage-Name" in said:
            yield Build(
                kind="appimage",
                platform="linux",
                name=said.get("Name") or said.get("X-AppImage-Name", ""),
                identifier=name.rpartition("/")[2].removesuffix(".desktop"),
                version=said.get("X-AppImage-Version", ""),
            )
            return


def _alpine(said: dict[str, str]) -> Iterator[Build]:
    """Source: "Apk spec", wiki.alpinelinux.org."""
    if "pkgname" in said and "pkgver" in said:
        yield Build(
            kind="alpine",
            platform="linux",
            name=said["pkgname"],
            identifier=said["pkgname"],
            version=said["pkgver"],
        )


def _text(tree: Tree, name: str) -> str:
    try:
        return tree.read(name).decode("utf-8", "replace")
    except KeyError:
        return ""


def _pairs(text: str, between: str) -> dict[str, str]:
    """The lines `key: value` that are not indented; the first one of each key."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, sign, value = line.partition(between)
        if sign and not line.startswith((" ", "\t", "#", "-")):
            found.setdefault(key.strip(), _bare(value))
    return found


def _bare(value: str) -> str:
    """Without quotes, and without a comment behind."""
    value = value.strip()
    if value[:1] in _QUOTES and value[:1]:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].strip()
