"""Files inside a .NET program: its resources, its embedded PDB, and single-file bundles.

ECMA-335 II.24.2.4 (resources), PE debug directory type 17 (Portable PDB), and the .NET host's
bundle manifest, versions 1, 2 and 6 (dotnet/runtime, docs/design/features/single-file).
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from leakguard import limits
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.dotnet import ASSEMBLY, MANIFEST_RESOURCE, Metadata
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.pe_image import CLR, DEBUG, Image

_EMBEDDED_PDB = 17
_BUNDLE = hashlib.sha256(b".net core bundle").digest()
"""Stands in the host program, behind the offset of the bundle's manifest."""
_COSTURA = ".compressed"
"""Costura.Fody deflates the libraries that it puts into a program's resources."""


class Debug(NamedTuple):
    """An entry of the debug directory."""

    kind: int
    data: bytes


def debug_entries(image: Image) -> Iterator[Debug]:
    """What the debug directory points to."""
    address, size = image.directory(DEBUG)
    if not address:
        return
    start = image.offset(address)
    for at in range(start, min(start + min(size, 28 * 32), len(image.data) - 27), 28):
        kind, length, _, offset = struct.unpack_from("<4I", image.data, at + 12)
        if offset and offset + length <= len(image.data):
            yield Debug(kind, image.data[offset : offset + length])


def metadata(image: Image) -> Metadata | None:
    """None when it is no .NET program. Raises what Metadata raises."""
    address, _ = image.directory(CLR)
    if not address:
        return None
    inner, size = struct.unpack_from("<II", image.at(address, 72), 8)
    return Metadata(image.at(inner, size))


def assembly(image: Image) -> tuple[str, str]:
    """Name and version of the assembly; nothing when it is none."""
    found = metadata(image)
    for row in found.rows(ASSEMBLY) if found else ():
        return found.string(row[7]) if found else "", ".".join(str(part) for part in row[1:5])
    return "", ""


def resources(image: Image, budget: Budget) -> Iterator[Member | Unread]:
    """Files that the compiler put into the assembly."""
    found = metadata(image)
    if found is None:
        return
    address, size = struct.unpack_from("<II", image.at(image.directory(CLR)[0], 72), 24)
    area = image.at(address, size) if address else b""
    for offset, _, name, implementation in found.rows(MANIFEST_RESOURCE):
        length = int.from_bytes(area[offset : offset + 4], "little")
        if implementation or not length or offset + 4 + length > len(area):
            continue
        budget.member()
        data, label = area[offset + 4 : offset + 4 + length], found.string(name)
        if label.endswith(_COSTURA):
            yield inflated(f"resource/net/{label.removesuffix(_COSTURA)}", data, budget)
        else:
            budget.spend(len(data))
            yield Member(f"resource/net/{label}", Content.of(data, budget))


def embedded_pdb(image: Image, budget: Budget) -> Iterator[Member | Unread]:
    """Debug symbols inside the program."""
    for kind, data in debug_entries(image):
        if kind == _EMBEDDED_PDB and data.startswith(b"MPDB"):
            budget.member()
            yield inflated("embedded.pdb", data[8:], budget)


def bundle_files(data: bytes, budget: Budget) -> Iterator[Member | Unread]:
    """The files of a program that was published as a single file; none when it is no such."""
    at = data.find(_BUNDLE)
    start = int.from_bytes(data[at - 8 : at], "little") if at >= 8 else 0
    if not 0 < start < len(data) - 12:
        return
    version, _, count = struct.unpack_from("<3I", data, start)
    _, at = _text(data, start + 12)
    at += 40 if version >= 2 else 0
    for _ in range(min(count, limits.ARTIFACT_MEMBERS)):
        if at + 17 > len(data):
            return
        budget.member()
        offset, size = struct.unpack_from("<QQ", data, at)
        packed = int.from_bytes(data[at + 16 : at + 24], "little") if version >= 6 else 0
        name, at = _text(data, at + (25 if version >= 6 else 17))
        yield _bundled(name, data[offset : offset + (packed or size)], bool(packed), budget)


def inflated(name: str, data: bytes, budget: Budget) -> Member | Unread:
    """A member that is one deflate stream (RFC 1951), as much as may be held of it."""
    engine, parts, size = zlib.decompressobj(-15), [], 0
    try:
        part = engine.decompress(data, limits.MIB)
        while part:
            size += len(part)
            budget.spend(len(part))
            budget.ratio(size, len(data))
            if size > budget.allowance.whole_bytes:
                return Unread(name, f"larger than {budget.allowance.whole_bytes >> 20} MiB")
            parts.append(part)
            part = engine.decompress(engine.unconsumed_tail, limits.MIB)
    except zlib.error:
        return Unread(name, "damaged")
    return Member(name, Content.of(b"".join(parts), budget))


def _bundled(name: str, data: bytes, packed: bool, budget: Budget) -> Member | Unread:
    if packed:
        return inflated(name, data, budget)
    budget.spend(len(data))
    return Member(name, Content.of(data, budget))


def _text(data: bytes, at: int) -> tuple[str, int]:
    """A text behind its length in groups of seven bits, as BinaryWriter has it."""
    length = shift = 0
    for _ in range(5):
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return data[at : at + length].decode("utf-8", "replace"), at + length
