import marshal
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings

from leakguard.artifacts import elf, pyc, pyinstaller
from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.kinds import kinds_of
from leakguard.artifacts.model import Member, Unread
from leakguard.artifacts.walk import Found, Text, walk
from tests.artifacts import make_pyinstaller as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_archives import tar
from tests.artifacts.make_bundles import elf as made_elf
from tests.artifacts.make_bundles import opened
from tests.artifacts.make_pyinstaller import Entry, carchive, code, pyz, pyz_of
from tests.artifacts.make_windows import make_exe

TEXT = b"key=value in a module"
SCRIPT = marshal.dumps(code(TEXT))


def found(*entries: Entry) -> dict[str, bytes | str]:
    return opened(pyinstaller.members, carchive(entries))


def modules(archive: bytes) -> dict[str, bytes | str]:
    return found(Entry("PYZ.pyz", "z", archive))


def texts(data: bytes | str) -> list[bytes]:
    assert isinstance(data, bytes)
    assert [kind.name for kind in kinds_of(data)] == ["pyc"]
    return list(pyc.strings(data))


def table_of(archive: bytes) -> bytes:
    return archive[struct.unpack_from(">i", archive, 8)[0] :]


def read_all(data: bytes, budget: Budget) -> None:
    for member in pyinstaller.members(Content.of(data, budget), budget):
        while isinstance(member, Member) and member.content.read(1 << 16):
            pass


@pytest.mark.parametrize("compress", [False, True])
def test_data_come_as_they_are_and_scripts_as_pyc(compress: bool) -> None:
    read = found(
        Entry("conf\\app.ini", "x", b"a=1" * 1000, compress),
        Entry("app", "s", SCRIPT, compress),
        Entry("struct", "m", SCRIPT, compress),
        Entry("base_library.zip", "b", b"PK", compress),
    )

    assert list(read) == ["conf/app.ini", "app.pyc", "struct.pyc", "base_library.zip"]
    assert read["conf/app.ini"] == b"a=1" * 1000
    assert TEXT in texts(read["app.pyc"])
    assert TEXT in texts(read["struct.pyc"])


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("as_dict", [False, True])
def test_modules_have_the_path_of_their_package(as_dict: bool, compress: bool) -> None:
    archive = pyz({"acme/": b"a package", "acme.core.settings": TEXT}, as_dict=as_dict)
    read = found(Entry("PYZ.pyz", "z", archive, compress))

    assert list(read) == ["PYZ/acme/__init__.pyc", "PYZ/acme/core/settings.pyc"]
    assert b"a package" in texts(read["PYZ/acme/__init__.pyc"])
    assert TEXT in texts(read["PYZ/acme/core/settings.pyc"])


@pytest.mark.parametrize(
    ("version", "magic"),
    [(27, 3379), (37, 3394), (38, 3413), (39, 3413), (310, 3439), (311, 3495), (314, 3495)],
)
def test_the_header_says_how_that_python_wrote_code(version: int, magic: int) -> None:
    data = carchive([Entry("app", "s", SCRIPT)], version)
    head = opened(pyinstaller.members, data)["app.pyc"][:16]

    assert head == struct.pack("<H", magic) + b"\r\n" + bytes(12)


def test_what_has_a_header_or_is_source_text_gets_none() -> None:
    with_header = b"\x42\x0d\r\n" + bytes(12) + SCRIPT

    read = found(Entry("m", "m", with_header), Entry("s", "s", b"import acme\n"))
    assert read == {"m.pyc": with_header, "s.pyc": b"import acme\n"}


def test_options_and_links_are_names_only() -> None:
    assert found(Entry("pyi-option", "o", b""), Entry("lib.so", "n", b"lib.so.1\0")) == {}


def test_encrypted_modules_are_told_and_the_rest_is_read() -> None:
    encrypted = Entry("PYZ.pyz", "z", pyz({"a": TEXT}, encrypted=True))

    assert found(encrypted, Entry("b", "x", b"text")) == {"PYZ": "encrypted", "b": b"text"}


def test_old_tables_refer_back_and_have_data() -> None:
    body = zlib.compress(b"plain")
    number = b"\xe9" + struct.pack("<i", 2)
    place = b"i" + struct.pack("<i", 17) + b"i" + struct.pack("<i", len(body))
    triple = b"\xa9\x03" + number + place
    first = b")\x02" + b"s\x01\0\0\0a" + triple
    second = b")\x02" + b"\xda\x01b" + b"r" + struct.pack("<I", 1)
    table = b"[" + struct.pack("<I", 2) + first + second

    # The triple is the first that can be referred to, as number 0; its number is number 1.
    assert modules(pyz_of(body, table)) == {
        "PYZ/a": b"plain",
        "PYZ.pyz": "the table of its modules is damaged",
    }
    table = table[:-4] + struct.pack("<I", 0)
    assert modules(pyz_of(body, table)) == {"PYZ/a": b"plain", "PYZ/b": b"plain"}


@pytest.mark.parametrize(
    "table",
    [
        b"",
        b"N",
        b"[\xff\xff\xff\x7f",
        b"[\1\0\0\0" + b")\1" * 100_000,
        b"[\1\0\0\0(\xff\xff\xff\x7f" + b"N" * 100,
        b"[\1\0\0\0)\2s\xff\xff\xff\x7fa",
        b"[\1\0\0\0)\2z\1a)\3NNN",
        b"[\1\0\0\0\xa9\2z\1ar\0\0\0\0",
        b"{z\1a",
    ],
)
def test_a_damaged_table_is_told_and_costs_nothing(table: bytes) -> None:
    tracemalloc.start()
    read = modules(pyz_of(b"", table))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == {"PYZ.pyz": "the table of its modules is damaged"}
    assert peak < 4_000_000


