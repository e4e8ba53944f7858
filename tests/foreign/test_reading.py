"""Formats are told apart by what is in the files, whatever these are called."""

from pathlib import Path

import pytest

from leakguard.errors import RuleError
from leakguard.foreign.reading import read_foreign
from leakguard.ruleset import read_rule_file, read_rules


def recognised(data: bytes) -> str:
    found = read_foreign(data, Path("rules.txt"), read_rule_file)
    tools = {rule.foreign.tool for rule in found.rules if rule.foreign} if found else {"own"}
    return " ".join(sorted(tools)) or "nothing"


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (b"[[rules]]\nid = 'a'\nregex = 'abc'", "gitleaks"),
        (b"[allowlist]\npaths = ['a']", "nothing"),
        (b"[Extend]\nuseDefault = true", "nothing"),
        (b"rules:\n- id: a\n  pattern: abc", "kingfisher"),
        (b"# rules:\nprovider = 'Acme'\n[[rule]]\nid = 'a'", "own"),
        (b"provider = 'Acme'\nrules = 1", "own"),
        (b"", "own"),
        (b"a =", "own"),
        (b"\xff", "own"),
        (b"a = " + b"[" * 9999, "own"),
    ],
)
def test_content_decides(data: bytes, tool: str) -> None:
    assert recognised(data) == tool


def test_what_is_no_file_of_any_tool_is_refused_as_ours(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1")

    with pytest.raises(RuleError, match=r"a.toml: unknown key `a`"):
        read_rules(file)
