"""Files, folders and streams as they are found on a disk."""

import io
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.model import Report, Skip, Verdict, Window
from leakguard.sources.files import FilesSource, StreamSource, open_blob, shown
from tests.gitrepo import make_repository
from tests.sources.conftest import Run
from tests.tokens import github_pat, slack_bot

Nest = Callable[[str, int], None]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nobody() -> Iterator[None]:
    """Tests may run as root, who may read everything: be somebody else for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def write(path: str, content: str | bytes) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def paths(report: Report) -> list[str]:
    return [finding.path for finding in report.findings]


def keys(source: FilesSource) -> list[str]:
    """The files that a source hands out, in its order."""
    return [
        piece.key
        for window in source.windows()
        if isinstance(window, Window)
        for piece in window.pieces
    ]


def test_a_folder_is_walked_in_name_order_and_each_file_read_once() -> None:
    for name in ("b/2", "b/1", "a", "c", "B", "b.x"):
        write(f"top/{name}", "x")

    source = FilesSource(["top", "top/c", "top/b/1", "top"])

    assert keys(source) == ["top/B", "top/a", "top/b/1", "top/b/2", "top/b.x", "top/c"]
    assert source.tally.blobs == 6


def test_findings_are_told_at_the_paths_that_were_given(run_source: Run, here: Path) -> None:
    write("dir/f", f"one\nñ {github_pat()}\n")

    for given, told in ((".", "dir/f"), ("dir", "dir/f"), (str(here), f"{here}/dir/f")):
        (finding,) = run_source(FilesSource([given])).findings
        assert (finding.path, finding.line, finding.column) == (told, 2, 3)
        assert (finding.commit, finding.blob, finding.on_branch) == (None, None, None)


def test_links_are_read_as_links_and_not_followed(run_source: Run, here: Path) -> None:
    write("outside/secret", github_pat(1))
    (here / "in").mkdir()
    os.symlink("../outside/secret", "in/file")
    os.symlink("../outside", "in/folder")
    os.symlink(github_pat(2), "in/token")
    os.symlink("nowhere", "in/broken")

    report = run_source(FilesSource(["in"]))

    assert paths(report) == ["in/token"]
    assert report.summary.blobs == 4
    assert not report.skips
    assert not run_source(FilesSource(["in/file", "in/folder"])).findings


def test_links_that_are_named_are_followed_when_asked_for(run_source: Run) -> None:
    write("outside/secret", github_pat())
    write("outside/sub/other", slack_bot())
    os.symlink("outside/secret", "file")
    os.symlink("outside", "folder")
    os.symlink("sub/other", "outside/inner")
    os.symlink("nowhere", "broken")

    report = run_source(FilesSource(["file", "folder", "broken"], follow=True))

    assert paths(report) == ["file", "folder/secret", "folder/sub/other"]
    assert [(s.path, s.reason) for s in report.skips] == [
        ("broken", "cannot be read: No such file or directory")
    ]


def test_loops_of_links_end(run_source: Run) -> None:
    write("dir/f", github_pat())
    os.symlink(".", "dir/here")
    os.symlink("b", "dir/a")
    os.symlink("a", "dir/b")

    report = run_source(FilesSource(["dir"]))

    assert paths(report) == ["dir/f"]
    assert not report.skips
    assert run_source(FilesSource(["dir/a"], follow=True)).verdict is Verdict.INCOMPLETE


@pytest.mark.usefixtures("here")
def test_files_and_folders_that_may_not_be_read_are_skips(
    run_source: Run, request: pytest.FixtureRequest
) -> None:
    write("top/locked", github_pat(1))
    write("top/open", github_pat(2))
    write("top/shut/inner", github_pat(3))
    os.chmod("top/locked", 0)
    os.chmod("top/shut", 0)
    os.chmod("top/open", 0o644)  # whatever the umask is
    os.chmod("top", 0o755)  # noqa: S103
    os.chmod(".", 0o711)  # noqa: S103 - or nobody would get at anything
    run_source(FilesSource(["top"]))  # loads what nobody may not read where leakguard lies
    request.getfixturevalue("nobody")

    report = run_source(FilesSource(["top"]))

    assert paths(report) == ["top/open"]
    assert report.skips == (
        Skip("top/locked", "cannot be read: Permission denied"),
        Skip("top/shut", "folder cannot be read: Permission denied"),
    )


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs /proc")
def test_a_read_error_is_a_skip_and_the_next_file_is_read(run_source: Run) -> None:
    write("f", github_pat())

    report = run_source(FilesSource(["/proc/self/mem", "f"]))

    assert paths(report) == ["f"]
    assert report.skips == (Skip("/proc/self/mem", "cannot be read: Input/output error"),)


def test_files_that_are_not_there_are_skips(run_source: Run) -> None:
    write("f", "x")

    report = run_source(FilesSource(["gone", "f/below"]))

    assert [(skip.path, skip.reason) for skip in report.skips] == [
        ("f/below", "cannot be read: Not a directory"),
        ("gone", "cannot be read: No such file or directory"),
    ]


def test_a_file_that_vanishes_during_the_scan_is_a_skip() -> None:
    write("top/a", b"x" * (limits.WINDOW_BYTES + 1))
    write("top/b", "x")
    write("top/c/d", "x")
    windows = FilesSource(["top"]).windows()

    next(windows)
    os.unlink("top/b")
    os.unlink("top/c/d")
    os.rmdir("top/c")
    skips = [item for item in windows if isinstance(item, Skip)]

    assert skips == [
        Skip("top/b", "cannot be read: No such file or directory"),
        Skip("top/c", "folder cannot be read: No such file or directory"),
    ]


def test_pipes_and_sockets_in_a_folder_are_passed_over(run_source: Run) -> None:
    write("top/f", github_pat())
    os.mkfifo("top/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("top/socket")

        report = run_source(FilesSource(["top"]))

    assert paths(report) == ["top/f"]
    assert not report.skips


def test_a_pipe_that_is_named_is_a_skip_and_does_not_block(run_source: Run) -> None:
    os.mkfifo("pipe")

    report = run_source(FilesSource(["pipe"], follow=True))

    assert report.skips == (Skip("pipe", "cannot be read: not a regular file"),)


def test_repositories_in_a_folder_are_noted_and_their_files_read(
    run_source: Run, here: Path
) -> None:
    make_repository(here / "top/inner").commit("root", {"f": "x"})
    write("top/inner/untracked", github_pat())
    write("top/linked/.git", "gitdir: elsewhere")

    report = run_source(FilesSource(["top"]))

    assert paths(report) == ["top/inner/untracked"]
    assert report.notes == tuple(
        f"the history of the git repository top/{name} was not scanned: give its path to scan it"
        for name in ("inner", "linked")
    )


@pytest.fixture
def nest(here: Path) -> Iterator[Nest]:
    """Makes folders in folders, the last with a secret in `f`; pytest could not remove them."""

    def make(name: str, depth: int) -> None:
        for _ in range(depth):
            os.mkdir(name)
            os.chdir(name)
        write("f", github_pat())
        os.chdir(here)

    yield make
    subprocess.run(["rm", "-r", *os.listdir(here)], cwd=here, check=True)


def test_folders_nested_deeper_than_calls_can_be(run_source: Run, nest: Nest) -> None:
    nest("d", 1100)

    report = run_source(FilesSource(["."]))

    assert paths(report) == ["d/" * 1100 + "f"]
    assert not report.skips


def test_folders_nested_deeper_than_a_path_can_be_are_a_skip(run_source: Run, nest: Nest) -> None:
    nest("d" * 200, 25)

    report = run_source(FilesSource(["."]))

    assert [skip.reason for skip in report.skips] == ["folder cannot be read: File name too long"]


@pytest.mark.parametrize(
    "name", [b"with space", b"line\nbreak", b"quote\"'", b"--all", b"-", b"latin-\xe9", b" "]
)
def test_names_of_any_bytes_are_told_as_they_are(run_source: Run, name: bytes) -> None:
    write(os.fsdecode(name), github_pat())

    assert paths(run_source(FilesSource(["."]))) == [os.fsdecode(name)]


def test_a_root_is_put_before_paths_and_not_told(run_source: Run, here: Path) -> None:
    write("root/sub/f", github_pat())

    report = run_source(FilesSource(["sub/f", "sub"], root=str(here / "root")))

    assert paths(report) == ["sub/f"]


def test_a_stream_is_read_to_its_end_and_has_a_name(run_source: Run) -> None:
    data = b"\n" * (limits.WINDOW_BYTES + 10) + github_pat().encode()

    report = run_source(StreamSource(io.BytesIO(data), "<stdin>"))

    (finding,) = report.findings
    assert (finding.path, finding.line) == ("<stdin>", limits.WINDOW_BYTES + 11)
    assert report.summary.bytes == len(data)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs /proc")
def test_a_stream_that_fails_is_a_skip(run_source: Run) -> None:
    with open("/proc/self/mem", "rb") as stream:
        report = run_source(StreamSource(stream, "<stdin>"))

    assert report.skips == (Skip("<stdin>", "cannot be read: Input/output error"),)


def test_a_line_of_fifty_megabytes(run_source: Run) -> None:
    size = 50 * limits.MIB
    with open("line", "wb") as file:
        for start in range(0, size, limits.MIB):
            file.write("é".encode() * (limits.MIB // 2) if start % 3 else b"." * limits.MIB)
        file.write(github_pat().encode())
    singles = len(range(0, size, 3 * limits.MIB)) * limits.MIB

    (finding,) = run_source(FilesSource(["line"])).findings

    assert (finding.line, finding.column) == (1, singles + (size - singles) // 2 + 1)
    assert finding.end_column == finding.column + 40


def test_what_is_neither_file_nor_link_is_no_blob(here: Path) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        open_blob(str(here))


def test_paths_are_shown_with_slashes_on_every_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown("a\\b") == "a\\b"

    monkeypatch.setattr(os, "sep", "\\")

    assert shown("a\\b") == "a/b"
