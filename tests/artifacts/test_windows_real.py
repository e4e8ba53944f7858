"""Real programs, the launchers that Python's packaging tools bring, against another reader."""

from importlib.util import find_spec
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from leakguard.artifacts import pe
from leakguard.artifacts.ownership import Ownership
from leakguard.artifacts.verdict import BuildVerdict, judge

lief = pytest.importorskip("lief")


def launchers() -> list[Path]:
    """The programs that come with packages of the test extra."""
    specs = (find_spec(package) for package in ("distlib", "setuptools"))
    folders = [place for spec in specs if spec for place in spec.submodule_search_locations or ()]
    return [path for folder in folders for path in sorted(Path(folder).glob("*.exe"))]


def test_there_are_some() -> None:
    assert launchers()


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in launchers()])
def test_a_real_program_is_read_as_another_reader_does(path: Path) -> None:
    build, other = pe.describe(path.read_bytes()), lief.PE.parse(str(path))

    assert build is not None
    texts = version_texts(other)
    assert build.name == texts.get("ProductName", "")
    assert build.version == texts.get("ProductVersion", "")
    assert (build.signer is not None) == other.has_signatures
    debug = other.codeview_pdb.filename if other.has_debug and other.codeview_pdb else ""
    assert build.leaked_paths == ((str(PureWindowsPath(debug).parent),) if debug else ())
    assert judge(build, "", Ownership()).verdict is BuildVerdict.UNKNOWN


def version_texts(program: Any) -> dict[str, str]:
    if not program.has_resources or not program.resources_manager.has_version:
        return {}
    (version,) = program.resources_manager.version
    return {
        entry.key: entry.value
        for table in version.string_file_info.children
        for entry in table.entries
    }
