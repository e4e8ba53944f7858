"""Mach-O: programs, libraries and debug symbols of Apple's systems."""

from collections.abc import Iterator
from itertools import chain
from posixpath import basename, dirname, normpath
from typing import Any, Final

from leakguard.artifacts import bplist, codesign
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.codesign import Signature
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.machofile import Slice, Symbols, slices
from leakguard.artifacts.model import Build, Sign, Weight

PLATFORMS: Final = {
    1: "macos", 2: "ios", 3: "tvos", 4: "watchos", 6: "macos", 7: "ios", 8: "tvos", 9: "watchos",
    11: "visionos", 12: "visionos",
}  # fmt: skip
"""Of LC_BUILD_VERSION (loader.h); 6 is Mac Catalyst."""
_SIMULATORS: Final = (7, 8, 9, 12)
_DEBUG_SYMBOLS: Final = 10
_PATHS: Final = 20
_OBJECT_FILE: Final = 0x66
_SOURCE_FILE: Final = 0x64
_MOST_STABS: Final = 20_000
"""One for each file that was compiled: more tell no new folder."""
_PATH_BYTES: Final = 1024
_HOMES: Final = ("/Users/", "/home/")
_APPLES: Final = ("/AppleInternal/", "/Applications/Xcode")
"""Folders of the tools: the same for everybody."""


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts in UTF-16 that literals with other than ASCII letters become, each once."""
    seen: set[str] = set()
    left = len(data)
    for part in slices(data):
        encoding = "utf-16-le" if part.order == "<" else "utf-16-be"
        for section in part.sections:
            if section.name != "__ustring" or (left := left - section.size) < 0:
                continue
            units = bytes(data[section.start : section.start + section.size])
            for text in units.decode(encoding, "replace").split("\0"):
                if text and text not in seen:
                    seen.add(text)
                    yield text.encode()


def describe(data: Buffer) -> Build | None:
    """What a program says about itself: its first architecture speaks for the others.

    None for a library of objects. Raises ArtifactError or struct.error for damaged ones.
    """
    if not (found := slices(data)):
        return None
    first = found[0]
    is_symbols = first.filetype == _DEBUG_SYMBOLS
    signature = signature_of(first) or Signature()
    info = _information(data, first)
    return Build(
        kind="dsym" if is_symbols else "macho",
        platform=platform_of(first),
        name=bplist.text(info, "CFBundleName") or basename(first.install_name),
        identifier=bplist.text(info, "CFBundleIdentifier") or signature.identifier,
        version=bplist.text(info, "CFBundleShortVersionString"),
        build=bplist.text(info, "CFBundleVersion"),
        signer=signature.signer,
        signs=tuple(program_signs(found, "Mach-O", app=False)),
        internal="debug symbols" if is_symbols else "",
        leaked_paths=_leaked_paths(data, found),
        app=False,
    )


def platform_of(part: Slice) -> str:
    """`macos`, `ios` … or empty."""
    return PLATFORMS.get(part.platform, "")


def signature_of(part: Slice) -> Signature | None:
    """Its code signature, None when it has none that can be read."""
    try:
        return codesign.parse(part.signature) if part.signature else None
    except ArtifactError:
        return None


def program_signs(found: list[Slice], where: str, *, app: bool) -> list[Sign]:
    """What a program's load commands and signature say; `where` names it in the proofs."""
    first = found[0]
    signs = []
    if first.filetype == _DEBUG_SYMBOLS:
        signs.append(Sign(Weight.HARD, "debug symbols", f"{where} filetype {first.filetype}"))
    simulators = [part.platform for part in found if part.platform in _SIMULATORS]
    if len(simulators) == len(found):
        proof = f"{where} LC_BUILD_VERSION platform {simulators[0]}"
        signs.append(Sign(Weight.HARD, "built for a simulator", proof))
    if any(part.encrypted for part in found):
        proof = f"{where} LC_ENCRYPTION_INFO cryptid=1"
        signs.append(Sign(Weight.RELEASED, "encrypted by the App Store", proof))
    if signature := signature_of(first):
        signs += codesign.signs(signature, platform_of(first), where, app=app)
    return signs


def _information(data: Buffer, part: Slice) -> dict[str, Any]:
    """The Info.plist that command-line tools have in a section."""
    for section in part.sections:
        if section.name == "__info_plist":
            try:
                return bplist.load(
                    bytes(data[section.start : section.start + section.size]).rstrip(b"\0")
                )
            except Exception:  # the load commands say enough without it
                return {}
    return {}


def _leaked_paths(data: Buffer, found: list[Slice]) -> tuple[str, ...]:
    """Folders of object and source files, homes first; no folder inside another one's."""
    names = chain.from_iterable(_stabs(data, part.symbols, part) for part in found if part.symbols)
    folders = {normpath(dirname(name)) for name in names if not name.startswith(_APPLES)}
    chosen: list[str] = []
    for folder in sorted(folders - {"/"}, key=lambda it: (not it.startswith(_HOMES), len(it), it)):
        if not any(folder.startswith(other + "/") for other in chosen):
            chosen.append(folder)
        if len(chosen) == _PATHS:
            break
    return tuple(chosen)


def _stabs(data: Buffer, symbols: Symbols, part: Slice) -> Iterator[str]:
    """Absolute paths in debugging symbols (mach-o/stab.h): N_OSO and N_SO."""
    width, order = (16 if part.is_64 else 12), ("little" if part.order == "<" else "big")
    table = bytes(data[symbols.start : symbols.start + symbols.total * width])
    types = table[4::width]
    left = _MOST_STABS
    for kind in (_OBJECT_FILE, _SOURCE_FILE):
        number = types.find(kind)
        while number >= 0 and left:
            left -= 1
            at = int.from_bytes(table[number * width : number * width + 4], order)  # type: ignore[arg-type]
            if at < symbols.names_size:
                start = symbols.names + at
                text = bytes(data[start : start + _PATH_BYTES]).split(b"\0", 1)[0]
                if text.startswith(b"/"):
                    yield text.decode("utf-8", "replace")
            number = types.find(kind, number + 1)
