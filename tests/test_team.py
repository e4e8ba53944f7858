"""Processes that read a source together, each test in a process of its own: pytest has threads."""

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.gitrepo import make_repository
from tests.tokens import github_pat, slack_bot

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")

_SOURCE = """
    import os, signal, sys, threading, time
    from collections.abc import Iterable
    from leakguard import errors, limits, team
    from leakguard.matcher import load_matcher
    from leakguard.model import Place, Skip, Verdict
    from leakguard.pipe import run
    from leakguard.sources.files import FilesSource

    class Numbers(FilesSource):
        '''A source of so many parts, of which each is what `part` makes of its number.'''

        def __init__(self, count, part):
            super().__init__([])
            self.count, self.part, self.heard = count, part, []

        def parts(self):
            return self.count

        def share(self, claims):
            self.mine = []
            for number in claims:
                self.mine.append(number)
                yield from self.part(number)

        def told(self):
            return os.getpid(), self.mine

        def hear(self, told):
            self.heard.append(told)

    team._workers = lambda: 3
    matcher = load_matcher([])
"""

Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(tmp_path: Path, process_environment: dict[str, str]) -> Script:
    """Runs Python with a source made of numbers at hand."""

    def call(text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(_SOURCE) + textwrap.dedent(text)],
            cwd=tmp_path,
            env=process_environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


def test_each_part_is_read_once_by_one_of_several_processes(script: Script) -> None:
    done = script("""
        source = Numbers(1000, lambda number: time.sleep(0.0005) or ())
        run([source], matcher)
        numbers = sorted(number for _, mine in source.heard for number in mine)
        assert numbers == list(range(1000))
        assert len({pid for pid, _ in source.heard} - {os.getpid()}) == 3
        assert sum(bool(mine) for _, mine in source.heard) > 1
    """)

    assert (done.returncode, done.stderr) == (0, "")


def test_more_parts_than_a_pipe_holds_are_handed_out(script: Script) -> None:
    done = script("""
        source = Numbers(100_003, lambda number: ())
        run([source], matcher)
        assert sorted(n for _, mine in source.heard for n in mine) == list(range(100_003))
    """)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_that_is_killed_ends_the_scan_with_an_error(script: Script) -> None:
    done = script("""
        def part(number):
            if number == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            return ()

        try:
            run([Numbers(20, part)], matcher)
        except errors.SourceError as error:
            assert str(error) == (
                "a process that took part in the scan was ended (exit code -9):"
                " is there enough memory?"
            ), error
        else:
            raise AssertionError("no error")
    """)

    assert (done.returncode, done.stderr) == (0, "")


def test_what_breaks_a_process_off_breaks_the_scan_off(script: Script) -> None:
    done = script("""
        def part(number):
            if number == 5:
                raise errors.SourceError("this cannot be read")
            return ()

        try:
            run([Numbers(20, part)], matcher)
        except errors.SourceError as error:
            assert str(error) == "this cannot be read"
        else:
            raise AssertionError("no error")
    """)

    assert (done.returncode, done.stderr) == (0, "")


def test_skips_and_progress_of_all_processes_are_told(script: Script) -> None:
    done = script("""
        source = Numbers(30, lambda number: (source.count_blob() or Skip(f"{number:02}", "so"),))
        source.count_blob = lambda: setattr(source.tally, "blobs", source.tally.blobs + 1)
        seen = []
        report = run([source], matcher, progress=seen.append)
        assert [skip.path for skip in report.skips] == [f"{n:02}" for n in range(30)]
        assert report.summary.blobs == 30
        assert report.verdict is Verdict.INCOMPLETE
        assert seen
    """)

    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupted_scan_leaves_no_process_behind(script: Script) -> None:
    done = script("""
        def part(number):
            while True:
                time.sleep(0.01)
                yield Skip("a", "so")

        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            run([Numbers(20, part)], matcher)
        except KeyboardInterrupt:
            pass
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            sys.exit(42)
    """)

    assert (done.returncode, done.stderr) == (42, "")


