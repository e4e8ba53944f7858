import struct

from hypothesis import given, settings

from leakguard.artifacts import javaclass
from tests.artifacts import make_documents as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a": b"key=value", "b": "Größe 😀".encode(), "c": b"last one"}


def test_each_constant_comes_alone() -> None:
    assert list(javaclass.strings(make.java_class(FILES)))[:3] == list(FILES.values())


def test_modified_utf_8_becomes_utf_8() -> None:
    data = make.java_class({"a": b"a\xc0\x80b", "b": b"\xed\xa0\xbd\xed\xb8\x80"})
    assert list(javaclass.strings(data))[:2] == [b"a\0b", "😀".encode()]


def test_behind_damage_comes_what_is_printable() -> None:
    data = make.java_class(FILES).replace(b"\1" + struct.pack(">H", 8), b"\x63\0\x08")
    texts = list(javaclass.strings(data))
    assert texts[0] == b"key=value"
    assert b"last one" in texts[-1]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.java_class(FILES)]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(javaclass.strings(d)), data)
