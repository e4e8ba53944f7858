"""leakguard as pre-commit runs it: real commits and pushes with the hooks of this manifest."""

import os
import sys
from pathlib import Path

import pytest

from tests.hookrepo import HookRepo, copy_of, environment, make_manifest, make_template, token

TOKEN = f'token = "{token()}"\n'
OTHER = f'other = "{token(1)}"\n'
PLAIN = "nothing here\n"


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("home"), cache_dir)


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    return make_manifest(tmp_path_factory.mktemp("manifest") / "repository", env)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, manifest: Path, env: dict[str, str]) -> Path:
    return make_template(tmp_path_factory.mktemp("template") / "repository", manifest, env)


@pytest.fixture
def repo(tmp_path: Path, template: Path, env: dict[str, str]) -> HookRepo:
    return copy_of(template, tmp_path / "repository", env)


@pytest.fixture
def remote(tmp_path: Path, repo: HookRepo) -> Path:
    path = tmp_path / "remote.git"
    repo.git("init", "--quiet", "--bare", str(path))
    repo.git("remote", "add", "origin", str(path))
    return path


def passed(repo: HookRepo, *args: str) -> str:
    """The output of a commit that leakguard looked at and let through."""
    done = repo.commit(*args)
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout
    return done.stdout


def stopped(repo: HookRepo, *args: str) -> str:
    """The output of a commit that leakguard did not let through. No HEAD is no HEAD before."""
    before = repo.run("git", "rev-parse", "HEAD").stdout
    done = repo.commit(*args)
    assert done.returncode == 1, done.stdout
    assert "exit code: 1" in done.stdout
    assert "Traceback" not in done.stdout
    assert repo.run("git", "rev-parse", "HEAD").stdout == before
    return done.stdout


def checked(repo: HookRepo, *args: str) -> tuple[int, str]:
    """Exit code and output of `pre-commit run leakguard`."""
    done = repo.run(sys.executable, "-m", "pre_commit", "run", "leakguard", *args)
    return done.returncode, done.stdout


def test_staged_secret_stops_the_commit_and_stays_unseen(repo: HookRepo) -> None:
    repo.stage("src/app.py", f"\n\n{TOKEN}")

    output = stopped(repo)

    assert "src/app.py\n  3:10  critical" in output
    assert "github-classic-pat" in output
    assert "1 leak in 1 blob" in output
    assert token()[4:-4] not in output


def test_clean_commit_passes(repo: HookRepo) -> None:
    repo.stage("a", PLAIN)

    passed(repo)


def test_secret_that_is_staged_but_gone_from_the_work_tree_stops(repo: HookRepo) -> None:
    repo.stage("a", TOKEN)
    repo.write("a", PLAIN)

    assert "a\n  1:10" in stopped(repo)


def test_secret_that_is_only_in_the_work_tree_passes(repo: HookRepo) -> None:
    repo.stage("a", PLAIN)
    repo.write("a", TOKEN)
    repo.write("untracked", TOKEN)

    passed(repo)


def test_secret_in_a_binary_file_stops(repo: HookRepo) -> None:
    repo.stage("a.bin", b"\0\xff\n" + TOKEN.encode() + bytes(range(256)))

    assert "a.bin" in stopped(repo)


def test_gitattributes_hide_nothing(repo: HookRepo) -> None:
    attributes = ("-diff", "binary", "export-ignore", "filter=none -text")
    lines = [f"*.{number} {value}\n" for number, value in enumerate(attributes)]
    repo.save(".gitattributes", "".join(lines))
    for number in range(len(attributes)):
        repo.stage(f"a.{number}", TOKEN)

    assert "4 leaks in 4 blobs" in stopped(repo)


def test_rename_of_a_file_with_an_old_secret_passes(repo: HookRepo) -> None:
    repo.save("a", TOKEN)
    repo.git("mv", "a", "b")

    passed(repo)


def test_rename_with_a_new_secret_stops_for_the_new_one_only(repo: HookRepo) -> None:
    repo.save("a", TOKEN + PLAIN * 20)
    repo.git("mv", "a", "b")
    repo.stage("b", TOKEN + PLAIN * 20 + OTHER)

    output = stopped(repo)

    assert "b\n  22:10" in output
    assert "1 leak in" in output


def test_edit_of_another_line_beside_an_old_secret_passes(repo: HookRepo) -> None:
    repo.save("a", TOKEN + PLAIN)
    repo.stage("a", PLAIN + TOKEN + PLAIN)

    passed(repo)


def test_old_secret_copied_to_another_file_stops(repo: HookRepo) -> None:
    repo.save("a", TOKEN)
    repo.stage("a", TOKEN + PLAIN)
    repo.stage("b", TOKEN)

    output = stopped(repo)

    assert "b\n  1:10" in output
    assert "1 leak in" in output


def test_link_that_becomes_a_file_with_a_secret_stops(repo: HookRepo) -> None:
    (repo.path / "a").symlink_to("README")
    repo.git("add", "a")
    repo.save()
    (repo.path / "a").unlink()
    repo.stage("a", TOKEN)

    assert "a\n  1:10" in stopped(repo)


