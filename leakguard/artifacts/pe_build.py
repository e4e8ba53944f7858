"""What a Windows program says about itself: its version resource, signature and debug entry.

Microsoft, VS_VERSIONINFO, VS_FIXEDFILEINFO and PE Format.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from leakguard.artifacts import cms, dotnet_files, pe_version
from leakguard.artifacts.build_paths import folder
from leakguard.artifacts.metadata import clean
from leakguard.artifacts.model import Build, Sign, Signer, Weight
from leakguard.artifacts.pe_image import Image, resources

_CODEVIEW = 2
_RSDS = 24
"""Bytes before the path of the PDB: RSDS, its GUID and its age."""
_FLAGS = (
    (0x01, "VS_FF_DEBUG", "a debug build", ""),
    (0x02, "VS_FF_PRERELEASE", "a pre-release", ""),
    (0x08, "VS_FF_PRIVATEBUILD", "a private build", "PrivateBuild"),
    (0x20, "VS_FF_SPECIALBUILD", "a special build", "SpecialBuild"),
)
_NOTHING = pe_version.Version(0, "", "", {})
_TEST_NAME = re.compile(r"(?:^|[,+] )CN=(?:[^,+]*\bTest\b|WDKTestCert)", re.IGNORECASE)
_LAUNCHERS = frozenset({"Simple Launcher"})
"""Products that only start a script: they stand in every Python environment."""


def build(image: Image, installer: str = "") -> Build:
    """What it says; damaged parts say nothing. `installer` is nsis, inno, squirrel or empty."""
    said = _NOTHING
    with suppress(Exception):
        said = _version(image)
    pdb = ""
    with suppress(Exception):
        pdb = clean(_pdb(image))
    signer, signed = None, image.certificates()
    if signed:
        signer = cms.signer(signed)
    name, version = _name_and_version(image, said)
    product = said.texts.get("ProductName", "") not in {"", *_LAUNCHERS}
    return Build(
        kind=installer or "pe",
        platform="windows",
        name=name,
        identifier=said.texts.get("OriginalFilename") or said.texts.get("InternalName", ""),
        version=version,
        build=said.file,
        signer=signer,
        signs=(*_flag_signs(said), *_signature_signs(signer, bool(signed)), *_pdb_signs(pdb)),
        leaked_paths=(folder(pdb),) if folder(pdb) else (),
        app=bool(installer) or (product and not image.is_dll),
    )


def _version(image: Image) -> pe_version.Version:
    for found in resources(image):
        if found.kind == "VERSION":
            said = pe_version.parse(image.data[found.offset : found.offset + found.size])
            return said._replace(texts={key: clean(text) for key, text in said.texts.items()})
    return _NOTHING


def _name_and_version(image: Image, said: pe_version.Version) -> tuple[str, str]:
    texts = said.texts
    name = texts.get("ProductName") or texts.get("FileDescription", "")
    version = texts.get("ProductVersion") or texts.get("FileVersion") or said.product or said.file
    if name and version:
        return name, pe_version.trimmed(version)
    with suppress(Exception):
        own_name, own_version = dotnet_files.assembly(image)
        return name or clean(own_name), pe_version.trimmed(version or own_version)
    return name, pe_version.trimmed(version)


def _flag_signs(said: pe_version.Version) -> Iterator[Sign]:
    for flag, name, text, reason in _FLAGS:
        if said.flags & flag:
            why = said.texts.get(reason, "")
            proof = f"VS_VERSION_INFO FileFlags={name}" + (f" {reason}={why}" if why else "")
            yield Sign(Weight.HARD, f"marked as {text}", proof)


def _signature_signs(signer: Signer | None, signed: bool) -> Iterator[Sign]:
    if not signed:
        yield Sign(Weight.LOW, "not signed", "certificate table is empty")
    elif signer is None:
        yield Sign(Weight.LOW, "signed by someone unknown", "certificate table has no signer")
    elif signer.self_signed:
        proof = f"Authenticode signer={signer.subject}"
        yield Sign(Weight.HARD, "signed with a self-signed certificate", proof)
    elif _TEST_NAME.search(signer.subject):
        proof = f"Authenticode signer={signer.subject}"
        yield Sign(Weight.HARD, "signed with a test certificate", proof)


def _pdb(image: Image) -> str:
    """The path of the symbols, from the machine that linked it."""
    for kind, data in dotnet_files.debug_entries(image):
        if kind == _CODEVIEW and data.startswith(b"RSDS"):
            return data[_RSDS:].split(b"\0")[0].decode("utf-8", "replace")
    return ""


def _pdb_signs(pdb: str) -> Iterator[Sign]:
    if folder(pdb):
        yield Sign(Weight.LOW, f"built in {folder(pdb)}", f"debug directory PDB={pdb}")
