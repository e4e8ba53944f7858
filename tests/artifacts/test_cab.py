import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import cab
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Unread
from tests.artifacts import make_installers
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.tools import needs

_FILES = {"a.txt": b"one\n" * 20_000, "folder/ü.txt": b"two", "empty": b""}


def _read(data: bytes) -> dict[str, bytes | str]:
    budget = Budget()
    return {
        member.name: member.reason if isinstance(member, Unread) else bytes(member.content.whole())
        for member in cab.members(Content.of(data, budget), budget)
    }


@pytest.mark.parametrize("mszip", [True, False])
def test_files_come_out_across_blocks(mszip: bool) -> None:
    assert _read(make_installers.cab(_FILES, mszip=mszip)) == _FILES


def test_a_file_that_is_not_read_is_passed_over() -> None:
    budget = Budget()
    members = cab.members(Content.of(make_installers.cab(_FILES), budget), budget)
    names = [member.name for member in members]
    assert names == list(_FILES)


@pytest.mark.parametrize(("method", "name"), [(2, "Quantum"), (3, "LZX"), (9, "method 9")])
def test_unsupported_methods_are_said_to_be_so(method: int, name: str) -> None:
    found = _read(make_installers.cab(_FILES, method=method))
    assert set(found.values()) == {f"compressed with {name}, which is not supported"}


def test_a_damaged_block_costs_only_the_files_behind_it() -> None:
    data = make_installers.cab({"a": b"x" * 40_000, "b": b"y"}, mszip=False)
    with pytest.raises((ArtifactError, EOFError)):
        _read(data[:-40_000])
    found = cab.members(Content.of(data[:-100], Budget()), Budget())
    assert next(found).name == "a"


def test_a_cut_table_is_an_error() -> None:
    with pytest.raises(ArtifactError, match="cut off"):
        _read(make_installers.cab(_FILES)[:60])


@needs("gcab")
def test_cabinets_of_gcab(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(_FILES["a.txt"])
    (tmp_path / "b.txt").write_bytes(b"two")
    subprocess.run(["gcab", "-c", "-z", "t.cab", "a.txt", "b.txt"], cwd=tmp_path, check=True)
    found = _read((tmp_path / "t.cab").read_bytes())
    assert found == {"a.txt": _FILES["a.txt"], "b.txt": b"two"}


_SAMPLES = [make_installers.cab(_FILES, mszip=mszip) for mszip in (True, False)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated(_SAMPLES))
def test_survives_mutations(data: bytes) -> None:
    assert_survives(_read, data)
