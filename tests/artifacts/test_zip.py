"""Zip: every method, odd archives that are fine, and those that lie."""

import bz2
import io
import itertools
import lzma
import random
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from leakguard.artifacts import deflate64, zip  # noqa: A004
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.inflate import drain
from leakguard.artifacts.model import Member
from leakguard.artifacts.source import Source
from tests.artifacts import make_archives as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_archives import Packed

CHANCE = random.Random(1)  # noqa: S311
FILES = {"a.txt": b"first " * 500, "empty": b"", "b/c.bin": CHANCE.randbytes(70_000) * 2}


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def lzma_packed(data: bytes) -> bytes:
    """Method 14 without an end marker."""
    alone = lzma.compress(data, lzma.FORMAT_ALONE)
    return b"\x09\x14\x05\0" + alone[:5] + alone[13:]


METHODS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    8: deflated,
    9: make.deflate64,
    12: bz2.compress,
    14: lzma_packed,
    20: make.zstd,
    93: make.zstd,
    95: lzma.compress,
}


def tree_of(data: bytes, budget: Budget | None = None) -> zip.ZipTree:
    budget = budget or Budget()
    return zip.tree(Content.of(data, budget), budget)


@pytest.mark.parametrize("method", METHODS)
def test_all_files_come_out_in_order(method: int) -> None:
    data = make.zipped_by(FILES, method, METHODS[method])

    assert make.read_all(zip, data) == list(FILES.items())


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_zips_of_the_standard_library(method: int) -> None:
    assert make.read_all(zip, make.zipped(FILES, method)) == list(FILES.items())


def test_zip64() -> None:
    assert make.read_all(zip, make.zip64(FILES)) == list(FILES.items())


def test_a_tree_knows_names_and_reads_them() -> None:
    tree = tree_of(make.zipped({**FILES, "folder/": b""}))

    assert tree.names == list(FILES)
    assert tree.data is not None
    assert tree.read("a.txt") == FILES["a.txt"]
    with pytest.raises(KeyError):
        tree.read("folder/")
    with pytest.raises(ArtifactError, match="larger than"):
        tree.read("b/c.bin", 1000)


def test_what_stands_in_front_of_a_zip_is_no_matter() -> None:
    packed = make.zipped(FILES)
    moved = make.zip_of([Packed(name, data) for name, data in FILES.items()], shift=20)

    assert make.read_all(zip, b"#!/bin/sh\n" * 50 + packed) == list(FILES.items())
    assert make.read_all(zip, b"#!/bin/sh\nexit  0  \n" + moved) == list(FILES.items())


def test_a_comment_may_quote_the_end_of_a_directory() -> None:
    comment = b"see PK\x05\x06" + b"\xee" * 40

    data = make.zip_of([Packed("a", b"1")], comment=comment)

    assert make.read_all(zip, data) == [("a", b"1")]


def test_an_empty_zip() -> None:
    assert make.read_all(zip, make.zip_of([])) == []


def test_duplicate_names_are_both_there_and_the_last_one_is_read() -> None:
    data = make.zip_of([Packed("a", b"1"), Packed("a", b"2")])

    assert make.read_all(zip, data) == [("a", b"1"), ("a", b"2")]
    assert tree_of(data).read("a") == b"2"


def test_names_in_other_encodings() -> None:
    data = make.zip_of([Packed("dir\\file", b"1"), Packed("ü", b"2", flags=0x800)])
    old = make.zip_of([Packed("??", b"3")]).replace(b"??", b"\x81\xff")

    assert [name for name, _ in make.read_all(zip, data + b"")] == ["dir/file", "ü"]
    assert make.read_all(zip, old) == [("ü\xa0", b"3")]


def test_sizes_behind_the_content() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    whole = out.getvalue()

    assert make.read_all(zip, whole) == list(FILES.items())
    cut = make.read_all(zip, whole[: whole.index(b"PK\x01\x02")])
    assert cut[:-1] == list(FILES.items())


