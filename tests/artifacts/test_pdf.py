import base64
import time
import zlib

import pytest
from hypothesis import given, settings

from leakguard.artifacts import pdf
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member, Unread
from tests.artifacts import make_documents as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FLATE = b"/Filter /FlateDecode"


def lines_of(*objects: tuple[bytes, bytes | None]) -> list[bytes]:
    return list(pdf.strings(make.pdf_file(list(objects))))


def shown(operators: bytes) -> list[bytes]:
    return lines_of((FLATE, zlib.compress(b"BT /F1 9 Tf " + operators + b" ET")))


def test_lines_of_a_page_come_alone() -> None:
    texts = list(pdf.strings(make.pdf({"a": b"key=(a\\b)\nsecond line\n"})))
    assert texts[:2] == [b"key=(a\\b)", b"second line"]


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        (b"[(key=va) -20 (lue) -300 (next)] TJ", [b"key=value next"]),
        (b"(a) Tj 0 -12 Td (b) Tj", [b"a", b"b"]),
        (b"(a) Tj T* (b) ' 1 2 (c) \"", [b"a", b"b", b"c"]),
        (b"(key=va) Tj 30 0 Td (lue) Tj", [b"key=va lue", b"key=value"]),
        (b"<6B65793D> Tj", [b"key="]),
        (rb"(a\(b\)\\\101\12) Tj", [b"a(b)\\A"]),
        (b"((nested)) Tj", [b"(nested)"]),
    ],
)
def test_text_operators(operators: bytes, expected: list[bytes]) -> None:
    assert shown(operators) == expected


def test_codes_of_a_font_are_looked_up() -> None:
    cmap = b"""begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange
        2 beginbfchar <0001> <006B> <0002> <00650079> endbfchar
        2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0031> <0032>] endbfrange endcmap"""
    page = b"BT /F7 9 Tf <000100020010001100120020 0021> Tj ET"
    texts = lines_of(
        (b"/Type /Page /Contents 2 0 R /Resources 3 0 R", None),
        (FLATE, zlib.compress(page)),
        (b"/Font << /F7 4 0 R >>", None),
        (b"/Type /Font /ToUnicode 5 0 R", None),
        (FLATE, zlib.compress(cmap)),
    )
    assert texts == [b"keyabc12"]


def test_filters_in_a_row() -> None:
    body = base64.a85encode(zlib.compress(b"BT (key=value) Tj ET")) + b"~>"
    assert b"key=value" in lines_of((b"/Filter [/ASCII85Decode /FlateDecode]", body))
    hexed = zlib.compress(b"BT (key=value) Tj ET").hex().encode() + b">"
    assert b"key=value" in lines_of((b"/Filter [/AHx /Fl]", hexed))


def test_texts_of_objects_in_object_streams() -> None:
    inner = b"<</Title (key=value)>> <</URI (https://x/?a=\\(b\\))>>"
    second = inner.index(b"<</URI")
    head = b"7 0 8 %d " % second
    texts = lines_of(
        (FLATE + b" /Type /ObjStm /N 2 /First %d" % len(head), zlib.compress(head + inner))
    )
    assert texts == [b"key=value", b"https://x/?a=(b)"]


def test_texts_in_utf_16() -> None:
    title = b"\xfe\xff" + "key=Größe".encode("utf-16-be")
    assert lines_of((b"/Title (" + make.pdf_escape(title) + b")", None)) == ["key=Größe".encode()]
    assert lines_of((b"/T <" + title.hex().encode() + b">", None)) == ["key=Größe".encode()]


def test_other_streams_are_read() -> None:
    assert lines_of((b"/S /X " + FLATE, zlib.compress(b"<xml>key=value</xml>"))) == [
        b"<xml>key=value</xml>"
    ]


def test_attached_files_are_members() -> None:
    data = make.pdf_file([(b"/Type /EmbeddedFile " + FLATE, zlib.compress(b"PK\3\4..."))])
    budget = Budget()
    (member,) = pdf.members(Content.of(data, budget), budget)
    assert isinstance(member, Member)
    assert (member.name, bytes(member.content.whole())) == ("attachment-1", b"PK\3\4...")


def test_an_encrypted_one_says_so() -> None:
    data = make.pdf({"a": b"b"}) + b"trailer <</Encrypt 9 0 R>>"
    with pytest.raises(ArtifactError, match="encrypted"):
        list(pdf.strings(data))
    budget = Budget()
    assert list(pdf.members(Content.of(data, budget), budget)) == [Unread("pages", "encrypted")]


@pytest.mark.parametrize(
    "content",
    [b"\\(" * 500_000, b"(" * 500_000, b"<" * 500_000, b"BT " * 200_000, b"1 0 obj " * 99_000],
)
def test_hostile_repeats_do_not_take_long(content: bytes) -> None:
    started = time.process_time()
    lines_of((b"", b"BT " + content), (b"/A " + content, None))
    assert time.process_time() - started < 4


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(b"\0" * 100_000_000)
    with pytest.raises(ArtifactError):
        lines_of((FLATE, bomb))


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.pdf({"a": b"key=value\n" * 9}), make.content_stream([b"a" * 50] * 9)]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(pdf.strings(d)), data)
    assert_survives(lambda d: list(pdf.strings(make.pdf_file([(b"", d)]))), data)
