"""Debian packages: what the control file says.

Source: deb(5), deb-control(5).
"""

from collections.abc import Iterator
from itertools import islice

from leakguard import limits
from leakguard.artifacts import ar, metadata, streams, tar
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.kinds import HEAD_BYTES, kinds_of
from leakguard.artifacts.model import Build, Member, Sign, Unread, Weight

_ALLOWANCE = Allowance(
    total_bytes=4 * limits.ARTIFACT_METADATA_BYTES,
    whole_bytes=limits.ARTIFACT_METADATA_BYTES,
    members=1000,
    seconds=10,
)
"""For control.tar alone: scripts and checksums, some hundred KiB."""
_UNSIGNED = Sign(Weight.LOW, "unsigned", "no member _gpgorigin")


def describe(data: Buffer) -> Build | None:
    """Package and Version; None when it has no control file."""
    budget = Budget(_ALLOWANCE)
    fields: dict[str, list[str]] = {}
    signed = False
    for member in ar.members(Content.of(data, budget), budget):
        if isinstance(member, Unread):
            continue
        signed = signed or member.name.startswith("_gpg")
        if member.name.startswith("control.tar"):
            fields = _control(member.content, budget)
    if "Package" not in fields:
        return None
    return Build(
        "deb",
        platform="linux",
        name=metadata.first(fields, "Package"),
        version=metadata.first(fields, "Version"),
        signs=() if signed else (_UNSIGNED,),
        internal="symbols" if "Auto-Built-Package" in fields else "",
    )


def _control(content: Content, budget: Budget) -> dict[str, list[str]]:
    """The fields of `control` in control.tar, however that is compressed."""
    for member in _tar_members(content, budget):
        if isinstance(member, Member) and member.name.removeprefix("./") == "control":
            return metadata.fields(member.content.head(limits.MIB).decode("utf-8", "replace"))
    return {}


def _tar_members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    kinds = kinds_of(content.head(HEAD_BYTES))
    if not any(kind.module == "streams" for kind in kinds):
        yield from tar.members(content, budget)
        return
    for stream in islice(streams.members(content, budget), 1):
        if isinstance(stream, Unread):
            raise ArtifactError(stream.reason)
        yield from tar.members(stream.content, budget)