def test_places_outside_are_told() -> None:
    table = marshal.dumps([("a", (0, 17, 10_000)), ("b", (0, -5, 2)), ("c", (0, 5, -2))])

    assert set(modules(pyz_of(b"", table)).values()) == {"it ends too early"}
    assert modules(b"PYZ?" + bytes(20)) == {"PYZ.pyz": "not a PYZ archive"}
    data = bytearray(carchive([Entry("a", "x", b"text")]))
    data[4 + 8 : 4 + 12] = b"\0\0\1\0"
    assert opened(pyinstaller.members, bytes(data)) == {"a": "it lies outside of the archive"}


def test_a_module_that_is_cut_off_is_damaged_when_it_is_read() -> None:
    body = zlib.compress(SCRIPT)[:-10]
    archive = pyz_of(body, marshal.dumps([("a", (0, 17, len(body)))]))

    with pytest.raises(ArtifactError, match="it ends too early"):
        modules(archive)
    program = make_exe(overlay=carchive([Entry("PYZ.pyz", "z", archive)]))
    items = list(walk(program, Budget()))
    assert [item for item in items if isinstance(item, Unread)]


def test_a_damaged_table_of_contents_ends_it() -> None:
    data = bytearray(carchive([Entry("a", "x", b"text"), Entry("b", "x", b"more")]))
    data[8 + 32 : 8 + 36] = b"\xff" * 4

    with pytest.raises(ArtifactError, match="its table is damaged"):
        opened(pyinstaller.members, bytes(data))
    with pytest.raises(ArtifactError, match="its table is missing"):
        opened(pyinstaller.members, make.cookie(88, 5000, 10))
    with pytest.raises(ArtifactError, match="its end is missing"):
        opened(pyinstaller.members, bytes(data[:-1]))


def test_bombs_end_at_the_limits() -> None:
    zeros = zlib.compress(bytes(100 << 20))
    data = carchive([Entry("a", "x", zeros)])
    flag = data.rindex(b"xa\0") - 1
    bomb = data[:flag] + b"\1" + data[flag + 1 :]
    with pytest.raises(LimitReached, match="times its size"):
        read_all(bomb, Budget())

    table = marshal.dumps([(str(at), (0, 17, len(zeros))) for at in range(1000)])
    many = carchive([Entry("PYZ.pyz", "z", pyz_of(zeros, table))])
    with pytest.raises(LimitReached, match="MiB inflated"):
        read_all(many, Budget(Allowance(total_bytes=32 << 20)))


def test_stored_entries_of_the_same_bytes_are_counted_each_time() -> None:
    data = bytearray(carchive([Entry("a", "x", bytes(1 << 20)), *[Entry("b", "x", b"")] * 9]))
    for at in range(1, 10):
        row = (1 << 20) + 32 * at
        data[row + 4 : row + 12] = struct.pack(">II", 0, 1 << 20)

    with pytest.raises(LimitReached, match="MiB inflated"):
        read_all(bytes(data), Budget(Allowance(total_bytes=5 << 20)))


def test_members_are_counted() -> None:
    archive = pyz({str(at): b"" for at in range(9)})

    with pytest.raises(LimitReached, match="members in all"):
        read_all(
            carchive([Entry("p", "z", archive), Entry("a", "x", b"")]),
            Budget(Allowance(members=2)),
        )


def test_is_recognised_by_its_end_where_nothing_else_is() -> None:
    data = carchive([Entry("a", "x", b"text")])

    def names(data: bytes) -> list[str]:
        return [kind.name for kind in kinds_of(data[:4096], data)]

    assert names(data) == names(data + bytes(7)) == names(data + bytes(4000)) == ["pyinstaller"]
    assert names(data + bytes(4096)) == []
    assert names(make.MAGIC + b"a text of this file's own, which is long enough" * 9) == []
    assert names(make_exe(overlay=data)) == ["pe"]
    assert names(tar({"a.exe": make_exe(overlay=data)})[: -2 * 512]) == ["tar"]


def test_the_section_of_a_program_for_linux_is_an_overlay() -> None:
    data = carchive([Entry("a", "x", b"text")])
    program = made_elf({".text": b"\xc3", "pydata": data})

    assert opened(elf.members, program) == {"overlay": data}


@pytest.mark.parametrize("kind", sorted(make.SAMPLES))
def test_is_walked_once(kind: str) -> None:
    files = {"a": b"in a script", "b": b"in a module", "c": b"stored", "d": b"compressed"}
    items = list(walk(make.SAMPLES[kind](files), Budget()))

    names = [item.name for item in items if isinstance(item, Text) and item.name]
    assert names == [f"overlay!{name}" for name in ("PYZ/acme/1.pyc", "a.pyc", "c", "d")]
    assert len([item for item in items if isinstance(item, Found)]) == 1


PROGRAM = make.program({"a": TEXT, "b": TEXT, "c": TEXT, "d": TEXT})


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([PROGRAM, table_of(pyz({"a": TEXT, "b/": TEXT}))]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: read_all(data, Budget()), data)
    assert_survives(lambda data: read_all(data + PROGRAM[-88:], Budget()), data)
    assert_survives(lambda data: modules(pyz_of(b"", data)), data)
