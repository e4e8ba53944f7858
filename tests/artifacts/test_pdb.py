"""Debug symbols: which sources they name, and the sources that are inside."""

import pytest
from hypothesis import given, settings

from leakguard.artifacts import pdb
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Unread
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_windows import make_msf_pdb, make_portable_pdb

FILES = {"/home/jane/src/a.cs": b"class A {}\n" * 30, "/home/jane/src/b/b.cs": b"class B {}"}
PATHS = [
    r"C:\Users\jane\orchard\a.cpp",
    r"c:\users\jane\orchard\inner\b.h",
    r"C:\Program Files (x86)\Windows Kits\10\Include\c.h",
    "not a path",
]


def members(data: bytes) -> dict[str, bytes]:
    budget = Budget()
    return {
        it.name: b"" if isinstance(it, Unread) else bytes(it.content.whole())
        for it in pdb.members(Content.of(data, budget), budget)
    }


def test_a_portable_pdb_names_its_sources_and_gives_those_inside() -> None:
    found = pdb.describe(make_portable_pdb(FILES))
    assert (found.kind, found.internal, found.app) == ("pdb", "debug symbols", False)
    assert found.source == tuple(FILES)
    assert found.leaked_paths == ("/home/jane/src", "/home/jane/src/b")
    assert members(make_portable_pdb(FILES)) == FILES


def test_without_embedded_sources_only_paths_leak() -> None:
    data = make_portable_pdb(FILES, embedded=False)
    assert pdb.describe(data).source == ()
    assert len(pdb.describe(data).leaked_paths) == 2
    assert members(data) == {}


def test_a_pdb_of_visual_c_names_folders_but_none_of_the_tools() -> None:
    found = pdb.describe(make_msf_pdb(PATHS))
    assert found.internal == "debug symbols"
    assert found.leaked_paths == (
        r"C:\Users\jane\orchard",
        r"c:\users\jane\orchard\inner",
    )
    assert members(make_msf_pdb(PATHS)) == {}


def test_names_that_fill_many_blocks_are_read_to_the_end() -> None:
    paths = [rf"C:\src\folder{number}\file.cpp" for number in range(300)]
    assert len(pdb.describe(make_msf_pdb(paths)).leaked_paths) == 20
    assert list(pdb._msf_names(make_msf_pdb(paths))) == paths


@pytest.mark.parametrize("data", [b"BSJB", b"Microsoft C/C++ MSF 7.00\r\n", b"BSJB" + bytes(99)])
def test_what_only_begins_like_symbols_is_refused(data: bytes) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - any will do: the caller takes them all
        pdb.describe(data)


@given(mutated([make_portable_pdb(FILES), make_msf_pdb(PATHS)]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_symbols_end_quietly(data: bytes) -> None:
    assert_survives(pdb.describe, data)
    assert_survives(members, data)
