"""RPM packages: what the header says, and where the compressed payload begins.

Source: RPM's "RPM V4 Package format" and "Header tags" (rpm.org, docs/manual).
"""

import struct
from collections.abc import Callable, Iterator

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.metadata import clean
from leakguard.artifacts.model import Build, Member, Sign, Unread, Weight

_LEAD_BYTES = 96
_MAGIC = b"\x8e\xad\xe8"
_NAME, _VERSION, _RELEASE = 1000, 1001, 1002
_SIGNATURES = frozenset({267, 268, 278, 1002, 1005})
"""DSA, RSA and OpenPGP over the header; PGP and GPG over header and payload."""
_TEXTS = frozenset({6, 9})
"""Types of entries that are a text: plain, and in several languages, of which the first counts."""
_ENTRY_BYTES = 16
_Entries = list[tuple[int, int, int, int]]


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """`header`, whose texts include the scripts that run at installation, and `payload`, which
    begins at its compressed bytes.

    Raises ArtifactError for what is no RPM, EOFError when it is cut off.
    """
    content.skip(_LEAD_BYTES)
    _skip_signatures(content)
    _, store = _header(content.exactly)
    budget.member()
    yield Member("header", Content.of(store.replace(b"\0", b"\n"), budget))
    budget.member()
    yield Member("payload", content)


def describe(data: Buffer) -> Build | None:
    """Name, version, and release (as `build`).

    Raises ArtifactError for what is no RPM, EOFError when it is cut off.
    """
    content = Content.of(data, Budget())
    content.skip(_LEAD_BYTES)
    signatures = _skip_signatures(content)
    entries, store = _header(content.exactly)
    texts = {tag: _text(store, at) for tag, kind, at, _ in entries if kind in _TEXTS}
    name = texts.get(_NAME, "")
    return Build(
        "rpm",
        platform="linux",
        name=name,
        version=texts.get(_VERSION, ""),
        build=texts.get(_RELEASE, ""),
        signs=() if signatures & _SIGNATURES else (_UNSIGNED,),
        internal="symbols" if name.endswith(("-debuginfo", "-debugsource")) else "",
    )


_UNSIGNED = Sign(Weight.LOW, "unsigned", "signature header: none of tags 267, 268, 278, 1002, 1005")


def _skip_signatures(content: Content) -> set[int]:
    """The signature header's tags; it is padded to a multiple of eight bytes."""
    entries, store = _header(content.exactly)
    content.skip(-len(store) % 8)
    return {tag for tag, *_ in entries}


def _header(exactly: Callable[[int], bytes]) -> tuple[_Entries, bytes]:
    """A header's entries (tag, type, offset, count) and the store that they point into."""
    intro = exactly(16)
    if intro[:3] != _MAGIC:
        raise ArtifactError("no header where an RPM has one")
    count, size = struct.unpack(">II", intro[8:])
    if _ENTRY_BYTES * count > limits.ARTIFACT_METADATA_BYTES:
        raise ArtifactError("a header with too many entries")
    index = exactly(_ENTRY_BYTES * count)
    return list(struct.iter_unpack(">IIII", index)), exactly(size)


def _text(store: bytes, at: int) -> str:
    end = store.find(b"\0", at)
    return clean(store[at : end if 0 <= end <= at + 1000 else at + 1000].decode("utf-8", "replace"))