def test_a_zip_whose_directory_is_gone() -> None:
    whole = make.zipped(FILES)

    for cut in (whole[: whole.index(b"PK\x01\x02")], whole[:-40]):
        *read, (name, reason) = make.read_all(zip, cut)
        assert read == list(FILES.items())
        assert (name, reason[:24]) == ("", "its directory is missing")


def test_a_member_that_the_directory_leaves_out_has_a_note() -> None:
    whole = make.zip_of([Packed("a", b"1"), Packed("hidden", b"2"), Packed("c", b"3")])
    start = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 1)
    end = whole.index(b"PK\x01\x02", start + 1)
    entries = whole[whole.index(b"PK\x01\x02") : start] + whole[end:-22]
    data = whole[: whole.index(b"PK\x01\x02")] + entries
    budget = Budget()

    found = zip.members(
        Content.of(data + make.zip_end(2, len(entries), len(data) - len(entries)), budget), budget
    )

    assert [(m.name, m.note) for m in found if isinstance(m, Member)] == [
        ("a", ""),
        ("c", ""),
        ("hidden", "not in the directory"),
    ]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (Packed("a", b"x", flags=1), "encrypted"),
        (Packed("a", b"x", method=99), "encrypted"),
        (Packed("a", b"x", method=98), "compressed with method 98, which is not supported"),
    ],
)
def test_what_cannot_be_read_says_why_and_the_rest_is_read(member: Packed, reason: str) -> None:
    data = make.zip_of([member, Packed("b", b"2")])

    assert make.read_all(zip, data) == [("a", reason), ("b", b"2")]
    with pytest.raises(ArtifactError, match=reason):
        tree_of(data).read("a")


def test_a_flag_for_encryption_in_the_directory_only_is_not_believed() -> None:
    data = bytearray(make.zip_of([Packed("a", b"1")]))
    data[data.index(b"PK\x01\x02") + 8] |= 1

    assert make.read_all(zip, bytes(data)) == [("a", b"1")]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (Packed("a", b"text", deflated(b"text"), 8, crc=1), "its checksum is wrong"),
        (Packed("a", b"text", deflated(b"text"), 8, size=2), "its size is not what"),
        (Packed("a", b"text", deflated(b"text"), 8, size=9), "it ends too early"),
        (Packed("a", b"text", deflated(b"text")[:-1], 8), "it ends too early"),
    ],
)
def test_lies_are_told_behind_the_content(member: Packed, reason: str) -> None:
    budget = Budget()
    found = next(zip.members(Content.of(make.zip_of([member]), budget), budget))

    assert isinstance(found, Member)
    assert found.content.read(100).startswith(b"tex")
    with pytest.raises(ArtifactError, match=reason):
        drain(found.content.read)


def test_a_lie_about_a_stored_member_is_told_behind_it() -> None:
    data = make.zip_of([Packed("a", b"text", crc=1), Packed("b", b"text", size=9)])

    assert make.read_all(zip, data) == [
        ("a", b"text"),
        ("a", "its checksum is wrong"),
        ("b", b"text"),
        ("b", "it ends too early"),
    ]


def test_a_missing_local_header() -> None:
    data = make.zip_of([Packed("a", b"1")]).replace(b"PK\x03\x04", b"PK\x03\x05")

    assert make.read_all(zip, data) == [("a", "no header stands where the directory says")]


def test_members_that_overlap_are_not_read_twice() -> None:
    """https://www.bamsoftware.com/hacks/zipbomb/: each member quotes the headers of the next."""
    names = [f"{number:03}" for number in range(200)]
    body = local_header(names[-1], b"kernel") + b"kernel"
    for name in reversed(names[:-1]):
        quoted = b"\0\x21\0\xde\xff"  # a stored block of 33 bytes: the next header
        body = local_header(name, quoted + body) + quoted + body
    directory = b"".join(
        b"PK\x01\x02\x14\0"
        + body[at + 4 : at + 30]
        + bytes(10)
        + at.to_bytes(4, "little")
        + body[at + 30 : at + 33]
        for at in range(0, 38 * 200, 38)
    )

    found = make.read_reasons(zip, body + directory + make.zip_end(200, len(directory), len(body)))

    assert found == [(name, "it overlaps another member") for name in names[1:]]


