import struct

import pytest
from hypothesis import given, settings

from leakguard.artifacts import pyc
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts import make_documents as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a": b"key=value", "b": "Größe 😀".encode(), "c": b"x" * 300}


def text(value: bytes, code: bytes = b"\xda") -> bytes:
    size = "<B" if code in b"\xda\x5a\x7a\xfa" else "<I"
    return code + struct.pack(size, len(value)) + value


def old_module(magic: int, numbers: int) -> bytes:
    """A code object as Python before 3.11 wrote it, with one constant."""
    body = b"\xe3" + b"\0" * 4 * numbers + text(b"\x64\0\x53\0", b"s")
    body += b")\2" + text(b"key=value") + b"N" + b")\0" * 4
    body += text(b"a.py") + text(b"<module>") + b"\1\0\0\0" + text(b"\4\1", b"s")
    return struct.pack("<H", magic) + b"\r\n" + b"\0" * 12 + body


def test_constants_come_alone() -> None:
    data = make.pyc(FILES)
    assert [kind.name for kind in kinds_of(data)] == ["pyc"]
    texts = list(pyc.strings(data))
    assert set(FILES.values()) < set(texts)
    assert b"/home/dev/acme/settings.py" in texts


@pytest.mark.parametrize(("magic", "numbers"), [(3394, 5), (3413, 6), (3425, 6), (3439, 6)])
def test_older_ones_are_read_to_their_end(magic: int, numbers: int) -> None:
    texts = list(pyc.strings(old_module(magic, numbers)))
    assert texts[1] == b"key=value"
    assert texts[-1] == b"\4\1"


def test_behind_damage_comes_what_is_printable() -> None:
    data = make.pyc({"a": b"key=value"})
    at = data.index(b"key=value") - 2
    damaged = data[:at] + b"\x7f\1" + data[at + 2 :]
    assert any(b"key=value" in text for text in pyc.strings(damaged))


def test_a_length_that_is_not_there_is_not_allocated() -> None:
    data = make.pyc({})[:16] + b"s\xff\xff\xff\x7fkey=value"
    assert list(pyc.strings(data)) == [b"key=value"]


def test_tuples_in_tuples_do_not_recurse() -> None:
    data = make.pyc({})[:16] + b")\1" * 200_000 + text(b"key=value")
    assert list(pyc.strings(data)) == [b"key=value"]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.pyc(FILES), old_module(3413, 6)]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(pyc.strings(d)), data)
