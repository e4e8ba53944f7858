"""Refs are listed, commits are brought, and what goes wrong is said without a token."""

import base64
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard_service.errors import Hopeless, Later
from leakguard_service.forges.port import Access
from leakguard_service.repos.fetch import fetch, forget, remote_head, remote_refs
from leakguard_service.repos.git import local
from leakguard_service.repos.model import Copy
from leakguard_service.repos.revisions import commits
from leakguard_service.settings import Settings
from tests.helpers import git
from tests.service.githttp import GitHttp
from tests.service.repos.conftest import Forge

MAIN = "refs/heads/main"
TOKEN = "the-token-of-a-forge"  # noqa: S105
BASIC = "Authorization: Basic " + base64.b64encode(f"x:{TOKEN}".encode()).decode()


def refs_of(copy: Copy) -> set[str]:
    return set(local(copy, "for-each-ref", "--format=%(refname)").decode().split())


def test_refs_and_head_are_listed(forge: Forge, settings: Settings) -> None:
    forge.branch("dev")
    second = forge.commit({"a": "1"})
    forge.push("HEAD:refs/tags/v1", "HEAD:refs/pull/1/head")

    refs = remote_refs(forge.access, settings)

    assert list(refs) == ["refs/heads/dev", MAIN, "refs/tags/v1"]
    assert refs["refs/tags/v1"] == second
    assert (refs.cut, refs.left_out) == (False, 0)
    assert remote_head(forge.access, settings) == MAIN


def test_a_repository_without_commits(tmp_path: Path, copy: Copy, settings: Settings) -> None:
    (tmp_path / "empty.git").mkdir()
    git(tmp_path / "empty.git", "init", "-q", "--bare")
    with GitHttp(tmp_path) as web:
        access = Access(f"{web.url}/empty.git")
        assert remote_refs(access, settings) == {}
        assert remote_head(access, settings) == ""
        assert fetch(copy, access, [MAIN], settings) == (MAIN,)


