"""Who signed an APK: the APK Signing Block, and the JAR signature of older ones.

The block and its schemes are described at source.android.com/docs/security/features/apksigning
(v2, v3, v3.1); no signature is verified, only read.
"""

from collections.abc import Iterable
from struct import unpack_from
from typing import NamedTuple

from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Signer
from leakguard.artifacts.tree import Tree

V2, V3, V31 = 0x7109871A, 0xF05368C0, 0x1B93AD61
FROSTING = 0x2146444E
"""What Google Play adds to the copies that it hands out."""
STAMPS = (0x2B09189E, 0x6DFF800D)
"""A source stamp: the store that an APK comes from."""

_SCHEMES = {V31: "v3.1", V3: "v3", V2: "v2"}
"""Newest first, as Android tries them."""
_MAGIC = b"APK Sig Block 42"
_END, _END_BYTES, _COMMENT_BYTES = b"PK\x05\x06", 22, 0xFFFF
_V1_ENDS, _MOST_V1 = (".RSA", ".DSA", ".EC"), 4


class Signed(NamedTuple):
    """One signature."""

    scheme: str
    """`v1`, `v2`, `v3` or `v3.1`."""
    signer: Signer | None
    """None when the certificate cannot be read."""


def block(data: Buffer) -> dict[int, bytes]:
    """The values of the APK Signing Block by their id; empty when a zip has none.

    Of an id that comes twice the first counts, as in Android.
    """
    end = _directory(data)
    if end < 32 or bytes(data[end - 16 : end]) != _MAGIC:
        return {}
    (size,) = unpack_from("<Q", bytes(data[end - 24 : end - 16]))
    if not 24 <= size <= end - 8:
        return {}
    pairs, at = bytes(data[end - size : end - 24]), 0
    found: dict[int, bytes] = {}
    while at + 12 <= len(pairs):
        length, number = unpack_from("<QI", pairs, at)
        if not 4 <= length <= len(pairs) - at - 8:
            break
        found.setdefault(number, pairs[at + 12 : at + 8 + length])
        at += 8 + length
    return found


def of_block(values: dict[int, bytes]) -> list[Signed]:
    """The signatures in a signing block, newest scheme first."""
    schemes = ((name, values.get(number)) for number, name in _SCHEMES.items())
    return [Signed(name, _first(value)) for name, value in schemes if value is not None]


def of_jar(tree: Tree) -> list[Signed]:
    """The JAR signatures of a zip's META-INF, by name."""
    return [Signed("v1", _jar_signer(tree, name)) for name in jar_signatures(tree.names)]


def jar_signatures(names: Iterable[str]) -> list[str]:
    """The members that hold a JAR signature: the first few, sorted."""
    found = (name for name in names if name.startswith("META-INF/") and name.endswith(_V1_ENDS))
    return sorted(name for name in found if name.count("/") == 1)[:_MOST_V1]


def _jar_signer(tree: Tree, name: str) -> Signer | None:
    from leakguard.artifacts import cms

    try:
        return cms.signer(tree.read(name))
    except (ArtifactError, KeyError):
        return None


def _directory(data: Buffer) -> int:
    """Where a zip's central directory begins (APPNOTE 4.3.16); 0 when it has none."""
    tail_at = max(0, len(data) - _END_BYTES - _COMMENT_BYTES)
    tail = bytes(data[tail_at:])
    at = tail.rfind(_END, 0, len(tail) - _END_BYTES + 4)
    if at < 0:
        return 0
    (start,) = unpack_from("<I", tail, at + 16)
    return int(start) if start <= tail_at + at else 0


def _first(value: bytes) -> Signer | None:
    """The first certificate of the first signer: lengths of four bytes before each thing."""
    from leakguard.artifacts import cms

    signers = _sized(value, 0)
    signed_data = _sized(_sized(signers, 0), 0)
    digests = _sized(signed_data, 0)
    certificates = _sized(signed_data, 4 + len(digests))
    try:
        return cms.certificate_signer(_sized(certificates, 0))
    except (ValueError, TypeError):
        return None


def _sized(data: bytes, at: int) -> bytes:
    """What stands behind its length."""
    size = int.from_bytes(data[at : at + 4], "little")
    return data[at + 4 : at + 4 + size]