def test_link_whose_target_is_a_secret_stops(repo: HookRepo) -> None:
    (repo.path / "a").symlink_to(token())
    repo.git("add", "a")

    assert "a\n  1:1 " in stopped(repo)


def diverge(repo: HookRepo) -> None:
    """A merge that waits for its conflict in `both` to be resolved; each side has an old secret."""
    repo.save("both", PLAIN)
    repo.git("switch", "--quiet", "--create", "other")
    repo.save("theirs", TOKEN)
    repo.save("both", "theirs\n" + OTHER)
    repo.git("switch", "--quiet", "main")
    repo.save("both", "ours\n" + OTHER)
    assert repo.run("git", "merge", "other").returncode


def test_merge_that_brings_in_the_other_branch_passes(repo: HookRepo) -> None:
    diverge(repo)
    repo.stage("both", "both\n" + OTHER)

    passed(repo)


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_merge_resolved_to_one_side_passes(repo: HookRepo, side: str) -> None:
    diverge(repo)
    repo.git("checkout", side, "both")
    repo.git("add", "both")

    passed(repo)


def test_merge_that_adds_a_secret_of_its_own_stops(repo: HookRepo) -> None:
    diverge(repo)
    repo.stage("both", f'both\n{OTHER}mine = "{token(2)}"\n')

    output = stopped(repo)

    assert "both\n  3:9" in output
    assert "1 leak in" in output


def test_merge_that_adds_a_secret_in_another_file_stops(repo: HookRepo) -> None:
    diverge(repo)
    repo.stage("both", PLAIN)
    repo.stage("new", f'mine = "{token(2)}"\n')

    assert "new\n  1:9" in stopped(repo)


def test_first_commit_of_a_repository_is_looked_at(
    tmp_path: Path, template: Path, env: dict[str, str]
) -> None:
    copy = copy_of(template, tmp_path / "first", env)
    copy.git("update-ref", "-d", "HEAD")
    copy.stage("a", TOKEN)

    assert "a\n  1:10" in stopped(copy)
    copy.stage("a", PLAIN)
    passed(copy)


