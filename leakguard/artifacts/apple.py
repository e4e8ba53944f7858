"""Apple's bundles in a container: apps, archives of Xcode, frameworks, debug symbols.

A bundle is a folder with an Info.plist at a known place (Apple, "Bundle Programming Guide"). Only
outermost bundles are builds of their own: what is inside an app or archive is part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from leakguard.artifacts import bplist
from leakguard.artifacts.appbundle import Bundle, describe_app, platform_of, simulator_signs
from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import Tree

_SUFFIXES: Final = ("app", "framework", "xcframework", "xcarchive", "dSYM")
_SYMBOLS_PREFIX: Final = "com.apple.xcode.dsym."
_MOST_BUILDS: Final = 50
"""Each costs a look at all names, and at its program."""


def describe_tree(tree: Tree) -> list[Build]:
    """The outermost bundles of a container, in its order, at most fifty."""
    found = (_describe(tree, bundle) for bundle in _bundles(tree.names)[:_MOST_BUILDS])
    return [build for build in found if build is not None]


def _bundles(names: Sequence[str]) -> list[Bundle]:
    plists = [name for name in names if name.endswith("/Info.plist")]
    found = {bundle.root: bundle for name in plists if (bundle := _bundle(name))}
    return [bundle for root, bundle in found.items() if not _is_inside(root, found)]


def _bundle(name: str) -> Bundle | None:
    """The bundle that an Info.plist belongs to: on macOS, it stands in a folder inside."""
    parts = name.split("/")[:-1]
    is_deep = parts[-1] == "Contents"
    if parts[-1] in ("Contents", "Resources"):
        parts.pop()
    if len(parts) > 2 and parts[-2] == "Versions":
        del parts[-2:]
    stem, dot, suffix = parts[-1].rpartition(".") if parts else ("", "", "")
    if not dot or suffix not in _SUFFIXES:
        return None
    return Bundle("/".join(parts), stem, suffix, name, is_deep)


def _is_inside(root: str, others: Mapping[str, Bundle]) -> bool:
    parts = root.split("/")
    return any("/".join(parts[:count]) in others for count in range(1, len(parts)))


def _describe(tree: Tree, bundle: Bundle) -> Build | None:
    try:
        values = bplist.load(tree.read(bundle.plist))
    except Exception:  # the names alone say that it is there
        values = {}
    match bundle.suffix:
        case "app":
            return describe_app(tree, bundle, values)
        case "xcarchive":
            return _archive(tree, bundle, values)
        case "dSYM":
            return _symbols(bundle, values)
    return _framework(bundle, values)


def _archive(tree: Tree, bundle: Bundle, values: Mapping[str, Any]) -> Build:
    inner = [name for name in tree.names if name.startswith(f"{bundle.root}/Products/")]
    is_mac = any(name.endswith(".app/Contents/Info.plist") for name in inner)
    is_ios = any(name.endswith(".app/Info.plist") for name in inner)
    sign = Sign(Weight.HARD, "an Xcode archive, from before the export", bundle.plist)
    unknown = Build("xcarchive", signs=(sign,), internal="an Xcode archive")
    build = bplist.archive(values, bundle.plist) or unknown
    platform = "macos" if is_mac else "ios" if is_ios else build.platform
    return replace(build, platform=platform, name=build.name or bundle.name)


def _symbols(bundle: Bundle, values: Mapping[str, Any]) -> Build:
    return Build(
        kind="dsym",
        name=bundle.name,
        identifier=bplist.text(values, "CFBundleIdentifier").removeprefix(_SYMBOLS_PREFIX),
        version=bplist.text(values, "CFBundleShortVersionString"),
        build=bplist.text(values, "CFBundleVersion"),
        signs=(Sign(Weight.HARD, "debug symbols", bundle.plist),),
        internal="debug symbols",
        app=False,
    )


def _framework(bundle: Bundle, values: Mapping[str, Any]) -> Build:
    return Build(
        kind=bundle.suffix,
        platform=platform_of(values),
        name=bplist.text(values, "CFBundleName") or bundle.name,
        identifier=bplist.text(values, "CFBundleIdentifier"),
        version=bplist.text(values, "CFBundleShortVersionString"),
        build=bplist.text(values, "CFBundleVersion"),
        signs=tuple(simulator_signs(values, bundle.plist)),
        app=False,
    )
