"""gitleaks' ignore files and reports as entries; no secret of a report is kept."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.baselines.foreign import SHA256, Known
from leakguard.baselines.gitleaks import is_ignore, read_ignore, read_report
from tests.helpers import github_token

COMMIT = "ab" * 20


def test_lines_of_an_ignore_file() -> None:
    found = read_ignore(
        f"# old ones\n\nsrc/a.py:github-pat:3\n{COMMIT}:src\\b.py:jwt:14\nsrc/a.py:github-pat:3\n"
        "c:\\x\\y.py:jwt:1\nno entry\na.py:jwt:x\n"
    )

    assert found.entries == (
        Known("src/a.py:github-pat:3", "src/a.py", 3, "", "github-pat"),
        Known(f"{COMMIT}:src\\b.py:jwt:14", "src/b.py", 14, COMMIT, "jwt"),
        Known("c:\\x\\y.py:jwt:1", "/x/y.py", 1, "c", "jwt"),
    )
    why = "is no commit:path:rule:line, and gitleaks passes over it too"
    assert found.left_out == (f"line 7 {why}", f"line 8 {why}")


def test_report_is_known_by_the_hash_of_its_secrets() -> None:
    token = github_token(1)
    row = {"RuleID": "github-pat", "File": "./a.py", "StartLine": 3, "Secret": token}

    found = read_report([row, {"RuleID": "jwt"}, 1])

    digest = hashlib.sha256(token.encode()).hexdigest()
    label = "./a.py:github-pat:3"
    assert found.entries == (Known(label, "a.py", 0, "", "github-pat", SHA256, digest),)
    assert found.left_out == ("an entry has no RuleID, File or StartLine",) * 2
    assert token not in repr(found)


@pytest.mark.parametrize("secret", ["REDACTED", "ghp_...", "", None])
def test_redacted_report_is_known_by_its_lines(secret: str | None) -> None:
    row = {"RuleID": "jwt", "File": "a.py", "StartLine": 3, "Secret": secret, "Commit": COMMIT}

    (entry,) = read_report([row]).entries

    assert (entry.path, entry.line, entry.commit, entry.digest) == ("a.py", 3, COMMIT, "")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    found = read_ignore(text)

    assert all(entry.line >= 0 and entry.path for entry in found.entries)
    assert is_ignore(text) in (True, False)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
names = st.sampled_from(["RuleID", "File", "Secret", "Commit", "StartLine"])


@given(st.lists(json | st.dictionaries(names, json)))
def test_any_json_can_be_read(rows: list[object]) -> None:
    found = read_report(rows)

    assert len(found.entries) + len(found.left_out) <= len(rows)
