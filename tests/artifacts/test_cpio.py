"""Cpio in its four forms, and several in a row as an initramfs has them."""

import gzip
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from leakguard.artifacts import cpio
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.inflate import drain
from tests.artifacts import make_archives as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a.txt": b"first", "empty": b"", "b/c.bin": bytes(range(256)) * 300}
FORMS: dict[str, Callable[[make.Files], bytes]] = {
    "new": make.cpio_newc,
    "crc": lambda files: make.cpio_newc(files, b"070702"),
    "portable": make.cpio_odc,
    "binary": make.cpio_binary,
    "binary, swapped": lambda files: make.cpio_binary(files, ">"),
}


@pytest.mark.parametrize("form", FORMS)
def test_all_files_come_out_in_order(form: str) -> None:
    assert make.read_all(cpio, FORMS[form](FILES)) == list(FILES.items())


@pytest.mark.parametrize("form", FORMS)
def test_members_that_nobody_reads_are_passed_over(form: str) -> None:
    budget = Budget()
    content = make.streamed(FORMS[form](FILES), budget)

    assert [member.name for member in cpio.members(content, budget)] == list(FILES)


def test_archives_in_a_row_with_zeros_between_them() -> None:
    data = make.cpio_newc({"a": b"1"}) + bytes(9000) + make.cpio_newc({"b": b"2"}) + bytes(512)

    assert make.read_all(cpio, data) == [("a", b"1"), ("b", b"2")]


def test_a_compressed_archive_behind_one_is_a_member_without_a_name() -> None:
    packed = gzip.compress(b"second")

    assert make.read_all(cpio, make.cpio_newc({"a": b"1"}) + bytes(512) + packed) == [
        ("a", b"1"),
        ("", packed),
    ]


def test_folders_and_links_are_left_out() -> None:
    data = make.cpio_newc({"link": b"target"}).replace(b"%08x" % 0o100644, b"%08x" % 0o120777)

    assert make.read_all(cpio, data) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make.cpio_newc({"a": b"x"})[:100], "it ends too early"),
        (make.cpio_newc({"a": b"x" * 50})[:130], "it ends too early"),
        (b"070701" + b"-" * 104, "a header is damaged"),
        (b"070701" + b"z" * 104, "a header is damaged"),
        (b"070701" + b"f" * 104, "a name is too long"),
        (b"070703" + b"0" * 104, "a header is damaged"),
        (b"07070X" + b"0" * 8, "its headers are in the package around it"),
    ],
)
def test_headers_that_lie(data: bytes, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        make.read_all(cpio, data)


def test_a_size_that_is_not_there() -> None:
    budget = Budget()
    data = make.cpio_newc({"a": b"12345"}).replace(b"%08x" % 5, b"ffffffff", 1)
    member = next(cpio.members(Content.of(data, budget), budget))

    assert member.content.read(5) == b"12345"
    with pytest.raises(ArtifactError, match="too early"):
        drain(member.content.read)


@given(mutated([form({"a": b"text", "b": b"x" * 99}) for form in FORMS.values()]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_end(data: bytes) -> None:
    assert_survives(lambda mutant: make.read_all(cpio, mutant), data)
