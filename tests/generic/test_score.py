"""Scores: of text and path together, remembered, and never with a secret in what is told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.generic.evidence import evidence_of_path
from leakguard.generic.model import load_model
from leakguard.generic.score import best_path, confidence_at, may_count, reasons, score
from leakguard.model import Confidence
from tests.generic.seen import LOW, matcher, reported
from tests.helpers import candidates

PARTS = {
    *[
        "README",
        "CHANGELOG",
        "docs",
        "tests",
        "test_x",
        "example.dist",
        "demo",
        "locale",
        "fr_FR",
        "dist",
        "vendor",
        "Tests",
        "a",
        ".env",
    ],
    *[
        "Dockerfile",
        "Makefile",
        ".bashrc",
        ".env.local",
        "package-lock.json",
        "go.sum",
        "x.min.js",
        "RECORD",
    ],
    *(
        f".{ending}"
        for ending in [
            "py",
            "pyi",
            "java",
            "js",
            "jsx",
            "ts",
            "tsx",
            "cjs",
            "mjs",
            "vue",
            "go",
            "kt",
            "cs",
            "rs",
            "c",
            "cc",
            "cpp",
            "h",
            "swift",
            "scala",
            "groovy",
            "php",
            "rb",
            "ipynb",
            "sh",
            "bash",
            "zsh",
            "ps1",
            "bat",
            "cmd",
            "mk",
            "sql",
            "yml",
            "yaml",
            "toml",
            "ini",
            "cfg",
            "conf",
            "config",
            "properties",
            "env",
            "tf",
            "tfvars",
            "hcl",
            "rsp",
            "plist",
            "j2",
            "cnf",
            "rc",
            "htaccess",
            "json",
            "jsonl",
            "har",
            "snap",
            "xml",
            "htm",
            "html",
            "xhtml",
            "xaml",
            "pug",
            "svg",
            "jsp",
            "erb",
            "ejs",
            "hbs",
            "css",
            "scss",
            "md",
            "mdx",
            "rst",
            "txt",
            "adoc",
            "tex",
            "cast",
            "log",
            "po",
            "pot",
            "arb",
            "strings",
            "resx",
            "lock",
            "tpl",
            "dist",
            "map",
        ]
    ),
}
"""What paths are made of."""

WORD = "vq7" + "Tzkw2xJ"
LINE = f'db_password = "{WORD}"'


def test_path_changes_the_score() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    assert score(found, "locale/de.json").odds < score(found, "settings.ini").odds


def test_score_is_its_bias_and_its_reasons() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    whole = score(found, "app.py")

    assert abs(whole.bias + sum(reason.share for reason in whole.reasons) - whole.odds) < 1e-9


def test_score_without_path_and_path_make_the_whole() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    whole = score(found, "app.py")

    path = sum(load_model().shares(evidence_of_path("app.py")).values())
    assert abs(found.odds + path - whole.odds) < 1e-9
    assert confidence_at(found, "app.py") is whole.confidence


def test_line_that_no_path_can_save_is_dropped_before_its_path_is_known() -> None:
    (found,) = candidates(matcher(), {"a": LINE.encode()})

    assert may_count(found.odds, Confidence.MEDIUM)
    assert not may_count(-20.0, Confidence.MEDIUM)


def test_reasons_hold_no_secret() -> None:
    (found,) = reported(LINE)

    told = " ".join(reasons(found, "app.py"))

    assert told.startswith("+ ")
    assert WORD not in told


def test_low_confidence_is_reported_when_asked_for() -> None:
    text = f'expect(page.passwordLabel("{WORD[:5]}"))'

    assert len(reported(text, policy=LOW)) >= len(reported(text))


def test_name_of_a_test_that_passed_is_no_password() -> None:
    log = f"PASS: {WORD}-1\nXPASS: {WORD}-2\n"

    found = candidates(matcher(), {"a": log.encode()})

    assert found
    assert not any(may_count(candidate.odds, Confidence.LOW) for candidate in found)
    assert candidates(matcher(), {"a": log.encode()}, least=Confidence.LOW) == []


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_no_path_adds_more_than_is_allowed_for(data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=4))
    path = "/".join(parts) if data.draw(st.booleans()) else "".join(parts)

    model = load_model()
    share = sum(model.shares(evidence_of_path(path)).values())

    assert share <= best_path() + 1e-9
