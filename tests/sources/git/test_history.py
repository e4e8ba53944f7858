"""Real repositories with a secret in every corner of a history."""

import os
from base64 import b64encode
from binascii import hexlify
from collections.abc import Callable
from pathlib import Path

import pytest

from leakguard.errors import UsageError
from leakguard.model import Finding, Report, Verdict
from leakguard.sources.git.commits import Commits
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import open_repository
from tests.evidence import assert_true_to_git
from tests.gitrepo import AUTHOR, GitRepo, make_repository
from tests.sources.conftest import Run, Scan
from tests.tokens import github_pat, slack_bot


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "repo")


@pytest.fixture
def history(run_source: Run) -> Scan:
    """Scans the history of a repository only; keywords are those of Commits."""

    def scan_history(repo: GitRepo, **chosen: object) -> Report:
        repository = open_repository(str(repo.path))
        return run_source(HistorySource(repository, Commits(**chosen)))  # type: ignore[arg-type]

    return scan_history


def paths(report: Report) -> list[str]:
    return [finding.path for finding in report.findings]


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


# What is looked at


def test_a_secret_is_found_with_commit_author_date_and_place(repo: GitRepo, history: Scan) -> None:
    repo.commit("first", {"readme": "nothing"})
    commit = repo.commit("second", {"src/conf.py": f"# é\nclé = '{github_pat()}'\n"})

    report = history(repo)

    finding = only(report)
    assert (finding.path, finding.line, finding.column) == ("src/conf.py", 2, 8)
    assert (finding.end_line, finding.end_column) == (2, 48)
    assert (finding.commit, finding.author) == (commit, AUTHOR)
    assert finding.date == "2023-11-15T01:13:20+01:00"
    assert finding.blob == repo.head(f"{commit}:src/conf.py")
    assert finding.on_branch is True
    assert report.summary.commits == 2
    assert_true_to_git(repo.path, report)


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory) -> tuple[GitRepo, dict[str, str]]:
    """A secret in each kind of ref, and which path it is at."""
    repo = make_repository(tmp_path_factory.mktemp("corners"))
    root = repo.commit("root", {"readme": "nothing"})
    places = {
        "branch": "refs/heads/side",
        "remote-tracking branch": "refs/remotes/origin/feature",
        "light tag": "refs/tags/light",
        "pull request": "refs/pull/7/head",
        "ref of no common kind": "refs/hidden/x",
        "branch that looks like an option": "refs/heads/--all",
        "replacement": f"refs/replace/{root}",
    }
    for number, ref in enumerate(places.values()):
        repo.git("checkout", "--quiet", "--detach", root)
        repo.commit(ref, {f"file{number}": github_pat(number)})
        repo.git("update-ref", ref, "HEAD")
    repo.git("checkout", "--quiet", "main")
    repo.git("notes", "add", "--message", f"note {slack_bot(1)}", "HEAD")
    for number in (20, 21):
        repo.write("readme", f"stashed {github_pat(number)}")
        repo.write(f"untracked{number}", github_pat(number + 10))
        repo.seconds += 60
        repo.git("stash", "push", "--quiet", "--include-untracked")
    return repo, places


@pytest.fixture(scope="module")
def corners_report(corners: tuple[GitRepo, dict[str, str]], scan: Scan) -> Report:
    return scan(corners[0].path)


@pytest.mark.parametrize("number", range(7))
def test_every_ref_is_walked(corners_report: Report, number: int) -> None:
    assert f"file{number}" in paths(corners_report)


def test_notes_are_scanned(corners: tuple[GitRepo, dict[str, str]], corners_report: Report) -> None:
    commit = corners[0].head()

    assert [
        found.path for found in corners_report.findings if found.rule_id == "slack-bot-token"
    ] == [commit]


def test_older_stash_entries_are_scanned_with_their_untracked_files(corners_report: Report) -> None:
    assert {"untracked20", "untracked21"} <= set(paths(corners_report))
    assert paths(corners_report).count("readme") == 2


