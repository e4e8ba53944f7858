"""Comments that allow a secret: ours in three forms, the peers', and what settings make of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard.model import Candidate, Piece, Window
from leakguard.policy import Pragmas
from leakguard.pragmas import Heads, Pragma, judged, pragma_of
from tests.helpers import RULE, Run, candidate, github_token

OURS = Pragma("comment leakguard:allow", "")
THEIRS = Pragma("comment pragma: allowlist secret", "")


def beside(**texts: str) -> Candidate:
    found = candidate(b"s" * 12, rule=replace(RULE, family="tokens"))
    return replace(found, **{name: text.encode() for name, text in texts.items()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "previous", "path", "found"),
    [
        ("", "", "", "a.py", None),
        ("", "  # leakguard:allow", "", "a.py", OURS),
        ("/* leakguard:allow */ ", "", "", "a.js", OURS),
        ("", "", "# leakguard:allow", "a.py", None),
        ("", " # leakguard: allow", "", "a.py", None),
        ("", " # leakguard:allowed", "", "a.py", None),
        ("", " # leakguard:allow=", "", "a.py", None),
        ("", "'  # pragma: allowlist secret", "", "a.py", THEIRS),
        ("", "'  // pragma: allowlist secret", "", "a.js", THEIRS),
        ("", "  # pragma: whitelist secret", "", "a.yaml", THEIRS),
        ("", " <!-- pragma: allowlist secret -->", "", "a.html", THEIRS),
        ("", "", "# pragma: allowlist nextline secret", "a.py", THEIRS),
        ("", "", "// pragma: allowlist nextline secret", "a.go", THEIRS),
        ("", "", "# pragma: allowlist secret", "a.py", None),
        ("", " # pragma: no cover", "", "a.py", None),
    ],
)
def test_comments(before: str, after: str, previous: str, path: str, found: Pragma | None) -> None:
    assert pragma_of(beside(before=before, after=after, previous=previous), path) == found


@pytest.mark.parametrize(
    ("place", "text", "name"),
    [
        ("after", "# leakguard:allow made up for the docs", "comment leakguard:allow"),
        ("before", "/* leakguard:allow - made up for the docs */ x", "comment leakguard:allow"),
        ("after", "<!-- leakguard:allow: made up for the docs -->", "comment leakguard:allow"),
        (
            "after",
            "# leakguard:allow=tokens made up for the docs",
            "comment leakguard:allow=tokens",
        ),
        (
            "previous",
            "# leakguard:allow-next-line=jwt,test-token  made up for  the docs",
            "comment leakguard:allow-next-line=jwt,test-token",
        ),
        ("head", "leakguard:allow-file made up for the docs", "comment leakguard:allow-file"),
    ],
)
def test_our_comments_give_a_reason(place: str, text: str, name: str) -> None:
    assert pragma_of(beside(**{place: text}), "a.py") == Pragma(name, "made up for the docs")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("after", "# leakguard:allow=jwt"),
        ("after", "# leakguard:allow-next-line"),
        ("previous", "# leakguard:allow-file"),
        ("head", "leakguard:allow-file=jwt"),
        ("following", "# leakguard:allow"),
    ],
)
def test_comment_for_something_else_does_not_count(place: str, text: str) -> None:
    assert pragma_of(beside(**{place: text}), "a.py") is None


def test_words_before_the_secret_are_no_reason_unless_the_comment_is_closed() -> None:
    found = pragma_of(beside(before="leakguard:allow user=ana password="), "a.ini")

    assert found == OURS


@pytest.mark.parametrize(
    ("mark", "beside_it"),
    [
        ("gitleaks:allow", False),
        ("betterleaks:allow", False),
        ("trufflehog:ignore", False),
        ("kingfisher:ignore", True),
    ],
)
def test_comments_of_peers_count_where_they_do_there(mark: str, beside_it: bool) -> None:
    found = Pragma(f"comment {mark}", "")
    there = found if beside_it else None

    assert pragma_of(beside(after=f"  # {mark}"), "a.py") == found
    assert pragma_of(beside(previous=f"# {mark}"), "a.py") == there
    assert pragma_of(beside(following=f"# {mark}"), "a.py") == there


def test_comment_inside_the_secret_does_not_silence_it() -> None:
    item = candidate(b"x leakguard:allow gitleaks:allow pragma: allowlist secret")

    assert pragma_of(item, "a.py") is None


@pytest.mark.parametrize(
    ("pragma", "policy", "decision"),
    [
        (None, Pragmas.FORBID, (None, "")),
        (OURS, Pragmas.HEED, ("comment leakguard:allow", "")),
        (Pragma("comment x", "why"), Pragmas.REASON, ("comment x: why", "")),
        (
            OURS,
            Pragmas.REASON,
            (
                None,
                "comment leakguard:allow: it gives no reason, and the settings demand one",
            ),
        ),
        (
            Pragma("comment x", "why"),
            Pragmas.FORBID,
            (None, "comment x: the settings forbid such comments"),
        ),
    ],
)
def test_the_settings_decide_what_comments_count_for(
    pragma: Pragma | None, policy: Pragmas, decision: tuple[str | None, str]
) -> None:
    assert judged(pragma, policy) == decision


def test_head_of_a_large_blob_holds_for_its_later_segments() -> None:
    first = b"# leakguard:allow-file why\nrest"
    heads, item = Heads(), candidate(b"s" * 12, key="large")
    heads.look(Window(first, len(first), [Piece("large", 0, len(first), 0, 20)]))
    here = heads.marked(item)
    heads.look(Window(b"more", 4, [Piece("large", 0, 4, 0, 4, 20)]))

    assert here.head == heads.marked(item).head == b"leakguard:allow-file why"


def test_mark_in_the_middle_of_a_file_is_not_for_the_file() -> None:
    data = b"x" * 5000 + b"leakguard:allow-file"
    heads = Heads()
    heads.look(Window(data, len(data), [Piece("a", 0, len(data), 0, len(data))]))

    assert heads.marked(candidate(b"s" * 12, key="a")).head == b""


FILES = {
    "line.py": "a = '{0}'  # leakguard:allow of the docs\nb = '{1}'\n",
    "next.py": "# leakguard:allow-next-line=github-classic-pat of the docs\na = '{0}'\nb = '{1}'\n",
    "file.py": "# Licence\n# leakguard:allow-file of the docs\na = '{0}'\nb = '{1}'\n",
    "theirs.py": "a = '{0}'  # gitleaks:allow\nb = '{1}'  # trufflehog:ignore\n",
    "two.py": "a = '{0}'  # leakguard:allow not {1}\n",
}


def write(folder: Path) -> None:
    for name, text in FILES.items():
        (folder / name).write_text(text.format(github_token(1), github_token(2)))


def scanned(run: Run, *arguments: str) -> dict[str, list[int]]:
    done = run("scan", "--no-git", "--format", "json", *arguments, ".")
    found: dict[str, list[int]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["path"], []).append(finding["line"])
    return found


def test_comments_in_files_silence_what_they_are_for(run: Run, tmp_path: Path) -> None:
    write(tmp_path)

    assert scanned(run) == {"line.py": [2], "next.py": [3]}
    assert scanned(run, "--pragmas", "reason") == {
        "line.py": [2],
        "next.py": [3],
        "theirs.py": [1, 2],
        "two.py": [1],
    }
    assert len(scanned(run, "--pragmas", "forbid")) == len(FILES)


@pytest.mark.parametrize(
    "text",
    [
        "a = '{0}'  # leakguard:allow not {1}\n",
        "# leakguard:allow-next-line not {1}\na = '{0}'\n",
        "# leakguard:allow-file not {1}\n\n\na = '{0}'\n",
    ],
)
def test_what_a_comment_says_of_another_secret_is_not_told(
    run: Run, tmp_path: Path, text: str
) -> None:
    (tmp_path / "a.py").write_text(text.format(github_token(1), github_token(2)))

    done = run("scan", "--no-git", "--format", "json", "a.py")

    suppressed = json.loads(done.stdout)["suppressed"]
    assert any(item["reason"].endswith(": not …") for item in suppressed)
    assert github_token(2) not in done.stdout
