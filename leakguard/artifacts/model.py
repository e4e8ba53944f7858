"""The nouns of artifacts: what a build says about itself, and what a container holds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from leakguard.artifacts.content import Content


class Member(NamedTuple):
    """A file in a container, to be read before the next one is asked for."""

    name: str
    """Its path as the container has it, with `/`; a label only, nothing is ever written there."""
    content: Content
    note: str = ""
    """What is odd about it, for its path: `deleted in a later layer`."""


class Unread(NamedTuple):
    """A member that could not be looked at, and why."""

    name: str
    reason: str


class Weight(StrEnum):
    """How much a sign says about whether a build is released."""

    HARD = "hard"
    """Only a build that is not public has it."""
    MEDIUM = "medium"
    LOW = "low"
    RELEASED = "released"
    """Only a released copy has it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing in a build that says whether it is public."""

    weight: Weight
    text: str
    """For users: `debuggable`, `signed with the Android debug key`."""
    proof: str
    """Where it stands and what is there: `AndroidManifest.xml application@debuggable=true`."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whoever signed: from the signer's certificate."""

    subject: str
    """As RFC 4514 has it, most specific first: `CN=Acme, O=Acme Ltd, C=DE`."""
    sha256: str
    """Of the certificate (DER), lower-case hex."""
    self_signed: bool = False


@dataclass(frozen=True, slots=True)
class Build:
    """What an artifact says about itself. What it does not say is empty."""

    kind: str
    """`apk`, `ipa`, `pe`, `msi`, `wheel` …: the names of the table in kinds.py."""
    platform: str = ""
    """`android`, `ios`, `macos`, `windows`, `linux`, `java`, `python`, `node` …"""
    name: str = ""
    identifier: str = ""
    version: str = ""
    build: str = ""
    signer: Signer | None = None
    distribution: str = ""
    """`development`, `ad-hoc`, `enterprise`, `store` or nothing known."""
    signs: tuple[Sign, ...] = ()
    internal: str = ""
    """Why it never leaves a company, whatever its version: `symbols`, `a keystore`; else empty."""
    source: tuple[str, ...] = ()
    """Members with source code in them, at most twenty."""
    leaked_paths: tuple[str, ...] = ()
    """Folders of the machine it was built on, at most twenty."""
    app: bool = True
    """Whether it is something a company releases to users; False for what only belongs to one."""

    def title(self) -> str:
        """For users: `Android app com.acme.app 5.0.0 (500)`."""
        name = self.name if self.identifier in self.name else f"{self.name} {self.identifier}"
        build = f"({self.build})" if self.build and self.build != self.version else ""
        parts = (_PLATFORMS.get(self.platform, self.platform), self.kind, name, self.version, build)
        return " ".join(part.strip() for part in parts if part.strip())


_PLATFORMS = {
    "android": "Android",
    "electron": "Electron",
    "ios": "iOS",
    "java": "Java",
    "linux": "Linux",
    "macos": "macOS",
    "node": "Node",
    "python": "Python",
    "tvos": "tvOS",
    "watchos": "watchOS",
    "windows": "Windows",
}