def test_commit_of_all_changes_is_looked_at(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    repo.write("a", TOKEN)

    assert "a\n  1:10" in stopped(repo, "--all")


def test_commit_of_a_path_looks_at_its_own_index(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    repo.stage("b", TOKEN)
    repo.write("a", OTHER)

    output = stopped(repo, "a")

    assert "a\n  1:10" in output
    assert "b\n  1:10" not in output


def test_commit_of_a_clean_path_passes_beside_a_staged_secret(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    repo.stage("b", TOKEN)
    repo.write("a", PLAIN * 2)

    passed(repo, "a")


def test_amended_commit_is_looked_at(repo: HookRepo) -> None:
    repo.save("a", PLAIN)
    repo.stage("a", TOKEN)

    assert "a\n  1:10" in stopped(repo, "--amend")


def test_commit_from_a_folder_below_is_looked_at_whole(repo: HookRepo) -> None:
    repo.stage("sub/a", PLAIN)
    repo.stage("top", TOKEN)

    done = repo.commit(cwd=repo.path / "sub")

    assert done.returncode == 1
    assert "top\n  1:10" in done.stdout


def test_commit_in_a_linked_work_tree_is_looked_at(repo: HookRepo, manifest: Path) -> None:
    linked = HookRepo(repo.path.parent / "linked", repo.env)
    repo.git("worktree", "add", "--quiet", str(linked.path))
    linked.configure(manifest)
    repo.stage("only-here", OTHER)
    linked.stage("a", TOKEN)

    output = stopped(linked)

    assert "a\n  1:10" in output
    assert "only-here" not in output
    linked.stage("a", PLAIN)
    passed(linked)


def test_added_submodule_passes(repo: HookRepo, template: Path) -> None:
    copy_of(template, repo.path.parent / "inner", repo.env).save("a", TOKEN)
    local = ("-c", "protocol.file.allow=always")
    repo.git(*local, "submodule", "--quiet", "add", str(repo.path.parent / "inner"), "inner")

    passed(repo)


def test_commit_that_only_deletes_passes(repo: HookRepo) -> None:
    repo.save("a", TOKEN)
    repo.git("rm", "--quiet", "a")

    passed(repo)


def test_empty_commit_passes(repo: HookRepo) -> None:
    passed(repo, "--allow-empty")


def test_all_files_are_reported_whole(repo: HookRepo) -> None:
    repo.save("old", TOKEN)
    repo.save("sub/old", PLAIN + OTHER)
    repo.stage("new", f'new = "{token(2)}"\n')

    code, output = checked(repo, "--all-files")

    assert code == 1
    assert "new\n  1:8" in output
    assert "old\n  1:10" in output
    assert "sub/old\n  2:10" in output
    assert "3 leaks in" in output


def test_named_files_are_reported_whole(repo: HookRepo) -> None:
    repo.save("old", TOKEN)
    repo.save("older", OTHER)
    repo.write("untracked", f'new = "{token(2)}"\n')

    code, output = checked(repo, "--files", "old", "untracked")

    assert code == 1
    assert "old\n  1:10" in output
    assert "untracked\n  1:8" in output
    assert "older" not in output


def test_two_thousand_files_are_one_report(repo: HookRepo) -> None:
    for number in range(2000):
        repo.write(f"some/folder/with/a/name/{number:04}.txt", PLAIN)
    repo.write("z", TOKEN)
    repo.git("add", "some", "z")

    output = stopped(repo)

    assert output.count("leakguard: ") == 1
    assert "1 leak in 2,001 blobs" in output


def test_odd_names_hide_nothing(repo: HookRepo) -> None:
    names = ("with space", "\"quoted\" 'name'", "line\nbreak", "ümläut")
    for name in names:
        repo.stage(name, TOKEN)

    output = stopped(repo)

    for name in names:
        assert name.replace("\n", "\\n") + "\n  1:10" in output


@pytest.mark.parametrize("name", ["--exclude=**", "--help", "--", "-"])
def test_name_that_looks_like_an_option_is_none(repo: HookRepo, name: str) -> None:
    repo.stage(name, TOKEN)

    assert f"{name}\n  1:10" in stopped(repo)


def test_settings_of_the_repository_hold(repo: HookRepo) -> None:
    repo.save(".leakguard.toml", 'exclude = ["fixtures/**"]\n')
    repo.stage("fixtures/a", TOKEN)

    passed(repo)


def test_arguments_of_the_hook_hold(repo: HookRepo, manifest: Path) -> None:
    repo.configure(manifest, "--disable", "github-classic-pat", "--min-severity", "high")
    repo.stage("a", TOKEN)
    repo.stage("b", PLAIN)

    passed(repo)


def test_broken_rule_file_stops_the_commit_with_one_line(repo: HookRepo, manifest: Path) -> None:
    repo.configure(manifest, "--rules", "mine.toml")
    repo.stage("mine.toml", "[[rule]]\n")

    done = repo.commit()

    assert done.returncode == 1
    assert "exit code: 2" in done.stdout
    assert done.stdout.count("leakguard: mine.toml") == 1
    assert "Traceback" not in done.stdout


def test_object_that_is_broken_is_not_clean(repo: HookRepo) -> None:
    repo.stage("a", TOKEN)
    oid = repo.git("rev-parse", ":a").strip()
    loose = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    os.chmod(loose, 0o644)
    loose.write_bytes(b"broken")

    done = repo.commit()

    assert done.returncode == 1
    assert "exit code: 3" in done.stdout
    assert "incomplete: no leaks seen, but 1 thing" in done.stdout


def push(repo: HookRepo, *args: str) -> tuple[int, str]:
    done = repo.run("git", "push", "origin", *args)
    return done.returncode, done.stdout


@pytest.mark.usefixtures("remote")
def test_push_of_clean_commits_passes(repo: HookRepo) -> None:
    code, output = push(repo, "main")
    repo.save("a", PLAIN)
    later, after = push(repo, "main")

    assert (code, later) == (0, 0)
    assert "Passed" in output
    assert "Passed" in after


@pytest.mark.usefixtures("remote")
def test_first_push_to_an_empty_remote_is_looked_at(repo: HookRepo) -> None:
    repo.save("a", TOKEN)
    repo.save("a", PLAIN)

    code, output = push(repo, "main")

    assert code == 1
    assert "a\n  1:10" in output
    assert "no longer on any branch" in output


@pytest.mark.usefixtures("remote")
def test_push_of_a_secret_that_a_later_commit_removes_stops(repo: HookRepo) -> None:
    push(repo, "main")
    repo.save("a", TOKEN)
    repo.save("a", PLAIN)

    code, output = push(repo, "main")

    assert code == 1
    assert "a\n  1:10" in output


@pytest.mark.usefixtures("remote")
def test_push_of_a_new_branch_looks_at_its_new_commits(repo: HookRepo) -> None:
    repo.save("old", TOKEN)
    assert repo.run("git", "push", "--no-verify", "origin", "main").returncode == 0
    repo.git("switch", "--quiet", "--create", "new")
    repo.save("a", PLAIN)
    clean, _ = push(repo, "new")
    repo.save("b", OTHER)

    code, output = push(repo, "new:another")

    assert clean == 0
    assert code == 1
    assert "b\n  1:10" in output
    assert "1 leak in" in output


@pytest.mark.usefixtures("remote")
def test_push_of_no_commits_of_its_own_passes(repo: HookRepo) -> None:
    push(repo, "main")

    assert push(repo, "main:copy")[0] == 0
    assert push(repo, ":copy")[0] == 0


@pytest.mark.usefixtures("remote")
def test_tag_on_a_commit_that_the_remote_has_does_not_start_the_hook(repo: HookRepo) -> None:
    """A limit of pre-commit that README.md tells of; test_hook.py has the same push without it."""
    push(repo, "main")
    repo.git("tag", "--annotate", "--message", TOKEN, "said")

    code, output = push(repo, "said")

    assert code == 0
    assert "leakguard" not in output
