"""Apple's code signature: who signed, as what, and what the program may do.

Form: cs_blobs.h of Apple's xnu: a SuperBlob with an index of blobs, all numbers big-endian. No
signature is verified.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leakguard import limits
from leakguard.artifacts import bplist, cms, entitlements
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Sign, Signer, Weight

_SUPER_BLOB: Final = 0xFADE0CC0
_CODE_DIRECTORY: Final = 0xFADE0C02
_ENTITLEMENTS: Final = 0xFADE7171
_ENTITLEMENTS_DER: Final = 0xFADE7172
_CMS: Final = 0xFADE0B01
_MOST_BLOBS: Final = 64
"""Each has a purpose of its own, and there are about ten purposes."""
_WITH_TEAM: Final = 0x20200
"""Version of a CodeDirectory from which on it has a team."""
_AD_HOC: Final = 0x2
_HEAD: Final = struct.Struct(">II")
_DIRECTORY: Final = struct.Struct(">IIII")

_SIGNERS: Final = (
    ("Apple iPhone OS Application Signing", Weight.RELEASED, "signed by the App Store"),
    ("Apple Mac OS Application Signing", Weight.RELEASED, "signed by the Mac App Store"),
    ("TestFlight Beta Distribution", Weight.HARD, "a TestFlight beta"),
    ("Apple Development: ", Weight.HARD, "signed with a development certificate"),
    ("Mac Developer: ", Weight.HARD, "signed with a development certificate"),
    ("iPhone Developer: ", Weight.HARD, "signed with a development certificate"),
)
"""How common names of Apple's certificates begin, and what each says."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a code signature says. What it does not say is empty."""

    identifier: str = ""
    team: str = ""
    flags: int = 0
    entitlements: Mapping[str, Any] = field(default_factory=dict)
    signer: Signer | None = None
    """Whose certificate could be read."""
    signed: bool = False
    """Whether somebody signed, be it that the certificate cannot be read."""

    @property
    def ad_hoc(self) -> bool:
        """Whether nobody signed: it only has hashes."""
        return not self.signed or bool(self.flags & _AD_HOC)

    @property
    def debuggable(self) -> str:
        """The entitlement that lets a debugger attach, empty when it is not there."""
        keys = ("get-task-allow", "com.apple.security.get-task-allow")
        return next((key for key in keys if self.entitlements.get(key) is True), "")


def parse(blob: bytes) -> Signature:
    """The signature in a SuperBlob; padding behind it is fine, damaged parts are left out.

    Raises ArtifactError when it is no SuperBlob.
    """
    found: dict[int, bytes] = {}
    for magic, content in _blobs(bytes(blob)):
        found.setdefault(magic, content[8:])
    signature = found.get(_CMS, b"")
    return Signature(
        **_directory(found.get(_CODE_DIRECTORY, b"")),
        entitlements=_loaded(bplist.load, found.get(_ENTITLEMENTS))
        or _loaded(entitlements.load, found.get(_ENTITLEMENTS_DER)),
        signer=cms.signer(signature) if signature else None,
        signed=bool(signature),
    )


def signs(signature: Signature, platform: str, where: str, *, app: bool) -> list[Sign]:
    """What a program's signature says about its release; `where` names the program in proofs.

    That nobody signed says little of what is no `app`: tools and libraries often are like that.
    Mac programs whose signature is ad hoc keep the debugger's entitlement in released copies too.
    """
    found = []
    mac_ad_hoc = platform == "macos" and signature.ad_hoc and not signature.team
    if key := signature.debuggable:
        weight = Weight.MEDIUM if mac_ad_hoc else Weight.HARD
        found.append(Sign(weight, "lets a debugger attach", f"{where} entitlement {key}=true"))
    if signature.ad_hoc:
        weight = Weight.MEDIUM if app else Weight.LOW
        found.append(
            Sign(
                weight, "signed by nobody (ad hoc)", f"{where} signature flags {signature.flags:#x}"
            )
        )
    if signature.signer and (name := common_name(signature.signer)):
        found += [
            Sign(weight, text, f"{where} signed by {name}")
            for start, weight, text in _SIGNERS
            if name.startswith(start)
        ]
    return found


def common_name(signer: Signer) -> str:
    """The subject's CN, empty when it has none."""
    parts = signer.subject.split(", ")
    return next((part[3:] for part in parts if part.startswith("CN=")), "")


def _blobs(data: bytes) -> Iterator[tuple[int, bytes]]:
    if len(data) < 12 or _HEAD.unpack_from(data)[0] != _SUPER_BLOB:
        raise ArtifactError("no code signature")
    count = int.from_bytes(data[8:12], "big")
    if count > _MOST_BLOBS:
        raise ArtifactError(f"more than {_MOST_BLOBS} parts in a code signature")
    for _slot, offset in struct.iter_unpack(">II", data[12 : 12 + count * 8]):
        if offset + 8 <= len(data):
            magic, size = _HEAD.unpack_from(data, offset)
            if 8 <= size <= limits.ARTIFACT_METADATA_BYTES:
                yield magic, data[offset : offset + size]


def _directory(content: bytes) -> dict[str, Any]:
    """Identifier, flags and team of a CodeDirectory, without its magic number and size."""
    if len(content) < 36:
        return {}
    version, flags, _hashes, name = _DIRECTORY.unpack_from(content)
    team = int.from_bytes(content[40:44], "big") if version >= _WITH_TEAM else 0
    return {"identifier": _text(content, name), "flags": flags, "team": _text(content, team)}


def _text(content: bytes, at: int) -> str:
    """The text at `at` of a blob, up to its NUL; nothing at 0."""
    at -= _HEAD.size
    if not 0 < at < len(content):
        return ""
    return content[at : at + 1024].split(b"\0", 1)[0].decode("utf-8", "replace")


def _loaded(load: Callable[[bytes], dict[str, Any]], content: bytes | None) -> dict[str, Any]:
    try:
        return load(content) if content else {}
    except Exception:  # a signature says something even when its entitlements are damaged
        return {}
