from struct import pack

import pytest
from hypothesis import given, settings

from leakguard.artifacts import dex
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_android import make_dex

TEXTS = ["Lcom/example/Main;", "a" * 300, "null \0 inside", "é日", "😀"]


def test_texts_come_whole_and_in_plain_utf8() -> None:
    found = list(dex.strings(make_dex(TEXTS)))

    assert sorted(found) == sorted(it.encode() for it in TEXTS)


def test_programs_behind_one_another_in_the_newest_version_are_all_read() -> None:
    first, second = make_dex(["first"], b"041"), bytearray(make_dex(["second"], b"041"))
    moved = 0x70 + len(first)
    second[0x3C:0x40] = moved.to_bytes(4, "little")
    second[0x70:0x74] = (moved + 4).to_bytes(4, "little")

    assert list(dex.strings(first + bytes(second))) == [b"first", b"second"]


def test_offsets_of_a_compact_program_count_from_its_data() -> None:
    made = bytearray(make_dex(["text"]))
    made[:8] = b"cdex001\0"
    made[0x70:0x74] = bytes(4)

    assert list(dex.strings(bytes(made))) == [b"text"]


def test_bytecode_is_no_app() -> None:
    assert dex.describe(make_dex(["x"])) == Build(kind="dex", platform="android", app=False)
    assert dex.describe(b"dex\n035\0") is None


@pytest.mark.parametrize(("at", "value"), [(0x38, 0x7FFFFFFF), (0x3C, 0xFFFFFFF0)])
def test_a_table_beyond_the_end_is_refused(at: int, value: int) -> None:
    data = bytearray(make_dex(["x"]))
    data[at : at + 4] = value.to_bytes(4, "little")

    with pytest.raises(ArtifactError):
        list(dex.strings(bytes(data)))


def test_texts_that_overlap_are_refused() -> None:
    data = bytearray(make_dex(["x" * 4000]))
    data += pack("<I", 0x74) * 5000
    data[0x38:0x40] = pack("<2I", 5000, len(data) - 20_000)

    with pytest.raises(ArtifactError, match="overlap"):
        list(dex.strings(bytes(data)))


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(ArtifactError, match="no end"):
        list(dex.strings(make_dex(["x"])[:-1]))


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make_dex(TEXTS), make_dex(TEXTS, b"041")]))
def test_damaged_bytecode_never_hangs(data: bytes) -> None:
    assert_survives(lambda it: list(dex.strings(it)), data)
