"""PDF: the text of pages, annotations and the information dictionary, and attached files.

Source: ISO 32000-1:2008, sections 7.3 (objects), 7.5 (file structure), 9.4 (text objects).
"""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping

from leakguard import limits
from leakguard.artifacts import pdf_text
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Buffer, Content
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.pdf_objects import Objects, Stream
from leakguard.artifacts.runs import runs

_REFERENCE = re.compile(rb"(\d{1,10})\s{1,9}\d{1,5}\s{1,9}R\b")
_NAMED = re.compile(rb"/([^\s/<>\[\]()]{1,127})\s{1,9}(\d{1,10})\s{1,9}\d{1,5}\s{1,9}R\b")
_CONTENTS = re.compile(rb"/Contents\s{0,9}(\[[^\[\]]*\]|\d{1,10}\s{1,9}\d{1,5}\s{1,9}R)")
_PAGE = re.compile(rb"/Type\s{0,9}/Page\b(?!s)")
_LOOKED_THROUGH = (b"Resources", b"Font", b"Parent")
_GLYPH = re.compile(rb"[-\d.\s]{1,200}d[01]\s")
"""How the drawing of one letter begins (9.6.5)."""
_HOLDS = re.compile(rb"/(?:EmbeddedFile|Encrypt)\b")
_MOST_NAMES = 1000
"""References of one object that are looked at."""
_NO_TEXT = re.compile(
    rb"/(?:DCTDecode|JPXDecode|CCITTFaxDecode|JBIG2Decode|DCT|CCF)\b|/Subtype\s{0,9}/(?:Image|Type1C"
    rb"|CIDFontType0C|OpenType)\b|/Length[12]\b|/Type\s{0,9}/(?:XRef|EmbeddedFile|ObjStm)\b"
)
"""Pictures and fonts; what is read elsewhere."""


def strings(data: Buffer) -> Iterator[bytes]:
    """The lines of each page, then other streams' text, then texts outside of streams.

    Text whose font says nothing of its codes is taken to be Latin-1. Raises ArtifactError for an
    encrypted file, LimitReached behind limits.ARTIFACT_PDF_BYTES.
    """
    objects = Objects(data)
    if objects.is_encrypted():
        raise ArtifactError("encrypted")
    reader = _Reader(objects)
    yield from reader.pages()
    yield from reader.other_streams()
    for head in objects.heads.values():
        yield from pdf_text.literals(head)
    for stream in objects.streams.values():
        yield from pdf_text.literals(stream.head)


def members(content: Content, budget: Budget) -> Iterator[Member | Unread]:
    """The attached files, by their object's number: names may be anywhere. Of an encrypted file
    one Unread."""
    data = content.whole()
    if not _HOLDS.search(data):
        return
    objects = Objects(data)
    if objects.is_encrypted():
        yield Unread("pages", "encrypted")
        return
    for number, stream in objects.streams.items():
        if b"/EmbeddedFile" in stream.head:
            budget.member()
            inflated = objects.inflate(stream, budget.allowance.whole_bytes)
            budget.spend(len(inflated))
            budget.ratio(len(inflated), stream.end - stream.start)
            yield Member(f"attachment-{number}", Content.of(inflated, budget))


class _Reader:
    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._left = limits.ARTIFACT_PDF_BYTES
        self._used: set[int] = set()
        self._maps: dict[int, pdf_text.Codes | None] = {}
        self._names: dict[int, dict[bytes, int]] = {}
        self._fonts: dict[int, dict[bytes, int]] = {}

    def pages(self) -> Iterator[bytes]:
        """The lines of all pages that say which streams are theirs."""
        for number, head in self._objects.heads.items():
            contents = _CONTENTS.search(head) if _PAGE.search(head) else None
            if not contents:
                continue
            listed = [int(match[1]) for match in _REFERENCE.finditer(contents[1])]
            if len(listed) == 1 and listed[0] not in self._objects.streams:
                array = self._objects.heads.get(listed[0], b"")
                listed = [int(match[1]) for match in _REFERENCE.finditer(array)]
            parts = [self._take(stream) for stream in listed]
            yield from pdf_text.lines(b"\n".join(parts), self._codes(number))

    def other_streams(self) -> Iterator[bytes]:
        """The text of streams that are no page's: forms, scripts, XML, whatever can be read."""
        for number in self._objects.streams:
            data = self._take(number)
            if not data or b"begincmap" in data or _GLYPH.match(data):
                continue
            if pdf_text.is_content(data):
                yield from pdf_text.lines(data, self._codes(number))
            else:
                yield from runs(data)

    def _take(self, number: int) -> bytes:
        """A stream's bytes, once; nothing for pictures and fonts."""
        stream = self._objects.streams.get(number)
        if stream is None or number in self._used or _NO_TEXT.search(stream.head):
            return b""
        self._used.add(number)
        return self._inflate(stream)

    def _inflate(self, stream: Stream) -> bytes:
        data = self._objects.inflate(stream, limits.ARTIFACT_PDF_STREAM_BYTES)
        self._left -= len(data)
        if self._left < 0:
            raise LimitReached(f"more than {limits.ARTIFACT_PDF_BYTES >> 20} MiB of text streams")
        return data

    def _codes(self, number: int) -> Mapping[bytes, pdf_text.Codes | None]:
        """What the codes of each font mean, by the font's name on this page or in this form."""
        found = ChainMap(*(self._fonts_of(near) for near in self._near(number)))
        return {name: self._map(font) for name, font in found.items()}

    def _near(self, number: int) -> list[int]:
        """The object, its resources, their fonts, and the page tree's nodes above: at most 12."""
        near = [number]
        for current in near:
            targets = self._named(current)
            for name in _LOOKED_THROUGH:
                if name in targets and targets[name] not in near and len(near) < 12:
                    near.append(targets[name])
        return near

    def _named(self, number: int) -> dict[bytes, int]:
        """What an object's dictionary refers to, by name."""
        if number not in self._names:
            found = _NAMED.findall(self._head(number))[:_MOST_NAMES]
            self._names[number] = {name: int(target) for name, target in found}
        return self._names[number]

    def _head(self, number: int) -> bytes:
        stream = self._objects.streams.get(number)
        return stream.head if stream else self._objects.heads.get(number, b"")

    def _fonts_of(self, number: int) -> dict[bytes, int]:
        """Those that an object refers to and that say what their codes mean."""
        if number not in self._fonts:
            self._fonts[number] = {
                name: target
                for name, target in self._named(number).items()
                if b"/ToUnicode" in self._head(target)
            }
        return self._fonts[number]

    def _map(self, font: int) -> pdf_text.Codes | None:
        if font not in self._maps:
            stream = self._objects.streams.get(self._named(font).get(b"ToUnicode", 0))
            self._maps[font] = pdf_text.codes(self._inflate(stream)) if stream else None
        return self._maps[font]