def test_findings_in_all_corners_are_true_to_git(
    corners: tuple[GitRepo, dict[str, str]], corners_report: Report
) -> None:
    assert len(corners_report.findings) == 12
    assert not corners_report.skips
    assert_true_to_git(corners[0].path, corners_report)


def test_only_what_a_branch_head_holds_is_on_a_branch(corners_report: Report) -> None:
    held = {found.path for found in corners_report.findings if found.on_branch}

    assert held == {"file0", "file1", "file5"}


def test_the_head_of_a_detached_linked_work_tree_is_scanned(
    repo: GitRepo, history: Scan, tmp_path: Path
) -> None:
    repo.commit("root")
    repo.git("worktree", "add", "--quiet", "--detach", tmp_path / "linked")
    linked = GitRepo(tmp_path / "linked", repo.seconds)
    linked.commit("only here", {"leak": github_pat()})

    assert paths(history(repo)) == ["leak"]
    assert paths(history(linked)) == ["leak"]


def test_commit_messages_are_scanned(repo: GitRepo, history: Scan) -> None:
    commit = repo.commit(f"subject\n\nuses {github_pat()} for now")
    repo.commit("later")

    report = history(repo)

    finding = only(report)
    assert (finding.path, finding.line, finding.column) == ("<commit message>", 3, 6)
    assert (finding.commit, finding.blob) == (commit, commit)
    assert finding.on_branch is True
    assert_true_to_git(repo.path, report)


def test_a_message_that_no_branch_reaches_is_not_on_a_branch(repo: GitRepo, history: Scan) -> None:
    root = repo.commit("root")
    repo.commit(github_pat())
    repo.git("tag", "kept")
    repo.git("reset", "--quiet", "--hard", root)

    assert only(history(repo)).on_branch is False


def test_messages_of_annotated_tags_are_scanned_and_belong_to_no_commit(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root")
    repo.git("tag", "--annotate", "--message", f"release\n{github_pat()}", "v1")

    report = history(repo)

    finding = only(report)
    assert (finding.path, finding.line, finding.column) == ("<tag message> v1", 2, 1)
    assert (finding.commit, finding.on_branch) == (None, None)
    assert_true_to_git(repo.path, report)


def test_a_blob_that_only_a_tag_names_is_scanned_and_belongs_to_no_commit(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root", {"a": "b"})
    oid = repo.blob(github_pat())
    repo.git("tag", "key", oid)

    finding = only(history(repo))

    assert (finding.blob, finding.commit, finding.author) == (oid, None, None)
    assert finding.path == f"<blob {oid[:12]}>"


def test_a_tree_that_only_a_tag_names_is_scanned(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"a": "b"})
    tree = repo.git("mktree", feed=f"100644 blob {repo.blob(github_pat())}\tinner\n".encode())
    repo.git("tag", "tree", tree)

    assert only(history(repo)).commit is None


def test_an_empty_repository_is_clean(repo: GitRepo, scan: Scan) -> None:
    report = scan(repo.path)

    assert (report.verdict, report.summary.commits) == (Verdict.CLEAN, 0)


def test_an_unborn_head_beside_other_branches_hides_nothing(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"leak": github_pat()})
    repo.git("symbolic-ref", "HEAD", "refs/heads/unborn")

    assert only(history(repo)).on_branch is True


def test_binary_and_hidden_diffs_hide_nothing(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {".gitattributes": "* -diff binary linguist-generated export-ignore\n"})
    repo.commit("leak", {"key.bin": b"\0\xff\xfe" + github_pat().encode() + b"\0"})

    report = history(repo)

    assert paths(report) == ["key.bin"]
    assert_true_to_git(repo.path, report)


