"""What Python programs may import, and that it works on a real repository."""

from pathlib import Path

import pytest

import leakguard
from leakguard import Policy, Selection, Severity, Verdict
from leakguard.errors import RuleError, SourceError, UsageError
from tests.helpers import RULE, git, github_token, repository


@pytest.fixture(autouse=True)
def _cache(cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKGUARD_CACHE_DIR", str(cache_dir))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A leak in the history, taken out again."""
    folder = repository(tmp_path / "repo", {"a.env": f"TOKEN={github_token()}\n"})
    (folder / "a.env").write_text("TOKEN=\n")
    git(folder, "commit", "-q", "-a", "-m", "second")
    return folder


def test_public_names_are_those_of_all() -> None:
    for name in leakguard.__all__:
        assert getattr(leakguard, name) is not None
    assert set(leakguard.__all__) <= set(dir(leakguard))
    assert leakguard.__all__ == sorted(leakguard.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'scam'"):
        leakguard.scam  # noqa: B018
    assert callable(leakguard.scan)


def test_repository_is_scanned_with_its_history(repo: Path) -> None:
    report = leakguard.scan(repo)

    (finding,) = report.findings
    assert report.verdict is Verdict.LEAKS
    assert (finding.rule_id, finding.path, finding.line, finding.column) == (
        "github-classic-pat",
        "a.env",
        1,
        7,
    )
    assert finding.commit == git(repo, "rev-list", "--max-parents=0", "HEAD")
    assert finding.on_branch is False
    assert github_token() not in repr(report)


def test_selection_and_policy_decide_what_counts(repo: Path) -> None:
    assert leakguard.scan(repo, selection=Selection(range="HEAD~1..HEAD")).findings == ()
    assert leakguard.scan(repo, selection=Selection(no_git=True)).verdict is Verdict.CLEAN
    assert len(leakguard.scan(repo, policy=Policy(min_severity=Severity.CRITICAL)).findings) == 1
    assert leakguard.scan(repo, policy=Policy(excludes=("*.env",))).findings == ()


def test_without_a_path_the_working_folder_is_scanned(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo)

    assert len(leakguard.scan().findings) == 1


def test_own_rules_stand_in_for_the_built_in(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"tok_0f1e2d3c4b5a {github_token()}\n")

    assert [f.rule_id for f in leakguard.scan(tmp_path, rules=[RULE]).findings] == [RULE.id]


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file or folder"):
        leakguard.scan(tmp_path / "nope")
    with pytest.raises(SourceError, match="not a git repository"):
        leakguard.scan(tmp_path, selection=Selection(staged=True))


def test_rules_of_a_file_are_held_to_their_examples(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        """
        provider = "Acme"
        [[rule]]
        id = "acme-key"
        name = "Acme key"
        impact = "Opens the door."
        severity = "high"
        confidence = "high"
        pattern = 'acme_(?P<secret>[0-9a-z]{12})'
        references = ["https://acme.example"]
        examples = ["acme_~~q7w2e9r4t1y8"]
        counterexamples = ["acme_q7"]
        """
    )

    assert [rule.id for rule in leakguard.load_rules(file, builtin=False)] == ["acme-key"]
    file.write_text(file.read_text().replace("acme_q7", "acme_q7~~w2e9r4t1y8"))
    with pytest.raises(RuleError, match="own.toml: rule acme-key: counterexample 1 is found by it"):
        leakguard.load_rules(file)


def test_rules_of_another_tool_scan(tmp_path: Path) -> None:
    file = tmp_path / ".gitleaks.toml"
    file.write_text("[[rules]]\nid = 'acme'\nregex = 'acme_([a-z]{8})'\n")
    (tmp_path / "a.txt").write_text("acme_abcdefgh")

    report = leakguard.scan(tmp_path / "a.txt", rules=leakguard.load_rules(file, builtin=False))

    assert [finding.rule_id for finding in report.findings] == ["acme"]
