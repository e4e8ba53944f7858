"""Git is started in a way that neither its environment nor a scanned repository can misuse."""

import os
import signal
import sys
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.errors import SourceError
from leakguard.sources.git.command import Git, reason
from tests.gitrepo import GitRepo, make_repository
from tests.sources.conftest import Scan
from tests.tokens import github_pat

LOCATORS = {
    "GIT_DIR": ".git",
    "GIT_WORK_TREE": ".",
    "GIT_INDEX_FILE": ".git/index",
    "GIT_OBJECT_DIRECTORY": ".git/objects",
    "GIT_COMMON_DIR": ".git",
    "GIT_NAMESPACE": "other",
    "GIT_SHALLOW_FILE": ".git/shallow",
    "GIT_GRAFT_FILE": ".git/grafts",
    "GIT_REPLACE_REF_BASE": "refs/heads/",
}


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = make_repository(tmp_path / "repo")
    repo.commit("root", {"leak": github_pat(), "f": "1\n"})
    return repo


def test_variables_of_another_repository_do_not_misdirect_a_scan(
    repo: GitRepo, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repository(tmp_path / "other")
    other.commit("innocent", {"f": "2\n"})
    (other.path / ".git/grafts").write_text(f"{repo.head()}\n")
    for name, value in LOCATORS.items():
        monkeypatch.setenv(name, str(other.path / value) if "/" in value or "." in value else value)

    assert [finding.path for finding in scan(repo.path).findings] == ["leak"]
    assert not scan(other.path).findings


def test_a_hook_keeps_the_index_that_git_told_it(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.path / ".git/index").rename(repo.path / ".git/next-index")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")

    there = Git(str(repo.path), hooked=True).lines("ls-files")

    assert there == ["f", "leak"]
    assert Git(str(repo.path)).lines("ls-files") == []


HOSTILE = """
[core]
    fsmonitor = touch {canary}
    hooksPath = {hooks}
    sshCommand = touch {canary}
    pager = touch {canary}
    editor = touch {canary}
    alternateRefsCommand = touch {canary}
    attributesFile = {hooks}/attributes
[diff]
    external = touch {canary}
[diff "x"]
    command = touch {canary}
    textconv = touch {canary}
[filter "x"]
    clean = touch {canary}; cat
    smudge = touch {canary}; cat
    required = true
[filter "a=b.c"]
    clean = touch {canary}; cat
[filter "long"]
    process = touch {canary}
    required
[alias]
    ls-files = !touch {canary}
    rev-list = !touch {canary}
[log]
    showSignature = true
[gpg]
    program = {hooks}/post-index-change
[credential]
    helper = !touch {canary}
"""


def test_a_hostile_configuration_starts_no_program(
    repo: GitRepo, scan: Scan, tmp_path: Path
) -> None:
    canary, hooks = tmp_path / "canary", tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / name).chmod(0o755)
    (hooks / "attributes").write_text("* filter=x diff=x\nf filter=a=b.c\nleak filter=long\n")
    signed = repo.git("cat-file", "commit", "HEAD").replace(
        "\n\n",
        "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\n",
        1,
    )
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", feed=signed.encode())
    repo.git("update-ref", "refs/heads/main", oid)
    repo.write("f", "1\n" + github_pat(2))
    repo.write("leak", github_pat())
    with (repo.path / ".git/config").open("a") as config:
        config.write(HOSTILE.format(canary=canary, hooks=hooks))

    everything = scan(repo.path, unreachable=True)
    scan(repo.path, staged=True)
    scan(repo.path, range="HEAD..main")
    scan(repo.path, since="2001-01-01")
    scan(repo.path, branch="main")

    assert not canary.exists()
    assert [finding.path for finding in everything.findings] == ["f", "leak"]
    assert everything.findings[1].commit == oid
    assert not everything.skips


def test_an_index_is_read_and_never_written(repo: GitRepo, scan: Scan) -> None:
    os.utime(repo.path / "f", (1, 1))
    before = (repo.path / ".git/index").stat()

    scan(repo.path)

    after = (repo.path / ".git/index").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_without_git_on_path_the_message_says_to_install_it(
    repo: GitRepo, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceError, match=r"^git is not installed or not on PATH: install git$"):
        scan(repo.path)


def test_a_git_that_cannot_be_started_is_a_source_error(
    repo: GitRepo, scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_bytes(b"\x7fELF rubbish")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceError, match="git cannot be started in .*: Exec format error"):
        scan(repo.path)


def test_a_folder_that_vanished_is_named() -> None:
    with pytest.raises(SourceError, match="^/nowhere/at/all: there is no such folder$"):
        Git("/nowhere/at/all").output("status")


def test_gits_words_are_passed_on_when_it_fails(repo: GitRepo) -> None:
    with pytest.raises(SourceError, match="git rev-list failed in .*: bad revision 'nowhere'"):
        Git(str(repo.path)).output("rev-list", "nowhere", "--")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs chown")
def test_the_check_of_the_owner_is_passed_on_in_gits_words(repo: GitRepo, scan: Scan) -> None:
    for path in (repo.path, repo.path / ".git"):
        os.chown(path, 12345, 12345)

    with pytest.raises(SourceError, match="dubious ownership in repository at"):
        scan(repo.path)


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        (b"", "no reason given"),
        (b"warning: odd\nfatal: bad thing\nhint: more\n", "bad thing"),
        (b"error: first\nfatal: second\n", "first"),
        (b"\n  \nplain words\n", "plain words"),
        (b"fatal: caf\xe9\n", "caf\ufffd"),
    ],
)
def test_the_reason_is_the_line_that_says_what_is_wrong(stderr: bytes, expected: str) -> None:
    assert reason(stderr) == expected


def test_a_running_git_is_stopped_when_nobody_reads_it(repo: GitRepo) -> None:
    with Git(str(repo.path)).running("cat-file", "--batch", stdin=True) as process:
        assert process.poll() is None

    assert process.returncode != 0


def test_a_git_beside_answers_as_one_that_is_waited_for(repo: GitRepo) -> None:
    git = Git(str(repo.path))

    with git.beside("rev-list", "--stdin", feed=b"main\n", digest=bytes, started=[]) as answer:
        code, out, _ = answer()

    assert (code, out.split()) == (0, [repo.head().encode()])


def test_a_git_beside_is_stopped_when_the_scan_breaks_off(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with (
        pytest.raises(KeyboardInterrupt),
        Git(str(repo.path)).beside(
            "rev-list", "--stdin", feed=b"main\n", digest=bytes, started=[]
        ) as answer,
    ):
        raise KeyboardInterrupt

    assert answer()[0] == -signal.SIGKILL


def test_a_platform_without_large_pipes_does_without(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GIT_PIPE_BYTES", 2**40)

    assert Git(str(repo.path)).lines("rev-parse", "HEAD") == [repo.head()]


def test_a_git_too_old_to_know_lazy_fetches_reaches_no_remote_either(
    repo: GitRepo, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    repo.git("config", "core.repositoryFormatVersion", "1")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "remote.origin.url", f"ext::touch {canary}")
    repo.git("config", "remote.origin.promisor", "true")
    repo.git("config", "protocol.ext.allow", "always")
    git = Git(str(repo.path))
    del git._environment["GIT_NO_LAZY_FETCH"]

    _, out, err = git.result("cat-file", "--batch", feed=b"1" * 40 + b"\n")

    assert not canary.exists()
    assert b"missing" in out or b"transport 'ext' not allowed" in err