def test_a_symbolic_link_that_became_a_file_is_scanned_in_both_forms(
    repo: GitRepo, history: Scan
) -> None:
    os.symlink(github_pat(1), repo.path / "thing")
    repo.git("add", "thing")
    repo.commit("link")
    os.unlink(repo.path / "thing")
    repo.commit("file", {"thing": github_pat(2)})

    report = history(repo)

    assert paths(report) == ["thing", "thing"]
    assert sorted(found.on_branch or False for found in report.findings) == [False, True]
    assert_true_to_git(repo.path, report)


def test_one_object_in_many_commits_is_read_once(repo: GitRepo, history: Scan) -> None:
    for number in range(5):
        repo.commit(f"copy {number}", {f"copy{number}": github_pat()})

    report = history(repo)

    assert report.summary.blobs == 1
    assert paths(report) == [f"copy{number}" for number in range(5)]
    assert_true_to_git(repo.path, report)


HARD_NAMES = [
    b"with space",
    b" leading blank",
    b"\ttab",
    b"line\nbreak",
    b"return\r",
    b"quote\"'`$x",
    b"--upload-pack=touch x",
    b"-n",
    b"back\\slash\\x20",
    b"latin-\xe9",
    "ünï/\u2028/\x85".encode(),
    b":(glob)**",
    b"a:b",
    b"%s%00",
]


