"""Path globs hold git itself as the oracle."""

import subprocess
import time
from pathlib import Path

import pytest

from leakguard.paths import check_globs, is_excluded

GLOBS = (
    "*.lock", "tests/fixtures/**", "vendor/", "vendor", "/vendor", "a/**/z", "**/b/*.py", "**",
    "*", "a/*", "a/**/", "**/", "?.py", "[a-c].py", "[!a-c].py", "[^a].py", "a*b*c", "*a*b",
    "src/*/x", "**/a/**/b", "a/**/b/**/z", "\\*.py", "[]a].py", "[a\\]].py", "x.y", "a**z",
    "/*.py", "**/x", "/**", "a/b/", "doc/[a-z]*",
)  # fmt: skip
PATHS = (
    "poetry.lock", "sub/poetry.lock", "poetry.lockx", "tests/fixtures/a", "tests/fixtures/a/b",
    "sub/tests/fixtures/a", "tests/fixtures", "vendor/a", "sub/vendor/a", "a/z", "a/b/z", "a/b/c/z",
    "a/bz", "b/x.py", "a/b/x.py", "a/b/c/x.py", "a.py", "d.py", "ab.py", "abc", "aXbXc", "aXbX",
    "ab", "xaxbxb", "src/q/x", "src/x", "src/q/r/x", "p/a/q/b", "a/q/b/r/z", "a/z/b", "*.py",
    "].py", "x.y", "xzy", "aqz", "doc/q", "doc/q/r", "doc/Q", "a", "a\nb.lock",
)  # fmt: skip


def test_globs_cover_what_gitignore_covers(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    listed = "\0".join(PATHS).encode()
    command = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin", "-z"]
    expected = set()

    for glob in GLOBS:
        (tmp_path / ".git" / "info" / "exclude").write_text(glob + "\n")
        answer = subprocess.run(command, input=listed, capture_output=True, check=False)
        expected |= {(glob, path) for path in answer.stdout.decode().split("\0") if path}
    found = {(glob, path) for glob in GLOBS for path in PATHS if is_excluded(path, (glob,))}

    assert found == expected


def test_no_globs_exclude_nothing() -> None:
    assert not is_excluded("a", ())


def test_any_of_several_globs_excludes() -> None:
    assert is_excluded("b/c", ("*.lock", "b"))


def test_a_question_mark_is_one_character_however_many_bytes_it_takes() -> None:
    assert is_excluded("é.py", ("?.py",))


def test_a_leading_dot_folder_is_the_root() -> None:
    assert is_excluded("a/b", ("./a",))
    assert not is_excluded("x/a/b", ("./a",))


@pytest.mark.parametrize("glob", ["", "/", "./", "!a", "a\\", "[a", "a/[b/c]", "[z-a]"])
def test_glob_without_meaning_is_refused(glob: str) -> None:
    with pytest.raises(ValueError, match="glob|`|range"):
        check_globs((glob,))


@pytest.mark.parametrize(
    ("glob", "path"),
    [("*a" * 40 + "b", "a" * 400), ("**/a/" * 20 + "b", "a/" * 400 + "c")],
)
def test_no_glob_makes_matching_slow(glob: str, path: str) -> None:
    began = time.perf_counter()

    assert not is_excluded(path, (glob,))

    assert time.perf_counter() - began < 1
