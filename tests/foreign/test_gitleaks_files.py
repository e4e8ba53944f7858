"""`[extend]`: files behind files, gitleaks' own file, and our rules in its place."""

from pathlib import Path

import pytest

from leakguard.errors import RuleError
from leakguard.ruleset import load_ruleset

from .helpers import read, secrets

BASE = """
[allowlist]
stopwords = ["base"]
[[rules]]
id = "kept"
description = "Kept"
regex = 'kept_([a-z]{8})'
keywords = ["kept"]
[[rules]]
id = "changed"
description = "Changed"
regex = 'old_([a-z]{8})'
keywords = ["old"]
entropy = 1
[[rules.allowlists]]
stopwords = ["fake"]
[[rules]]
id = "disabled"
regex = 'disabled_([a-z]{8})'
"""
OWN = """
[extend]
{how}
disabledRules = ["disabled"]
[allowlist]
stopwords = ["own"]
[[rules]]
id = "changed"
regex = 'new_([a-z]{{8}})'
keywords = ["new"]
[[rules.allowlists]]
stopwords = ["demo"]
"""


@pytest.mark.parametrize("how", ['path = "base.toml"', "useDefault = true"])
def test_rules_behind_a_file_are_merged(tmp_path: Path, how: str) -> None:
    base = tmp_path / "base.toml"
    base.write_text(BASE)

    found = read(tmp_path, OWN.format(how=how), default=base)

    by_id = {rule.id: rule for rule in found.rules}
    assert sorted(by_id) == ["changed", "kept"]
    changed = by_id["changed"]
    assert (changed.name, changed.pattern, changed.entropy) == ("Changed", "new_([a-z]{8})", 1)
    assert changed.foreign is not None
    assert changed.foreign.keywords == ("old", "new")
    text = "new_abcdefgh new_fakexxyz new_demoxxyz new_ownxxyzz new_basexxyz kept_ownabcde"
    assert secrets(found.rules, text) == [("changed", "abcdefgh")]
    assert found.files == (base,)
    assert bool(found.for_all) == ("useDefault" in how)


def test_file_behind_a_file_is_looked_for_beside_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(BASE)

    found = read(tmp_path, '[extend]\npath = "base.toml"')

    assert found.files == (tmp_path / "base.toml",)


def test_loop_is_followed_twice(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").write_text('[extend]\npath = "loop.toml"')

    found = read(tmp_path, '[extend]\npath = "loop.toml"')

    assert len(found.files) == 2
    assert "`extend` is followed 2 times" in found.notes[0]


def test_file_behind_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("a =")

    with pytest.raises(RuleError, match="base.toml: not valid TOML"):
        read(tmp_path, '[extend]\npath = "base.toml"')


def test_our_rules_stand_in_for_gitleaks_own(tmp_path: Path) -> None:
    file = tmp_path / ".gitleaks.toml"
    file.write_text(
        """
        [extend]
        useDefault = true
        disabledRules = ["slack-bot-token", "not-ours"]
        [allowlist]
        paths = ['^tests/']
        [[allowlists]]
        targetRules = ["generic-api-key", "no-rule"]
        stopwords = ["demo"]
        [[rules]]
        id = "generic-password"
        [[rules.allowlists]]
        regexes = ['^x']
        [[rules]]
        id = "needs-default"
        regex = "abc[0-9]{8}"
        [[rules.required]]
        id = "some-default"
        """.replace("[allowlist]", "[[allowlists]]")
    )

    found = load_ruleset(file)

    by_id = {rule.id: rule for rule in found.rules}
    assert all(rule.allowlists[0].path for rule in found.rules)
    assert by_id["generic-api-key"].allowlists[1].words == ("demo",)
    assert by_id["generic-password"].allowlists[1].pattern
    assert secrets((by_id["slack-bot-token"],), by_id["slack-bot-token"].examples[0]) == []
    assert "needs-default" not in by_id
    assert [note.partition(".toml: ")[2][:48] for note in found.notes] == [
        "`useDefault`: gitleaks keeps its default rules i",
        "rule needs-default: left out: it requires `some-",
        "rule no-rule: changes a default rule of gitleaks",
    ]
