"""What a folder is to git, and which names it knows."""

from pathlib import Path

import pytest

from leakguard.errors import SourceError, UsageError
from leakguard.sources.git.repository import (
    is_repository,
    open_repository,
    resolve_branch,
    resolve_range,
)
from tests.gitrepo import GitRepo, make_repository


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    """Branches, one of them packed, one remote-tracking, one that looks like an option."""
    repo = make_repository(tmp_path_factory.mktemp("repository"))
    repo.commit("root", {"sub/f": "1"})
    repo.git("branch", "feature/login")
    repo.git("pack-refs", "--all")
    repo.commit("second")
    repo.git("update-ref", "refs/remotes/origin/release", "HEAD")
    repo.git("update-ref", "refs/heads/--upload-pack=touch${IFS}x", "HEAD~1")
    repo.git("tag", "v1")
    return repo


def test_work_tree_subfolder_and_git_folder_are_one_repository(repo: GitRepo) -> None:
    top, sub = open_repository(str(repo.path)), open_repository(str(repo.path / "sub"))
    inner = open_repository(str(repo.path / ".git"))

    assert top.root == sub.root == str(repo.path)
    assert top.git_dir == sub.git_dir == inner.git_dir == str(repo.path / ".git")
    assert inner.root is None
    assert (top.shallow, top.partial()) == (False, False)


def test_what_is_a_repository_by_itself(repo: GitRepo, tmp_path: Path) -> None:
    make_repository(tmp_path / "bare", "--bare")
    repo.git("worktree", "add", "--quiet", "--detach", tmp_path / "linked")

    assert is_repository(str(repo.path))
    assert is_repository(str(tmp_path / "bare"))
    assert is_repository(str(tmp_path / "linked"))
    assert not is_repository(str(repo.path / "sub"))
    assert not is_repository(str(repo.path / "sub/f"))


def test_bare_shallow_and_partial_repositories_are_known_as_such(
    repo: GitRepo, tmp_path: Path
) -> None:
    source = f"file://{repo.path}"
    repo.git("clone", "--quiet", "--bare", "--depth=1", source, tmp_path / "shallow.git")
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "--quiet", "--bare", "--filter=blob:none", source, tmp_path / "partial.git")

    shallow = open_repository(str(tmp_path / "shallow.git"))
    partial = open_repository(str(tmp_path / "partial.git"))

    assert (shallow.root, shallow.shallow, shallow.partial()) == (None, True, False)
    assert (partial.root, partial.shallow, partial.partial()) == (None, False, True)


def test_folders_with_odd_names_are_opened(tmp_path: Path) -> None:
    for name in ("line\nbreak", "trailing ", "\u2028", "-x", "new\n"):
        make_repository(tmp_path / name)

        repository = open_repository(str(tmp_path / name))

        assert repository.root == str(tmp_path / name)
        assert repository.git_dir == str(tmp_path / name / ".git")


def test_no_repository_is_a_source_error_in_gits_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be scanned as a git repository: not a git repos"):
        open_repository(str(tmp_path))


def test_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        open_repository(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("main", "refs/heads/main"),
        ("refs/heads/main", "refs/heads/main"),
        ("feature/login", "refs/heads/feature/login"),
        ("origin/release", "refs/remotes/origin/release"),
        ("--upload-pack=touch${IFS}x", "refs/heads/--upload-pack=touch${IFS}x"),
    ],
)
def test_a_branch_is_resolved_to_its_full_name(repo: GitRepo, name: str, full: str) -> None:
    assert resolve_branch(open_repository(str(repo.path)), name) == full


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mian", "did you mean main?"),
        ("feature/logon", "did you mean feature/login?"),
        ("zzz", "it has 4 branches"),
        ("v1", "it has 4 branches"),
        ("HEAD~1", "it has 4 branches"),
        ("--all", "it has 4 branches"),
    ],
)
def test_an_unknown_branch_is_a_usage_error_that_names_near_ones(
    repo: GitRepo, name: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        resolve_branch(open_repository(str(repo.path)), name)

    assert str(error.value) == f"there is no branch {name!r} in {repo.path}: {hint}"


def test_branches_of_bare_linked_and_sha256_repositories_are_known(
    repo: GitRepo, tmp_path: Path
) -> None:
    repo.git("clone", "--quiet", "--mirror", repo.path, tmp_path / "bare.git")
    repo.git("worktree", "add", "--quiet", "--detach", tmp_path / "linked")
    other = make_repository(tmp_path / "sha256", "--object-format=sha256")
    other.commit("root")

    for folder in ("bare.git", "linked", "sha256"):
        repository = open_repository(str(tmp_path / folder))
        assert resolve_branch(repository, "main") == "refs/heads/main"


def test_a_tag_of_a_commit_is_an_end_of_a_range(repo: GitRepo) -> None:
    repo.git("tag", "--annotate", "--message=x", "said", "HEAD~1")

    ids = resolve_range(open_repository(str(repo.path)).git, "said...main")

    assert {repo.head("said"), repo.head()} <= set(ids)


def test_a_range_is_resolved_to_ids_that_git_cannot_take_for_options(repo: GitRepo) -> None:
    git = open_repository(str(repo.path)).git

    first, second = repo.head("HEAD~1"), repo.head()

    assert resolve_range(git, "main~1..main") == [second, f"^{first}"]
    assert resolve_range(git, "--upload-pack=touch${IFS}x..main") == [second, f"^{first}"]
    assert not (repo.path / "x").exists()


@pytest.mark.parametrize(
    "text", ["main", "nowhere..main", "main ..", "-..-", "\0..", "main..main;x"]
)
def test_what_is_no_range_is_a_usage_error(repo: GitRepo, text: str) -> None:
    with pytest.raises(UsageError, match="does not exist in|cannot be given to git"):
        resolve_range(open_repository(str(repo.path)).git, text)
