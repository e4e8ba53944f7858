import time

import pytest
from hypothesis import given, settings

from leakguard.artifacts import officexml
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts import make_documents as make
from tests.artifacts import make_packages as packages
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a": b"key=value&more, split over runs\nsecond\n"}
DOCX = packages.tree_of(make.docx(FILES)).read("word/document.xml")
XLSX = packages.tree_of(make.xlsx(FILES)).read("xl/sharedStrings.xml")


@pytest.mark.parametrize("data", [DOCX, XLSX, b"\xef\xbb\xbf" + DOCX])
def test_runs_of_a_paragraph_are_one_text(data: bytes) -> None:
    assert "office xml" in [kind.name for kind in kinds_of(data)]
    texts = list(officexml.strings(data))
    assert any(text.endswith(b"key=value&more, split over runs") for text in texts)
    assert b"second" in texts


def test_other_xml_is_no_office_xml() -> None:
    assert "office xml" not in [kind.name for kind in kinds_of(b'<?xml version="1.0"?><a/>')]


def test_cells_stand_apart() -> None:
    row = b"<row><c><is><t>a</t></is></c><c><f>1+1</f><v>2</v></c></row>"
    assert list(officexml.strings(row)) == [b"a\t1+1\t2"]


def test_open_document_s_spans_are_joined() -> None:
    text = b"<text:p>key=<text:span>va</text:span>lue<text:s/>x<text:line-break/>y</text:p>"
    assert list(officexml.strings(text)) == [b"key=value x\ny"]


def test_attributes_and_comments_are_not_lost() -> None:
    text = b'<a:p><a:x url="https://h/?a=1&amp;b=2"/>t<!-- note: <b> --><![CDATA[<raw>]]></a:p>'
    words, tags = officexml.strings(text)
    assert words == b"t<raw>"
    assert tags.split(b"\n") == [b'a:x url="https://h/?a=1&b=2"/', b"!-- note: <b> "]


@pytest.mark.parametrize("piece", [b"<!--", b"<![CDATA[", b"<", b"<a", b"&"])
def test_hostile_repeats_do_not_take_long(piece: bytes) -> None:
    started = time.process_time()
    list(officexml.strings(piece * 300_000))
    assert time.process_time() - started < 3


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([DOCX, XLSX]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(officexml.strings(d)), data)
