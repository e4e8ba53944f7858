"""Files that are a leak by being there: known by what they hold, not by their names."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from leakguard.artifacts import private
from leakguard.artifacts.kinds import kinds_of
from leakguard.cache import matcher_for
from leakguard.pipe import run
from leakguard.sources.files import FilesSource
from tests.artifacts.fuzz import EXAMPLES, mutated

STATE = json.dumps(
    {"version": 4, "terraform_version": "1.9.5", "serial": 3, "lineage": "x", "resources": []}
).encode()


def elf(kind: int, order: str = "little") -> bytes:
    head = b"\x7fELF\x02" + (b"\x01" if order == "little" else b"\x02") + b"\x01" + bytes(9)
    return head + kind.to_bytes(2, order) + bytes(46)  # type: ignore[arg-type]


FILES = [
    ("password database", b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\0\x04\0" + bytes(60)),
    ("password database", b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5" + bytes(60)),
    ("core dump", elf(4)),
    ("core dump", elf(4, "big")),
    ("core dump", b"MDMP\x93\xa7\0\0" + bytes(60)),
    ("core dump", b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x04\0\0\0" + bytes(40)),
    ("terraform state", STATE),
    ("shell history", b": 1700000000:0;ls -la\n: 1700000009:0;cd /srv\n"),
    ("shell history", b"#1700000000\nls -la\n#1700000009\ncd /srv\n"),
    ("shell history", b"- cmd: ls -la\n  when: 1700000000\n"),
]
OTHERS = [
    elf(2),
    elf(3, "big"),
    b"\x03\xd9\xa2\x9a" + bytes(60),
    b'{"version": 4, "serial": 1}',
    b"#1 thing to do\nls\n",
    b"- cmd: ls\n  name: x\n",
    b": 12:0;ls\n",
]


@pytest.mark.parametrize(("kind", "data"), FILES)
def test_known_by_its_content(kind: str, data: bytes) -> None:
    found = private.describe(data)

    assert found is not None
    assert (found.kind, found.app, bool(found.internal)) == (kind, False, True)
    assert kind in [item.name for item in kinds_of(data[:4096])]


@pytest.mark.parametrize("data", OTHERS)
def test_what_only_looks_like_it_is_nothing(data: bytes) -> None:
    assert private.describe(data) is None


@given(mutated([data for _, data in FILES]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_files_raise_nothing(data: bytes) -> None:
    private.describe(data)


def test_file_of_any_name_is_reported_and_one_in_tests_less_so(tmp_path: Path) -> None:
    for name in ("notes.bin", "tests/state.json"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(FILES[0][1])

    report = run([FilesSource([str(tmp_path)])], matcher_for())

    assert [(f.rule_id, f.kind, f.severity.label) for f in report.findings] == [
        ("private-file", "artifact", "medium"),
        ("private-file", "artifact", "low"),
    ]
    assert "KeePass" in report.findings[0].impact


def test_core_dump_of_a_program_is_no_damaged_program(tmp_path: Path) -> None:
    (tmp_path / "memory").write_bytes(elf(4))

    report = run([FilesSource([str(tmp_path)])], matcher_for())

    assert [finding.rule_id for finding in report.findings] == ["private-file"]
    assert report.skips == ()
