"""`leakguard import` of files that the tools themselves wrote, where they are installed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.peers import installed
from leakguard.baselines.own import parse
from leakguard.baselines.reading import LINES
from leakguard.cli.importing import TOOLS
from tests.baselines.test_detect_secrets import baseline_of
from tests.gitrepo import GitRepo, make_repository
from tests.helpers import Run, github_token

FILE = ".leakguard-baseline.json"
TOKENS = [github_token(number) for number in range(4)]


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = make_repository(tmp_path / "repo")
    made.git("config", "user.email", "ana@example.org")
    made.commit(
        "first",
        {
            "src/a.py": f"x = 1\ntoken = '{TOKENS[0]}'\n",
            "src/b.py": f"token = '{TOKENS[1]}'\n",
        },
    )
    return made


@pytest.fixture
def found(run: Run, repo: GitRepo) -> Callable[[], list[tuple[str, int]]]:
    def call() -> list[tuple[str, int]]:
        done = run("scan", "--format", "json", cwd=repo.path)
        return [(one["path"], one["line"]) for one in json.loads(done.stdout)["findings"]]

    return call


Found = Callable[[], list[tuple[str, int]]]


def tool(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs another tool, which ends with an error when it finds something.

    LEAKGUARD_TEST_PEERS names a folder into which it is installed; else it has to be on PATH.
    """
    path = shutil.which(name)
    if envs := os.environ.get("LEAKGUARD_TEST_PEERS"):
        (peer,) = installed([name], Path(envs))
        path = str(Path(envs, peer.package, "bin", name))
    if not path:
        pytest.skip(f"{name} is not on PATH, and LEAKGUARD_TEST_PEERS names no folder for it")
    return subprocess.run([path, *arguments], cwd=folder, capture_output=True, text=True)


def later(repo: GitRepo) -> None:
    """A new secret, one that has changed on its line, and lines that have moved."""
    repo.commit(
        "later",
        {
            "src/a.py": f"x = 1\n\n\ntoken = '{TOKENS[0]}'\n",
            "src/b.py": f"token = '{TOKENS[2]}'\n",
            "src/c.py": f"token = '{TOKENS[3]}'\n",
        },
    )


def test_detect_secrets(run: Run, repo: GitRepo, found: Found) -> None:
    document = baseline_of(repo.path, "--all-files", "src")
    (repo.path / ".secrets.baseline").write_text(json.dumps(document))
    later(repo)

    done = run("import", ".secrets.baseline", "--note", "before", cwd=repo.path)

    assert done.returncode == 0, done.stderr
    known = [secret for secrets in document["results"].values() for secret in secrets]
    assert done.stdout == (
        f".secrets.baseline (detect-secrets): {len(known)} of {len(known)} entries taken over\n"
    )
    assert done.stderr == (
        f"leakguard: {FILE}: 2 entries; 2 added\n"
        f"leakguard: .gitattributes: added `{FILE} merge=union`; commit it together with {FILE}\n"
        "leakguard: 2 leaks left that none of them accepts, comments not counted\n"
    )
    assert found() == [("src/b.py", 1), ("src/c.py", 1)]
    entries = parse((repo.path / FILE).read_text()).entries
    assert {(e.path, e.note, e.who) for e in entries} == {
        ("src/a.py", "before", "ana@example.org"),
        ("src/b.py", "before", "ana@example.org"),
    }


def test_false_positives_of_an_audit_stay_what_they_are(run: Run, repo: GitRepo) -> None:
    document = baseline_of(repo.path, "--all-files", "src")
    for secret in document["results"]["src/a.py"]:
        secret["is_secret"] = False
    (repo.path / ".secrets.baseline").write_text(json.dumps(document))

    assert run("import", ".secrets.baseline", cwd=repo.path).returncode == 0

    entries = parse((repo.path / FILE).read_text()).entries
    assert {e.path: e.reason for e in entries} == {
        "src/a.py": "false-positive",
        "src/b.py": "accepted",
    }


@pytest.mark.parametrize("redacted", [False, True])
def test_gitleaks_report(run: Run, repo: GitRepo, found: Found, redacted: bool) -> None:
    report = repo.path.parent / "gitleaks.json"
    more = ["--redact"] if redacted else []
    tool("gitleaks", "git", "--report-path", str(report), *more, ".", folder=repo.path)
    later(repo)

    done = run("import", str(report), cwd=repo.path)

    assert "(gitleaks): 2 of 2 entries taken over\n" in done.stdout
    assert found() == [("src/b.py", 1), ("src/c.py", 1)]


