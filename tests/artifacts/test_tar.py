"""Tar in all its dialects, and what a hostile one can say."""

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from leakguard.artifacts import tar
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from tests.artifacts import make_archives as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

LONG = "folder/" * 30 + "ünï.txt"
FILES = {"a.txt": b"first", "empty": b"", "b/c.bin": bytes(range(256)) * 5}
FORMATS: dict[str, Callable[[make.Files], bytes]] = {
    "v7": make.tar_v7,
    "ustar": lambda files: make.tar(files, tarfile.USTAR_FORMAT),
    "gnu": lambda files: make.tar(files, tarfile.GNU_FORMAT),
    "pax": make.tar,
}


@pytest.mark.parametrize("form", FORMATS)
def test_all_files_come_out_in_order(form: str) -> None:
    assert make.read_all(tar, FORMATS[form](FILES)) == list(FILES.items())


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_long_names(form: str) -> None:
    assert make.read_all(tar, FORMATS[form]({LONG: b"x"})) == [(LONG, b"x")]


def test_the_prefix_of_ustar() -> None:
    name = "p" * 90 + "/" + "n" * 90

    assert make.read_all(tar, FORMATS["ustar"]({name: b"x"})) == [(name, b"x")]


def test_members_that_are_read_in_part_or_not_at_all() -> None:
    budget = Budget()

    found = [
        (member.name, member.content.read(2) if member.name != "a.txt" else b"")
        for member in tar.members(make.streamed(make.tar(FILES), budget), budget)
    ]

    assert found == [("a.txt", b""), ("empty", b""), ("b/c.bin", b"\0\x01")]


def test_links_and_folders_have_no_content() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (("d", tarfile.DIRTYPE), ("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "a.txt"
            archive.addfile(info)
    archives = out.getvalue()[:1536] + make.tar({"a.txt": b"x"})

    assert make.read_all(tar, archives) == [("a.txt", b"x")]


def test_a_hard_link_with_and_without_its_file() -> None:
    link = make.tar_header(b"h", b"00000000005", b"1")
    content = b"apple" + bytes(507)
    other = make.tar({"a.txt": b"x"})

    assert make.read_all(tar, link + content + other) == [("h", b"apple"), ("a.txt", b"x")]
    assert make.read_all(tar, link + other) == [("a.txt", b"x")]
    assert make.read_all(tar, link + bytes(1024)) == []


def test_several_archives_in_a_row_and_what_is_behind_them() -> None:
    data = make.tar({"a": b"1"}) + make.tar({"b": b"2"}) + b"something else"

    assert make.read_all(tar, data) == [("a", b"1"), ("b", b"2"), ("", b"something else")]


def test_a_size_in_base_256() -> None:
    header = make.tar_header(b"a", b"\x80" + bytes(10) + b"\x03")

    assert make.read_all(tar, header + b"abc" + bytes(509)) == [("a", b"abc")]


def test_the_size_of_a_pax_header_counts() -> None:
    record = b"10 size=3\n"
    head = make.tar_header(b"x", b"%011o" % len(record), b"x") + record + bytes(512 - len(record))

    assert make.read_all(tar, head + make.tar_header(b"a", b"0") + b"abc" + bytes(509)) == [
        ("a", b"abc")
    ]


def test_a_sparse_file_of_gnu_gives_what_is_stored() -> None:
    header = bytearray(make.tar_header(b"s", b"%011o" % 4, b"S", b"ustar  \0"))
    header[482] = 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    more = bytes(504) + b"\x01" + bytes(7) + bytes(512)

    assert make.read_all(tar, bytes(header) + more + b"data" + bytes(508)) == [("s", b"data")]


def test_an_old_checksum_of_signed_bytes() -> None:
    header = bytearray(make.tar_header(b"\xfc", b"0"))
    total = sum(header[:148]) + sum(header[156:]) + 8 * 32 - 256
    header[148:156] = b"%06o\0 " % total

    assert make.read_all(tar, bytes(header)) == [("\ufffd", b"")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make.tar_header(b"a", b"\xff" * 12), "a member's size is negative"),
        (make.tar_header(b"a", b"-0000000001"), "a member's size is no number"),
        (make.tar_header(b"a", b"0")[:200], "it ends too early"),
        (b"x" * 512, "a header's checksum is wrong"),
        (
            make.tar_header(b"x", b"00000000012", b"x") + b"-5 size=-1\n".ljust(512, b"\0"),
            "damaged",
        ),
        (make.tar_header(b"x", b"00000000012", b"x") + b"0 size=123".ljust(512, b"\0"), "damaged"),
        (make.tar_header(b"x", b"77777777777", b"x"), "a name is too long"),
        (make.tar_header(b"x", b"00001000000", b"L"), "it ends too early"),
    ],
)
def test_headers_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        make.read_all(tar, data)


def test_a_negative_size_in_a_pax_header() -> None:
    record = b"11 size=-5\n"
    data = make.tar_header(b"x", b"%011o" % len(record), b"x") + record.ljust(512, b"\0")

    with pytest.raises(ArtifactError, match="no number"):
        make.read_all(tar, data + make.tar_header(b"a", b"0"))


def test_a_member_that_is_cut_gives_what_there_is() -> None:
    budget = Budget()
    member = next(tar.members(Content.of(make.tar({"a": b"x" * 5000})[:2000], budget), budget))

    assert member.content.read(9000) == b"x" * (2000 - 512)
    with pytest.raises(ArtifactError, match="too early"):
        member.content.read(1)


def test_a_cut_member_that_nobody_read_is_told() -> None:
    budget = Budget()
    content = Content.of(make.tar({"a": b"x" * 5000})[:2000], budget)

    with pytest.raises(ArtifactError, match="too early"):
        list(tar.members(content, budget))


@pytest.mark.parametrize("block", [bytes(512), make.tar_header(b"a", b"0")])
def test_an_archive_that_never_ends(block: bytes) -> None:
    ticks = iter(range(10**9))
    budget = Budget(Allowance(seconds=5000), lambda: float(next(ticks)))
    endless = Content(lambda size: (block * (size // 512 + 1))[:size], budget)

    with pytest.raises(LimitReached, match="took longer"):
        for _ in tar.members(endless, budget):
            pass


def test_a_member_that_never_ends() -> None:
    ticks = iter(range(10**9))
    budget = Budget(Allowance(seconds=50), lambda: float(next(ticks)))
    head = io.BytesIO(make.tar_header(b"a", b"\x80" + b"\x7f" * 11))
    endless = Content(lambda size: head.read(size) or b"x" * size, budget)

    with pytest.raises(LimitReached, match="took longer"):
        list(tar.members(endless, budget))


@given(mutated([form({**FILES, "n" * 99: b"long"}) for form in FORMATS.values()]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_end(data: bytes) -> None:
    assert_survives(lambda mutant: make.read_all(tar, mutant), data)
