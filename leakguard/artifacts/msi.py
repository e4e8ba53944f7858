"""OLE compound files ([MS-CFB]): Windows installer packages, old Office documents, messages."""

import io
import re
from collections.abc import Iterator
from typing import Any

import olefile

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Build, Member, Sign, Unread, Weight
from leakguard.artifacts.msi_tables import Texts, as_text, stream_name

_POOL, _DATA, _PROPERTY = "!_StringPool", "!_StringData", "!Property"
_SIGNATURE = "\5DigitalSignature"
_PROPERTY_BYTES = limits.MIB
"""Largest table of properties: 170,000 of them."""
_UTF16 = re.compile(rb"(?:[\t\n\r\x20-\x7e]\0){8,}")
_TEST_WORDS = re.compile(
    r"\b(alpha|beta|test|testing|internal|pre-?release|preview|debug|nightly)\b", re.I
)
_UNSIGNED = Sign(Weight.MEDIUM, "unsigned", "no stream DigitalSignature")


class _Ole:
    """The streams of a compound file by their decoded paths."""

    def __init__(self, data: Buffer) -> None:
        """Raises ArtifactError when the file's tables are damaged."""
        try:
            self.file: Any = olefile.OleFileIO(io.BytesIO(data))
            paths = self.file.listdir(streams=True, storages=False)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            raise ArtifactError("the compound file is damaged") from None
        self.paths = {"/".join(map(stream_name, path)): path for path in paths}

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def size(self, name: str) -> int:
        """As its directory entry says, in bytes."""
        return int(self.file.get_size(self.paths[name]))

    def read(self, name: str, most: int = limits.ARTIFACT_WHOLE_BYTES) -> bytes:
        """A stream's bytes. Raises ArtifactError when it is damaged or larger than `most`."""
        if self.size(name) > most:
            raise ArtifactError(f"larger than {most >> 20} MiB")
        try:
            return bytes(self.file.openstream(self.paths[name]).read())
        except (OSError, ValueError, LookupError, TypeError):
            raise ArtifactError("the stream is damaged") from None


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The streams of a compound file, in its directory's order.

    Of a database its texts come as one member `texts`, first, and its tables not at all: they are
    numbers only. A stream with UTF-16 in it comes a second time as plain text.
    """
    ole = _Ole(content.whole())
    database = _POOL in ole
    if database:
        try:
            yield Member("texts", Content.of(as_text(*_database(ole)), budget))
        except ArtifactError as error:
            yield Unread("texts", str(error))
    for name in ole.paths:
        budget.member()
        if database and name.startswith("!"):
            continue
        try:
            data = ole.read(name, budget.allowance.whole_bytes)
        except ArtifactError as error:
            yield Unread(name, str(error))
            continue
        budget.spend(len(data))
        yield Member(name, Content.of(data, budget))
        if not database and (texts := _UTF16.findall(data)):
            lines = b"\n".join(text[::2] for text in texts)
            yield Member(name, Content.of(lines, budget), "as UTF-16")


def describe(data: Buffer) -> Build | None:
    """Of an installer package. None for other compound files."""
    ole = _Ole(data)
    if _POOL not in ole:
        return None
    _, properties = _database(ole)
    signer = None
    if _SIGNATURE in ole:
        from leakguard.artifacts import cms

        signer = cms.signer(ole.read(_SIGNATURE, limits.ARTIFACT_METADATA_BYTES))
    signs = [] if _SIGNATURE in ole else [_UNSIGNED]
    return Build(
        "msi", "windows",
        name=properties.get("ProductName", ""),
        identifier=properties.get("ProductCode", ""),
        version=properties.get("ProductVersion", ""),
        signer=signer,
        signs=(*signs, *_summary(ole)),
    )  # fmt: skip


def _database(ole: _Ole) -> tuple[Texts, dict[str, str]]:
    pool = ole.read(_POOL, limits.ARTIFACT_METADATA_BYTES)
    texts = Texts(pool, ole.read(_DATA) if _DATA in ole else b"")
    table = ole.read(_PROPERTY, _PROPERTY_BYTES) if _PROPERTY in ole else b""
    return texts, texts.properties(table)


def _summary(ole: _Ole) -> Iterator[Sign]:
    """Words of a test build in the summary; versions of packages are numbers only."""
    try:
        found = ole.file.get_metadata()
    except Exception:
        return
    for field in ("title", "subject", "keywords", "comments"):
        value = getattr(found, field) or b""
        text = value.decode("cp1252", "replace") if isinstance(value, bytes) else str(value)
        if word := _TEST_WORDS.search(text):
            proof = f"SummaryInformation {field}: {word[0]}"
            yield Sign(Weight.MEDIUM, f"its summary says {word[0].lower()}", proof)