def test_branches_tags_and_pull_requests_are_kept_apart(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    forge.push("HEAD:refs/tags/v1", "HEAD:refs/pull/1/head")

    asked = (MAIN, "refs/tags/v1", "refs/pull/1/head", "refs/heads/gone", "refs/tags/gone")
    assert fetch(copy, forge.access, asked, settings) == asked[3:]

    assert refs_of(copy) == {
        "refs/remotes/forge/main", "refs/tags/v1", "refs/leakguard/pull/1/head",
        "refs/heads/forge",
    }  # fmt: skip


def test_a_commit_that_no_ref_has_is_brought_by_its_id(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    lost = forge.commit({"a": "1"})
    git(forge.work, "reset", "-q", "--hard", "HEAD~")
    forge.push()

    gone = "1" * 40
    assert fetch(copy, forge.access, [MAIN, lost, gone], settings) == (gone,)
    assert commits(copy, [lost, gone]) == {lost}


def test_many_missing_refs_are_found_out(forge: Forge, copy: Copy, settings: Settings) -> None:
    gone = [f"refs/heads/gone{number}" for number in range(40)]
    assert sorted(fetch(copy, forge.access, [*gone, MAIN], settings)) == sorted(gone)
    assert "refs/remotes/forge/main" in refs_of(copy)


def test_a_deleted_branch_makes_room_for_others_below_it(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    forge.push("HEAD:refs/heads/a")
    fetch(copy, forge.access, ["refs/heads/a"], settings)
    forge.push(":refs/heads/a", "HEAD:refs/heads/a/b")
    fetch(copy, forge.access, ["refs/heads/a/b"], settings)
    assert "refs/remotes/forge/a/b" in refs_of(copy)

    forge.push(":refs/heads/a/b", "HEAD:refs/heads/a")
    fetch(copy, forge.access, ["refs/heads/a"], settings)
    assert "refs/remotes/forge/a" in refs_of(copy)


def test_pruning_and_forgetting(forge: Forge, copy: Copy, settings: Settings) -> None:
    forge.push("HEAD:refs/heads/a", "HEAD:refs/tags/t")
    fetch(copy, forge.access, ["refs/heads/a", "refs/tags/t", MAIN], settings)
    fetch(copy, forge.access, [MAIN, "refs/tags/t"], settings, prune=True)
    assert "refs/remotes/forge/a" not in refs_of(copy)

    forget(copy, ["refs/tags/t", "refs/tags/never"])
    assert "refs/tags/t" not in refs_of(copy)


def test_large_blobs_stay_at_the_forge(forge: Forge, copy: Copy, settings: Settings) -> None:
    forge.commit({"large": b"\0" * 6_000_000, "small": "x"})
    fetch(copy, forge.access, [MAIN], settings)
    listed = local(copy, "rev-list", "--objects", "--missing=print", "--all").decode()
    assert listed.count("?") == 1


def test_a_server_that_does_not_filter_sends_all(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    forge.web.config["uploadpack.allowFilter"] = "false"
    forge.commit({"large": b"\0" * 6_000_000})
    fetch(copy, forge.access, [MAIN], settings)
    assert "?" not in local(copy, "rev-list", "--objects", "--missing=print", "--all").decode()


def test_old_commits_with_odd_dates_are_taken(forge: Forge, copy: Copy, settings: Settings) -> None:
    tree = git(forge.work, "rev-parse", "HEAD^{tree}")
    odd = f"tree {tree}\nauthor A <a@b> 1 +051800\ncommitter A <a@b> 1 +051800\n\nold\n"
    oid = git(
        forge.work, "hash-object", "-w", "--literally", "-t", "commit", "--stdin",
        given=odd.encode(),
    )  # fmt: skip
    forge.push(f"{oid}:refs/heads/old")
    assert fetch(copy, forge.access, ["refs/heads/old"], settings) == ()
    assert commits(copy, [oid]) == {oid}


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, Hopeless, "may not be read"),
        (403, Hopeless, "may not be read"),
        (404, Hopeless, "is not there"),
        (302, Hopeless, "moved or renamed"),
        (429, Later, "asks to wait"),
        (503, Later, "has trouble"),
    ],
)
def test_what_a_forge_refuses(
    forge: Forge, copy: Copy, settings: Settings, status: int, kind: type, words: str
) -> None:
    forge.web.answers["/"] = (status, {"Location": "http://127.0.0.1:1/elsewhere"})
    for call in (
        lambda: remote_refs(forge.access, settings),
        lambda: fetch(copy, forge.access, [MAIN], settings),
    ):
        with pytest.raises(kind, match=words) as caught:
            call()
        assert "127.0.0.1/acme/app" in str(caught.value)
    assert all(path.startswith("/acme/app.git/info/refs") for _, path in forge.web.requests)


def test_a_forge_that_is_not_there(settings: Settings) -> None:
    with pytest.raises(Later, match="could not be reached"):
        remote_refs(Access("http://127.0.0.1:1/acme/app.git"), settings)


def test_an_answer_that_is_not_git(forge: Forge, settings: Settings) -> None:
    forge.web.answers["/"] = (200, {"Content-Type": "text/html"})
    with pytest.raises((Hopeless, Later), match=r"127\.0\.0\.1/acme/app"):
        remote_refs(forge.access, settings)


def test_a_fetch_that_takes_too_long_is_stopped(copy: Copy, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = Access(f"http://127.0.0.1:{silent.getsockname()[1]}/acme/app.git")
        short = settings.model_copy(update={"fetch_seconds": 1})
        with pytest.raises(Later, match="took too long"):
            fetch(copy, access, [MAIN], short)


def test_the_token_is_sent_and_is_nowhere_else(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    with GitHttp(forge.bare.parent.parent, token=TOKEN) as web:
        for header in (BASIC, f"Authorization: Bearer {TOKEN}"):
            access = Access(f"{web.url}/acme/app.git", header)
            assert MAIN in remote_refs(access, settings)
            fetch(copy, access, [MAIN], settings)
        assert set(web.headers) == {BASIC.partition(": ")[2], f"Bearer {TOKEN}"}

        wrong = replace(access, header=BASIC.replace("eDp0", "eDp1"))
        with pytest.raises(Hopeless) as caught:
            fetch(copy, wrong, [MAIN], settings)
    assert "Basic" not in str(caught.value)
    for path in settings.data_dir.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert TOKEN.encode() not in data
        assert b"eDp0aGUt" not in data


def test_no_argument_of_any_process_has_the_token(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    seen: set[bytes] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        access = replace(forge.access, header=f"Authorization: Bearer {TOKEN}")
        for _ in range(3):
            fetch(copy, access, [MAIN], settings)
    finally:
        stop.set()
        watcher.join()
    assert any(b"git-remote-http" in line or b"fetch" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)
