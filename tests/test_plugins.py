"""Plugins of detect-secrets run over what is scanned, and find what detect-secrets finds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leakguard.errors import RuleError
from leakguard.matcher import load_matcher
from leakguard.model import Candidate, Report, Skip
from leakguard.pipe import run
from leakguard.plugins import Plugins
from leakguard.policy import Policy
from leakguard.sources.files import FilesSource
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import open_repository
from tests.helpers import repository, windows

PLUGIN = """
import re
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector

class AcmeDetector(RegexBasedDetector):
    secret_type = "Acme Corp. Token"
    denylist = (re.compile(r"acme-[0-9a-z]{8}"),)

class DoorDetector(BasePlugin):
    secret_type = "Door"
    def analyze_string(self, string):
        if "open sesame" in string:
            yield "sesame"
        if "broken" in string:
            raise ValueError(string)
        if "changed" in string:
            yield "not in the line"
"""
SECRET = "acme-" + "q7w2e9r4"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "acme_plugin.py"
    file.write_text(PLUGIN)
    return file


def found(plugin: Path, text: bytes) -> list[Candidate | Skip]:
    plugins = Plugins([plugin])
    return [item for window in windows({"a.txt": text}) for item in plugins.candidates(window)]


def candidates(plugin: Path, text: bytes) -> list[Candidate]:
    return [item for item in found(plugin, text) if isinstance(item, Candidate)]


def test_rules_are_named_after_the_type_of_secret(plugin: Path) -> None:
    rules = Plugins([plugin]).rules

    assert [(rule.id, rule.name) for rule in rules] == [
        ("detect-secrets-acme-corp-token", "Acme Corp. Token"),
        ("detect-secrets-door", "Door"),
    ]


def test_secret_is_found_at_each_of_its_places(plugin: Path) -> None:
    text = f"é = {SECRET} {SECRET}\n"

    first, second = candidates(plugin, f"\n{text}".encode())

    assert (first.secret, first.before, first.span.line) == (SECRET.encode(), "é = ".encode(), 2)
    assert (first.span.column, second.span.column) == (5, 5 + len(SECRET) + 1)
    assert first.span.start == 1 + len("é = ".encode())


def test_lines_of_a_large_blob_are_looked_at_once(plugin: Path) -> None:
    text = (b"x" * 99 + b"\n") * 50_000 + SECRET.encode() + b"\n"

    (item,) = candidates(plugin, text)

    assert (item.span.line, item.span.start) == (50_001, 5_000_000)


def test_secret_that_a_plugin_made_up_is_the_line(plugin: Path) -> None:
    (item,) = candidates(plugin, b"a\nchanged here\n")

    assert (item.secret, item.span.line, item.span.column) == (b"changed here", 2, 1)


def test_plugin_that_fails_is_a_skip_without_the_line(plugin: Path) -> None:
    skips = [item for item in found(plugin, b"broken " + SECRET.encode()) if isinstance(item, Skip)]

    assert skips == [Skip("a.txt", "plugin detect-secrets-door failed on a line of it: ValueError")]


def test_filters_of_detect_secrets_hold(plugin: Path) -> None:
    assert candidates(plugin, b"x = acme-abcdefgh acme-12345678") != []
    assert candidates(plugin, b"\0" + SECRET.encode()) == []


def test_same_secrets_as_detect_secrets_finds(plugin: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(f"x = {SECRET}\nopen sesame\n$acme-aaaaaaaa acme-abcdefgh\nacme-00000000\n")

    done = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "--no-verify"]
        + ["-p", str(plugin), str(file)],
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )

    theirs = {
        (item["type"], item["line_number"])
        for items in json.loads(done.stdout)["results"].values()
        for item in items
        if item["type"] in ("Acme Corp. Token", "Door")
    }
    ours = candidates(plugin, file.read_bytes())
    assert {(item.rule.name, item.span.line) for item in ours} == theirs


def scanned(plugin: Path, folder: Path, *, history: bool) -> Report:
    source = HistorySource(open_repository(str(folder))) if history else FilesSource([str(folder)])
    return run([source], load_matcher([]), Policy(), plugins=Plugins([plugin]))


@pytest.mark.parametrize("history", [True, False])
def test_finding_comes_out_like_any_other(plugin: Path, tmp_path: Path, history: bool) -> None:
    folder = repository(
        tmp_path / "r", {"a.txt": f"{SECRET}\n", "b.txt": f"{SECRET}  # leakguard:allow\n"}
    )

    report = scanned(plugin, folder, history=history)

    (finding,) = report.findings
    assert (finding.rule_id, finding.line) == ("detect-secrets-acme-corp-token", 1)
    assert finding.path.endswith("a.txt")
    assert SECRET not in repr(report)
    assert [item.reason for item in report.suppressed] == ["comment leakguard:allow"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_of_that_name", "cannot be used: ModuleNotFoundError when it is loaded"),
        ("x = 1", "has no plugin: derive a class from BasePlugin"),
        ("def", "cannot be used: SyntaxError when it is loaded"),
    ],
)
def test_file_that_is_no_plugin_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "odd.py"
    file.write_text(text)

    with pytest.raises(RuleError, match=reason):
        Plugins([file])


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"gone\.py cannot be read: No such file"):
        Plugins([tmp_path / "gone.py"])
