"""Apple Data Compression: LZ77 with three forms of chunks.

Written from the description in the dmg2img project's notes and in the format's Wikipedia article.
"""

from leakguard.artifacts.budget import ArtifactError


def adc(packed: bytes, size: int) -> bytes:
    """The inflated bytes, at most `size`. Raises ArtifactError for damaged ones."""
    found = bytearray()
    at, end = 0, len(packed)
    while at < end and len(found) < size:
        head = packed[at]
        if head & 0x80:
            length = (head & 0x7F) + 1
            found += packed[at + 1 : at + 1 + length]
            at += 1 + length
            continue
        if at + 2 + (head >> 6) > end:
            break
        if head & 0x40:
            length, back = (head & 0x3F) + 4, packed[at + 1] << 8 | packed[at + 2]
            at += 3
        else:
            length, back = (head >> 2 & 0xF) + 3, (head & 3) << 8 | packed[at + 1]
            at += 2
        copy_back(found, back + 1, length)
    return bytes(found[:size])


def copy_back(found: bytearray, distance: int, length: int) -> None:
    """Appends `length` bytes that stand `distance` before the end; they may overlap.

    Raises ArtifactError when they would begin before the front.
    """
    if distance > len(found):
        raise ArtifactError("the compressed data are damaged")
    start = len(found) - distance
    if distance >= length:
        found += found[start : start + length]
    else:
        piece = bytes(found[start:])
        found += (piece * (length // distance + 1))[:length]
