"""One app bundle of Apple's systems: its identity, and what says whether it is released.

Names of keys: Apple, "Information Property List"; profiles: technical note TN3125.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from leakguard import limits
from leakguard.artifacts import bplist, macho
from leakguard.artifacts.codesign import Signature, common_name
from leakguard.artifacts.machofile import Slice, slices
from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.provisioning import Profile, profile
from leakguard.artifacts.tree import Tree

_PLATFORMS: Final = {
    "iphoneos": "ios", "iphonesimulator": "ios", "macosx": "macos", "appletvos": "tvos",
    "appletvsimulator": "tvos", "watchos": "watchos", "watchsimulator": "watchos",
    "xros": "visionos", "xrsimulator": "visionos",
}  # fmt: skip
_PROFILES: Final = {
    "development": "a development build",
    "ad-hoc": "an ad-hoc build for registered devices",
    "enterprise": "an in-house build of an enterprise account",
    "store": "an export for the App Store, not the store's copy",
}
_SOURCE_ENDS: Final = (".swift", ".m", ".mm", ".jsbundle.map")
_SOURCES: Final = 20
_BUNDLE_HEAD: Final = 64 * limits.KIB
"""React Native says at the beginning of a bundle how it was built."""


class Bundle(NamedTuple):
    """A bundle in a container."""

    root: str
    """Its folder, as the container has it."""
    name: str
    """The folder's name without suffix."""
    suffix: str
    plist: str
    """Path of its Info.plist."""
    is_deep: bool
    """Whether all is in a folder `Contents`, as on macOS."""

    def path(self, name: str) -> str:
        """Of a file in it that iOS has at the top and macOS in `Contents`."""
        return f"{self.root}/Contents/{name}" if self.is_deep else f"{self.root}/{name}"


class _App(NamedTuple):
    """What the signs are looked for in."""

    bundle: Bundle
    platform: str
    values: Mapping[str, Any]
    inside: list[str]
    """Names of its members."""
    profile: Profile | None
    profile_path: str
    """Empty when there is none."""
    program: list[Slice]
    """Empty when it could not be read."""
    program_path: str


def platform_of(values: Mapping[str, Any]) -> str:
    """`ios`, `macos` … of an Info.plist, or empty."""
    return _PLATFORMS.get(_platform_name(values).lower(), "")


def simulator_signs(values: Mapping[str, Any], path: str) -> Iterator[Sign]:
    """Says so when an Info.plist is of something for a simulator."""
    if (name := _platform_name(values)).lower().endswith("simulator"):
        yield Sign(Weight.HARD, "built for a simulator", f"{path} DTPlatformName={name}")


def describe_app(tree: Tree, bundle: Bundle, values: Mapping[str, Any]) -> Build | None:
    """The app; None when its Info.plist names no bundle or program, so that it is no app."""
    if values and not bplist.text(values, "CFBundleIdentifier", "CFBundleExecutable"):
        return None
    app = _app(tree, bundle, values)
    signature = _signature(app)
    signs = _once(_signs(tree, app))
    return Build(
        kind="ipa" if bundle.root.startswith("Payload/") else "app",
        platform=app.platform,
        name=bplist.text(values, "CFBundleDisplayName", "CFBundleName") or bundle.name,
        identifier=bplist.text(values, "CFBundleIdentifier"),
        version=bplist.text(values, "CFBundleShortVersionString"),
        build=bplist.text(values, "CFBundleVersion"),
        signer=signature.signer if signature else None,
        distribution=_distribution(app, signs),
        signs=signs,
        source=tuple(name for name in app.inside if name.endswith(_SOURCE_ENDS))[:_SOURCES],
    )


def _distribution(app: _App, signs: Sequence[Sign]) -> str:
    if app.profile is not None:
        return app.profile.distribution
    released = (sign.text for sign in signs if sign.weight is Weight.RELEASED)
    return "store" if any("App Store" in text for text in released) else ""


def _once(signs: Iterator[Sign]) -> tuple[Sign, ...]:
    """The first sign of each text."""
    found: dict[str, Sign] = {}
    for sign in signs:
        found.setdefault(sign.text, sign)
    return tuple(found.values())


def _app(tree: Tree, bundle: Bundle, values: Mapping[str, Any]) -> _App:
    inside = [name for name in tree.names if name.startswith(bundle.root + "/")]
    paths = (bundle.path("embedded.mobileprovision"), bundle.path("embedded.provisionprofile"))
    profile_path = next((path for path in paths if path in inside), "")
    folder = "MacOS/" if bundle.is_deep else ""
    program_path = bundle.path(folder + (bplist.text(values, "CFBundleExecutable") or bundle.name))
    program = _program(tree, program_path)
    told = platform_of(values) or (macho.platform_of(program[0]) if program else "")
    return _App(
        bundle=bundle,
        platform=told or ("macos" if bundle.is_deep else "ios"),
        values=values,
        inside=inside,
        profile=_profile(tree, profile_path),
        profile_path=profile_path,
        program=program,
        program_path=program_path,
    )