@pytest.fixture(scope="module")
def hard_names(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    repo = make_repository(tmp_path_factory.mktemp("names"))
    for number, name in enumerate(HARD_NAMES):
        full = os.path.join(os.fsencode(repo.path), name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        Path(os.fsdecode(full)).write_text(github_pat(number))
    repo.git("add", "--all")
    return repo


def test_paths_of_any_bytes_are_told_as_they_are(
    hard_names: GitRepo, history: Scan, scan: Scan
) -> None:
    names = sorted(os.fsdecode(name) for name in HARD_NAMES)

    staged = scan(hard_names.path, staged=True)
    indexed = scan(hard_names.path)
    hard_names.commit("all")
    committed = history(hard_names)

    assert paths(staged) == names
    assert paths(indexed) == names
    assert paths(committed) == names
    assert_true_to_git(hard_names.path, committed)


# Who is blamed


def test_a_secret_that_only_a_merge_brings_in_is_blamed_on_the_merge(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root", {"f": "1\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"g": "2\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"h": "3\n"})
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    merge = repo.commit("merge", {"g": f"2\n{github_pat()}\n"})

    report = history(repo)

    assert only(report).commit == merge
    assert_true_to_git(repo.path, report)


def test_of_two_branches_that_add_the_same_the_older_commit_is_blamed(
    repo: GitRepo, history: Scan
) -> None:
    root = repo.commit("root")
    repo.git("checkout", "--quiet", "-b", "older", root)
    older = repo.commit("older", {"leak": github_pat()})
    repo.git("checkout", "--quiet", "-B", "main", root)
    repo.commit("younger", {"leak": github_pat()})

    report = history(repo)

    assert only(report).commit == older
    assert_true_to_git(repo.path, report)


def test_a_parent_with_a_wrong_clock_is_still_before_its_child(
    repo: GitRepo, history: Scan
) -> None:
    repo.seconds += 10**7
    first = repo.commit("from the future", {"leak": github_pat()})
    repo.seconds -= 10**7
    today = repo.commit("today", {"copy/leak": github_pat(), "other": "x"})

    report = history(repo)

    assert [(found.path, found.commit) for found in report.findings] == [
        ("copy/leak", today),
        ("leak", first),
    ]
    assert_true_to_git(repo.path, report)


def test_after_a_rename_with_an_edit_both_paths_are_told(repo: GitRepo, history: Scan) -> None:
    first = repo.commit("first", {"old": f"{github_pat()}\n" + "line\n" * 50})
    repo.git("mv", "old", "new")
    second = repo.commit("moved", {"new": f"{github_pat()}\n" + "line\n" * 50 + "more\n"})

    report = history(repo)

    assert [(found.path, found.commit) for found in report.findings] == [
        ("new", second),
        ("old", first),
    ]
    assert_true_to_git(repo.path, report)


def test_versions_of_one_file_are_one_finding_blamed_on_the_first(
    repo: GitRepo, history: Scan
) -> None:
    first = repo.commit("1", {"leak": github_pat()})
    repo.commit("2", {"leak": f"moved\n{github_pat()}"})
    repo.commit("3", {"leak": f"moved\n{github_pat()}\n# more"})

    report = history(repo)

    finding = only(report)
    assert (finding.commit, finding.occurrences, finding.on_branch) == (first, 3, True)
    assert_true_to_git(repo.path, report)


def test_a_deleted_secret_is_no_longer_on_a_branch(repo: GitRepo, history: Scan) -> None:
    repo.commit("add", {"gone": github_pat(1), "kept": github_pat(2)})
    repo.git("rm", "--quiet", "gone")
    repo.commit("remove")

    report = history(repo)

    assert {found.path: found.on_branch for found in report.findings} == {
        "gone": False,
        "kept": True,
    }


def test_a_broken_author_line_does_not_stop_the_scan(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"leak": github_pat()})
    content = f"tree {repo.head('HEAD^{tree}')}\nauthor nobody\ncommitter nobody\n\nx\n"
    oid = repo.git(
        "hash-object", "-t", "commit", "-w", "--stdin", "--literally", feed=content.encode()
    )
    repo.git("update-ref", "refs/heads/main", oid)

    assert only(history(repo)).commit == oid


# What the options choose


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> tuple[GitRepo, list[str]]:
    """Four commits in a line and one that a reset left behind, each with a secret of its own."""
    repo = make_repository(tmp_path_factory.mktemp("line"))
    config = "# settings\n"
    commits = []
    for number in range(4):
        config += f"token{number} = {github_pat(number)}\n"
        commits.append(repo.commit(f"commit {number}", {"config": config}))
    repo.git("branch", "early", commits[1])
    repo.commit("lost", {"lost": github_pat(8)})
    repo.git("reset", "--quiet", "--hard", commits[3])
    repo.blob(f"dangling {github_pat(9)}")
    repo.git("reflog", "expire", "--expire=now", "--all")
    return repo, commits


def lines_of(report: Report) -> list[int]:
    return [finding.line for finding in report.findings]


def test_a_range_reports_only_what_it_adds(line: tuple[GitRepo, list[str]], history: Scan) -> None:
    repo, commits = line

    report = history(repo, range=f"{commits[1]}..{commits[3]}")

    assert [(found.line, found.commit) for found in report.findings] == [
        (4, commits[2]),
        (5, commits[3]),
    ]
    assert report.summary.commits == 2
    assert_true_to_git(repo.path, report)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("main~1..", [5]), ("early..main", [4, 5]), ("main..early", []), ("early...main", [4, 5])],
)
def test_ranges_in_all_forms(
    line: tuple[GitRepo, list[str]], history: Scan, text: str, expected: list[int]
) -> None:
    assert lines_of(history(line[0], range=text)) == expected


@pytest.mark.parametrize(
    "text", ["nowhere..main", "main", "--all", "--upload-pack=touch x..main", "main..--all", ".."]
)
def test_a_range_that_does_not_exist_is_a_usage_error(
    line: tuple[GitRepo, list[str]], scan: Scan, text: str
) -> None:
    with pytest.raises(UsageError, match=r"commit range .* does not exist"):
        scan(line[0].path, range=text)


def test_a_range_does_not_report_what_moved_with_a_rename(repo: GitRepo, history: Scan) -> None:
    repo.commit("before", {"old": github_pat(1)})
    repo.git("mv", "old", "new")
    repo.commit("moved", {"new": f"{github_pat(1)}\n{github_pat(2)}"})

    assert lines_of(history(repo, range="HEAD~1..HEAD")) == [2]


