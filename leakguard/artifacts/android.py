"""Names Android builds as a whole: apps, bundles, sets of split apps, libraries.

It is asked about each zip, so it imports the readers only for what looks like one of them.
"""

from collections.abc import Collection

from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import Tree

_MANIFEST, _BUNDLE, _TABLE = "AndroidManifest.xml", "BundleConfig.pb", "resources.pb"
_BINARY, _PROTOBUF = b"\x03\0", b"\x0a"
_MAP = "/proguard.map"
_LIBRARY = ("classes.jar", "R.txt")


def describe_tree(tree: Tree) -> list[Build]:
    """The build that a zip is, or none. Damage within leaves fields empty."""
    names = frozenset(tree.names)
    if _MANIFEST in names:
        return _app(tree, names)
    if _BUNDLE in names:
        return _bundle(tree)
    if any(name.endswith(".apk") for name in names):
        from leakguard.artifacts import apkset

        return apkset.describe(tree, names)
    if "classes.dex" in names:
        return [Build(kind="dexjar", platform="android", app=False)]
    return []


def _app(tree: Tree, names: Collection[str]) -> list[Build]:
    """An APK, whose manifest is binary or protobuf, or a library, whose manifest is text."""
    from leakguard.artifacts import apk

    data = tree.read(_MANIFEST)
    if data.startswith(_BINARY) or (data.startswith(_PROTOBUF) and _TABLE in names):
        return [apk.describe(tree)]
    return _library(data) if any(name in names for name in _LIBRARY) else []


def _library(data: bytes) -> list[Build]:
    """An AAR (developer.android.com, "AAR file structure")."""
    from leakguard.artifacts.androidmanifest import text_manifest

    try:
        facts = text_manifest(data)
    except ValueError:
        return []
    return [
        Build(
            kind="aar",
            platform="android",
            identifier=facts.package,
            version=facts.version,
            build=facts.code,
            app=False,
        )
    ]


def _bundle(tree: Tree) -> list[Build]:
    """An Android App Bundle (developer.android.com, "The Android App Bundle format")."""
    from leakguard.artifacts import apk, apksigning

    found = sorted(name for name in tree.names if name.endswith(f"/manifest/{_MANIFEST}"))
    if not found:
        return []
    base = next((name for name in found if name.startswith("base/")), found[0])
    facts = apk.facts(tree, base, f"{base.partition('/')[0]}/{_TABLE}")
    signed = apksigning.of_jar(tree)
    signs = [Sign(Weight.HARD, "an app bundle is only ever an upload", _BUNDLE)]
    maps = [name for name in tree.names if name.endswith(_MAP)]
    signs += [Sign(Weight.HARD, "has the map that undoes obfuscation", name) for name in maps[:1]]
    return [
        Build(
            kind="aab",
            platform="android",
            name=facts.label,
            identifier=facts.package,
            version=facts.version,
            build=facts.code,
            signer=apk.first_signer(signed),
            distribution=apk.distribution(facts.signs, signed),
            signs=(*signs, *facts.signs, *apk.key_signs(signed), *apk.content_signs(tree)),
            source=apk.sources(tree.names),
        )
    ]
