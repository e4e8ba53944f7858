"""7z and RAR: what is read here, what another program is asked for, and what shuts that one in."""

import io
import shutil
import sys
from typing import Any

import pytest
from hypothesis import given, settings

from leakguard.artifacts import child, rar, rarlist, sevenzip, sevenzip_header
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from tests.artifacts import make_archives as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

py7zr = pytest.importorskip("py7zr")

PROGRAM = b"\x55\x89\xe5\xe8\x10\x20\x30\x00" * 900 + b"\xe8\x01\x02"
FILES = {"a.txt": b"first " * 500, "b/c.bin": PROGRAM, "e": b"third"}
CHAINS: dict[str, list[dict[str, Any]]] = {
    "copy": [{"id": py7zr.FILTER_COPY}],
    "lzma": [{"id": py7zr.FILTER_LZMA, "preset": 1}],
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "zstd": [{"id": py7zr.FILTER_ZSTD}],
    "x86, lzma2": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "x86, lzma": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA, "preset": 1}],
    "x86, bzip2": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_BZIP2}],
    "delta": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
}
linux = pytest.mark.skipif(not child.is_possible(), reason="needs files in memory")


@pytest.mark.parametrize("chain", CHAINS)
def test_all_files_come_out_in_order(chain: str) -> None:
    assert make.read_all(sevenzip, make.seven_zip(FILES, CHAINS[chain])) == list(FILES.items())


def test_empty_files_are_there_and_folders_are_not(tmp_path: Any) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "full").write_bytes(b"x")
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writeall(tmp_path, "top")

    assert dict(make.read_all(sevenzip, out.getvalue())) == {"top/empty": b"", "top/full": b"x"}


def test_several_folders() -> None:
    out = io.BytesIO()
    for name, data in FILES.items():
        with py7zr.SevenZipFile(out, "a" if out.getvalue() else "w") as archive:
            archive.writestr(data, name)
        out.seek(0)

    assert make.read_all(sevenzip, out.getvalue()) == list(FILES.items())


def test_members_of_a_solid_one_that_nobody_reads_are_passed_over() -> None:
    budget = Budget()
    found = sevenzip.members(Content.of(make.seven_zip(FILES), budget), budget)

    assert [make.text_of(one) if one.name == "e" else b"" for one in found] == [
        b"",
        b"",
        b"third",
    ]


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ([{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 16}], "compressed with PPMd, which is not"),
        ([{"id": py7zr.FILTER_BROTLI, "level": 1}], "compressed with Brotli, which is not"),
    ],
)
def test_a_method_that_is_not_known_is_named(filters: list[dict[str, Any]], reason: str) -> None:
    found = make.read_all(sevenzip, make.seven_zip(FILES, filters))

    assert [name for name, _ in found] == list(FILES)
    assert all(isinstance(text, str) and text.startswith(reason) for _, text in found)


def test_encrypted_files_and_lists() -> None:
    for hidden in (False, True):
        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w", password="x", header_encryption=hidden) as archive:  # noqa: S106
            archive.writestr(b"text", "a")
        if hidden:
            with pytest.raises(ArtifactError, match="its list of files is encrypted"):
                make.read_all(sevenzip, out.getvalue())
        else:
            assert make.read_all(sevenzip, out.getvalue()) == [("a", "encrypted")]


def test_damage_in_a_folder_loses_only_what_is_behind_it() -> None:
    data = bytearray(make.seven_zip({"a": b"x" * 99, "b": b"y" * 99}, CHAINS["copy"]))
    data[32 + 5] ^= 1
    budget = Budget()

    first, second = [
        (member, read_until_error(member)) if isinstance(member, Member) else (member, "")
        for member in sevenzip.members(Content.of(bytes(data), budget), budget)
    ]

    assert first[1] == "its checksum is wrong"
    assert second[1] == ""


def read_until_error(member: Member) -> str:
    try:
        while member.content.read(100):
            pass
    except ArtifactError as error:
        return str(error)
    return ""


def test_a_cut_7z() -> None:
    with pytest.raises(ArtifactError, match="it ends too early"):
        make.read_all(sevenzip, make.seven_zip(FILES)[:-10])


def test_an_empty_7z() -> None:
    assert make.read_all(sevenzip, b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24)) == []


def test_a_bomb_is_stopped() -> None:
    budget = Budget(Allowance(total_bytes=2 << 20))

    with pytest.raises(LimitReached, match="more than 2 MiB inflated"):
        make.read_all(sevenzip, make.seven_zip({"zeros": bytes(5 << 20)}), budget)


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"\x7f", 127),
        (b"\x80\xff", 255),
        (b"\xc1\x34\x12", 0x11234),
        (b"\xff" + b"\x01" * 8, 0x0101010101010101),
    ],
)
def test_numbers_of_a_header(data: bytes, number: int) -> None:
    assert sevenzip_header.Fields(data, Budget()).number() == number