def _program(tree: Tree, path: str) -> list[Slice]:
    try:
        return slices(tree.read(path, limits.ARTIFACT_PROGRAM_BYTES))
    except Exception:  # larger, damaged, or passed by in a stream
        return []


def _profile(tree: Tree, path: str) -> Profile | None:
    try:
        return profile(tree.read(path)) if path else None
    except Exception:  # that there is one says enough
        return None


def _signature(app: _App) -> Signature | None:
    return macho.signature_of(app.program[0]) if app.program else None


def _platform_name(values: Mapping[str, Any]) -> str:
    supported = values.get("CFBundleSupportedPlatforms")
    first = supported[0] if isinstance(supported, list) and supported else ""
    return bplist.text(values, "DTPlatformName") or (first if isinstance(first, str) else "")


def _signs(tree: Tree, app: _App) -> Iterator[Sign]:
    yield from _profile_signs(app)
    yield from simulator_signs(app.values, app.bundle.plist)
    yield from _debug_signs(app)
    yield from _react_native_signs(tree, app)
    yield from _program_signs(app)
    yield from _store_signs(tree, app)


def _debug_signs(app: _App) -> Iterator[Sign]:
    """What only builds for developers have: Xcode's way to swap code, Dart's code, tests."""
    xcode = app.program_path + ".debug.dylib"
    for name in app.inside:
        if name == xcode:
            yield Sign(Weight.HARD, "a debug build of Xcode", name)
        elif name.endswith("/flutter_assets/kernel_blob.bin"):
            yield Sign(Weight.HARD, "a debug build of Flutter", name)
        elif ".xctest/" in name and "/PlugIns/" in name and name.endswith("/Info.plist"):
            yield Sign(Weight.HARD, "holds tests", name)


def _profile_signs(app: _App) -> Iterator[Sign]:
    """Copies from the App Store have no profile; those from the Mac App Store may."""
    if app.profile is None:
        if app.profile_path and app.platform != "macos":
            yield Sign(Weight.HARD, "has a provisioning profile", app.profile_path)
        return
    kind = app.profile.distribution
    if kind in _PROFILES and (app.platform != "macos" or kind == "development"):
        devices = f", {app.profile.devices} devices" if app.profile.devices else ""
        proof = f"{app.profile_path} {app.profile.proof}{devices}"
        yield Sign(Weight.HARD, _PROFILES[kind], proof)


def _react_native_signs(tree: Tree, app: _App) -> Iterator[Sign]:
    bundles = [name for name in app.inside if name.endswith(".jsbundle")]
    for name in bundles[:3]:
        try:
            head = tree.read(name, limits.ARTIFACT_PROGRAM_BYTES)[:_BUNDLE_HEAD]
        except Exception:  # as with the program
            head = b""
        if b"__DEV__=true" in head:
            text = "a development bundle of React Native"
            yield Sign(Weight.HARD, text, f"{name} __DEV__=true")


def _program_signs(app: _App) -> Iterator[Sign]:
    if app.program:
        yield from macho.program_signs(app.program, app.program_path, app=True)
    sealed = app.bundle.path("_CodeSignature/CodeResources")
    if app.program and _signature(app) is None:
        yield Sign(Weight.MEDIUM, "not signed", f"{app.program_path} has no code signature")
    elif not app.program and sealed not in app.inside:
        yield Sign(Weight.MEDIUM, "not signed", f"no {sealed}")


def _store_signs(tree: Tree, app: _App) -> Iterator[Sign]:
    """What only copies have that were published."""
    if app.platform == "macos":
        yield from _mac_signs(app)
    elif not app.profile_path:
        if any(name.startswith(app.bundle.root + "/SC_Info/") for name in app.inside):
            proof = f"{app.bundle.root}/SC_Info"
            yield Sign(Weight.RELEASED, "has the App Store's keys", proof)
        if "iTunesMetadata.plist" in tree.names:
            yield Sign(Weight.RELEASED, "has a receipt of the App Store", "iTunesMetadata.plist")


def _mac_signs(app: _App) -> Iterator[Sign]:
    if (receipt := app.bundle.path("_MASReceipt/receipt")) in app.inside:
        yield Sign(Weight.RELEASED, "has a receipt of the Mac App Store", receipt)
    signature, ticket = _signature(app), app.bundle.path("CodeResources")
    name = common_name(signature.signer) if signature and signature.signer else ""
    if name.startswith("Developer ID Application") and ticket in app.inside:
        proof = f"{ticket}, {app.program_path} signed by {name}"
        yield Sign(Weight.RELEASED, "notarised for everybody", proof)
