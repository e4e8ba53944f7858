"""The script of an NSIS installer: its texts, and the paths that it unpacks files to.

Written from the sources of NSIS itself (Source/exehead/fileform.h, Source/strlist.cpp).
"""

import re
import struct
from collections.abc import Iterator

_BLOCKS = 8
_ENTRIES, _STRINGS, _LANGUAGES = 2, 3, 4
_ENTRY = struct.Struct("<I6i")
_SET_FOLDER, _EXTRACT_FILE = 11, 20
_VARIABLES = (
    *(f"{number}" for number in range(10)), *(f"R{number}" for number in range(10)),
    "CMDLINE", "INSTDIR", "OUTDIR", "EXEDIR", "LANGUAGE", "TEMP", "PLUGINSDIR", "EXEPATH",
    "EXEFILE", "HWNDPARENT", "_CLICK", "_OUTDIR",
)  # fmt: skip
_CODES = (
    (re.compile(r"([\1-\3])(..)|\x04(.)", re.S), "\3"),
    (re.compile(r"([\xfd-\xff])(..)|\xfc(.)", re.S), "\xfd"),
    (re.compile("([\1-\3])(.)|\x04(.)", re.S), "\3"),
    (re.compile("([\ue001-\ue003])(.)|\ue000(.)", re.S), "\ue001"),
)
"""Codes in texts stand for a text by language, a folder, a variable (the second of each pair), or
quote the next character. Of NSIS 3 and 2: in bytes, then in UTF-16. Two bytes or a unit follow."""


class Script:
    """The inflated header of an installer. Damaged parts of it are left out."""

    def __init__(self, header: bytes) -> None:
        self._header = header
        self._blocks = _blocks(header)
        start, end = self._blocks[_STRINGS][0], self._blocks[_LANGUAGES][0]
        self._strings = header[start : end if end > start else len(header)]
        self._wide = self._strings[:2] == b"\0\0"
        self._codec = "utf-16-le" if self._wide else "latin-1"
        text = self._strings.decode(self._codec, "replace")
        newer, older = _CODES[2:] if self._wide else _CODES[:2]
        self._codes, self._variable = newer if newer[1] in text else older
        self.names: dict[int, str] = dict(self._names())
        """Paths by the place of the file's bytes behind the header."""

    def texts(self) -> bytes:
        """All texts, by lines."""
        text = self._strings.decode(self._codec, "replace")
        lines = (self._readable(line) for line in text.split("\0") if line)
        return "\n".join(lines).encode("utf-8", "replace")

    def _names(self) -> Iterator[tuple[int, str]]:
        start, count = self._blocks[_ENTRIES]
        most = max(0, len(self._header) - start) // _ENTRY.size
        folder = ""
        for number in range(min(count, most)):
            code, first, second, third, *_ = _ENTRY.unpack_from(
                self._header, start + number * _ENTRY.size
            )
            if code == _SET_FOLDER and second:
                folder = self._text(first)
            elif code == _EXTRACT_FILE and third >= 0:
                name = self._text(second)
                yield third, name if name.startswith("$") or not folder else f"{folder}/{name}"

    def _text(self, number: int) -> str:
        """The text at a place, in characters; paths with `/`."""
        size = 2 if self._wide else 1
        data = self._strings[max(0, number) * size : max(0, number) * size + 2048]
        text = data.decode(self._codec, "replace").partition("\0")[0]
        return self._readable(text).replace("\\", "/")

    def _readable(self, text: str) -> str:
        return self._codes.sub(self._named, text)

    def _named(self, match: re.Match[str]) -> str:
        """A variable by its name; other folders of Windows and texts by language have none here."""
        if match[3]:
            return match[3]
        if match[1] != self._variable:
            return "$folder"
        low, high = (ord(match[2][0]), ord(match[2][-1]))
        number = low & 0x7F | (low >> 1 & 0x3F80 if self._wide else (high & 0x7F) << 7)
        return f"${_VARIABLES[number]}" if number < len(_VARIABLES) else f"$var{number}"


def _blocks(header: bytes) -> list[tuple[int, int]]:
    """Place and count of each block. Places have eight bytes in 64-bit installers, where the
    entries then lie right before the texts."""
    for form in (struct.Struct("<II"), struct.Struct("<QI")):
        if len(header) < 4 + _BLOCKS * form.size:
            break
        found = [form.unpack_from(header, 4 + number * form.size) for number in range(_BLOCKS)]
        start, count = found[_ENTRIES]
        if start + count * _ENTRY.size == found[_STRINGS][0]:
            return found
    return [(len(header), 0)] * _ENTRIES + [(len(header), 0), (0, 0), (0, 0)]