def test_a_header_with_too_many_files() -> None:
    fields = sevenzip_header.Fields(b"\x05\xe0\xff\xff\xff\0", Budget())

    with pytest.raises(LimitReached, match="more than 50000 members"):
        sevenzip_header.listing(fields)


def test_stored_members_of_a_rar_are_read_here() -> None:
    assert make.read_all(rar, make.rar(FILES)) == list(FILES.items())


def test_a_damaged_rar_gives_what_stands_before_the_damage() -> None:
    budget = Budget()
    data = make.rar(FILES)
    found = rar.members(Content.of(data[:-20], budget), budget)

    assert next(found).name == "a.txt"
    assert next(found).name == "b/c.bin"
    with pytest.raises(ArtifactError, match="of a version that is not known"):
        make.read_all(rar, b"Rar!\x1a\x07\x05" + bytes(20))
    with pytest.raises(ArtifactError, match="a header is damaged"):
        make.read_all(rar, data[:8] + b"\xff" * 40)


def test_a_rar_whose_headers_are_encrypted() -> None:
    with pytest.raises(ArtifactError, match="its list of files is encrypted"):
        make.read_all(rar, b"Rar!\x1a\x07\x01\0" + make._rar_block(b"\x04\0\0\0\x0f" + bytes(16)))


def test_a_stored_member_with_a_wrong_checksum() -> None:
    data = make.rar({"a": b"text"}).replace(b"text", b"TEXT")

    assert make.read_all(rar, data) == [("a", "its checksum is wrong")]


def test_without_a_program_a_compressed_rar_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    found = make.read_all(rar, make.rar({"a": b"text"}, method=3))

    assert found == [("a", "compressed: needs unrar, 7zz, unar or bsdtar on PATH")]


@linux
def test_the_output_of_a_program_is_divided_by_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a": b"text", "b": b"more"}
    program = (sys.executable, "-c", "import sys; sys.stdout.write('textMORE')")
    monkeypatch.setattr(rar, "_TOOLS", (program,))

    found = make.read_all(rar, make.rar(files, method=3))

    assert found == [("a", b"text"), ("b", "no program could unpack it")]


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code, child.FILE)


@linux
def test_a_child_reads_the_data_from_a_path_and_from_its_input() -> None:
    code = "import sys; print(open(sys.argv[1]).read(), sys.stdin.read() or 'at the end', end='')"

    assert child.run(python(code), b"data", Budget()) in (b"data at the end", b"data data")


@linux
def test_a_child_cannot_write_files_or_see_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_VARIABLE", "x")
    code = (
        "import os, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "print('SOME_VARIABLE' in os.environ, os.getcwd())\n"
        "try:\n file = os.memfd_create('x'); os.write(file, b'x')\n"
        "except OSError: print('refused', end='')"
    )

    assert child.run(python(code), b"", Budget()) == b"False /\nrefused"


@linux
def test_a_child_gets_only_so_much_memory() -> None:
    with pytest.raises(ArtifactError, match="cannot unpack it"):
        child.run(python("bytearray(2 << 30)"), b"", Budget())


@linux
def test_a_child_that_hangs_or_does_not_stop_writing_is_killed() -> None:
    with pytest.raises(LimitReached, match="took longer"):
        child.run(python("import time; time.sleep(60)"), b"", Budget(Allowance(seconds=0.3)))
    with pytest.raises(LimitReached, match="more than 1 MiB"):
        child.run(
            python("while True: print('x' * 9999)"), b"", Budget(Allowance(total_bytes=1 << 20))
        )
    with pytest.raises(LimitReached, match="larger than 1 MiB"):
        child.run(
            python("while True: print('x' * 9999)"), b"", Budget(Allowance(whole_bytes=1 << 20))
        )


def test_elsewhere_no_program_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "is_possible", lambda: False)

    with pytest.raises(ArtifactError, match="only run on Linux"):
        child.run(("true",), b"", Budget())


SMALL = {"a.txt": b"first " * 9, "b": b"\xe8" * 30}


@given(mutated([make.seven_zip(SMALL, CHAINS[name]) for name in ("copy", "lzma2", "x86, lzma")]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_of_7z_end(data: bytes) -> None:
    assert_survives(lambda mutant: make.read_all(sevenzip, mutant), data)


@given(mutated([make.rar(SMALL)]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutants_of_rar_end(data: bytes) -> None:
    def parse(mutant: bytes) -> None:
        for entry in rarlist.entries(mutant, Budget()):
            assert entry.size >= 0

    assert_survives(parse, data)
