"""From candidates to findings: overlaps, repetitions, paths, levels, order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from leakguard.errors import ConfigError
from leakguard.findings import judge
from leakguard.model import Candidate, Check, Confidence, Place, Rule, Severity
from leakguard.policy import Policy
from leakguard.sources import Counts, Source, Tally
from leakguard.sources.files import FilesSource
from tests.helpers import RULE, candidate, generic

SECRET = b"0f1e2d3c4b5a"


class Places(FilesSource):
    """A source whose blobs lie where the test says."""

    def __init__(self, places: Mapping[str, Sequence[Place]], added: bool = True) -> None:
        super().__init__([])
        self._there = places
        self._added = added

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        return {key: self._there.get(key, (Place(key),)) for key in keys}

    def adds(self, place: Place, secret: bytes) -> bool:
        return self._added


def found(
    *items: Candidate, source: Source | None = None, policy: Policy = Policy()
) -> list[tuple[str, str, int]]:
    """Rule, path and column of each finding."""
    findings, _ = judge([source or FilesSource([])], [items], policy)
    return [(finding.rule_id, finding.path, finding.column) for finding in findings]


def named(name: str, **changes: object) -> Rule:
    return replace(RULE, id=name, family=name, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (generic(named("weak", severity=Severity.CRITICAL)), named("strong")),
        (named("weak", confidence=Confidence.MEDIUM), named("strong")),
        (named("weak", severity=Severity.LOW), named("strong")),
        (named("weak"), named("strong", check=Check("jwt"))),
    ],
)
def test_of_two_that_overlap_the_one_whose_form_says_more_is_reported(
    weak: Rule, strong: Rule
) -> None:
    first = candidate(SECRET, rule=weak)
    second = candidate(SECRET, rule=strong, start=4)

    assert found(first, second) == [("strong", "a", 5)]
    assert found(replace(first, rule=strong), replace(second, rule=weak)) == [("strong", "a", 1)]


def test_of_two_that_say_as_much_the_longer_is_reported() -> None:
    assert found(
        candidate(SECRET, rule=named("short")), candidate(SECRET * 2, rule=named("long"), start=2)
    ) == [("long", "a", 3)]


def test_what_stands_side_by_side_is_reported_twice() -> None:
    assert len(found(candidate(SECRET), candidate(SECRET[::-1], start=12))) == 2


def test_same_place_in_two_blobs_is_no_overlap() -> None:
    assert len(found(candidate(SECRET, key="a"), candidate(SECRET, key="b"))) == 2


def test_same_secret_in_one_file_is_one_finding() -> None:
    findings, _ = judge(
        [FilesSource([])], [[candidate(SECRET), candidate(SECRET, start=50)]], Policy()
    )

    assert [(finding.column, finding.occurrences) for finding in findings] == [(1, 1)]


def test_same_secret_in_two_rules_of_a_family_is_one_finding() -> None:
    twin = replace(RULE, id="twin")

    assert len(found(candidate(SECRET), candidate(SECRET, rule=twin, start=50))) == 1


def test_versions_of_a_file_are_one_finding_told_where_it_came_in_first() -> None:
    versions = {
        "new": [Place("a.txt", "blob2", "commit2", "Bo <b@x>", "2026", on_branch=True, order=2)],
        "old": [Place("a.txt", "blob1", "commit1", "Ana <a@x>", "2025", on_branch=False, order=1)],
        "index": [Place("a.txt", "blob3")],
    }
    items = [candidate(SECRET, key=key) for key in versions]

    (finding,), _ = judge([Places(versions)], [items], Policy())

    assert (finding.commit, finding.blob, finding.author) == ("commit1", "blob1", "Ana <a@x>")
    assert (finding.occurrences, finding.on_branch) == (3, True)


def test_secret_on_no_branch_is_said_to_be_on_none() -> None:
    place = Place("a.txt", "blob1", "commit1", on_branch=False)

    (finding,), _ = judge([Places({"a": [place]})], [[candidate(SECRET)]], Policy())

    assert finding.on_branch is False


def test_what_a_version_does_not_add_is_no_finding() -> None:
    assert found(candidate(SECRET), source=Places({}, added=False)) == []


def test_levels_and_excludes_decide_what_counts() -> None:
    item = candidate(SECRET, key="src/a.lock")

    assert found(item, policy=Policy(min_severity=Severity.HIGH))
    assert not found(item, policy=Policy(min_severity=Severity.CRITICAL))
    medium = replace(item, rule=replace(RULE, confidence=Confidence.MEDIUM))
    assert not found(medium, policy=Policy(min_confidence=Confidence.HIGH))
    assert not found(item, policy=Policy(excludes=("*.lock",)))
    assert found(item, policy=Policy(excludes=("*.txt",)))


def test_rule_for_some_paths_counts_there_only() -> None:
    rule = named("npmrc", path=r"(?:^|/)\.npmrc$")

    assert found(candidate(SECRET, rule=rule, key="x/.npmrc"))
    assert not found(candidate(SECRET, rule=rule, key="x/npmrc"))
    assert not found(candidate(SECRET, rule=rule, key="x/\udcff"))


def test_each_place_of_a_blob_is_judged_by_its_own_path() -> None:
    source = Places({"a": [Place("tests/x"), Place("src/x"), Place("x/.npmrc")]})
    rule = named("npmrc", path=r"(?:^|/)\.npmrc$")

    findings, suppressed = judge([source], [[candidate(SECRET)]], Policy(excludes=("tests/",)))

    assert [finding.path for finding in findings] == ["src/x", "x/.npmrc"]
    assert [item.finding.path for item in suppressed] == ["tests/x"]
    assert found(candidate(SECRET, rule=rule), source=source) == [("npmrc", "x/.npmrc", 1)]


def test_comment_suppresses_and_says_so() -> None:
    item = replace(candidate(SECRET), after=b"  # leakguard:allow")

    findings, suppressed = judge([FilesSource([])], [[item]], Policy())

    assert findings == []
    assert [(s.finding.path, s.reason) for s in suppressed] == [("a", "comment leakguard:allow")]


def test_baseline_that_does_not_exist_is_an_error_even_without_candidates() -> None:
    with pytest.raises(ConfigError):
        judge([FilesSource([])], [[]], Policy(baselines=("/nonexistent",)))


def test_findings_are_sorted_and_hold_no_secret() -> None:
    items = [candidate(SECRET[n:] + SECRET[:n], key=key, start=n) for n, key in enumerate("cab")]

    findings, _ = judge([FilesSource([])], [items], Policy())

    assert [finding.path for finding in findings] == ["a", "b", "c"]
    assert all(item.secret.decode() not in repr(findings) for item in items)


def test_candidate_does_not_show_its_secret() -> None:
    item = replace(candidate(SECRET), before=SECRET, after=SECRET, previous=SECRET)

    assert SECRET.decode() not in repr(item)


def test_sources_without_windows_have_no_findings() -> None:
    assert judge([], [], Policy()) == ([], [])
    assert FilesSource([]).tally == Tally()