def test_a_range_reports_a_message_that_repeats_a_secret_of_a_removed_file(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("before", {"old": github_pat()})
    repo.git("rm", "--quiet", "old")
    repo.commit(f"remove {github_pat()}")

    assert paths(history(repo, range="HEAD~1..HEAD")) == ["<commit message>"]


def test_a_range_reports_a_secret_that_comes_back(repo: GitRepo, history: Scan) -> None:
    repo.commit("before", {"f": f"1\n{github_pat()}"})
    repo.commit("removed", {"f": "1\n"})
    back = repo.commit("back", {"f": f"2\n{github_pat()}"})

    assert only(history(repo, range="HEAD~1..HEAD")).commit == back


def test_a_range_reports_what_an_evil_merge_adds_but_not_what_it_merges(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root", {"f": "1\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"g": f"{github_pat(1)}\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"h": "3\n"})
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    merge = repo.commit("merge", {"g": f"{github_pat(1)}\n{github_pat(2)}\n"})

    report = history(repo, range="main~1..main^2")
    merged = history(repo, revisions=(merge, f"^{merge}^1", f"^{merge}^2"))

    assert lines_of(report) == [1]
    assert [(found.line, found.commit) for found in merged.findings] == [(2, merge)]


def test_what_is_clean_is_not_read_again(repo: GitRepo, history: Scan) -> None:
    repo.commit("first", {"f": f"{github_pat(1)}\n", "g": "2\n"})
    repo.commit("second", {"h": f"{github_pat(2)}\n"})
    clean = [repo.git("rev-parse", name).strip().encode() for name in ("HEAD~", "HEAD:g", "HEAD:f")]
    asked: list[bytes] = []

    def unread(lines: list[bytes]) -> list[bytes]:
        asked.extend(line.partition(b" ")[0] for line in lines)
        return [line for line in lines if line.partition(b" ")[0] not in clean]

    for named in ((), ("HEAD",)):
        report = history(repo, revisions=named, unread=unread)
        assert [found.path for found in report.findings] == ["h"]
        assert (report.summary.blobs, report.summary.commits) == (1, 1)
    assert set(clean) <= set(asked)


def test_a_range_judges_paths_with_line_breaks_by_their_own_versions(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("before", {"line\nbreak": f"{github_pat(1)}\n"})
    repo.commit("after", {"line\nbreak": f"{github_pat(1)}\n{github_pat(2)}\n"})

    assert lines_of(history(repo, range="HEAD~1..HEAD")) == [2]


def percent(text: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in text)


@pytest.mark.parametrize("encode", [b64encode, hexlify, percent])
def test_a_range_reports_an_encoded_secret_in_the_commit_that_brings_it(
    repo: GitRepo, history: Scan, encode: Callable[[bytes], bytes]
) -> None:
    first, second = (b"x: " + encode(b"=" + slack_bot(seed).encode()) for seed in (1, 2))
    repo.commit("before", {"f": b"1\n" + first})
    brought = repo.commit("after", {"f": b"2\n" + first + b"\n" + second})
    repo.commit("later", {"f": b"3\n" + first + b"\n" + second})

    found = only(history(repo, range="HEAD~2..HEAD"))

    assert (found.commit, found.line, found.encoding != "") == (brought, 3, True)


def test_since_reports_only_what_younger_commits_add(
    line: tuple[GitRepo, list[str]], history: Scan
) -> None:
    repo, commits = line

    report = history(repo, since="2023-11-15T01:00:00+0000")

    assert [(found.line, found.commit) for found in report.findings] == [
        (4, commits[2]),
        (5, commits[3]),
    ]


def test_since_a_day_without_commits_is_clean(
    line: tuple[GitRepo, list[str]], history: Scan
) -> None:
    report = history(line[0], since="2024-01-01")

    assert (report.verdict, report.summary.blobs) == (Verdict.CLEAN, 0)


def test_since_before_the_first_commit_is_the_whole_history(
    line: tuple[GitRepo, list[str]], history: Scan
) -> None:
    assert lines_of(history(line[0], since="2001-01-01")) == [2, 3, 4, 5]


@pytest.mark.parametrize("since", ["rubbish", "--all", "main"])
def test_since_what_is_no_date_is_a_usage_error(
    line: tuple[GitRepo, list[str]], history: Scan, since: str
) -> None:
    with pytest.raises(UsageError, match="is no date"):
        history(line[0], since=since)


def test_a_branch_is_scanned_alone(line: tuple[GitRepo, list[str]], history: Scan) -> None:
    report = history(line[0], branch="early")

    assert lines_of(report) == [2, 3]
    assert report.summary.commits == 2
    assert_true_to_git(line[0].path, report)


def test_what_no_ref_reaches_is_found_only_when_asked_for(
    line: tuple[GitRepo, list[str]], history: Scan
) -> None:
    repo, _ = line

    usual = history(repo)
    unreachable = history(repo, unreachable=True)

    assert paths(usual) == ["config"] * 4
    new = [found for found in unreachable.findings if found.path != "config"]
    assert {found.blob for found in new} == {
        repo.git("hash-object", "--stdin", feed=github_pat(8).encode()),
        repo.git("hash-object", "--stdin", feed=f"dangling {github_pat(9)}".encode()),
    }
    assert {(found.commit, found.on_branch) for found in new} == {(None, False)}
    assert_true_to_git(repo.path, unreachable)


def test_a_commit_that_git_cannot_parse_does_not_stop_a_scan_of_the_unreachable(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root", {"leak": github_pat(1)})
    content = f"rubbish\n\n{github_pat(2)}\n".encode()
    repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", feed=content)

    report = history(repo, unreachable=True)

    assert paths(report) == ["<commit message>", "leak"]


# What the repository is


def test_a_bare_repository_is_scanned(repo: GitRepo, scan: Scan, tmp_path: Path) -> None:
    repo.commit("root", {"leak": github_pat()})
    repo.git("clone", "--quiet", "--bare", repo.path, tmp_path / "bare.git")

    report = scan(tmp_path / "bare.git")

    assert paths(report) == ["leak"]
    assert_true_to_git(tmp_path / "bare.git", report)


def test_a_shallow_clone_is_scanned_and_noted(
    line: tuple[GitRepo, list[str]], scan: Scan, tmp_path: Path
) -> None:
    repo, commits = line
    clone = GitRepo(tmp_path)
    clone.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", tmp_path / "shallow")

    report = scan(tmp_path / "shallow")

    assert lines_of(report) == [2, 3, 4, 5]
    assert {found.commit for found in report.findings} == {commits[3]}
    assert [note for note in report.notes if "shallow clone" in note]
    assert not report.skips


def test_a_repository_with_sha256_ids_is_scanned(tmp_path: Path, scan: Scan) -> None:
    repo = make_repository(tmp_path, "--object-format=sha256")
    first = repo.commit("root", {"leak": github_pat(1)})
    repo.commit("more", {"leak": f"{github_pat(1)}\n{github_pat(2)}\n", "x": slack_bot()})
    repo.stage({"staged": github_pat(3)})

    report = scan(repo.path)

    assert paths(report) == ["leak", "leak", "staged", "x"]
    assert (report.findings[0].commit, len(first)) == (first, 64)
    assert lines_of(scan(repo.path, range="HEAD~1..")) == [2, 1]
    assert len(scan(repo.path, branch="main").findings) == 3
    assert paths(scan(repo.path, staged=True)) == ["staged"]


@pytest.mark.parametrize("kind", ["refs/replace", "info/grafts"])
def test_replaced_and_grafted_commits_do_not_hide_history(
    repo: GitRepo, history: Scan, kind: str
) -> None:
    repo.commit("root", {"leak": github_pat()})
    innocent = repo.commit("empty", {"leak": "nothing"})
    head = repo.commit("head", {"other": "x"})
    if kind == "refs/replace":
        repo.git("replace", "--graft", head)
    else:
        repo.write(".git/info/grafts", f"{head}\n{innocent}\n")

    report = history(repo)

    assert paths(report) == ["leak"]
    assert_true_to_git(repo.path, report)


def test_a_replaced_blob_does_not_hide_the_original(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"leak": github_pat()})
    repo.git("replace", repo.head("HEAD:leak"), repo.blob("innocent"))

    assert paths(history(repo)) == ["leak"]


def test_a_partial_clone_is_incomplete_and_fetches_nothing(
    repo: GitRepo, scan: Scan, tmp_path: Path
) -> None:
    repo.commit("root", {"a": "1\n", "b": github_pat()})
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = GitRepo(tmp_path / "clone")
    options = ("--quiet", "--filter=blob:none", "--no-checkout")
    repo.git("clone", *options, f"file://{repo.path}", clone.path)
    clone.git("read-tree", "HEAD")
    for protocol in ("file", "ext"):
        clone.git("config", f"protocol.{protocol}.allow", "always")

    report = scan(clone.path)

    assert report.verdict is Verdict.INCOMPLETE
    assert {(skip.blob, skip.reason) for skip in report.skips} == {
        (repo.head(f"HEAD:{name}"), "missing: this partial clone left it out") for name in "ab"
    }
    assert scan(clone.path, staged=True).verdict is Verdict.CLEAN
    missing = clone.git("rev-list", "--objects", "--all", "--missing=print").count("?")
    assert missing == 2


def test_a_promisor_remote_in_a_hostile_configuration_starts_no_program(
    repo: GitRepo, scan: Scan, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    repo.commit("root", {"a": "1\n"})
    repo.git("config", "core.repositoryFormatVersion", "1")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "remote.origin.url", f"ext::touch {canary}")
    repo.git("config", "remote.origin.promisor", "true")
    repo.git("config", "protocol.ext.allow", "always")
    _loose(repo, repo.head("HEAD:a")).unlink()
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{'1' * 40},missing")

    report = scan(repo.path, unreachable=True)

    assert not canary.exists()
    assert report.verdict is Verdict.INCOMPLETE


# Damage


def _loose(repo: GitRepo, oid: str) -> Path:
    return repo.path / ".git/objects" / oid[:2] / oid[2:]


def _damage(file: Path, offset: int = -12) -> None:
    data = bytearray(file.read_bytes())
    data[offset] ^= 0xFF
    file.chmod(0o644)
    file.write_bytes(data)


def test_a_corrupt_object_is_a_skip_and_the_others_are_scanned(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root", {f"f{number}": github_pat(number) for number in range(6)})
    oids = [repo.head(f"HEAD:f{number}") for number in (1, 4)]
    for oid in oids:
        _damage(_loose(repo, oid))

    report = history(repo)

    assert paths(report) == ["f0", "f2", "f3", "f5"]
    assert [(skip.path, skip.blob) for skip in report.skips] == [("f1", oids[0]), ("f4", oids[1])]
    assert all(skip.reason.startswith("corrupt object: ") for skip in report.skips)


def test_corruption_alone_makes_a_scan_incomplete(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"f": "nothing to see here\n"})
    _damage(_loose(repo, repo.head("HEAD:f")))

    assert history(repo).verdict is Verdict.INCOMPLETE


def test_more_corrupt_objects_than_worth_it_end_with_one_skip_for_the_rest(
    repo: GitRepo, history: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leakguard.sources.git.objects._BROKEN_AT_MOST", 3)
    repo.commit("root", {f"f{number}": f"{number}{github_pat()}" for number in range(6)})
    for number in range(6):
        _damage(_loose(repo, repo.head(f"HEAD:f{number}")))

    report = history(repo)

    assert len(report.skips) == 4
    assert any("more objects were given up after 3 corrupt ones" in s.reason for s in report.skips)


def test_a_missing_object_is_a_skip_and_the_others_are_scanned(repo: GitRepo, scan: Scan) -> None:
    repo.commit("root", {"a": "1\n", "b": github_pat()})
    oid = repo.head("HEAD:a")
    _loose(repo, oid).unlink()

    report = scan(repo.path)

    assert paths(report) == ["b"]
    assert [(skip.blob, skip.reason) for skip in report.skips] == [
        (oid, "missing: the repository is damaged")
    ]


@pytest.mark.parametrize("what", ["HEAD^{tree}", "HEAD~1^{tree}", "HEAD~1", "HEAD"])
@pytest.mark.parametrize("how", ["missing", "corrupt"])
def test_a_damaged_commit_or_tree_hides_no_other_object(
    repo: GitRepo, history: Scan, what: str, how: str
) -> None:
    repo.commit("root", {"a": github_pat(1)})
    repo.commit("more", {"b": github_pat(2)})
    repo.commit("more", {"c": github_pat(3)})
    file = _loose(repo, repo.head(what))
    if how == "missing":
        file.unlink()
    else:
        _damage(file)

    report = history(repo)

    assert len(report.findings) == 3
    assert report.skips


def test_a_damaged_commit_in_a_clean_history_is_incomplete(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"a": "1"})
    repo.commit("more", {"b": "2"})
    _loose(repo, repo.head("HEAD~1")).unlink()

    assert history(repo).verdict is Verdict.INCOMPLETE


def test_a_ref_to_nothing_hides_no_other_ref(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {"a": github_pat()})
    repo.write(".git/refs/heads/broken", "1" * 40 + "\n")

    report = history(repo)

    assert len(report.findings) == 1
    assert report.skips


def _packed(repo: GitRepo) -> Path:
    repo.git("repack", "-a", "-d", "--quiet", "--depth=0")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    return pack


def test_a_corrupt_pack_entry_is_a_skip_and_the_others_are_scanned(
    repo: GitRepo, history: Scan
) -> None:
    repo.commit("root", {f"f{number}": f"{number} {github_pat(number)}" for number in range(9)})
    pack = _packed(repo)
    listing = repo.git("verify-pack", "--verbose", pack.with_suffix(".idx"))
    oid = repo.head("HEAD:f3")
    (offset,) = (int(line.split()[4]) for line in listing.splitlines() if line.startswith(oid))
    _damage(pack, offset + 20)

    report = history(repo)

    assert len(report.findings) == 8
    assert [skip.path for skip in report.skips] == ["f3"]


def test_a_pack_cut_short_is_incomplete_and_never_hangs(repo: GitRepo, history: Scan) -> None:
    repo.commit("root", {f"f{number}": str(number) for number in range(1000)})
    pack = _packed(repo)
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:100])
    repo.seconds += 1
    loose = repo.blob(github_pat())

    report = history(repo)

    assert [finding.blob for finding in report.findings] == [loose]
    assert report.skips


def test_objects_from_a_hidden_alternate_are_scanned(
    repo: GitRepo, history: Scan, tmp_path: Path
) -> None:
    repo.commit("root", {"a": github_pat()})
    repo.git("clone", "--quiet", "--shared", repo.path, tmp_path / "shared")

    assert paths(history(GitRepo(tmp_path / "shared"))) == ["a"]


def test_submodules_are_no_damage_and_are_noted(repo: GitRepo, scan: Scan) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib/sub")
    repo.commit("with a submodule", {"f": "1"})

    report = scan(repo.path)

    assert report.verdict is Verdict.CLEAN
    assert report.notes == ("the submodule lib/sub is a repository of its own and was not scanned",)


def test_a_repository_with_nothing_but_messages_has_no_blobs(repo: GitRepo, history: Scan) -> None:
    repo.commit("empty")

    report = history(repo)

    assert (report.verdict, report.summary.blobs, report.summary.commits) == (Verdict.CLEAN, 0, 1)
