"""Office documents' XML (docx, xlsx, pptx, odt): a paragraph's text, whose words Word splits over
runs wherever somebody typed, checked or formatted something.
"""

import html
import re
from collections.abc import Iterator

from leakguard.artifacts.content import Buffer

_TOKEN = re.compile(rb"<!--|<!\[CDATA\[|<([^<>]*)>|([^<]+)|<")
_CLOSED_BY = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_ENDS = frozenset(
    {
        b"/w:p", b"/a:p", b"/text:p", b"/text:h", b"/si", b"/row", b"/x:si", b"/x:row", b"/comment",
        b"/table:table-row",
    }
)  # fmt: skip
"""Tags that end a line of text."""
_BREAKS = {
    b"w:br": b"\n", b"w:cr": b"\n", b"a:br": b"\n", b"text:line-break": b"\n", b"w:tab": b"\t",
    b"text:tab": b"\t", b"text:s": b" ", b"/c": b"\t", b"/x:c": b"\t", b"/table:table-cell": b"\t",
    b"w:instrText": b" ", b"/w:instrText": b" ", b"/f": b"\t", b"w:noBreakHyphen": b"-",
}  # fmt: skip
_NAME = re.compile(rb"/?[^\s/]*")


def strings(data: Buffer) -> Iterator[bytes]:
    """Each paragraph, cell string or row as one text without tags and escapes, followed by its
    tags that have attributes and its comments, so that nothing of the file is lost.

    Source: ECMA-376 part 1 (WordprocessingML, SpreadsheetML, DrawingML); OpenDocument 1.3 part 3.
    """
    words: list[bytes] = []
    tags: list[bytes] = []
    for tag, text in _tokens(bytes(data)):
        if not tag:
            words.append(text)
            continue
        name = _name(tag)
        words.append(_BREAKS.get(name, b""))
        if b"=" in tag or tag.startswith(b"!--"):
            tags.append(_plain(tag))
        if name in _ENDS:
            yield from _line(words, tags)
    yield from _line(words, tags)


def _tokens(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Tags without their brackets, comments as tags too, and texts: one of the two is empty."""
    at = 0
    while match := _TOKEN.match(data, at):
        tag, text = match.groups()
        at = match.end()
        if closed_by := _CLOSED_BY.get(match[0]):
            end = data.find(closed_by, at)
            inner = data[at : end if end >= 0 else len(data)]
            at = end + 3 if end >= 0 else len(data)
            yield (b"!--" + inner, b"") if closed_by == b"-->" else (b"", inner)
        elif text is not None:
            yield b"", _plain(text)
        else:
            yield tag or b"!", b""


def _line(words: list[bytes], tags: list[bytes]) -> Iterator[bytes]:
    """The texts so far, and the tags; forgets them."""
    if text := b"".join(words).strip():
        yield text
    if tags:
        yield b"\n".join(tags)
    words.clear()
    tags.clear()


def _name(tag: bytes) -> bytes:
    match = _NAME.match(tag)
    return match[0] if match else b""


def _plain(text: bytes) -> bytes:
    """Without `&amp;` and its like."""
    if b"&" not in text:
        return text
    return html.unescape(text.decode("utf-8", "replace")).encode("utf-8", "replace")
