"""Names sets of split APKs: those of bundletool, and the XAPK and APKM of download sites."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from leakguard import limits
from leakguard.artifacts import apk
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import Tree
from leakguard.artifacts.zip import ZipTree

_TABLE, _STANDALONE = "toc.pb", "standalones/"
_BASES = ("base.apk", "splits/base-master.apk", "universal.apk")


class _Keys(NamedTuple):
    """Where a download site's JSON says what the app is."""

    kind: str
    file: str
    identifier: str
    names: tuple[str, ...]
    versions: tuple[str, ...]
    builds: tuple[str, ...]


_SITES = (
    _Keys("xapk", "manifest.json", "package_name", ("name",), ("version_name",), ("version_code",)),
    _Keys(
        "apkm",
        "info.json",
        "pname",
        ("app_name", "apk_title"),
        ("release_version",),
        ("versioncode", "version_code"),
    ),
)


def describe(tree: Tree, names: Collection[str]) -> list[Build]:
    """The build of a zip with APKs in it, or none when it is no set of one app's."""
    for keys in _SITES:
        facts = _json(tree, keys.file) if keys.file in names else {}
        if identifier := _first(facts, (keys.identifier,)):
            build = _base(tree, names, identifier, keys.kind)
            return [
                replace(
                    build,
                    identifier=identifier,
                    name=_first(facts, keys.names) or build.name,
                    version=_first(facts, keys.versions) or build.version,
                    build=_first(facts, keys.builds) or build.build,
                )
            ]
    if _TABLE not in names and "base.apk" not in names:
        return []
    build = _base(tree, names, "", "apks")
    return [replace(build, signs=(*build.signs, *_bundletool_signs(names)))]


def _base(tree: Tree, names: Collection[str], identifier: str, kind: str) -> Build:
    """The set, with all that its main APK says."""
    apks = sorted(name for name in names if name.endswith(".apk"))
    first = next((name for name in apks if name.startswith(_STANDALONE)), apks[0])
    base = next((it for it in (f"{identifier}.apk", *_BASES) if it in names), first)
    try:
        inner = ZipTree(tree.read(base, limits.ARTIFACT_WHOLE_BYTES), Budget())
        inner.read(apk.MANIFEST)
        return replace(apk.describe(inner), kind=kind, app=True)
    except apk.DAMAGED:
        return Build(kind=kind, platform="android")


def _bundletool_signs(names: Collection[str]) -> list[Sign]:
    found = sorted(name for name in names if name.startswith(_STANDALONE))
    text = "made from an app bundle, for tests"
    return [Sign(Weight.MEDIUM, text, found[0])] if found else []


def _json(tree: Tree, name: str) -> Mapping[str, Any]:
    """The object in a member; empty when it holds none."""
    try:
        value = json.loads(tree.read(name))
    except (*apk.DAMAGED, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _first(facts: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first text or number under one of the keys; else empty."""
    values = (facts.get(key) for key in keys)
    return next((str(it) for it in values if isinstance(it, str | int) and it), "")
