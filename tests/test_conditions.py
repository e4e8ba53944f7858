"""What rules of other tools ask for beyond their pattern, in a scan as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard import scan
from leakguard.conditions import is_allowed
from leakguard.model import Allowlist, Confidence, Foreign, Place, Report, Rule
from leakguard.policy import Policy
from tests.helpers import RULE, git, repository

SECRET = "tok_" + "0a1b2c3d4e5f"  # leakguard:allow
FOREIGN = replace(RULE, foreign=Foreign("gitleaks"))


def scanned(folder: Path, *rules: Rule) -> list[tuple[str, str]]:
    report: Report = scan(folder, rules=rules, policy=Policy(min_confidence=Confidence.LOW))
    return [(finding.path, finding.rule_id) for finding in report.findings]


def allowing(*allowlists: Allowlist) -> Rule:
    return replace(FOREIGN, allowlists=allowlists)


def test_path_of_an_allowlist_silences_a_file(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a/x.py": SECRET, "b/x.py": SECRET})

    assert scanned(folder, allowing(Allowlist(path="^a/"))) == [("b/x.py", "test-token")]
    assert scanned(folder, replace(RULE, allowlists=(Allowlist(path="^a/"),))) == [
        ("b/x.py", "test-token")
    ]


def test_commit_of_an_allowlist_silences_what_it_brought_in(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", {"a.py": SECRET})
    first = git(folder, "rev-parse", "HEAD")
    (folder / "b.py").write_text(f"x {SECRET}")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "second")

    assert scanned(folder, allowing(Allowlist(commits=(first,)))) == [("b.py", "test-token")]


@pytest.mark.parametrize(
    ("allowlist", "silent"),
    [
        (Allowlist(every=True, path="^a", words=("0a1b",)), True),
        (Allowlist(every=True, path="^a", words=("zzz",)), False),
        (Allowlist(every=True, path="^b", words=("0a1b",)), False),
        (Allowlist(every=True, pattern="^0a", words=("0a1b",)), True),
        (Allowlist(every=True, pattern="^1a", words=("0a1b",)), False),
        (Allowlist(every=True, path="^a", commits=("0" * 40,)), False),
        (Allowlist(path="^b", words=("0a1b",)), True),
        (Allowlist(path="^b", pattern="^zz"), False),
        (Allowlist(target="match", pattern="^tok_"), True),
        (Allowlist(target="line", pattern="^key = tok"), True),
        (Allowlist(target="line", pattern="second"), False),
    ],
)
def test_one_of_an_allowlist_or_all_of_it_must_hold(
    tmp_path: Path, allowlist: Allowlist, silent: bool
) -> None:
    (tmp_path / "a.py").write_text(f"first\nkey = {SECRET}\nsecond\n")
    rule = allowing(allowlist)

    assert (scanned_files(tmp_path, ["a.py"], rule) == []) is silent


def scanned_files(folder: Path, names: Sequence[str], rule: Rule) -> list[tuple[str, str]]:
    """As `scanned`, with paths from inside of the folder."""
    folder = repository(folder, {name: (folder / name).read_text() for name in names})
    return scanned(folder, rule)


def test_path_alone_is_a_finding_once_a_file(tmp_path: Path) -> None:
    rule = replace(FOREIGN, id="key-store", family="key-store", pattern="", path=r"\.p12$")
    folder = repository(tmp_path / "r", {"a.p12": "", "b.p12": SECRET, "c.txt": "x"})

    assert scanned(folder, rule, FOREIGN) == [
        ("a.p12", "key-store"),
        ("b.p12", "key-store"),
        ("b.p12", "test-token"),
    ]
    silenced = replace(rule, allowlists=(Allowlist(path="^a"), Allowlist(words=("x",))))
    assert scanned(folder, silenced) == [("b.p12", "key-store")]


def test_rule_without_fixed_characters_sees_every_blob(tmp_path: Path) -> None:
    rule = replace(FOREIGN, pattern="(?P<secret>[0-9a-f]{12})(?-m:$)")
    (tmp_path / "a").write_text("0a1b2c3d4e5f")
    (tmp_path / "b").write_text("0a1b2c3d4e5f\n")

    assert [path[-1] for path, _ in scanned(tmp_path, rule)] == ["a"]


def test_match_may_begin_at_any_distance_before_its_fixed_characters(tmp_path: Path) -> None:
    rule = replace(FOREIGN, pattern="key:[a-z]+;end", family="x")
    (tmp_path / "a").write_text(f"key:{'x' * 5000};end")

    assert len(scanned(tmp_path, rule)) == 1


def test_place_without_commit_is_not_allowed_by_a_commit() -> None:
    assert not is_allowed([Allowlist(commits=("a",))], Place("a"))
    assert is_allowed([Allowlist(commits=("a",))], Place("a", commit="a"))
