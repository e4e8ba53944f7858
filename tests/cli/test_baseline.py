"""`leakguard baseline` with real repositories: what keeps a suppression, what ends it, merges."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from leakguard.baselines.own import parse
from tests.gitrepo import GitRepo, make_repository
from tests.helpers import Run, github_token

FILE = ".leakguard-baseline.json"
ONE, TWO, THREE = github_token(1), github_token(2), github_token(3)
LINES = "".join(f"setting_{number} = {number}\n" for number in range(40))

Found = Callable[..., list[tuple[str, int]]]


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = make_repository(tmp_path / "repo")
    made.git("config", "user.email", "ana@example.org")
    made.commit("first", {"src/a.py": f"{LINES}token = '{ONE}'\n"})
    return made


@pytest.fixture
def keep(run: Run, repo: GitRepo) -> Callable[..., str]:
    """Runs `leakguard baseline` and gives what it says."""

    def call(*arguments: str, code: int = 0) -> str:
        done = run("baseline", *arguments, cwd=repo.path)
        assert done.returncode == code, done.stderr
        return done.stderr + done.stdout

    return call


@pytest.fixture
def found(run: Run, repo: GitRepo) -> Found:
    """Paths and lines of what a scan reports."""

    def call(*arguments: str) -> list[tuple[str, int]]:
        done = run("scan", "--format", "json", *arguments, cwd=repo.path)
        report = json.loads(done.stdout)
        return [(finding["path"], finding["line"]) for finding in report["findings"]]

    return call


def entries(repo: GitRepo) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((repo.path / FILE).read_text())
    return rows[2:]


def test_create_accepts_what_is_there_and_nothing_new(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    told = keep("create", "--reason", "test", "--note", "of the parser", "--until", "2999-01-31")
    repo.commit("baseline", {"src/b.py": f"token = '{TWO}'\n"})

    (entry,) = entries(repo)
    assert told == (
        f"leakguard: {FILE}: 1 entry; 1 added\n"
        f"leakguard: .gitattributes: added `{FILE} merge=union`; commit it together with {FILE}\n"
    )
    assert entry.pop("fingerprint")
    assert entry == {
        "rule": "github-classic-pat",
        "path": "src/a.py",
        "reason": "test",
        "note": "of the parser",
        "who": "ana@example.org",
        "until": "2999-01-31",
    }
    assert found() == [("src/b.py", 1)]
    assert found("--no-baseline") == [("src/a.py", 41), ("src/b.py", 1)]
    assert ONE not in (repo.path / FILE).read_text()


def test_keys_differ_so_that_fingerprints_of_two_repositories_do(
    repo: GitRepo, keep: Callable[..., str]
) -> None:
    keep("create")
    first = entries(repo)
    (repo.path / FILE).unlink()
    keep("create")

    assert entries(repo)[0]["fingerprint"] != first[0]["fingerprint"]


def test_moved_line_and_reformatted_file_keep_the_suppression(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    keep("create")
    repo.commit("moved", {"src/a.py": f"# new\n\n\n{LINES}if x:\n    token = (\n  '{ONE}'  )\n"})

    assert found() == []
    assert found("--no-git") == []


@pytest.mark.parametrize("how", ["committed", "staged", "edited"])
def test_renamed_file_keeps_the_suppression(
    repo: GitRepo, keep: Callable[..., str], found: Found, how: str
) -> None:
    keep("create")
    repo.git("add", "--all")
    repo.commit("baseline")
    (repo.path / "lib").mkdir()
    repo.git("mv", "src/a.py", "lib/b.py")
    if how == "edited":
        repo.stage({"lib/b.py": f"# moved here\n{LINES}token = '{ONE}'\n"})
    if how != "staged":
        repo.commit("renamed")

    assert found() == []
    assert found("lib") == []
    assert found("--no-git") == []
    told = keep("update")
    assert told == f"leakguard: {FILE}: 2 entries; 1 moved with their files\n"
    assert sorted(entry["path"] for entry in entries(repo)) == ["lib/b.py", "src/a.py"]


def test_file_that_was_renamed_twice_keeps_the_suppression(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    keep("create")
    for old, new in (("src/a.py", "b.py"), ("b.py", "c.py")):
        repo.git("mv", old, new)
        repo.commit("renamed")

    assert found() == []


def test_copy_is_reported(repo: GitRepo, keep: Callable[..., str], found: Found) -> None:
    keep("create")
    repo.commit("copied", {"twin.py": f"{LINES}token = '{ONE}'\n"})

    assert found() == [("twin.py", 41)]


def test_changed_secret_on_the_same_line_is_reported(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    keep("create")
    repo.commit("changed", {"src/a.py": f"{LINES}token = '{TWO}'\n"})

    assert found() == [("src/a.py", 41)]


def test_changed_secret_in_a_renamed_file_is_reported(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    keep("create")
    repo.git("mv", "src/a.py", "b.py")
    repo.commit("changed", {"b.py": f"{LINES}token = '{TWO}'\n"})

    assert found() == [("b.py", 41)]


def test_entry_that_has_ended_reports_again_and_says_so(
    repo: GitRepo, keep: Callable[..., str], run: Run
) -> None:
    keep("create", "--until", "2020-01-31")

    done = run("scan", cwd=repo.path)

    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    ended = "accepted (ana@example.org, until 2020-01-31), which has passed"
    assert f"Not silenced by baseline: {ended}" in told


def test_hook_reads_the_baseline(repo: GitRepo, keep: Callable[..., str], run: Run) -> None:
    (repo.path / "new.py").write_text(f"a = '{TWO}'\n")
    keep("create")
    repo.git("add", "--all")

    assert run("scan", "--staged", cwd=repo.path).returncode == 0


def test_two_branches_that_update_the_baseline_merge_without_conflict(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    keep("create")
    repo.git("add", "--all")
    repo.commit("baseline")
    for number, branch in enumerate(("left", "right")):
        repo.git("checkout", "--quiet", "-b", branch, "main")
        for more in range(6):
            seed = 10 + 10 * number + more
            repo.commit("more", {f"{branch}{more}.py": f"token = '{github_token(seed)}'\n"})
        keep("update", "--note", branch)
        repo.git("commit", "--quiet", "--all", "--message", "baseline")

    repo.git("merge", "--quiet", "--no-edit", "left")

    held = parse((repo.path / FILE).read_text())
    assert (len(held.keys), len(held.entries)) == (1, 13)
    assert found() == []


def test_two_branches_that_create_the_baseline_merge_without_conflict(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    for number, branch in enumerate(("left", "right")):
        repo.git("checkout", "--quiet", "-b", branch, "main")
        repo.commit("more", {f"{branch}.py": f"token = '{github_token(20 + number)}'\n"})
        keep("create")
        repo.git("add", "--all")
        repo.commit("baseline")

    repo.git("merge", "--quiet", "--no-edit", "left")

    held = parse((repo.path / FILE).read_text())
    assert len(held.keys) == 2
    assert {entry.path for entry in held.entries} == {"src/a.py", "left.py", "right.py"}
    assert found() == []


def test_branches_that_decide_differently_merge_to_the_stricter_decision(
    repo: GitRepo, keep: Callable[..., str], found: Found
) -> None:
    keep("create")
    repo.git("add", "--all")
    repo.commit("baseline")
    text = (repo.path / FILE).read_text()
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit("leak", {FILE: text.replace('"accepted"', '"leak"')})
    repo.git("checkout", "--quiet", "main")
    repo.commit("test", {FILE: text.replace('"accepted"', '"test"')})

    repo.git("merge", "--quiet", "--no-edit", "other")

    assert found() == [("src/a.py", 41)]
    keep("update")
    assert [entry["reason"] for entry in entries(repo)] == ["leak"]


def test_update_adds_what_is_new_and_leaves_the_rest(
    repo: GitRepo, keep: Callable[..., str]
) -> None:
    keep("create", "--note", "first")
    before = (repo.path / FILE).read_text()
    assert keep("update") == f"leakguard: {FILE}: 1 entry; nothing has changed\n"
    assert (repo.path / FILE).read_text() == before
    repo.commit("more", {"b.py": f"token = '{TWO}'\n"})

    told = keep("update", "--reason", "false-positive", "--who", "bo")

    assert told == f"leakguard: {FILE}: 2 entries; 1 added\n"
    found = {(entry["path"], entry["reason"], entry["who"]) for entry in entries(repo)}
    assert found == {
        ("src/a.py", "accepted", "ana@example.org"),
        ("b.py", "false-positive", "bo"),
    }


def test_prune_takes_out_what_is_gone(repo: GitRepo, keep: Callable[..., str]) -> None:
    (repo.path / "new.py").write_text(f"a = '{TWO}'\n")
    keep("create")
    (repo.path / "new.py").unlink()

    assert keep("prune") == f"leakguard: {FILE}: 1 entry; 1 removed\n"
    assert [entry["path"] for entry in entries(repo)] == ["src/a.py"]


def test_prune_does_nothing_when_something_could_not_be_looked_at(
    repo: GitRepo, keep: Callable[..., str]
) -> None:
    keep("create")
    repo.write("a.zip", b"PK\x03\x04 no archive at all")

    told = keep("prune", code=2)

    assert "1 thing could not be looked at, so that nobody knows what is gone" in told
    assert len(entries(repo)) == 1


def test_folder_that_is_no_repository_has_a_baseline_too(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.py").write_text(f"a = '{ONE}'\n")
    assert run("baseline", "create", "folder").returncode == 0

    assert run("scan", "folder").returncode == 0
    assert run("scan", "folder/a.py").returncode == 0
    assert run("scan", "a.py", cwd=folder).returncode == 0
    assert not (folder / ".gitattributes").exists()


def test_stats(repo: GitRepo, keep: Callable[..., str], golden: Callable[[str, str], None]) -> None:
    keep("create", "--until", "2020-01-31")
    repo.commit("more", {"b.py": f"token = '{TWO}'\n", "c.py": f"token = '{THREE}'\n"})
    keep("update", "--reason", "false-positive", "--note", "looks like one")

    golden("baseline-stats.txt", keep("stats"))
    golden("baseline-stats.json", keep("stats", "--format", "json"))


def test_wrong_use(keep: Callable[..., str]) -> None:
    assert keep("update", code=2) == (
        f"leakguard: {FILE} does not exist: `leakguard baseline create` writes it\n"
    )
    keep("create")
    assert keep("create", code=2) == (
        f"leakguard: {FILE} is there already: `leakguard baseline update` adds to it\n"
    )
    assert "'soon' does not match the format '%Y-%m-%d'" in keep(
        "update", "--until", "soon", code=2
    )
