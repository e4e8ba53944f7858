"""What a user may ask for wrongly: each is exit code 2 and one sentence, never "no leaks"."""

import os
from pathlib import Path

import pytest

from tests.helpers import Complaint, Run, github_token, one_sentence, repository

GIT_OPTIONS = [
    ("--range", "A..B"),
    ("--staged",),
    ("--branch", "main"),
    ("--since", "yesterday"),
    ("--unreachable",),
]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.txt": "nothing\n"})


@pytest.mark.parametrize("path", ["nope", "nope/deeper", "a\x1b[2Jb"])
def test_path_that_does_not_exist(complaint: Complaint, path: str) -> None:
    shown = path.replace("\x1b", "\\x1b")

    assert complaint("scan", path) == f"{shown}: there is no such file or folder"


@pytest.mark.parametrize("arguments", [[], ["--staged"], ["--no-git", "."]], ids="".join)
def test_path_that_is_empty(complaint: Complaint, arguments: list[str]) -> None:
    assert complaint("scan", *arguments, "") == "the path is empty: name a file or folder"


def test_process_says_and_exits_as_the_function_does(run: Run) -> None:
    done = run("scan", "nope")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "leakguard: nope: there is no such file or folder\n"


@pytest.mark.usefixtures("repo")
def test_one_missing_path_among_others(complaint: Complaint) -> None:
    assert complaint("scan", "--no-git", "repo/a.txt", "nope").startswith("nope: there is no")


@pytest.mark.parametrize("options", GIT_OPTIONS, ids="".join)
def test_folder_that_is_no_repository(
    complaint: Complaint, tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "plain").mkdir()

    message = complaint("scan", *options, "plain")

    assert message.startswith("plain cannot be scanned as a git repository: not a git repository")


@pytest.mark.parametrize("options", GIT_OPTIONS, ids="".join)
def test_folder_that_does_not_exist(complaint: Complaint, options: tuple[str, ...]) -> None:
    assert complaint("scan", *options, "nope") == "nope: there is no such folder"


@pytest.mark.parametrize(
    "text", ["nope..HEAD", "HEAD..nope", "HEAD~5..HEAD", "HEAD", "..", "--all", "^HEAD"]
)
def test_range_that_names_nothing(complaint: Complaint, repo: Path, text: str) -> None:
    message = complaint("scan", f"--range={text}", "repo")

    assert message.startswith(f"the commit range '{text}' does not exist in {repo}: ")


@pytest.mark.parametrize("name", ["nope", "HEAD~5", "HEAD:a.txt", "HEAD:"])
@pytest.mark.parametrize("form", ["{}..HEAD", "HEAD..{}", "{}...HEAD", "..{}", "{}.."])
def test_end_of_a_range_that_is_no_commit_is_named(
    complaint: Complaint, repo: Path, name: str, form: str
) -> None:
    text = form.format(name)

    message = complaint("scan", f"--range={text}", "repo")

    expected = f"the commit range '{text}' does not exist in {repo}: git knows no commit '{name}'"
    assert message == expected


def test_branch_that_does_not_exist(complaint: Complaint, repo: Path) -> None:
    near, far = (complaint("scan", "--branch", name, "repo") for name in ("mian", "zzz"))

    assert near == f"there is no branch 'mian' in {repo}: did you mean main?"
    assert far == f"there is no branch 'zzz' in {repo}: it has 1 branch"


@pytest.mark.usefixtures("repo")
@pytest.mark.parametrize("text", ["gibberish", "--all"])
def test_date_that_is_none(complaint: Complaint, text: str) -> None:
    message = complaint("scan", f"--since={text}", "repo")

    assert message == f"--since '{text}' is no date: write 2026-01-31 or '2 weeks ago'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--staged", "--range", "A..B"], "--staged does not go with another choice of commits"),
        (["--staged", "--unreachable"], "--staged does not go with another choice of commits"),
        (["--range", "A..B", "--branch", "main"], "--range does not go with --branch"),
        (["--staged", "--no-git"], "options for git repositories do not go with --no-git"),
        (["--staged", "-"], "standard input is no git repository"),
        (["--config", "x.toml", "--no-config"], "--config does not go with --no-config"),
    ],
)
def test_options_that_do_not_go_together(
    complaint: Complaint, arguments: list[str], message: str
) -> None:
    assert complaint("scan", *arguments).startswith(message)


@pytest.mark.parametrize("place", ["nope/out.json", ".", "/proc/out.json"])
def test_output_that_cannot_be_written(complaint: Complaint, tmp_path: Path, place: str) -> None:
    (tmp_path / "leak.txt").write_text(github_token())

    message = complaint("scan", "--output", place)

    assert message.startswith(f"output file {place}")
    assert sorted(os.listdir(tmp_path)) == ["leak.txt"]


def test_list_of_files_that_does_not_exist(complaint: Complaint) -> None:
    message = complaint("scan", "--files-from", "nope")

    assert message == (
        "Invalid value for '--files-from': 'nope': No such file or directory."
        " See `leakguard scan --help`."
    )


@pytest.mark.parametrize("arguments", [["-"], ["--files-from", "-"]], ids="".join)
def test_standard_input_that_is_closed(run: Run, arguments: list[str]) -> None:
    done = run("scan", *arguments, preexec_fn=lambda: os.close(0))

    message = one_sentence(done.returncode, done.stdout, done.stderr)
    assert message == "standard input is closed: give it a file or a pipe"
