"""A real bare repository refuses what leaks, pushed to over a path and over HTTP."""

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakguard.exitcodes import ExitCode
from tests.helpers import git
from tests.hookrepo import CHECKOUT, HookRepo, token
from tests.hooks.conftest import PLAIN, TOKEN, Leakguard
from tests.service.githttp import GitHttp

SCREEN_LINES = 24
SLOW = """
import time
from detect_secrets.plugins.base import BasePlugin

class Slow(BasePlugin):
    secret_type = "Slow"
    def analyze_string(self, string):
        time.sleep(60)
        yield from ()
"""
BREAK_GLASS = "leakguard.break-glass"


@pytest.fixture
def server(repo: HookRepo, leakguard: Leakguard, tmp_path: Path) -> Path:
    """A bare repository with the hook, in which nothing is yet; `origin` is its path."""
    path = tmp_path / "served" / "server.git"
    repo.git("init", "--quiet", "--bare", str(path))
    repo.git("config", "--file", str(path / "config"), "receive.advertisePushOptions", "true")
    repo.git("remote", "add", "origin", str(path))
    code, output = leakguard("install", cwd=path)
    assert code == 0, output
    return path


@pytest.fixture(params=["file", "http"])
def origin(
    request: pytest.FixtureRequest, repo: HookRepo, server: Path, cache_dir: Path
) -> Iterator[Path]:
    """The same, served in each way."""
    if request.param == "file":
        yield server
        return
    more = {"PYTHONPATH": str(CHECKOUT), "LEAKGUARD_CACHE_DIR": str(cache_dir)}
    with GitHttp(server.parent, more=more) as http:
        repo.git("remote", "set-url", "origin", f"{http.url}/server.git")
        yield server


def pushed(repo: HookRepo, *args: str, cwd: Path | None = None) -> tuple[int, str]:
    """Exit code of a push and what the server said, as the terminal shows it."""
    done = repo.run("git", "push", *args, cwd=cwd)
    assert "Traceback" not in done.stdout
    assert token()[4:-4] not in done.stdout
    lines = done.stdout.splitlines()
    said = [line.removeprefix("remote: ").rstrip() for line in lines if line.startswith("remote:")]
    return done.returncode, "\n".join(said)


def refs(server: Path) -> list[str]:
    return git(server, "for-each-ref", "--format=%(refname)").splitlines()


def objects(server: Path) -> str:
    return git(server, "count-objects", "--verbose")


def test_of_three_refs_only_the_third_leaks_and_nothing_gets_in(
    repo: HookRepo, origin: Path
) -> None:
    assert pushed(repo, "origin", "main")[0] == 0
    before = objects(origin)
    for name in ("one", "two", "three"):
        repo.git("switch", "--quiet", "-c", name, "main")
        repo.save(name, TOKEN if name == "three" else PLAIN)

    code, said = pushed(repo, "origin", "one", "two", "three")

    assert code == 1
    assert "leakguard refuses this push." in said
    assert "three:1 in " in said
    assert refs(origin) == ["refs/heads/main"]
    assert objects(origin) == before


@pytest.mark.usefixtures("server")
def test_refs_that_are_not_spelled_out_are_counted(repo: HookRepo) -> None:
    repo.save("a", TOKEN)
    repo.git("switch", "--quiet", "-c", "other", "HEAD~1")
    repo.save("b", f'b = "{token(1)}"\n')

    _, said = pushed(repo, "origin", "main", "other")

    assert "For 1 more ref of this push the same." in said


