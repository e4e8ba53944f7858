"""The pipe: windows in threads, skips, progress, errors, and the report at its end."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.errors import SourceError
from leakguard.matcher import Hits, Matcher, load_matcher
from leakguard.model import Skip, Verdict, Window
from leakguard.pipe import Progress, run
from leakguard.policy import Policy
from leakguard.sources.files import FilesSource, StreamSource
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import open_repository
from tests.gitrepo import make_repository
from tests.helpers import RULE


def leak(number: int) -> str:
    return f"tok_{number * 7919 + 0xA1B2C3D4E5:012x}\n"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher([RULE])


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW_BYTES", 2000)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 200)
    monkeypatch.setattr(limits, "CONTEXT_BYTES", 40)


@pytest.fixture
def many_windows(tmp_path: Path, small_windows: None) -> FilesSource:
    """Files that take many windows, each with a leak."""
    assert small_windows is None
    for number in range(30):
        (tmp_path / f"{number:02}").write_text("." * 700 + "\n" + leak(number))
    return FilesSource(["."], root=str(tmp_path))


def test_many_windows_in_threads_find_everything_in_order(
    many_windows: FilesSource, matcher: Matcher
) -> None:
    report = run([many_windows], matcher)

    assert [(finding.path, finding.line) for finding in report.findings] == [
        (f"{number:02}", 2) for number in range(30)
    ]
    assert report.summary.blobs == 30
    assert report.summary.bytes == 30 * (701 + 17)
    assert report.verdict is Verdict.LEAKS


def test_threads_end_with_the_scan(many_windows: FilesSource, matcher: Matcher) -> None:
    before = threading.active_count()

    run([many_windows], matcher)

    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(timeout=5)
    assert threading.active_count() == before


@pytest.mark.usefixtures("small_windows")
def test_one_large_blob_in_many_windows(matcher: Matcher) -> None:
    text = "".join("." * 1111 + leak(number) for number in range(40))
    text = text.replace(".tok", ". tok")

    report = run([StreamSource(BytesIO(text.encode()), "<stdin>")], matcher)

    assert [finding.line for finding in report.findings] == list(range(1, 41))
    assert {finding.column for finding in report.findings} == {1117}


class Failing(Matcher):
    """Fails at the third window."""

    calls = 0

    def hits(self, window: Window, scratch: object) -> Hits:
        self.calls += 1
        if self.calls == 3:
            raise MemoryError("no more")
        return super().hits(window, scratch)


def test_error_in_a_thread_reaches_the_caller(many_windows: FilesSource) -> None:
    made = load_matcher([RULE])

    with pytest.raises(MemoryError, match="no more"):
        run([many_windows], Failing(made.rules, made.finders, made.database, made.plans))


class Broken(FilesSource):
    """A source that cannot go on after some windows."""

    def windows(self) -> Iterator[Window | Skip]:
        for count, item in enumerate(super().windows()):
            if count == 2:
                raise SourceError("git failed")
            yield item


@pytest.mark.usefixtures("many_windows")
def test_error_of_a_source_reaches_the_caller(matcher: Matcher, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="git failed"):
        run([Broken(["."], root=str(tmp_path))], matcher)


def test_progress_is_told(
    many_windows: FilesSource, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[run.__module__], "_PROGRESS_SECONDS", 0.0)
    told: list[Progress] = []

    report = run([many_windows], matcher, progress=told.append)

    assert len(told) > 10
    assert told == sorted(told, key=lambda progress: progress.seconds)
    assert told[-1].blobs == report.summary.blobs == 30
    assert 0 < told[-1].candidates <= 30


def test_progress_is_not_told_too_often(many_windows: FilesSource, matcher: Matcher) -> None:
    told: list[Progress] = []

    report = run([many_windows], matcher, progress=told.append)

    assert len(told) <= 1 + report.summary.seconds / 0.1


def test_skips_make_a_scan_incomplete_and_are_sorted(tmp_path: Path, matcher: Matcher) -> None:
    report = run([FilesSource(["z", "a"], root=str(tmp_path))], matcher)

    assert [skip.path for skip in report.skips] == ["a", "z"]
    assert report.verdict is Verdict.INCOMPLETE


def test_skip_for_too_many_matches_says_where_and_which(
    tmp_path: Path, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MATCHES_PER_PIECE", 3)
    repo = make_repository(tmp_path / "repo")
    repo.commit("root", {"sub/many": "".join(map(leak, range(9)))})
    oid = repo.head("HEAD:sub/many")
    repo.git("hash-object", "-w", "--stdin", feed="".join(map(leak, range(5))).encode())

    report = run([HistorySource(open_repository(str(repo.path)))], matcher)

    assert report.skips == (Skip("sub/many", "more than 3 matches of test-token", oid),)
    assert len(report.findings) == 3


def test_nothing_is_clean(matcher: Matcher) -> None:
    report = run([], matcher)

    assert (report.verdict, report.summary.blobs) == (Verdict.CLEAN, 0)


def test_no_rules_find_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(leak(1))

    assert run([FilesSource(["a"], root=str(tmp_path))], load_matcher([])).verdict is Verdict.CLEAN


def test_disabled_rule_finds_nothing(tmp_path: Path, matcher: Matcher) -> None:
    (tmp_path / "a").write_text(leak(1))
    policy = Policy(disabled_rules=frozenset([RULE.id]))

    assert run([FilesSource(["a"], root=str(tmp_path))], matcher, policy).findings == ()


def test_two_scans_say_the_same(
    many_windows: FilesSource, matcher: Matcher, tmp_path: Path
) -> None:
    first = run([many_windows], matcher)
    second = run([FilesSource(["."], root=str(tmp_path))], matcher)

    assert replace(first, summary=second.summary) == second


class WithNotes(FilesSource):
    def notes(self) -> list[str]:
        return ["shallow", "shallow"]


def test_each_note_is_told_once(matcher: Matcher) -> None:
    assert run([WithNotes([]), WithNotes([])], matcher).notes == ("shallow",)
