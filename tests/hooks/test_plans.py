from dataclasses import replace
from pathlib import Path

from leakguard.hooks.plans import Leaking, leaking, plans_for
from leakguard.hooks.pushes import Pushed
from leakguard.sources.git.command import Git
from tests.helpers import git, repository
from tests.report.samples import SLACK

ZEROS = "0" * 40


def commit(folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD")


def pushed(folder: Path, *branches: str) -> list[Pushed]:
    return [
        Pushed(f"refs/heads/{name}", git(folder, "rev-parse", name), ZEROS) for name in branches
    ]


def test_commits_are_told_newest_first_and_at_the_first_ref_that_has_them(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a": "a"})
    ids = [commit(folder, name) for name in ("b", "c")]
    git(folder, "branch", "other")
    ids.append(commit(folder, "d"))
    found = [replace(SLACK, commit=oid, path=oid[:3]) for oid in ids]

    plans = plans_for(Git(str(folder)), pushed(folder, "other", "main"), found)

    assert [[leak.commit for leak in plan.commits] for plan in plans] == [ids[1::-1], ids[2:]]
    assert [plan.branch for plan in plans] == ["other", "main"]
    assert [plan.elsewhere for plan in plans] == [True, False]
    assert not any(plan.root or plan.merges for plan in plans)


def test_root_and_deleted_refs(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a": "a"})
    root = git(folder, "rev-parse", "HEAD")
    pushes = [Pushed("refs/heads/gone", ZEROS, root), *pushed(folder, "main")]

    (plan,) = plans_for(Git(str(folder)), pushes, [replace(SLACK, commit=root)])

    assert plan.root


def test_what_has_to_go_as_a_whole_is_told_apart() -> None:
    found = [
        replace(SLACK, path="app.zip!inside", line=1),
        replace(SLACK, path="app.zip!other", line=1),
        replace(SLACK, path="tool.exe", kind="artifact"),
        replace(SLACK, path="tool.exe"),
        replace(SLACK, path="b"),
        replace(SLACK, path="a"),
        replace(SLACK, path="<commit message>"),
    ]

    assert leaking("1", found) == Leaking("1", ("a", "b"), ("app.zip", "tool.exe"), message=True)