def test_the_processes_end_when_the_one_that_asked_was_killed(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    text = """
        def part(number):
            with open(f"{os.getpid()}.pid", "w"):
                pass
            while True:
                time.sleep(0.01)
                yield Skip("a", "so")

        run([Numbers(3, part)], matcher)
    """
    command = [sys.executable, "-c", textwrap.dedent(_SOURCE) + textwrap.dedent(text)]
    with subprocess.Popen(command, cwd=tmp_path, env=process_environment) as process:
        _until(lambda: len(list(tmp_path.glob("*.pid"))) == 3)
        process.kill()
        process.wait()
        pids = [int(path.stem) for path in tmp_path.glob("*.pid")]

        _until(lambda: not any(map(_lives, pids)))


def test_no_process_is_forked_beside_a_thread(script: Script) -> None:
    done = script("""
        import importlib
        importlib.reload(team)
        assert team._workers() == min(len(os.sched_getaffinity(0)), limits.WORKERS_MOST)
        end = threading.Event()
        thread = threading.Thread(target=end.wait)
        thread.start()
        assert team._workers() == 1
        end.set()
    """)

    assert (done.returncode, done.stderr) == (0, "")


_SCAN = """
    from leakguard import limits, team
    from leakguard.cli.main import main
    team._workers = lambda: {workers}
    limits.PACKED_OBJECTS, limits.SHARED_BYTES, limits.SHARED_GROUP_BYTES = 1, 1, 400
    sys.exit(main(["scan", *{arguments!r}, "--format", "json"]))
"""


@pytest.fixture
def report(script: Script) -> Callable[..., Mapping[str, object]]:
    """What a scan by so many processes says, without its times."""

    def call(workers: int, *arguments: str) -> Mapping[str, object]:
        done = script(_SCAN.format(workers=workers, arguments=arguments))
        assert done.returncode == 1, done.stderr
        said: dict[str, dict[str, object]] = json.loads(done.stdout)
        del said["summary"]["seconds"]
        return {key: value for key, value in said.items() if key != "started"}

    return call


def test_a_history_gives_the_same_report_whoever_reads_it(
    tmp_path: Path, report: Callable[..., Mapping[str, object]]
) -> None:
    repo = make_repository(tmp_path / "repo")
    for number in range(12):
        noise = "\n".join(f"line {line} {number}" for line in range(40))
        repo.commit(
            f"change {number}", {f"f{number % 5}.py": f"{noise}\ntoken = '{github_pat()}'\n"}
        )
    repo.commit(f"said {slack_bot()}", {"b.txt": slack_bot()})
    repo.git("repack", "-adq")
    repo.commit("later", {"loose.txt": github_pat(9)})

    assert report(3, "repo") == report(1, "repo")


def test_a_folder_gives_the_same_report_whoever_reads_it(
    tmp_path: Path, report: Callable[..., Mapping[str, object]]
) -> None:
    for number in range(30):
        (tmp_path / "files" / f"d{number % 4}").mkdir(parents=True, exist_ok=True)
        file = tmp_path / "files" / f"d{number % 4}" / f"{number}.py"
        file.write_text(f"token = '{github_pat(number)}'\n" if number % 3 else "nothing\n" * 50)
    subprocess.run(["tar", "-czf", "inner.tar.gz", "d1"], cwd=tmp_path / "files", check=True)
    (tmp_path / "files" / "unreadable").symlink_to("/nowhere/at/all")
    os.mkfifo(tmp_path / "files" / "pipe")

    shared = report(3, "files")

    assert shared == report(1, "files")
    assert any("inner.tar.gz!" in str(finding) for finding in shared["findings"])  # type: ignore[attr-defined]


def _until(true: Callable[[], bool]) -> None:
    """Waits for it, for 20 seconds at most."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
