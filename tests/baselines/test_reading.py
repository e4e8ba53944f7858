"""Whose a baseline is, told by its content."""

import json
from pathlib import Path

import pytest

from leakguard.baselines.foreign import Foreign
from leakguard.baselines.own import Contents, OwnBaseline, written
from leakguard.baselines.reading import load_baseline, load_foreign
from leakguard.baselines.service import ServiceBaseline
from leakguard.errors import ConfigError
from tests.baselines import test_kingfisher, test_trufflehog

TRUFFLEHOG = json.dumps(test_trufflehog.row())
FILES = {
    "gitleaks": (
        "a.py:jwt:3\n",
        f"# old\n{'ab' * 20}:a.py:jwt:3\n",
        "[]",
        '[{"RuleID": "jwt", "File": "a.py", "StartLine": 3}]',
    ),
    "betterleaks": ("0a" * 32 + "\n", f"# values\n{'0a' * 32}\n"),
    "detect-secrets": ('{"version": "1.5.0", "plugins_used": [], "results": {}}',),
    "kingfisher": (test_kingfisher.FIRST, test_kingfisher.SECOND),
    "trufflehog": (f"[{TRUFFLEHOG}]", f'{TRUFFLEHOG}\n{{"level": "info"}}\n', f"{TRUFFLEHOG}\n"),
}


@pytest.mark.parametrize(
    ("tool", "text"), [(tool, text) for tool, texts in FILES.items() for text in texts]
)
def test_files_of_other_tools(tmp_path: Path, tool: str, text: str) -> None:
    file = tmp_path / "base"
    file.write_text(text)

    held = load_baseline(str(file))

    assert isinstance(held, Foreign)
    assert held.found.tool == tool


def test_our_own_files(tmp_path: Path) -> None:
    own, service = tmp_path / "own", tmp_path / "service"
    own.write_text(written(Contents(("0f" * 16,))))
    service.write_text('{"version": 1, "fingerprints": {}}')

    assert isinstance(load_baseline(str(own)), OwnBaseline)
    assert isinstance(load_baseline(str(service)), ServiceBaseline)
    with pytest.raises(ConfigError, match="is leakguard's own: name it with --baseline"):
        load_foreign(str(own))


def test_file_without_entries_is_known_when_its_tool_is_named(tmp_path: Path) -> None:
    file = tmp_path / "base"
    file.write_text("# nothing yet\n")

    assert load_foreign(str(file), "gitleaks").found.entries == ()
    assert load_foreign(str(file), "betterleaks").found.entries == ()
    with pytest.raises(ConfigError, match="is no baseline of leakguard, gitleaks"):
        load_foreign(str(file))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"1", b'{"results": 1}', b"\xff", b"null", b"[1]", b'{"fingerprints": 1}']
)
def test_file_that_is_no_baseline_is_an_error(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "base"
    file.write_bytes(data)

    with pytest.raises(ConfigError) as caught:
        load_baseline(str(file))

    assert str(caught.value) == (
        f"{file} is no baseline of leakguard, gitleaks, betterleaks, detect-secrets, kingfisher or"
        " trufflehog (its JSON)"
    )