@pytest.mark.usefixtures("origin")
def test_answer_fits_on_one_screen_and_holds_the_commands(repo: HookRepo) -> None:
    for number in range(8):
        repo.save(f"file{number}", f'token = "{token(number)}"\n')

    code, said = pushed(repo, "origin", "main")

    assert code == 1
    assert "and 5 more leaks" in said
    assert "rebase -i --autostash" in said
    assert sum(-(-len(f"remote: {line}") // 80) for line in said.splitlines()) <= SCREEN_LINES


def test_first_push_of_a_clean_history_is_taken(repo: HookRepo, origin: Path) -> None:
    repo.save("a", PLAIN)

    code, said = pushed(repo, "origin", "main")

    assert code == 0
    assert said.startswith("leakguard: no leaks in")
    assert refs(origin) == ["refs/heads/main"]


def test_what_the_server_has_is_not_looked_at_again(repo: HookRepo, origin: Path) -> None:
    hook = origin / "hooks" / "pre-receive"
    hook.rename(origin / "off")
    repo.save("a", TOKEN)
    pushed(repo, "origin", "main")
    (origin / "off").rename(hook)
    repo.save("b", PLAIN)

    assert pushed(repo, "origin", "main", "main:refs/heads/copy")[0] == 0


@pytest.mark.usefixtures("origin")
def test_forced_push_is_judged_by_its_new_commits(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    pushed(repo, "origin", "main")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.save("b", TOKEN)

    leaking, said = pushed(repo, "--force", "origin", "main")
    back = pushed(repo, "--force", "origin", "HEAD~1:refs/heads/main")[0]

    assert (leaking, back) == (1, 0)
    assert "b:1 in " in said
    assert "git commit --amend --no-edit" in said


def test_tag_is_judged_by_its_message_and_its_commits(repo: HookRepo, origin: Path) -> None:
    pushed(repo, "origin", "main")
    repo.git("tag", "plain")
    repo.git("tag", "--annotate", "--message", f"with {token()}", "said")
    repo.git("commit", "--quiet", "--allow-empty", "--message", token(1))
    repo.git("tag", "later")

    said, message = pushed(repo, "origin", "said")
    later, commit = pushed(repo, "origin", "later")

    assert (said, later) == (1, 1)
    assert "git tag --force --annotate said" in message
    assert "<commit message>" in commit
    assert pushed(repo, "origin", "plain")[0] == 0
    assert refs(origin) == ["refs/heads/main", "refs/tags/plain"]


@pytest.mark.usefixtures("origin")
def test_deletion_is_taken(repo: HookRepo) -> None:
    pushed(repo, "origin", "main", "main:refs/heads/gone")

    assert pushed(repo, "origin", ":gone")[0] == 0


@pytest.mark.usefixtures("origin")
def test_push_from_a_shallow_clone_is_judged(repo: HookRepo, tmp_path: Path) -> None:
    repo.save("a", PLAIN)
    pushed(repo, "origin", "main")
    url = repo.git("remote", "get-url", "origin").strip()
    url = f"file://{url}" if url.startswith("/") else url
    repo.git("clone", "--quiet", "--depth=1", "--branch=main", url, str(tmp_path / "shallow"))
    clone = HookRepo(tmp_path / "shallow", repo.env)
    clone.save("fine", PLAIN)

    fine = pushed(clone, "origin", "main")
    clone.save("leak", TOKEN)
    leaking, said = pushed(clone, "origin", "main")

    assert fine[0] == 0, fine[1]
    assert leaking == 1
    assert "leak:1 in " in said


@pytest.mark.usefixtures("origin")
def test_no_verify_passes_the_hook_here_but_not_the_server(
    repo: HookRepo, leakguard: Leakguard
) -> None:
    leakguard("install")
    repo.stage("leak", TOKEN)
    assert repo.commit("--no-verify").returncode == 0
    here = repo.run("git", "push", "origin", "main")

    code, said = pushed(repo, "--no-verify", "origin", "main")

    assert here.returncode == 1
    assert "was committed with --no-verify" in here.stdout
    assert "remote:" not in here.stdout
    assert code == 1
    assert "but for --no-verify" in said


@pytest.mark.usefixtures("origin")
def test_settings_in_the_pushed_branch_do_not_count(repo: HookRepo) -> None:
    repo.save(".leakguard.toml", 'exclude = ["**"]\n')
    repo.save("a", TOKEN)

    assert pushed(repo, "origin", "main")[0] == 1


def test_settings_in_the_servers_repository_count(repo: HookRepo, server: Path) -> None:
    (server / ".leakguard.toml").write_text('exclude = ["fixtures/"]\n')
    repo.save("fixtures/a", TOKEN)

    assert pushed(repo, "origin", "main")[0] == 0


@pytest.mark.usefixtures("server")
def test_what_cannot_be_looked_at_is_refused(repo: HookRepo) -> None:
    with zipfile.ZipFile(repo.path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", PLAIN * 100)
    data = bytearray((repo.path / "a.zip").read_bytes())
    data[45:60] = bytes(15)
    repo.save("a.zip", bytes(data))

    code, said = pushed(repo, "origin", "main")

    assert code == 1
    assert "not looked at: a.zip" in said
    assert "incomplete: no leaks seen" in said


def test_break_glass_lets_a_push_in_and_is_on_record(repo: HookRepo, origin: Path) -> None:
    commit = repo.save("a", TOKEN)

    code, said = pushed(repo, "-o", f"{BREAK_GLASS}=fire in the data centre", "origin", "main")

    log = origin / "leakguard-audit.jsonl"
    (entry,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert code == 0
    assert "recorded why: fire in the data centre" in said
    assert refs(origin) == ["refs/heads/main"]
    assert entry["event"] == "break-glass"
    assert entry["reason"] == "fire in the data centre"
    assert entry["refs"] == [{"ref": "refs/heads/main", "old": "0" * 40, "new": commit}]
    assert [(item["path"], item["line"]) for item in entry["findings"]] == [("a", 1)]
    assert token() not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_reason_that_holds_a_secret_is_not_recorded(repo: HookRepo, server: Path) -> None:
    repo.save("a", TOKEN)

    code, said = pushed(repo, "-o", f"{BREAK_GLASS}=see {token(2)}", "origin", "main")

    assert code == 0
    assert "(left out: it holds a secret)" in said
    assert token(2)[4:-4] not in said + (server / "leakguard-audit.jsonl").read_text()


@pytest.mark.parametrize("option", [BREAK_GLASS, f"{BREAK_GLASS}= ", "other=1"])
def test_without_a_reason_there_is_no_break_glass(
    repo: HookRepo, server: Path, option: str
) -> None:
    repo.save("a", TOKEN)

    code, said = pushed(repo, "-o", option, "origin", "main")

    assert code == 1
    assert f"git push -o {BREAK_GLASS}='reason'" in said
    assert not (server / "leakguard-audit.jsonl").exists()


def test_break_glass_can_be_switched_off(repo: HookRepo, server: Path) -> None:
    (server / ".leakguard.toml").write_text("[receive]\nbreak_glass = false\n")
    repo.save("a", TOKEN)

    code, said = pushed(repo, "-o", f"{BREAK_GLASS}=please", "origin", "main")

    assert code == 1
    assert BREAK_GLASS not in said


def test_push_that_cannot_be_recorded_is_refused(repo: HookRepo, server: Path) -> None:
    (server / ".leakguard.toml").write_text('[receive]\naudit_log = "none/log"\n')
    repo.save("a", TOKEN)

    code, said = pushed(repo, "-o", f"{BREAK_GLASS}=please", "origin", "main")

    assert code == 1
    assert "since the audit log" in said
    assert refs(server) == []


@pytest.fixture
def slow(repo: HookRepo, server: Path, tmp_path: Path) -> Path:
    """A server that would take a minute for each line of a push, and gives it a second."""
    (tmp_path / "slow.py").write_text(SLOW)
    repo.env["LEAKGUARD_DETECT_SECRETS_PLUGINS"] = str(tmp_path / "slow.py")
    repo.env["LEAKGUARD_RECEIVE_SECONDS"] = "1"
    return server


def test_push_that_takes_too_long_is_refused(repo: HookRepo, slow: Path) -> None:
    code, said = pushed(repo, "origin", "main")

    assert code == 1
    assert "could not be looked at to its end within 1 second" in said
    assert "receive.seconds" in said
    assert refs(slow) == []


def test_warning_instead_of_a_refusal_is_on_record(repo: HookRepo, slow: Path) -> None:
    repo.env["LEAKGUARD_RECEIVE_ON_TIMEOUT"] = "warn"

    code, said = pushed(repo, "origin", "main")

    (entry,) = map(json.loads, (slow / "leakguard-audit.jsonl").read_text().splitlines())
    assert code == 0
    assert "was let through and recorded" in said
    assert (entry["event"], entry["verdict"]) == ("timeout", "not looked at to its end")


def test_update_refuses_only_the_ref_that_leaks(
    repo: HookRepo, leakguard: Leakguard, server: Path
) -> None:
    leakguard("uninstall", cwd=server)
    leakguard("install", "--hook", "update", cwd=server)
    repo.git("branch", "fine")
    repo.save("a", TOKEN)

    code, said = pushed(repo, "origin", "fine", "main")

    assert code == 1
    assert "a:1 in " in said
    assert refs(server) == ["refs/heads/fine"]


@pytest.mark.parametrize("arguments", [["pre-receive"], ["update", "refs/heads/main"]])
def test_what_is_not_gits_is_an_error_in_one_line(
    repo: HookRepo, server: Path, arguments: list[str]
) -> None:
    command = (sys.executable, "-P", "-m", "leakguard.hook", *arguments)

    done = repo.run(*command, cwd=server, stdin="nonsense\n")

    assert done.returncode == ExitCode.ERROR
    assert done.stdout.startswith("leakguard: ")
    assert done.stdout.count("\n") == 1
