"""Documents, databases and compiled code with the given texts in them."""

import importlib.util
import json
import marshal
import sqlite3
import struct
import zlib
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

from tests.artifacts.make_packages import NOTHING, zipped

Files = Mapping[str, bytes]
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def java_class(files: Files) -> bytes:
    """A constant pool with the texts, a long between them, and an empty class behind."""
    pool = [b"\1" + struct.pack(">H", len(text)) + text for text in files.values()]
    pool.insert(1, b"\5" + b"\0" * 8)
    count = len(pool) + 2
    body = struct.pack(">HHHHHHH", 0x21, 0, 0, 0, 0, 0, 0)
    return b"\xca\xfe\xba\xbe\0\0\0\x41" + struct.pack(">H", count) + b"".join(pool) + body


def pyc(files: Files) -> bytes:
    """A module that keeps the texts in constants, function bodies and tuples."""
    texts = [text.decode() for text in files.values()]
    source = [f"A = {texts!r}", "def f(a, *, b=1.5, c=10**20):", "    x = 3j, None, b'\\0' * 9"]
    source += [f"    y{i} = ({text!r}, 1)" for i, text in enumerate(texts)]
    code = compile("\n".join(source), "/home/dev/acme/settings.py", "exec")
    return importlib.util.MAGIC_NUMBER + b"\0" * 12 + marshal.dumps(code)


def sqlite(files: Files, encoding: str = "UTF-8", deleted: Files = NOTHING) -> bytes:
    """A table with a row for each file; `deleted` were rows once."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        f"PRAGMA encoding='{encoding}'; PRAGMA secure_delete=OFF; PRAGMA page_size=1024;"
        "CREATE TABLE settings(id INTEGER PRIMARY KEY, name TEXT, value)"
    )
    for name, data in (*files.items(), *deleted.items()):
        row = (name, data.decode())
        connection.execute("INSERT INTO settings(name, value) VALUES (?, ?)", row)
    for name in deleted:
        connection.execute("DELETE FROM settings WHERE name = ?", (name,))
    connection.commit()
    return connection.serialize()


def content_stream(lines: list[bytes]) -> bytes:
    shown = b"".join(
        b"1 0 0 1 72 %d Tm [(%s)] TJ\n" % (700 - 12 * index, pdf_escape(line))
        for index, line in enumerate(lines)
    )
    return b"BT /F1 10 Tf\n" + shown + b"ET\n"


def pdf_escape(text: bytes) -> bytes:
    return b"".join(b"\\" + bytes([c]) if c in b"()\\" else bytes([c]) for c in text)


def pdf_file(objects: list[tuple[bytes, bytes | None]]) -> bytes:
    """Objects from 1 on: a dictionary's inside, and the bytes of a stream or None."""
    parts = [b"%PDF-1.7\n"]
    for number, (head, stream) in enumerate(objects, 1):
        length = b"" if stream is None else b" /Length %d" % len(stream)
        body = b"" if stream is None else b"\nstream\n" + stream + b"\nendstream"
        parts.append(b"%d 0 obj\n<<%s%s>>%s\nendobj\n" % (number, head, length, body))
    return b"".join(parts) + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"


def pdf(files: Files) -> bytes:
    """One page whose lines are compressed."""
    lines = [line for text in files.values() for line in text.splitlines()]
    packed = zlib.compress(content_stream(lines))
    return pdf_file(
        [
            (b"/Type /Catalog /Pages 2 0 R", None),
            (b"/Type /Pages /Kids [3 0 R] /Count 1", None),
            (b"/Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <<>>", None),
            (b"/Filter /FlateDecode", packed),
        ]
    )


def notebook(files: Files) -> bytes:
    """Each text in a cell: the source of one, what the next one printed, and so on."""
    cells = []
    for index, text in enumerate(files.values()):
        lines = ["x = 1\n", *text.decode().splitlines(keepends=True)]
        printed = [{"output_type": "stream", "name": "stdout", "text": lines}]
        cells.append(
            {
                "cell_type": "code",
                "source": ["print(1)"] if index % 2 else lines,
                "outputs": printed if index % 2 else [],
            }
        )
    return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}, indent=1).encode()


def docx(files: Files) -> bytes:
    """A paragraph for each line, cut into three runs where its words are."""
    paragraphs = "".join(
        f"<w:p>{_runs(line)}</w:p>"
        for text in files.values()
        for line in text.decode().splitlines()
    )
    document = (
        f'<?xml version="1.0"?><w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body>'
        "</w:document>"
    )
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode()})


def _runs(line: str) -> str:
    third = len(line) // 3 + 1
    parts = [line[at : at + third] for at in range(0, len(line), third)]
    return "".join(
        f'<w:r w:rsidR="00A77B3E"><w:t xml:space="preserve">{escape(part)}</w:t></w:r>'
        for part in parts
    )


def xlsx(files: Files) -> bytes:
    """A shared string for each line, half of them in two formats."""
    lines = [line for text in files.values() for line in text.decode().splitlines()]
    items = "".join(
        f"<si><r><t>{escape(line[:9])}</t></r><r><t>{escape(line[9:])}</t></r></si>"
        for line in lines
    )
    xml = f'<?xml version="1.0"?><sst xmlns="{_SHEET}">{items}</sst>'
    return zipped({"xl/sharedStrings.xml": xml.encode()})


def pptx(files: Files) -> bytes:
    """A paragraph for each line, cut into runs."""
    lines = [line for text in files.values() for line in text.decode().splitlines()]
    texts = "".join(
        f"<a:p><a:r><a:t>{escape(line[:9])}</a:t></a:r><a:r><a:t>{escape(line[9:])}</a:t></a:r></a:p>"
        for line in lines
    )
    xml = f'<?xml version="1.0"?><p:sld xmlns:a="{_DRAWING}" xmlns:p="{_SLIDES}">{texts}</p:sld>'
    return zipped({"ppt/slides/slide1.xml": xml.encode()})


def odt(files: Files) -> bytes:
    """OpenDocument: a paragraph for each line, with a span in it."""
    lines = [line for text in files.values() for line in text.decode().splitlines()]
    texts = "".join(
        f"<text:p>{escape(line[:9])}<text:span>{escape(line[9:])}</text:span></text:p>"
        for line in lines
    )
    xml = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{_OPEN}:office:1.0" '
        f'xmlns:text="{_OPEN}:text:1.0">{texts}</office:document-content>'
    )
    return zipped(
        {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": xml.encode()}
    )


SAMPLES: dict[str, Callable[[Files], bytes]] = {
    "class": java_class,
    "pyc": pyc,
    "sqlite": sqlite,
    "sqlite-utf16": lambda files: sqlite(files, "UTF-16le"),
    "sqlite-deleted": lambda files: sqlite({"a": b"b"}, deleted=files),
    "pdf": pdf,
    "notebook": notebook,
    "docx": docx,
    "xlsx": xlsx,
    "pptx": pptx,
    "odt": odt,
}
