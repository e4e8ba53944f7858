"""The cache: only a whole file of our own is used, whatever else lies there is written anew."""

import os
import shutil
import stat
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import hyperscan
import pytest

from leakguard import cache, ruleset
from leakguard.cache import cache_dir, matcher_for
from leakguard.errors import RuleError
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Rule
from leakguard.ruleset import load_rules
from tests.helpers import ROOT, candidates, github_token

FEW = ("age.toml", "aws.toml", "github.toml", "jwt.toml")
"""Rules with a check, with partners, with allow lists; compiled in a moment."""


@pytest.fixture(autouse=True)
def few_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with few rules, which stand for the built-in ones, and an empty cache."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for name in FEW:
        shutil.copy(ROOT / "rules" / name, folder)
    monkeypatch.setattr(ruleset, "rules_dir", lambda: folder)
    monkeypatch.setenv("LEAKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time that rules are compiled."""
    calls: list[int] = []

    def counted(rules: Sequence[Rule]) -> Matcher:
        calls.append(len(rules))
        return load_matcher(rules)

    monkeypatch.setattr(cache, "load_matcher", counted)
    return calls


def cache_file() -> Path:
    (file,) = cache_dir().glob("*")
    return file


def test_second_use_compiles_nothing(compiled: list[int]) -> None:
    first, second = matcher_for(), matcher_for()

    assert len(compiled) == 1
    assert second.finders == first.finders
    assert second.partners == first.partners
    assert cache_file().suffix == ".rules"


def test_rules_come_back_as_they_were_but_for_what_a_scan_does_not_need() -> None:
    matcher_for()

    assert tuple(matcher_for().rules) == tuple(
        replace(rule, examples=(), counterexamples=(), references=rule.references[:1])
        for rule in load_rules()
    )


def test_cached_rules_find_what_compiled_rules_find() -> None:
    blobs = {
        f"{rule.id} {number}": example.encode()
        for rule in load_rules()
        for number, example in enumerate(rule.examples)
    }

    first, second = (
        {(item.rule.id, item.key, item.span) for item in candidates(matcher_for(), blobs)}
        for _ in range(2)
    )

    assert first == second
    assert len(first) >= len(blobs) / 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"garbage",
        lambda data: data[:6],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:8] + b"x" + data[9:],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: data[:4] + b"\xff\xff\xff\xff" + data[8:],
        lambda data: data[:4] + bytes(4) + data[8:],
    ],
)
def test_damaged_file_is_written_anew(
    compiled: list[int], damage: Callable[[bytes], bytes]
) -> None:
    matcher_for()
    whole = cache_file().read_bytes()
    cache_file().write_bytes(damage(whole))

    matcher = matcher_for()

    assert len(compiled) == 2
    assert candidates(matcher, {"a": github_token().encode()})
    assert len(cache_file().read_bytes()) == len(whole)


def test_whole_file_of_another_meaning_is_written_anew(compiled: list[int]) -> None:
    """A file with a right hash: by an attacker, or by a leakguard of another time."""
    matcher_for()
    for document in (b"{}", b"[]", b"1", b'{"rules": [{}], "finders": []}'):
        body = document + b"no database"
        digest = zlib.crc32(body)
        cache_file().write_bytes(cache._HEADER.pack(digest, len(document)) + body)

        assert candidates(matcher_for(), {"a": github_token().encode()})

    assert len(compiled) == 5


def test_whole_file_whose_json_does_not_fit_is_written_anew(compiled: list[int]) -> None:
    matcher = matcher_for()
    database = hyperscan.dumpb(matcher.database)
    for document in (b"{}", b"[]", b"1", b'{"rules": [{}], "finders": []}'):
        digest = zlib.crc32(document + database)
        header = cache._HEADER.pack(digest, len(document))
        cache_file().write_bytes(header + document + database)

        assert candidates(matcher_for(), {"a": github_token().encode()})

    assert len(compiled) == 5


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_file_of_another_user_is_not_used(compiled: list[int]) -> None:
    matcher_for()
    os.chown(cache_file(), 65534, 65534)

    matcher_for()

    assert len(compiled) == 2
    assert cache_file().stat().st_uid == 0


def test_changed_rule_has_a_cache_of_its_own(few_rules: Path, compiled: list[int]) -> None:
    matcher_for()
    with open(few_rules / FEW[0], "a") as stream:
        stream.write("# changed\n")

    matcher_for()

    assert len(compiled) == 2
    assert len(list(cache_dir().glob("*"))) == 2


