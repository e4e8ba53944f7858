"""Secrets are taken out of texts of each language; what stands around them stays as it is."""

import ast
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.model import Finding
from leakguard.redact import Change, applied, changes_for, difference, needed
from tests.helpers import github_token
from tests.report.samples import SLACK

TOKEN = github_token()
OTHER = github_token(1)


def findings(text: str, *secrets: str) -> list[Finding]:
    """Where the secrets stand, as a scan says."""
    found = []
    for secret in secrets or (TOKEN,):
        start = text.index(secret)
        while start >= 0:
            end = start + len(secret)
            line, column = position(text, start)
            end_line, end_column = position(text, end)
            found.append(
                replace(
                    SLACK, rule_id="github-classic-pat", line=line, column=column,
                    end_line=end_line, end_column=end_column,
                )
            )  # fmt: skip
            start = text.find(secret, end)
    return found


def position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def redacted(path: str, text: str, *secrets: str) -> tuple[str, Sequence[Change]]:
    changes = changes_for(text.encode(), path, findings(text, *secrets))
    return applied(text.encode(), path, changes).decode(), changes


CASES = [
    ("a.py", 'import os\ntoken = "{}"', 'import os\ntoken = os.environ["GITHUB_TOKEN"]'),
    ("a.py", "import os\nghToken = '{}'", 'import os\nghToken = os.environ["GH_TOKEN"]'),
    ("a.py", 'import os\nx = r"""{}"""', 'import os\nx = os.environ["X"]'),
    (
        "a.py",
        'import os\nurl = "https://{}@host"',
        'import os\nurl = "https://" + os.environ["GITHUB_CLASSIC_PAT"] + "@host"',
    ),
    ("a.py", 'call(f"x {}")', 'call(f"x REDACTED_GITHUB_CLASSIC_PAT")'),
    ("a.py", '# token = "{}"', '# token = "REDACTED_GITHUB_TOKEN"'),
    ("a.py", 'k = b"{}"', 'k = b"REDACTED_K"'),
    ("a.js", "auth('{}')", "auth(process.env.GITHUB_CLASSIC_PAT)"),
    ("a.ts", "const u = `x ${{y}} {}`", "const u = `x ${{y}} ${{process.env.GITHUB_CLASSIC_PAT}}`"),
    ("a.go", "key := `{}`", 'key := os.Getenv("GITHUB_KEY")'),
    ("A.java", 'String apiKey = "{}";', 'String apiKey = System.getenv("GITHUB_API_KEY");'),
    ("a.cs", 'var a = "{}";', 'var a = Environment.GetEnvironmentVariable("A");'),
    ("a.rb", "TOKEN = '{}'", 'TOKEN = ENV.fetch("GITHUB_TOKEN")'),
    ("a.php", "$token = '{}';", '$token = getenv("GITHUB_TOKEN");'),
    ("a.pl", "my $t = '{}';", "my $t = $ENV{{T}};"),
    ("a.rs", 'let t = "{}";', 'let t = &std::env::var("T").expect("T is not set");'),
    ("a.tf", 'token = "{}"', "token = var.github_token"),
    ("a.ps1", '$t = "x{}"', '$t = "x$($env:GITHUB_CLASSIC_PAT)"'),
    ("a.sh", 'export GH="{}"', 'export GH="${{GH}}"'),
    ("a.sh", "export GH={}", "export GH=${{GH}}"),
    ("a.sh", "GH='{}'", 'GH="${{GH}}"'),
    ("a.sh", "curl 'x: {} y'", "curl 'x: '\"${{X}}\"' y'"),
    ("Dockerfile", "ENV TOKEN={}", "ENV TOKEN=${{GITHUB_TOKEN}}"),
    (".github/workflows/ci.yml", "GH: {}", "GH: ${{{{ secrets.GH }}}}"),
    (".gitlab-ci.yml", 'GH: "{}"', 'GH: "$GH"'),
    ("docker-compose.yml", "- GH={}", "- GH=${{GH}}"),
    ("src/main/resources/application.yml", "token: {}", "token: ${{GITHUB_TOKEN}}"),
    ("Makefile", "GH = {}", "GH = $(GH)"),
    ("a.json", '{{"token": "{}"}}', '{{"token": "REDACTED_GITHUB_TOKEN"}}'),
    (".env", "GH_TOKEN={}", "GH_TOKEN=REDACTED_GH_TOKEN"),
    ("notes", "it is {} so", "it is REDACTED_GITHUB_CLASSIC_PAT so"),
]


@pytest.mark.parametrize(("path", "before", "after"), CASES)
def test_reference_fits_the_language(path: str, before: str, after: str) -> None:
    assert redacted(path, before.format(TOKEN) + "\n")[0] == after.format() + "\n"


def test_one_secret_has_one_name_and_two_have_two() -> None:
    text = f'token = "{TOKEN}"\ntoken = "{OTHER}"\nx = "{TOKEN}"\n'

    new, _ = redacted("a.rb", text, TOKEN, OTHER)

    names = [line.partition("(")[2] for line in new.splitlines()]
    assert names == ['"GITHUB_TOKEN")', '"GITHUB_TOKEN_2")', '"GITHUB_TOKEN")']


def test_difference_shows_no_secret() -> None:
    text = f'import os\n\n\nt = "{TOKEN}"\n'
    new, changes = redacted("a.py", text)

    lines = difference(text.encode(), new.encode(), "a.py", changes)

    assert TOKEN[4:-4] not in "\n".join(lines)
    assert f'-t = "{TOKEN[:4]}…{TOKEN[-4:]}"' in lines
    assert '+t = os.environ["T"]' in lines


def test_what_is_left_to_do_is_said() -> None:
    _, go = redacted("a.go", f'a("{TOKEN}")\n// {OTHER}\n', TOKEN, OTHER)

    assert needed("a.go", go) == [
        "Set GITHUB_CLASSIC_PAT in the environment in which it runs.",
        'It needs import "os".',
        "Placeholders to be filled in where it runs: GITHUB_CLASSIC_PAT_2.",
    ]


def test_columns_are_counted_in_characters() -> None:
    assert redacted("a.rb", f'ключ = "é{TOKEN}"\n')[0].startswith('ключ = "é" + ENV.fetch(')


AROUND = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30)
PATHS = st.sampled_from(["a.py", "a.js", "a.sh", "a.rb", "a.json", "Makefile", "a.tf", "x"])


@given(AROUND, AROUND, PATHS)
def test_secret_goes_and_all_else_stays(before: str, after: str, path: str) -> None:
    text = before + TOKEN + after

    new, (change,) = redacted(path, text)

    old = text.encode()
    assert TOKEN not in new
    kept = old[: change.start] + change.new + old[change.end :]
    assert new.encode() == kept or new.replace("import os\n", "", 1).encode() == kept


@given(st.sampled_from(["'{}'", '"{}"', '"""{}"""', '"a {} b"', "r'{}'", "f'{}'", "b'{}'"]), AROUND)
def test_python_stays_python(literal: str, comment: str) -> None:
    comment = "".join(comment.split())
    text = f"x = {literal.format(TOKEN)}  # {comment}\n"

    new, _ = redacted("a.py", text)

    ast.parse(new)