def test_gitleaks_ignore_file(run: Run, repo: GitRepo, found: Found) -> None:
    report = repo.path.parent / "gitleaks.json"
    tool("gitleaks", "git", "--report-path", str(report), ".", folder=repo.path)
    lines = [one["Fingerprint"] for one in json.loads(report.read_text())]
    repo.write(".gitleaksignore", "\n".join([*lines, "src/gone.py:jwt:3", "no entry"]))
    later(repo)
    rest = tool("gitleaks", "git", "--report-path", str(report), ".", folder=repo.path)
    left = [(one["File"], one["StartLine"]) for one in json.loads(report.read_text())]

    done = run("import", ".gitleaksignore", cwd=repo.path)

    assert rest.returncode == 1
    assert done.stdout.splitlines() == [
        ".gitleaksignore (gitleaks): 2 of 3 entries taken over",
        "  2 of them name a line and no secret: what stands there now was taken for it,"
        " `leakguard audit --all` shows it",
        "  not taken over: src/gone.py:jwt:3: leakguard reports nothing like it there",
        "  not taken over: line 4 is no commit:path:rule:line, and gitleaks passes over it too",
    ]
    assert found() == [("src/b.py", 1), ("src/c.py", 1)]
    assert sorted(left) == found()


def test_betterleaks_ignore_file(run: Run, repo: GitRepo, found: Found) -> None:
    report = repo.path.parent / "betterleaks.json"
    tool("betterleaks", "git", ".", "--output", str(report), folder=repo.path)
    document = json.loads(report.read_text())
    values = [one["match"]["fingerprint"] for one in document["findings"]]
    repo.write(".betterleaksignore", "\n".join(values))
    later(repo)

    done = run("import", ".betterleaksignore", cwd=repo.path)

    assert done.stdout == ".betterleaksignore (betterleaks): 2 of 2 entries taken over\n"
    assert found() == [("src/b.py", 1), ("src/c.py", 1)]


def test_kingfisher_baseline(run: Run, repo: GitRepo, found: Found) -> None:
    file = repo.path.parent / "kingfisher.yaml"
    given = ("--no-validate", "--no-update-check", "--manage-baseline", "--baseline-file")
    tool("kingfisher", "scan", ".", *given, str(file), folder=repo.path)

    later(repo)

    done = run("import", str(file), cwd=repo.path)

    assert done.stdout == f"{file} (kingfisher): 4 of 4 entries taken over\n"
    assert found() == [("src/b.py", 1), ("src/c.py", 1)]


def test_recorded_files_of_all_tools(run: Run, repo: GitRepo, found: Found) -> None:
    """What the tools write, in small, made here for where they are not installed."""
    commit = repo.head()
    rows = [{"RuleID": "github-pat", "File": "src/a.py", "StartLine": 2, "Secret": TOKENS[0]}]
    place = {"SourceMetadata": {"Data": {"Git": {"file": "src/b.py", "commit": commit, "line": 1}}}}
    hog = {**place, "DetectorName": "Github", "Raw": TOKENS[1]}
    (repo.path.parent / "gitleaks.json").write_text(json.dumps(rows))
    (repo.path.parent / "trufflehog.json").write_text(json.dumps(hog) + "\n")
    (repo.path.parent / "ignore").write_text(f"{commit}:src/a.py:github-pat:2\n")

    done = run(
        "import", "../gitleaks.json", "../trufflehog.json", "../ignore", "--no-git", cwd=repo.path
    )

    assert done.stdout.splitlines() == [
        "../gitleaks.json (gitleaks): 1 of 1 entries taken over",
        "../trufflehog.json (trufflehog): 1 of 1 entries taken over",
        "../ignore (gitleaks): 0 of 1 entries taken over",
        f"  not taken over: {commit}:src/a.py:github-pat:2:"
        " leakguard reports nothing like it there",
    ]
    assert found() == []
    assert TOKENS[0] not in (repo.path / FILE).read_text()


def test_import_adds_to_what_was_decided(run: Run, repo: GitRepo) -> None:
    assert run("baseline", "create", "--note", "mine", cwd=repo.path).returncode == 0
    before = (repo.path / FILE).read_text()
    repo.write("ignore", "src/a.py:github-pat:2\n")

    done = run("import", "ignore", cwd=repo.path)

    assert "0 leaks left" in done.stderr
    assert (repo.path / FILE).read_text() == before


def test_comments_beside_a_secret_do_not_hide_an_entry(run: Run, repo: GitRepo) -> None:
    repo.commit("noted", {"src/b.py": f"token = '{TOKENS[1]}'  # gitleaks:allow\n"})
    repo.write("ignore", "src/b.py:github-pat:1\n")

    done = run("import", "ignore", cwd=repo.path)

    assert "1 of 1 entries taken over" in done.stdout


def test_tools_that_may_be_named_are_those_that_can_be_read() -> None:
    assert set(TOOLS) == set(LINES)
