"""Small disk images, packages, cabinets and installers, as their tools would write them."""

import bz2
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Mapping

from tests.artifacts.make_dmg import dmg, hfs_volume
from tests.artifacts.make_nsis import nsis
from tests.artifacts.make_ole import compound_file

_Files = Mapping[str, bytes]
_Pack = Callable[[bytes], bytes]


# xar and pbzx.

_STYLES: dict[str, tuple[str, _Pack]] = {
    "gzip": ("application/x-gzip", zlib.compress),
    "bzip2": ("application/x-bzip2", bz2.compress),
    "xz": ("application/x-xz", lzma.compress),
    "none": ("application/octet-stream", bytes),
}


def xar(files: _Files, method: str = "gzip", certificate: str = "", doctype: str = "") -> bytes:
    """An archive; `/` in names makes folders. `certificate` is base64."""
    style, pack = _STYLES[method]
    heap, table = bytearray(20), ""
    for name, content in files.items():
        packed = pack(content)
        *folders, leaf = name.split("/")
        table += "".join(f"<file><name>{folder}</name><type>directory</type>" for folder in folders)
        table += (
            f"<file><name>{leaf}</name><type>file</type><data><length>{len(packed)}</length>"
            f'<offset>{len(heap)}</offset><size>{len(content)}</size><encoding style="{style}"/>'
            "</data></file>" + "</file>" * len(folders)
        )
        heap += packed
    signature = (
        '<signature style="RSA"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></signature>"
    )
    text = f"{doctype}<xar><toc>{signature if certificate else ''}{table}</toc></xar>".encode()
    packed = zlib.compress(text)
    return struct.pack(">4sHHQQI", b"xar!", 28, 1, len(packed), len(text), 1) + packed + heap


def pkg(files: _Files, certificate: str = "") -> bytes:
    """A flat package, whose files lie beside what describes it."""
    info = b'<pkg-info identifier="com.acme.orchard.core" version="5.0.0"/>'
    whole = (
        b'<installer-gui-script><title>Orchard</title><product id="com.acme.orchard"'
        b' version="5.0"/><pkg-ref id="com.acme.orchard.core" version="5.0.0"/>'
        b"</installer-gui-script>"
    )
    own = {"Distribution": whole, "core.pkg/PackageInfo": info}
    return xar({**own, **files}, certificate=certificate)


def pbzx(data: bytes, chunk: int = 1024) -> bytes:
    """Chunks, every second one of them plain."""
    found = b"pbzx" + chunk.to_bytes(8, "big")
    for number, at in enumerate(range(0, len(data), chunk)):
        piece = data[at : at + chunk]
        packed = piece if number % 2 else lzma.compress(piece)
        found += struct.pack(">QQ", len(piece), len(packed)) + packed
    return found


# Cabinets.


def cab(files: _Files, *, mszip: bool = True, method: int | None = None) -> bytes:
    """A cabinet with one folder."""
    whole = b"".join(files.values())
    blocks, window = [], b""
    for at in range(0, len(whole), 32768):
        piece = whole[at : at + 32768]
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=window)
        packed = b"CK" + packer.compress(piece) + packer.flush() if mszip else piece
        window = piece
        blocks.append(struct.pack("<IHH", 0, len(packed), len(piece)) + packed)
    entries, start = b"", 0
    for name, content in files.items():
        entries += struct.pack("<IIHHHH", len(content), start, 0, 0, 0, 0xA0)
        entries += name.replace("/", "\\").encode() + b"\0"
        start += len(content)
    at_files, data = 44, b"".join(blocks)
    size = at_files + len(entries) + len(data)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, at_files, 0, 3, 1, 1, len(files),
                       0, 1, 0)  # fmt: skip
    compression = int(mszip) if method is None else method
    folder = struct.pack("<IHH", at_files + len(entries), len(blocks), compression)
    return head + folder + entries + data


# Windows installer packages.


def msi_name(name: str) -> str:
    """Two characters in one, as Windows Installer names its streams; `!` begins tables."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
    rest, found = name.removeprefix("!"), "\u4840" if name.startswith("!") else ""
    numbers = [letters.index(char) for char in rest]
    for low, high in zip(numbers[::2], numbers[1::2], strict=False):
        found += chr(0x3800 + low + (high << 6))
    return found + (chr(0x4800 + numbers[-1]) if len(numbers) % 2 else "")


def msi(
    files: _Files, properties: Mapping[str, str] | None = None, more: _Files | None = None
) -> bytes:
    """A package: its properties, a text of the size of a novel, and the files in a cabinet."""
    known = properties or {"ProductName": "Orchard", "ProductVersion": "5.0.0"}
    texts = [text.encode() for pair in known.items() for text in pair] + [b"x" * 70_000, b"end"]
    pool = struct.pack("<I", 65001)
    for text in texts:
        long = len(text) > 0xFFFF
        pool += struct.pack("<HHI", 0, 1, len(text)) if long else struct.pack("<HH", len(text), 1)
    columns = [*range(1, 2 * len(known), 2), *range(2, 2 * len(known) + 1, 2)]
    streams = {
        msi_name("!_StringPool"): pool,
        msi_name("!_StringData"): b"".join(texts),
        msi_name("!Property"): b"".join(number.to_bytes(2, "little") for number in columns),
        msi_name("product.cab"): cab(files),
        msi_name("Binary.note"): b"binary",
    }
    return compound_file({**streams, **(more or {})})


def _together(files: _Files) -> bytes:
    found = io.BytesIO()
    found.writelines(files.values())
    return found.getvalue()


SAMPLES: dict[str, Callable[[_Files], bytes]] = {
    "dmg-raw": lambda files: dmg(hfs_volume(files), "raw"),
    "dmg-adc": lambda files: dmg(hfs_volume(files), "adc"),
    "dmg-zlib": lambda files: dmg(hfs_volume(files), "zlib"),
    "dmg-bzip2": lambda files: dmg(hfs_volume(files), "bzip2"),
    "dmg-lzfse": lambda files: dmg(hfs_volume(files), "lzfse"),
    "dmg-lzma": lambda files: dmg(hfs_volume(files), "lzma"),
    "dmg-resource-fork": lambda files: dmg(hfs_volume(files), fork=True),
    "xar": xar,
    "xar-bzip2": lambda files: xar(files, "bzip2"),
    "pkg": pkg,
    "pbzx": lambda files: pbzx(_together(files)),
    "cab-stored": lambda files: cab(files, mszip=False),
    "cab-mszip": cab,
    "msi": msi,
    "ole": compound_file,
    "nsis": nsis,
    "nsis-zlib": lambda files: nsis(files, solid=False),
    "nsis-lzma": lambda files: nsis(files, "lzma"),
}