def local_header(name: str, content: bytes) -> bytes:
    return make.zip_of([Packed(name, b"", content, 8, size=1 << 20)])[:33]


def test_the_same_member_named_twice_is_read_once() -> None:
    whole = make.zip_of([Packed("a", b"1")])
    at = whole.index(b"PK\x01\x02")
    entry = whole[at:-22]

    data = whole[:at] + entry * 2 + make.zip_end(2, 2 * len(entry), at)

    assert make.read_all(zip, data) == [("a", b"1"), ("a", "it overlaps another member")]


def test_a_bomb_is_stopped() -> None:
    data = make.zipped({"zeros": bytes(70 << 20)})

    with pytest.raises(LimitReached, match="200 times"):
        make.read_all(zip, data)


def test_too_many_members_are_refused_before_they_are_read() -> None:
    looks = itertools.count()
    budget = Budget(clock=lambda: float(next(looks)) / 1000)
    entry = b"PK\x01\x02" + bytes(42)
    count = 200_000

    whole = entry * count + b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12)
    whole += b"".join(n.to_bytes(8, "little") for n in (count, count, len(entry) * count, 0))
    whole += b"PK\x06\x07" + bytes(4) + (len(entry) * count).to_bytes(8, "little") + bytes(4)
    with pytest.raises(LimitReached, match="more than 50000 members"):
        tree_of(whole + b"PK\x05\x06" + b"\xff" * 16 + bytes(2), budget)

    assert next(looks) < 10


def test_a_directory_with_more_members_than_it_says() -> None:
    budget = Budget(Allowance(members=3))
    whole = make.zip_of([Packed(str(number), b"") for number in range(9)])
    lying = whole[:-14] + b"\x01\0\x01\0" + whole[-10:]

    with pytest.raises(LimitReached, match="more than 3 members"):
        tree_of(lying[:-22] + lying[-22:], budget)
    with pytest.raises(LimitReached, match="more than 3 members"):
        tree_of(whole[: whole.index(b"PK\x01\x02")], budget)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18, b"no zip" * 99])
def test_what_is_no_zip(data: bytes) -> None:
    with pytest.raises(ArtifactError, match="neither a directory nor members"):
        tree_of(data)


def test_the_window_of_lzma_is_bounded() -> None:
    packed = lzma_packed(b"text" * 99)
    huge = packed[:5] + b"\xff" * 4 + packed[9:]

    assert make.read_all(zip, make.zip_of([Packed("a", b"text" * 99, huge, 14)])) == [
        ("a", b"text" * 99)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text" * 3000,
        bytes(300_000),
        CHANCE.randbytes(200_000),
        b"".join(b"%d bottles; " % n for n in range(30_000)),
    ],
    ids=["nothing", "text", "zeros", "noise", "counting"],
)
def test_deflate64(data: bytes) -> None:
    source = Source(io.BytesIO(make.deflate64(data)).read, Budget())

    assert b"".join(deflate64.inflate64(source)) == data


@pytest.mark.parametrize(
    "data", [b"", b"\x07", b"\x01\x05\0\0\0", b"\x01\x05\0\xfa\xffabc", b"\x03\x02"]
)
def test_deflate64_that_is_damaged(data: bytes) -> None:
    with pytest.raises(ArtifactError):
        list(deflate64.inflate64(Source(io.BytesIO(data).read, Budget())))


SMALL = {"a.txt": b"first " * 50, "b/c": b"second"}
MUTABLE = [make.zipped_by(SMALL, method, METHODS[method]) for method in METHODS if method != 9]


@given(mutated([*MUTABLE, make.zip64(SMALL), make.sfx_zip(SMALL)]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_end(data: bytes) -> None:
    def read(mutant: bytes) -> None:
        budget = Budget()
        for member in zip.members(Content.of(mutant, budget), budget):
            make.text_of(member)

    assert_survives(read, data)


@given(mutated([deflated(b"first " * 50 + CHANCE.randbytes(100))]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_of_deflate64_end(data: bytes) -> None:
    assert_survives(
        lambda mutant: list(deflate64.inflate64(Source(io.BytesIO(mutant).read, Budget()))), data
    )
