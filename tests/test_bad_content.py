"""Damaged repositories and hostile files: what cannot be read is told, the rest is scanned."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Run, git, github_token, repository


def scanned(run: Run, *arguments: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """The exit code and the report as JSON; checks that nothing is on standard error."""
    done = run("scan", "--format", "json", *arguments, **options)

    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def object_file(repo: Path, revision: str) -> Path:
    oid = git(repo, "rev-parse", revision)
    return repo / ".git" / "objects" / oid[:2] / oid[2:]


def overwrite(file: Path, data: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(data)


DAMAGE = {
    "garbage": b"\x00garbage" * 20,
    "empty": b"",
    "another type": zlib.compress(b"bloob 3\x00abc"),
    "wrong size": zlib.compress(b"blob 9999\x00abc"),
    "cut": zlib.compress(b"blob 12\x00" + b"0123456789ab")[:12],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_corrupt_blob_makes_a_scan_incomplete(run: Run, tmp_path: Path, kind: str) -> None:
    repo = repository(tmp_path / "repo", {"a.txt": "one\n", "b.txt": "two\n", "c.txt": "three\n"})
    oid = git(repo, "rev-parse", "HEAD:b.txt")
    overwrite(object_file(repo, "HEAD:b.txt"), DAMAGE[kind])

    code, report = scanned(run, "repo")

    assert code == 3
    assert oid in {skip["blob"] for skip in report["skips"]}
    assert report["verdict"] == "incomplete"


def test_leak_beside_a_corrupt_blob_is_found(run: Run, tmp_path: Path) -> None:
    files = {"a.txt": github_token(1), "b.txt": "two\n", "c.txt": github_token(2)}
    repo = repository(tmp_path / "repo", files)
    overwrite(object_file(repo, "HEAD:b.txt"), DAMAGE["garbage"])

    code, report = scanned(run, "repo")

    assert code == 1
    assert {finding["path"] for finding in report["findings"]} == {"a.txt", "c.txt"}
    assert report["skips"]


@pytest.mark.parametrize("revision", ["HEAD", "HEAD^{tree}", "HEAD:folder"])
@pytest.mark.parametrize("missing", [True, False], ids=["missing", "garbage"])
def test_broken_commit_or_tree_makes_a_scan_incomplete(
    run: Run, tmp_path: Path, revision: str, missing: bool
) -> None:
    repo = repository(tmp_path / "repo", {"a.txt": "one\n", "folder/b.txt": "two\n"})
    file = object_file(repo, revision)
    if missing:
        file.unlink()
    else:
        overwrite(file, DAMAGE["garbage"])

    done = run("scan", "--format", "json", "repo")

    assert done.returncode in (2, 3), done
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (done.returncode == 2)


def test_missing_blob_makes_a_scan_incomplete(run: Run, tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a.txt": "one\n", "b.txt": "two\n"})
    object_file(repo, "HEAD:b.txt").unlink()

    code, report = scanned(run, "repo")

    assert code == 3
    assert [skip["reason"] for skip in report["skips"]][0].startswith("missing: the repository is")


def test_garbage_in_git_folder_is_not_clean(run: Run, tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)

    done = run("scan", "repo")

    assert done.returncode == 2
    assert done.stderr.startswith("leakguard: repo cannot be scanned as a git repository: ")


def test_corrupt_index_is_not_clean(run: Run, tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a.txt": "one\n"})
    overwrite(repo / ".git" / "index", b"garbage")

    for options in ([], ["--staged"]):
        done = run("scan", *options, "repo")

        assert done.returncode in (2, 3), done
        assert "Traceback" not in done.stderr


def test_file_that_fails_to_be_read_is_a_skip(run: Run) -> None:
    code, report = scanned(run, "/proc/self/mem")

    assert code == 3
    assert report["skips"] == [
        {"path": "/proc/self/mem", "reason": "cannot be read: Input/output error", "blob": None}
    ]


POWERS = "-dac_override,-dac_read_search"
UNPRIVILEGED = ["setpriv", f"--bounding-set={POWERS}", f"--inh-caps={POWERS}"]
"""Root reads everything; without these capabilities it is held to its own files' permissions."""


def test_what_permissions_forbid_is_a_skip(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    for name in ("a.txt", "closed/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(github_token())
        (tmp_path / name).chmod(0)
    (tmp_path / "closed").chmod(0)

    done = subprocess.run(
        [
            *(UNPRIVILEGED if os.getuid() == 0 else []),
            *(sys.executable, "-m", "leakguard", "scan", "--format", "json", "a.txt", "closed"),
        ],
        cwd=tmp_path,
        capture_output=True,
        env=process_environment,
        check=False,
    )

    (tmp_path / "closed").chmod(0o700)
    assert done.returncode == 3, done
    assert [(skip["path"], skip["reason"]) for skip in json.loads(done.stdout)["skips"]] == [
        ("a.txt", "cannot be read: Permission denied"),
        ("closed", "folder cannot be read: Permission denied"),
    ]


def test_pipe_that_is_named_is_a_skip_and_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    code, report = scanned(run, "pipe")

    assert code == 3
    assert report["skips"][0]["reason"] == "cannot be read: not a regular file"


def test_listed_file_that_does_not_exist_is_a_skip(run: Run, tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("nothing\n")

    code, report = scanned(run, "--files-from", "-", given="there.txt\0nope.txt\0")

    assert code == 3
    assert report["skips"] == [
        {"path": "nope.txt", "reason": "cannot be read: No such file or directory", "blob": None}
    ]


@pytest.mark.parametrize("given", [None, ""])
def test_nothing_is_clean_and_said_to_be_nothing(
    run: Run, tmp_path: Path, given: str | None
) -> None:
    (tmp_path / "empty").mkdir()

    done = run("scan", "empty") if given is None else run("scan", "--files-from", "-", given=given)

    assert done.returncode == 0
    assert done.stdout.startswith("leakguard: no leaks in 0 blobs (0 B) in ")


def test_repository_without_commits_is_clean(run: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "new")

    code, report = scanned(run, "new")

    assert (code, report["summary"]["blobs"]) == (0, 0)


def test_names_and_content_that_are_not_utf_8(run: Run, tmp_path: Path) -> None:
    token = github_token().encode()
    folder = os.fsencode(tmp_path)
    with open(os.path.join(folder, b"caf\xe9\n.txt"), "wb") as stream:
        stream.write(b"\xff\xfe\x00\x80 " + token + b"\xc3\n")

    done = run("scan", ".")
    code, report = scanned(run, ".")

    assert (done.returncode, done.stderr) == (1, "")
    assert "caf\\xe9\\n.txt" in done.stdout
    assert (code, report["findings"][0]["line"]) == (1, 1)
    assert token.decode() not in done.stdout


def test_names_that_are_not_utf_8_in_a_history(run: Run, tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a.txt": "one\n"})
    with open(os.path.join(os.fsencode(repo), b"caf\xe9 \xff"), "wb") as stream:
        stream.write(b"\xff " + github_token().encode())
    git(repo, "add", "--all")
    git(repo, "commit", "-q", "-m", "\udcff", "--no-edit")

    done = run("scan", "repo")

    assert (done.returncode, done.stderr) == (1, "")
    assert "caf\\xe9 \\xff" in done.stdout
