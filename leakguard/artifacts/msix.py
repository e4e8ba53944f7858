"""Windows app packages: MSIX and APPX, and bundles of them (Microsoft, "Package manifest schema
reference", "App package block map", "Bundle manifest schema reference")."""

from typing import Any
from xml.parsers import expat

from leakguard.artifacts import cms, metadata
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build, Sign, Signer, Weight
from leakguard.artifacts.tree import Tree

_MANIFEST = "AppxManifest.xml"
_BLOCK_MAP = "AppxBlockMap.xml"
_BUNDLE_MANIFEST = "AppxMetadata/AppxBundleManifest.xml"
_SIGNATURE = "AppxSignature.p7x"
_SIGNATURE_MAGIC = b"PKCX"
_REFERENCE = "ms-resource:"
"""A name that stands in a table of translations."""


class _Manifest:
    """The attributes of Identity, and the package's name for users."""

    def __init__(self, data: bytes) -> None:
        self.identity: dict[str, str] = {}
        self.name = ""
        self._path: list[str] = []
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(data, True)
        except expat.ExpatError:
            raise ArtifactError("the manifest is no XML") from None

    def _doctype(self, *_: Any) -> None:
        raise ArtifactError("the manifest has a DTD")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._path.append(tag.rpartition(":")[2])
        if len(self._path) == 2 and self._path[1] == "Identity" and not self.identity:
            self.identity = attributes

    def _end(self, _: str) -> None:
        self._path.pop()

    def _text(self, text: str) -> None:
        if self._path[1:] == ["Properties", "DisplayName"]:
            self.name = (self.name + text)[:400]


def describe_tree(tree: Tree) -> list[Build]:
    """The package or bundle, when it is one. Raises ArtifactError for a manifest that has a DTD or
    is no XML."""
    names = set(tree.names)
    bundle = _BUNDLE_MANIFEST in names
    if not bundle and not {_MANIFEST, _BLOCK_MAP} <= names:
        return []
    manifest = _Manifest(tree.read(_BUNDLE_MANIFEST if bundle else _MANIFEST))
    identity = {key: metadata.clean(value) for key, value in manifest.identity.items()}
    signed = _SIGNATURE in names
    signer = _signer(tree) if signed else None
    name = "" if manifest.name.startswith(_REFERENCE) else metadata.clean(manifest.name)
    return [
        Build(
            kind="msix",
            platform="windows",
            name=name or identity.get("Name", ""),
            identifier=identity.get("Name", ""),
            version=identity.get("Version", ""),
            signer=signer,
            signs=_signs(identity.get("Publisher", ""), signer, signed=signed),
        )
    ]


def _signer(tree: Tree) -> Signer | None:
    data = metadata.read(tree, _SIGNATURE)
    return cms.signer(data.removeprefix(_SIGNATURE_MAGIC)) if data else None


def _signs(publisher: str, signer: Signer | None, *, signed: bool) -> tuple[Sign, ...]:
    if not signed:
        return (
            Sign(Weight.HARD, "not signed: Windows installs it for developers only",
                 f"{_SIGNATURE} is missing, Identity@Publisher={publisher}"),
        )  # fmt: skip
    if signer is not None and signer.self_signed:
        return (
            Sign(Weight.MEDIUM, "signed with a self-signed certificate",
                 f"{_SIGNATURE} signer={signer.subject}"),
        )  # fmt: skip
    return ()