def test_own_rules_are_cached_with_the_others(compiled: list[int], tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes((ROOT / "rules" / "npm.toml").read_bytes())

    matchers = [matcher_for([own]), matcher_for([own]), matcher_for()]

    assert [any(r.provider == "npm" for r in m.rules) for m in matchers] == [True, True, False]
    assert len(compiled) == 2


def test_wrong_rules_are_not_cached(few_rules: Path) -> None:
    (few_rules / "bad.toml").write_text("bad")

    with pytest.raises(RuleError, match=r"bad\.toml"):
        matcher_for()

    assert not cache_dir().exists()


@pytest.mark.parametrize("folder", ["/proc/nonexistent", "/dev/null", "/dev/full/x"])
def test_folder_that_cannot_be_written_is_no_error(
    monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("LEAKGUARD_CACHE_DIR", folder)

    assert candidates(matcher_for(), {"a": github_token().encode()})


def test_nothing_but_the_cache_file_is_left() -> None:
    matcher_for()

    mode = stat.S_IMODE(cache_file().stat().st_mode)
    assert not mode & (stat.S_IWGRP | stat.S_IWOTH)


def aged(name: str, days: float) -> Path:
    """A file in the cache's folder that was written some days ago."""
    cache_dir().mkdir(exist_ok=True)
    file = cache_dir() / name
    file.write_bytes(b"old")
    then = time.time() - days * 24 * 60 * 60
    os.utime(file, (then, then))
    return file


def test_oldest_files_are_removed_when_there_are_many() -> None:
    old = [aged(f"{number:040x}.rules", days=1 + number) for number in range(20)]

    matcher_for()

    left = set(cache_dir().iterdir())
    assert len(left) == 8
    assert left.issuperset(old[:7])
    assert not left.intersection(old[7:])


def test_what_a_stopped_process_left_is_removed_after_a_day() -> None:
    stale = aged(f"{1:040x}.rules.77.tmp", days=1.1)
    fresh = aged(f"{1:040x}.rules.78.tmp", days=0.9)

    matcher_for()

    assert (stale.exists(), fresh.exists()) == (False, True)


def test_files_of_others_in_the_folder_are_left_alone() -> None:
    others = [aged(f"{number}.rules", days=2) for number in range(20)]
    others += [aged(name, days=2) for name in ("notes.tmp", f"{1:040x}.rules.tmp")]

    matcher_for()

    assert all(file.exists() for file in others)


def test_file_that_cannot_be_removed_is_no_error() -> None:
    for number in range(9):
        (cache_dir() / f"{number:040x}.rules").mkdir(parents=True)

    matcher_for()

    assert len(list(cache_dir().iterdir())) == 10


SCAN = """
import sys
from pathlib import Path
from leakguard import ruleset
from leakguard.cli.main import main
ruleset.rules_dir = lambda: Path(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


def test_processes_that_start_at_once_all_succeed(
    few_rules: Path, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    (tmp_path / "leak.txt").write_text(github_token())
    environment = process_environment | {"LEAKGUARD_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-c", SCAN, str(few_rules), "scan", "leak.txt"]

    processes = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(6)
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [1] * 6
    assert errors == [b""] * 6
    assert cache_file().suffix == ".rules"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"LEAKGUARD_CACHE_DIR": "/c", "XDG_CACHE_HOME": "/x"}, "/c"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/leakguard"),
        ("linux", {}, "/home/ana/.cache/leakguard"),
        ("darwin", {}, "/home/ana/Library/Caches/leakguard"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/leakguard"),
    ],
)
def test_place_of_the_cache(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("LEAKGUARD_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ana")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)

    assert cache_dir() == Path(expected)


FOREIGN = """
[extend]
path = "base.toml"
[allowlist]
stopwords = ["fake"]
[[rules]]
id = "acme"
regex = 'acme_([a-z]{8})'
keywords = ["acme"]
unknown = 1
[[rules.required]]
id = "acme"
withinLines = 3
"""


def test_rules_of_another_tool_come_back_with_their_notes(
    tmp_path: Path, compiled: list[int]
) -> None:
    file, base = tmp_path / "own.toml", tmp_path / "base.toml"
    file.write_text(FOREIGN)
    base.write_text("title = 'base'")

    first, second = matcher_for([file]), matcher_for([file])

    assert len(compiled) == 1
    assert (
        second.notes == first.notes == ("own.toml: rule acme: `unknown` is unknown and not used",)
    )
    (rule,) = (rule for rule in second.rules if rule.id == "acme")
    assert rule in first.rules


def test_change_of_a_file_behind_a_file_compiles_anew(tmp_path: Path, compiled: list[int]) -> None:
    file, base = tmp_path / "own.toml", tmp_path / "base.toml"
    file.write_text(FOREIGN)
    base.write_text("title = 'base'")
    matcher_for([file])

    base.write_text("[[rules]]\nid = 'more'\nregex = 'more_[a-z]{8}'")
    matcher = matcher_for([file])

    assert len(compiled) == 2
    assert "more" in {rule.id for rule in matcher.rules}


def test_example_that_is_not_found_is_refused_before_a_scan(tmp_path: Path) -> None:
    file = tmp_path / "own.yml"
    file.write_text("rules:\n- id: a\n  pattern: 'acme_[a-z]{8}'\n  examples: [acme_]")

    with pytest.raises(RuleError, match="own.yml: rule a: example 1 is not found by it"):
        matcher_for([file])
