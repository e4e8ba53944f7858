"""Compressed streams: what comes out, what is told of damage, and what stops a bomb."""

import bz2
import gzip
import lzma
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from leakguard.artifacts import source, streams
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.inflate import drain
from tests.artifacts import make_archives as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

TEXT = random.Random(1).randbytes(50_000) + b"a line of text\n" * 20_000  # noqa: S311
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": make.zstd,
    "lz4": make.lz4,
    "lz4 legacy": make.lz4_legacy,
}
IN_ROWS = ("gzip", "bzip2", "xz", "zstd", "lz4")
SMALL = [pack(b"some text " * 30) for pack in PACKERS.values()]


def read_until_error(data: bytes, budget: Budget | None = None) -> tuple[bytes, str]:
    budget = budget or Budget()
    (member,) = streams.members(Content.of(data, budget), budget)
    found = b""
    try:
        while part := member.content.read(1000):
            found += part
    except ArtifactError as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize("name", PACKERS)
def test_one_member_without_a_name_comes_out(name: str) -> None:
    assert make.read_all(streams, PACKERS[name](TEXT)) == [("", TEXT)]


@pytest.mark.parametrize("name", IN_ROWS)
def test_all_streams_in_a_row_are_read(name: str) -> None:
    pack = PACKERS[name]

    assert read_until_error(pack(TEXT) + pack(b"more")) == (TEXT + b"more", "")


@pytest.mark.parametrize("name", IN_ROWS)
def test_garbage_behind_the_end_is_passed_over(name: str) -> None:
    assert read_until_error(PACKERS[name](TEXT) + b"garbage" * 9) == (TEXT, "")


@pytest.mark.parametrize("name", PACKERS)
def test_a_cut_stream_gives_what_there_is(name: str) -> None:
    packed = PACKERS[name](TEXT)

    found, error = read_until_error(packed[: len(packed) * 9 // 10])

    assert TEXT.startswith(found)
    assert error == "it ends too early"


def test_a_damaged_gzip_gives_all_before_the_damage() -> None:
    packed = bytearray(gzip.compress(TEXT, mtime=0))
    packed[-8] ^= 1

    assert read_until_error(bytes(packed)) == (TEXT, "its checksum is wrong")


def test_damage_in_the_middle_of_deflate_loses_nothing_before_it() -> None:
    text = b"".join(b"%d apples\n" % number for number in range(1000))
    packed = gzip.compress(text)

    found, error = read_until_error(packed[:1500] + b"\xff" * 500)

    assert len(found) > 1000
    assert text.startswith(found[:1000])
    assert error


def test_gzip_with_all_fields_in_its_head() -> None:
    plain = gzip.compress(b"text")
    fields = b"\x04\0abcd" + b"name\0" + b"c" * 700 + b"\0" + b"\0\0"

    assert read_until_error(plain[:3] + b"\x1e" + plain[4:10] + fields + plain[10:]) == (
        b"text",
        "",
    )


def test_xz_with_padding_between_streams() -> None:
    packed = lzma.compress(b"one") + bytes(8) + lzma.compress(b"two") + bytes(4)

    assert read_until_error(packed) == (b"onetwo", "")


def test_frames_to_be_skipped_are_skipped() -> None:
    frame = b"\x53\x2a\x4d\x18\x05\0\0\0apple"

    assert read_until_error(frame + make.zstd(b"one") + frame + make.lz4(b"two")) == (b"onetwo", "")


def test_brotli_by_its_name_only() -> None:
    budget = Budget()
    (member,) = streams.brotli_members(Content.of(make.brotli(TEXT), budget), budget)

    assert make.text_of(member) == TEXT


@pytest.mark.parametrize(
    "data",
    [
        b"\x5d\0\0 is no lzma, whatever follows these bytes",
        b"\x5d\0\0\0\x01" + b"\xff" * 8 + b"\0" + b"\xf0" * 50,
        b"\x5d\0\0",
        b"BZh9 is how a text may begin",
        b"\x1f\x8b\x08\xff and more",
        b"\x53\x2a\x4d\x18\0\0\0\0nothing",
        b"plain text",
        b"",
    ],
)
def test_what_only_looks_like_a_stream_is_refused_at_once(data: bytes) -> None:
    budget = Budget()

    with pytest.raises(ArtifactError):
        list(streams.members(Content.of(data, budget), budget))


def test_a_window_that_is_too_large_is_a_limit() -> None:
    head = b"\x28\xb5\x2f\xfd\0\xa8"  # 2 GiB

    found, error = read_until_error(head + b"\x01\0\0")

    assert (found, error) == (b"", "needs too much memory to be inflated")


def test_a_missing_package_says_how_to_get_it() -> None:
    with pytest.raises(ArtifactError, match=r'nowhere: pip install "leakguard\[artifacts\]"'):
        streams.package("nowhere.inside")


@pytest.mark.parametrize("name", PACKERS)
def test_a_stream_of_zeros_ends_at_the_limits(name: str) -> None:
    budget = Budget(Allowance(total_bytes=3 << 20))
    packed = PACKERS[name](bytes(8 << 20))

    found, error = read_until_error(packed, budget)

    assert len(found) <= 3 << 20
    assert error == "more than 3 MiB inflated"


def test_a_stream_that_grows_like_a_bomb_is_stopped() -> None:
    budget = Budget()
    (member,) = streams.members(Content.of(gzip.compress(bytes(70 << 20)), budget), budget)

    with pytest.raises(LimitReached, match="inflates to more than 200 times its size"):
        drain(member.content.read)


def test_members_that_are_not_at_hand_stream() -> None:
    budget = Budget()
    (member,) = streams.members(make.streamed(gzip.compress(TEXT), budget), budget)

    assert member.content.head(4) == TEXT[:4]
    assert make.text_of(member) == TEXT


def test_a_source_takes_back_what_was_too_much() -> None:
    content = Content.of(b"abcdef", Budget())
    found = source.Source(content.read, Budget())

    assert found.read(4) == b"abcd"
    found.give_back(b"cd")
    assert (found.peek(9), found.exactly(2), found.read(9)) == (b"cdef", b"cd", b"ef")
    with pytest.raises(ArtifactError):
        found.exactly(1)


@given(mutated(SMALL))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_end(data: bytes) -> None:
    assert_survives(lambda mutant: make.read_all(streams, mutant), data)
