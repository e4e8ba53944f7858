"""The index of an exact data match: keyed hashes of customers' values, sorted, in one file.

    LGEDM1\n  length of the head (4 bytes)  head (JSON)  MAC of the head (16 bytes)  sections

Hashes are BLAKE2b of 8 bytes under a key that is kept elsewhere and a salt of the index: whoever
has the file alone can neither read nor try values. Whoever has the key as well can try them. All
numbers are little-endian.
"""

import hmac
import json
import mmap
import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

from leakguard import limits
from leakguard.errors import ConfigError

_MAGIC = b"LGEDM1\n\0"
_LENGTH = struct.Struct("<I")
_MAC_BYTES = 16
_SALT_BYTES = 16
_HEAD_MOST = limits.MIB
_STEP = limits.MIB
_CONTEXT = b"leakguard-edm"
"""Separates the MAC of a head from hashes of values."""

KEY_BYTES: Final = 32
COLUMN_BITS: Final = 6

SECTIONS: Final[Mapping[str, str]] = {
    "values": "Q",
    "firsts": "Q",
    "pairs": "Q",
    "records": "Q",
    "owners": "I",
    "days": "I",
}
"""Type codes of arrays. `values` are sorted, `owners` says whose each is: number of the record and
column; `firsts` and `pairs` are the first word and the first two of names, sorted; `records` and
`days` say of each record its hash and when it was last seen, in days since 1970."""


class Column(NamedTuple):
    """A column of the records, and the type of its values."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Content:
    """What an index holds."""

    columns: tuple[Column, ...]
    salt: bytes
    arrays: Mapping[str, "array[int] | memoryview[int]"]
    """By the names of SECTIONS."""


def hasher(key: bytes, salt: bytes) -> Callable[[str, str], int]:
    """The hash of a type and a text."""
    base = blake2b(digest_size=8, key=key, salt=salt)

    def hashed(kind: str, text: str) -> int:
        state = base.copy()
        state.update(f"{kind}\0{text}".encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest(), "little")

    return hashed


def write_index(path: Path, key: bytes, content: Content) -> int:
    """Writes the file in one step; its size in bytes. Raises ConfigError."""
    sections = {name: _little(content.arrays[name]) for name in SECTIONS}
    crc = 0
    for section in sections.values():
        crc = zlib.crc32(section, crc)
    head = json.dumps(
        {
            "columns": [list(column) for column in content.columns],
            "salt": content.salt.hex(),
            "counts": {name: len(content.arrays[name]) for name in SECTIONS},
            "crc": crc,
        }
    ).encode()
    head += b" " * (-(len(_MAGIC) + _LENGTH.size + len(head) + _MAC_BYTES) % 8)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(_MAGIC + _LENGTH.pack(len(head)) + head + _mac(key, head))
            for section in sections.values():
                stream.write(section)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(f"index {path} cannot be written: {error.strerror}") from error
    return path.stat().st_size


def read_index(path: Path, key: bytes) -> Content:
    """An index, mapped into memory: of its pages only those are held that are asked for.

    Raises ConfigError for a file that is no index, is not whole, or was made with another key.
    """
    try:
        with path.open("rb") as stream:
            head, start = _head(path, stream.read(len(_MAGIC) + _LENGTH.size + _HEAD_MOST), key)
            crc, stream_size = _checksum(stream, start)
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ConfigError(f"index {path} cannot be read: {error.strerror}") from error
    counts = head["counts"]
    size = sum(counts[name] * array(code).itemsize for name, code in SECTIONS.items())
    if stream_size != size or crc != head["crc"]:
        raise ConfigError(f"index {path} is cut off or damaged: build it again")
    arrays: dict[str, memoryview[int]] = {}
    view = memoryview(mapped)
    for name, code in SECTIONS.items():
        end = start + counts[name] * array(code).itemsize
        arrays[name] = view[start:end].cast(code)  # type: ignore[call-overload]
        start = end
    columns = tuple(Column(*column) for column in head["columns"])
    return Content(columns, bytes.fromhex(head["salt"]), arrays)


def _head(path: Path, data: bytes, key: bytes) -> tuple[dict[str, Any], int]:
    """The head, and where the sections begin. Raises ConfigError."""
    if not data.startswith(_MAGIC):
        raise ConfigError(f"{path} is no index of leakguard: `leakguard edm build` makes one")
    at = len(_MAGIC) + _LENGTH.size
    length = _LENGTH.unpack_from(data.ljust(at, b"\0"), len(_MAGIC))[0]
    head, mac = data[at : at + length], data[at + length : at + length + _MAC_BYTES]
    if len(mac) < _MAC_BYTES:
        raise ConfigError(f"index {path} is cut off or damaged: build it again")
    if not hmac.compare_digest(mac, _mac(key, head)):
        raise ConfigError(f"index {path} was made with another key, or its head is damaged")
    document: dict[str, Any] = json.loads(head)
    return document, at + length + _MAC_BYTES


def _checksum(stream: Any, start: int) -> tuple[int, int]:
    """CRC-32 and length of what follows `start`. Read, not mapped: it need not stay in memory."""
    stream.seek(start)
    crc = size = 0
    while part := stream.read(_STEP):
        crc = zlib.crc32(part, crc)
        size += len(part)
    return crc, size


def _mac(key: bytes, head: bytes) -> bytes:
    return blake2b(head, digest_size=_MAC_BYTES, key=key, person=_CONTEXT).digest()


def _little(numbers: "array[int] | memoryview[int]") -> bytes:
    if sys.byteorder == "little":
        return numbers.tobytes()
    swapped = array(numbers.format if isinstance(numbers, memoryview) else numbers.typecode)
    swapped.frombytes(numbers.tobytes())
    swapped.byteswap()
    return swapped.tobytes()


def new_salt() -> bytes:
    """For a new index: the same value has another hash in each."""
    return os.urandom(_SALT_BYTES)


def has(numbers: Sequence[int], wanted: int) -> bool:
    """Whether a sorted section holds a number."""
    at = bisect_left(numbers, wanted)
    return at < len(numbers) and numbers[at] == wanted


def load_key(file: Path | None, environment: Mapping[str, str]) -> bytes:
    """The key of the indexes: of LEAKGUARD_EDM_KEY (hex digits), else in a file.

    Raises ConfigError when there is none, or what is there is none.
    """
    text, where = environment.get("LEAKGUARD_EDM_KEY", ""), "LEAKGUARD_EDM_KEY"
    if not text:
        file = file or default_key_file(environment)
        where = f"key file {file}"
        try:
            text = file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{where} cannot be read: set LEAKGUARD_EDM_KEY, or name the file that `leakguard"
                " edm build` made as `key_file` under [data]"
            ) from error
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{where} holds no key: it has to be {2 * KEY_BYTES} hex digits")
    return key


def default_key_file(environment: Mapping[str, str]) -> Path:
    """Where the key of a user lies: outside of all repositories."""
    base = environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(base) / "leakguard" / "edm.key"


def make_key(file: Path) -> bytes:
    """Writes a new key that only its owner can read. Raises ConfigError."""
    key = os.urandom(KEY_BYTES)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(f"{key.hex()}\n")
    except OSError as error:
        raise ConfigError(f"key file {file} cannot be written: {error.strerror}") from error
    return key
