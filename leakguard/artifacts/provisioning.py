"""Provisioning profiles: who may run an Apple app, on which devices.

Form: a property list that Apple signed (CMS), described in Apple's technical note TN3125.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leakguard import limits
from leakguard.artifacts import bplist, cms
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build, Sign, Signer, Weight

_IDENTIFIERS = ("application-identifier", "com.apple.application-identifier")
_DEBUGGERS = ("get-task-allow", "com.apple.security.get-task-allow")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says, without its devices' numbers: those are personal data."""

    name: str
    identifier: str
    """Of the app, without the team; `*` for all apps of a team."""
    team: str
    platform: str
    """`ios` or `macos`."""
    distribution: str
    """`development`, `ad-hoc`, `enterprise`, `store`; empty for Mac apps outside the store."""
    devices: int
    proof: str
    """The key that says how the app is distributed, and its value."""
    signer: Signer | None


def describe(data: Buffer) -> Build | None:
    """The profile as a build; None for other CMS files."""
    if len(data) > limits.ARTIFACT_METADATA_BYTES or b"<plist" not in bytes(data):
        return None
    found = profile(bytes(data))
    text = (
        f"a provisioning profile ({found.distribution})"
        if found.distribution
        else ("a provisioning profile")
    )
    proof = found.proof + (f", {found.devices} devices" if found.devices else "")
    return Build(
        kind="mobileprovision",
        platform=found.platform,
        name=found.name,
        identifier=found.identifier,
        signer=found.signer,
        distribution=found.distribution,
        signs=(Sign(Weight.HARD, text, proof),),
        internal="a provisioning profile",
        app=False,
    )


def profile(data: bytes) -> Profile:
    """What a profile says. Raises ArtifactError when it is none, or what plistlib raises."""
    values = bplist.load(_property_list(data))
    allowed = values.get("Entitlements")
    if not isinstance(allowed, dict):
        raise ArtifactError("no provisioning profile")
    platforms = values.get("Platform")
    is_mac = isinstance(platforms, list) and "OSX" in platforms
    devices = values.get("ProvisionedDevices")
    distribution, proof = _distribution(values, allowed, is_mac)
    return Profile(
        name=bplist.text(values, "Name"),
        identifier=_identifier(allowed, values),
        team=bplist.text(values, "TeamName"),
        platform="macos" if is_mac else "ios",
        distribution=distribution,
        devices=len(devices) if isinstance(devices, list) else 0,
        proof=proof,
        signer=cms.signer(data),
    )


def _property_list(data: bytes) -> bytes:
    """What was signed; else, in a damaged file, what looks like it."""
    signed = cms.content(data)
    if b"<plist" in signed:
        return signed
    start, end = data.find(b"<?xml"), data.rfind(b"</plist>")
    if start < 0 or end < start:
        raise ArtifactError("no provisioning profile")
    return data[start : end + len(b"</plist>")]


def _identifier(allowed: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The first part of an application identifier is the team's prefix, ten letters."""
    whole = bplist.text(allowed, *_IDENTIFIERS)
    prefixes = values.get("ApplicationIdentifierPrefix")
    for prefix in prefixes if isinstance(prefixes, list) else []:
        if isinstance(prefix, str) and whole.startswith(prefix + "."):
            return whole[len(prefix) + 1 :]
    prefix, dot, rest = whole.partition(".")
    return rest if dot and len(prefix) == 10 and prefix.isalnum() and prefix.isupper() else whole


def _distribution(
    values: Mapping[str, Any], allowed: Mapping[str, Any], is_mac: bool
) -> tuple[str, str]:
    """How the app is distributed, and what says so.

    Mac apps for everybody outside the store (Developer ID) have ProvisionsAllDevices as well.
    """
    for key in _DEBUGGERS:
        if allowed.get(key) is True:
            return "development", f"Entitlements {key}=true"
    if values.get("ProvisionsAllDevices") is True:
        return "" if is_mac else "enterprise", "ProvisionsAllDevices=true"
    if values.get("ProvisionedDevices"):
        return "development" if is_mac else "ad-hoc", "ProvisionedDevices"
    return "store", "no ProvisionedDevices"
