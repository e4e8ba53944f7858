import os
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.errors import ConfigError
from leakguard.settings import (
    Settings,
    find_baseline,
    find_settings,
    read_settings,
    unused_settings,
)

OWN = 'min_severity = "high"\n'
PYPROJECT = "[tool.leakguard]\n" + OWN


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


def found(*paths: Path) -> Path | None:
    settings = find_settings([str(path) for path in paths])
    return settings.file if settings else None


def folder(path: Path, *, git: bool = False) -> Path:
    path.mkdir(parents=True)
    if git:
        (path / ".git").mkdir()
    return path


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_nearest_file_counts(home: Path) -> None:
    repository = folder(home / "repository", git=True)
    inner = folder(repository / "a" / "b")
    written(repository / ".leakguard.toml", OWN)

    nearest = written(repository / "a" / "pyproject.toml", PYPROJECT)

    assert found(inner) == nearest


def test_nothing_above_the_root_of_the_repository_counts(home: Path) -> None:
    written(home / ".leakguard.toml", OWN)

    assert found(folder(home / "repository", git=True)) is None


def test_outside_of_a_repository_the_search_ends_at_home(home: Path) -> None:
    written(home.parent / ".leakguard.toml", OWN)
    own = written(home / ".leakguard.toml", OWN)

    assert found(folder(home / "a" / "b")) == own


def test_outside_of_home_only_the_folder_itself_counts(home: Path) -> None:
    written(home.parent / ".leakguard.toml", OWN)

    assert found(folder(home.parent / "shared")) is None


def test_the_folder_of_a_file_counts(home: Path) -> None:
    own = written(home / ".leakguard.toml", OWN)

    assert found(written(home / "a.txt", "")) == own


def test_for_several_paths_the_search_begins_where_all_of_them_lie(home: Path) -> None:
    repository = folder(home / "repository", git=True)
    paths = [folder(repository / "a"), folder(repository / "b")]
    written(paths[0] / ".leakguard.toml", OWN)
    own = written(repository / ".leakguard.toml", OWN)

    assert found(*paths) == own


def test_for_standard_input_the_search_begins_in_the_working_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = written(home / ".leakguard.toml", OWN)
    monkeypatch.chdir(home)

    assert found(Path("-")) == own


def test_own_file_goes_before_pyproject(home: Path) -> None:
    own = written(home / ".leakguard.toml", OWN)
    beside = written(home / "pyproject.toml", PYPROJECT)

    assert found(home) == own
    assert unused_settings(own) == beside


@pytest.mark.parametrize("text", ["", "[tool.leakguard", "# leakguard\n[tool.ruff]\n"])
def test_pyproject_without_settings_is_not_called_unused(home: Path, text: str) -> None:
    own = written(home / ".leakguard.toml", OWN)
    beside = written(home / "pyproject.toml", text)

    assert unused_settings(own) is None
    assert unused_settings(beside) is None
    assert unused_settings(None) is None


@pytest.mark.parametrize("text", ["[tool.ruff]\n", "# leakguard\n", "# leakguard\ntool = 1\n"])
def test_pyproject_without_settings_is_passed_over(home: Path, text: str) -> None:
    written(home / "pyproject.toml", text)

    assert found(home) is None


def test_broken_pyproject_that_is_not_ours_is_passed_over(home: Path) -> None:
    written(home / "pyproject.toml", "[tool")

    assert found(home) is None


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (".leakguard.toml", "a = ", "is not valid TOML"),
        (".leakguard.toml", "# \udce9", "is not valid TOML"),
        ("pyproject.toml", "[tool.leakguard", "is not valid TOML"),
        ("pyproject.toml", "[tool]\nleakguard = 1", "must be a table"),
    ],
)
def test_broken_file_is_an_error_that_names_it(
    home: Path, name: str, text: str, reason: str
) -> None:
    (home / name).write_bytes(os.fsencode(text))

    with pytest.raises(ConfigError, match=reason) as error:
        found(home)

    assert str(home / name) in str(error.value)


def test_file_that_cannot_be_read_is_an_error_not_no_file(home: Path) -> None:
    (home / ".leakguard.toml").mkdir()

    with pytest.raises(ConfigError, match="cannot be read"):
        found(home)


def test_huge_file_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RULE_FILE_BYTES", 5)
    written(home / ".leakguard.toml", OWN)

    with pytest.raises(ConfigError, match="larger than 5 bytes"):
        found(home)


def test_named_file_is_read_wherever_it_lies(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = written(home.parent / "team.toml", OWN)
    monkeypatch.chdir(home.parent)

    settings = read_settings(Path("team.toml"))

    assert settings == Settings(named, {"min_severity": "high"})


def test_named_file_must_exist(home: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read_settings(home / "team.toml")


def test_named_pyproject_must_have_settings(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no \[tool.leakguard\]"):
        read_settings(written(home / "pyproject.toml", ""))


def test_own_baseline_is_the_nearest_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    for name in ("a", "a/b/c"):
        (home / name).mkdir(parents=True)
        written(home / name / ".leakguard-baseline.json", "")

    assert find_baseline(["a/b"]) == home / "a" / ".leakguard-baseline.json"
    assert find_baseline(["a/b/c"]) == home / "a/b/c" / ".leakguard-baseline.json"
    assert find_baseline(["."]) is None
