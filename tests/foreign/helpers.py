"""Files of other tools, made up: nothing of theirs is in here."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from leakguard.foreign.reading import read_foreign
from leakguard.foreign.stand_ins import Translation
from leakguard.foreign.tables import Table
from leakguard.foreign.translation import Notes
from leakguard.matcher import load_matcher
from leakguard.model import Rule
from leakguard.ruleset import read_rule_file
from tests.helpers import candidates

TOKEN = "acme_" + "q7w2e9r4t1y8"  # leakguard:allow


def read(tmp_path: Path, text: str, name: str = ".gitleaks.toml", **more: Path) -> Translation:
    """What comes of a file with this text."""
    file = tmp_path / name
    file.write_text(dedent(text))
    found = read_foreign(file.read_bytes(), file, read_rule_file, **more)
    assert found is not None
    return found


def table(values: Mapping[str, object], rule: str = "r") -> Table:
    """A table of a file."""
    return Table(values, Notes("f.toml"), rule)


def secrets(rules: tuple[Rule, ...], text: str, key: str = "a.py") -> list[tuple[str, str]]:
    """Rule and secret of what the rules confirm in a text, whatever its path."""
    found = candidates(load_matcher(rules), {key: text.encode()})
    return [(item.rule.id, item.secret.decode()) for item in found]
