"""What a macOS installer package says: its signer, PackageInfo and Distribution."""

import base64
from collections.abc import Mapping
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build, Sign, Signer, Weight

_DEPTH = 200
"""Folders in folders, and what is around them."""


def package(table: Element, texts: Mapping[str, bytes]) -> Build | None:
    """The package whose table of contents and PackageInfo and Distribution files these are.

    `texts` has them by path. None when there are none of them: an archive of something else.
    """
    parsed = {path: parse(text) for path, text in texts.items() if text}
    infos = [root for root in parsed.values() if root.tag == "pkg-info"]
    whole = next((root for root in parsed.values() if "installer" in root.tag), None)
    if not infos and whole is None:
        return None
    name, identifier, version = _identity(infos, whole)
    signer = _signer(table)
    signs = () if signer else (_UNSIGNED,)
    return Build(
        "pkg", "macos", name=name, identifier=identifier, version=version, signer=signer,
        signs=signs,
    )  # fmt: skip


_UNSIGNED = Sign(
    Weight.MEDIUM, "unsigned", "xar table of contents: no signature with a certificate"
)


def _identity(infos: list[Element], whole: Element | None) -> tuple[str, str, str]:
    """Name, identifier and version: of the product where there is one, else of the first part."""
    name = identifier = version = ""
    if whole is not None:
        name = (whole.findtext("title") or "").strip()
        product = whole.find("product")
        references = [ref for ref in whole.iter("pkg-ref") if ref.get("version")]
        for entry in [*([] if product is None else [product]), *references]:
            identifier = identifier or entry.get("id", "")
            version = version or entry.get("version", "")
    for info in infos:
        identifier = identifier or info.get("identifier", "")
        version = version or info.get("version", "")
    return name, identifier, version


def _signer(table: Element) -> Signer | None:
    """The first certificate is the signer's; those of its issuers follow."""
    from leakguard.artifacts.cms import certificate_signer

    for signature in (*table.iterfind("toc/signature"), *table.iterfind("toc/x-signature")):
        for entry in signature.iter():
            if entry.tag.endswith("X509Certificate") and entry.text:
                try:
                    return certificate_signer(base64.b64decode(entry.text))
                except (ValueError, TypeError):
                    return None
    return None


def parse(text: bytes) -> Element:
    """The root of an XML document. Raises ArtifactError for damaged ones and for those with a
    document type, which could define entities."""
    builder, parser, depth = TreeBuilder(), expat.ParserCreate(), 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise ArtifactError("the XML is nested too deep")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise ArtifactError("the XML has a document type")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, refuse
    try:
        parser.Parse(text, True)
        root: Element = builder.close()
    except (expat.ExpatError, AssertionError):
        raise ArtifactError("the XML is damaged") from None
    return root
