"""Holds a report of a history to what git itself says about each finding."""

import subprocess
from pathlib import Path

from leakguard.model import Finding, Report


def assert_true_to_git(repo_path: Path, report: Report) -> None:
    """Asserts that each finding of a history is where, whose and when the report says it is."""
    for finding in report.findings:
        if finding.path.startswith(("<commit message>", "<tag message>")):
            content = _message(repo_path, finding)
        else:
            content = _git(repo_path, "cat-file", "blob", finding.blob or "")
            _assert_first(repo_path, finding)
        _assert_preview(finding, cut(content, finding))
        _assert_author(repo_path, finding)


def cut(content: bytes, finding: Finding) -> bytes:
    """What stands between the two places of a finding; columns count characters, from 1."""
    start = _offset(content, finding.line, finding.column)
    return content[start : _offset(content, finding.end_line, finding.end_column)]


def _offset(content: bytes, line: int, column: int) -> int:
    """Bytes before a place: a byte that continues a UTF-8 sequence begins no character."""
    lines = content.split(b"\n")
    begun = sum(len(before) + 1 for before in lines[: line - 1])
    starts = [index for index, byte in enumerate(lines[line - 1]) if not 0x80 <= byte < 0xC0]
    return begun + [*starts, len(lines[line - 1])][column - 1]


def _assert_preview(finding: Finding, secret: bytes) -> None:
    head, _, tail = finding.preview.partition("…")
    text = secret.decode(errors="replace")
    assert head, finding
    assert text.startswith(head), finding
    assert text.endswith(tail), finding
    assert len(head) + len(tail) < len(text)


def _assert_first(repo: Path, finding: Finding) -> None:
    """The commit has the blob at the path, and none of its parents has it there."""
    if finding.commit is None:
        return
    assert _blob_at(repo, finding.commit, finding.path) == finding.blob
    parents = _git(repo, "rev-list", "--parents", "--max-count=1", finding.commit).split()[1:]
    for parent in parents:
        assert _blob_at(repo, parent.decode(), finding.path) != finding.blob


def _assert_author(repo: Path, finding: Finding) -> None:
    if finding.commit is None:
        assert finding.author is None
        assert finding.date is None
        return
    told = _git(repo, "log", "--max-count=1", "--format=%an <%ae>%n%aI", finding.commit)
    assert told.decode().split("\n")[:2] == [finding.author, finding.date]


def _message(repo: Path, finding: Finding) -> bytes:
    kind = "commit" if finding.path.startswith("<commit") else "tag"
    return _git(repo, "cat-file", kind, finding.blob or "").partition(b"\n\n")[2]


def _blob_at(repo: Path, commit: str, path: str) -> str:
    """The id of the blob that a commit has at a path; empty when there is none."""
    command = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path]
    header, _, name = _git(repo, *command).partition(b"\0")[0].partition(b"\t")
    assert name in (b"", path.encode(errors="surrogateescape"))
    return header.split()[-1].decode() if header else ""


def _git(repo: Path, *args: str) -> bytes:
    command = ["git", "--no-replace-objects", *args]
    return subprocess.run(command, cwd=repo, capture_output=True, check=True).stdout
