"""Names one APK: what its manifest says, who signed it, and what in it shows a build for work."""

import re
from collections.abc import Iterator, Sequence
from struct import error as StructError

from leakguard import limits
from leakguard.artifacts import apksigning, axml, protoxml
from leakguard.artifacts.androidmanifest import DEBUGGABLE, Manifest, Resolver, manifest
from leakguard.artifacts.apksigning import Signed
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build, Sign, Signer, Weight
from leakguard.artifacts.resources import Resources
from leakguard.artifacts.tree import Tree

MANIFEST, _BINARY = "AndroidManifest.xml", b"\x03\0"
DAMAGED = (ArtifactError, StructError, ValueError, KeyError, IndexError, EOFError, StopIteration)
"""What reading a part of an app may raise."""

_AOSP_KEYS = frozenset(
    (
        "a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc",
        "c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8",
        "28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd",
        "465983f7791f2abeb43ea2cbdc7f21a8260b72bd08a55c839fc1a43bc741a81e",
    )
)
"""SHA-256 of the certificates testkey, platform, shared and media of AOSP's build/target/product/
security, whose private keys are public."""

_AOSP_NAME = "E=android@android.com, CN=Android"
_DEBUG_NAME = re.compile(r"CN=Android Debug(?:,|$)")
_SOURCE = re.compile(
    r"(?:^|/)(?:assets|res/raw)/.*\.(?:dart|java|kts?|bundle\.map|js\.map)$"
    r"|(?:^|/)flutter_assets/kernel_blob\.bin$|(?:^|/)(?:proguard\.map|proguard/mapping\.txt)$"
)
_REACT = "assets/index.android.bundle"
_REACT_DEVELOPMENT, _REACT_HEAD = re.compile(rb"__DEV__\s{0,9}=\s{0,9}(?:true|!0)"), 4096
_FLUTTER_DEBUG = "assets/flutter_assets/kernel_blob.bin"
_CONFIGURATION = re.compile(r"(?:^|\.)config\.")
_STORE_BLOCKS = {
    apksigning.FROSTING: "handed out by Google Play",
    **dict.fromkeys(apksigning.STAMPS, "stamped by a store"),
}
_MOST_SOURCES = 20


def describe(tree: Tree) -> Build:
    """The build of an APK. A manifest that is damaged leaves the identity empty."""
    tables = [name for name in ("resources.arsc", "resources.pb") if name in tree.names]
    found = facts(tree, MANIFEST, tables[0] if tables else "")
    signed, signs = signatures(tree)
    signs = [*found.signs, *signs, *content_signs(tree)]
    return Build(
        kind="apk",
        platform="android",
        name=found.label,
        identifier=found.package,
        version=found.version,
        build=found.code,
        signer=first_signer(signed),
        distribution=distribution(signs, signed),
        signs=tuple(signs),
        source=sources(tree.names),
        app=not _CONFIGURATION.search(found.split),
    )


class Lazy:
    """A resource table that is read when a manifest refers to it; damaged ones give nothing."""

    def __init__(self, tree: Tree, name: str) -> None:
        self._tree, self._name = tree, name
        self._table: Resolver | None = None

    def text(self, resource: int) -> str:
        try:
            if self._table is None:
                data = self._tree.read(self._name, limits.ARTIFACT_TABLE_BYTES)
                is_protobuf = self._name.endswith(".pb")
                self._table = protoxml.Resources(data) if is_protobuf else Resources(data)
            return self._table.text(resource)
        except DAMAGED:
            return ""


def signatures(tree: Tree) -> tuple[list[Signed], list[Sign]]:
    """All signatures, newest scheme first, and the signs in them."""
    values = {} if tree.data is None else apksigning.block(tree.data)
    of_block, of_jar = apksigning.of_block(values), apksigning.of_jar(tree)
    signed = of_block + of_jar
    signs = key_signs(signed)
    if tree.data is not None and not signed:
        proof = "neither an APK Signing Block nor META-INF/*.RSA"
        signs.append(Sign(Weight.HARD, "not signed", proof))
    elif tree.data is not None and not of_block:
        text = "signed with the oldest scheme only"
        signs.append(Sign(Weight.MEDIUM, text, "META-INF/*.RSA without an APK Signing Block"))
    for number, text in _STORE_BLOCKS.items():
        if number in values:
            proof = f"APK Signing Block 0x{number:08x}"
            signs.append(Sign(Weight.RELEASED, text, proof))
    return signed, signs


def key_signs(signed: Sequence[Signed]) -> list[Sign]:
    """The signs of keys that no release is signed with, once for each certificate."""
    signs = []
    certificates = {it.signer: it.scheme for it in reversed(signed) if it.signer}
    for signer, scheme in reversed(certificates.items()):
        proof = f"certificate ({scheme}): {signer.subject}"
        if _DEBUG_NAME.search(signer.subject):
            signs.append(Sign(Weight.HARD, "signed with an Android debug key", proof))
        elif signer.sha256 in _AOSP_KEYS or signer.subject.startswith(_AOSP_NAME):
            signs.append(Sign(Weight.HARD, "signed with a public test key of Android", proof))
    return signs


def first_signer(signed: Sequence[Signed]) -> Signer | None:
    """The signer of the newest scheme that can be read."""
    return next((it.signer for it in signed if it.signer), None)


def sources(names: Sequence[str]) -> tuple[str, ...]:
    """Members with source code, or with what turns code back into it; sorted, the first few."""
    return tuple(sorted(name for name in names if _SOURCE.search(name))[:_MOST_SOURCES])


def distribution(signs: Sequence[Sign], signed: Sequence[Signed]) -> str:
    """`development` for what is debuggable or has a debug key, `store` for what a store gave."""
    subjects = (it.signer.subject for it in signed if it.signer)
    if any(sign.text == DEBUGGABLE for sign in signs) or any(map(_DEBUG_NAME.search, subjects)):
        return "development"
    return "store" if any(sign.weight is Weight.RELEASED for sign in signs) else ""


def facts(tree: Tree, name: str, table: str) -> Manifest:
    """What the manifest of a name says, with texts from a table of resources; damaged, nothing."""
    try:
        data = tree.read(name)
        parse = axml.parse if data.startswith(_BINARY) else protoxml.parse
        return manifest(parse(data), Lazy(tree, table))
    except DAMAGED:
        return Manifest("")


def content_signs(tree: Tree) -> Iterator[Sign]:
    """The signs of frameworks' development builds, in an app or in the base of a bundle."""
    for name in tree.names:
        if name.endswith(_FLUTTER_DEBUG):
            yield Sign(Weight.HARD, "a debug build of Flutter", name)
        elif name.endswith(_REACT):
            try:
                head = tree.read(name, limits.ARTIFACT_TABLE_BYTES)[:_REACT_HEAD]
            except DAMAGED:
                continue
            if found := _REACT_DEVELOPMENT.search(head):
                proof = f"{name} {found[0].decode()}"
                yield Sign(Weight.HARD, "a development build of React Native", proof)
