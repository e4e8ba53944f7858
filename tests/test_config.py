import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard.config import KEYS, Config, check_rule_ids, load_config, policy_of
from leakguard.errors import ConfigError
from leakguard.model import Confidence, Severity
from leakguard.policy import Policy
from tests.helpers import RULE

RULES = [replace(RULE, id=name) for name in ("jwt", "github-pat")]
ROOT = Path(__file__).parents[1]


def loaded(tmp_path: Path, text: str) -> Config:
    file = tmp_path / ".leakguard.toml"
    file.write_text(text)
    return load_config(file=file, environment={})


def test_defaults() -> None:
    config = load_config(search=False, environment={})

    assert config == Config()
    assert config.min_severity is Severity.LOW
    assert config.min_confidence is Confidence.MEDIUM
    assert set(config.origins.values()) == {"default"}


def test_file_settles_every_key(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        rules = ["rules/own.toml", "/etc/team.toml"]
        disabled_rules = ["jwt"]
        min_severity = "high"
        min_confidence = "low"
        exclude = ["tests/fixtures/**", "*.lock"]
        baseline = ".secrets.baseline"
        """,
    )

    assert config.rules == (tmp_path / "rules/own.toml", Path("/etc/team.toml"))
    assert config.disabled_rules == {"jwt"}
    assert config.min_severity is Severity.HIGH
    assert config.min_confidence is Confidence.LOW
    assert config.exclude == ("tests/fixtures/**", "*.lock")
    assert config.baseline == tmp_path / ".secrets.baseline"
    assert config.origins == dict.fromkeys(KEYS, str(tmp_path / ".leakguard.toml"))


def test_environment_settles_every_key() -> None:
    variables = {
        "LEAKGUARD_RULES": f"a.toml{os.pathsep}b.toml",
        "LEAKGUARD_DISABLED_RULES": "jwt, github-pat,",
        "LEAKGUARD_MIN_SEVERITY": "Critical",
        "LEAKGUARD_MIN_CONFIDENCE": "high",
        "LEAKGUARD_EXCLUDE": "*.lock,vendor/",
        "LEAKGUARD_BASELINE": "base.json",
    }

    config = load_config(search=False, environment=variables)

    assert config.rules == (Path("a.toml"), Path("b.toml"))
    assert config.disabled_rules == {"jwt", "github-pat"}
    assert config.min_severity is Severity.CRITICAL
    assert config.min_confidence is Confidence.HIGH
    assert config.exclude == ("*.lock", "vendor/")
    assert config.baseline == Path("base.json")
    assert set(config.origins.values()) == {f"environment {name}" for name in variables}


def test_empty_variable_settles_nothing() -> None:
    config = load_config(search=False, environment={"LEAKGUARD_EXCLUDE": " "})

    assert config.origins["exclude"] == "default"


def test_nearer_layer_replaces_farther_one_key_by_key(tmp_path: Path) -> None:
    file = tmp_path / ".leakguard.toml"
    file.write_text('min_severity = "low"\nmin_confidence = "low"\nexclude = ["a"]')

    config = load_config(
        file=file,
        environment={"LEAKGUARD_MIN_CONFIDENCE": "high", "LEAKGUARD_EXCLUDE": "b"},
        flags={"exclude": ("c",)},
    )

    assert (config.min_severity, config.min_confidence) == (Severity.LOW, Confidence.HIGH)
    assert config.exclude == ("c",)
    assert config.origins["min_severity"] == str(file)
    assert config.origins["min_confidence"] == "environment LEAKGUARD_MIN_CONFIDENCE"
    assert config.origins["exclude"] == "--exclude"


def test_file_is_looked_for_where_the_paths_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".leakguard.toml"
    file.write_text('min_severity = "high"')
    monkeypatch.delenv("LEAKGUARD_MIN_SEVERITY", raising=False)

    assert load_config([str(tmp_path)]).file == file
    assert load_config([str(tmp_path)], search=False).file is None


def test_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))

    config = loaded(tmp_path, 'rules = ["~/own.toml"]\nbaseline = "~/base"')

    assert config.rules == (tmp_path / "home" / "own.toml",)
    assert config.baseline == tmp_path / "home" / "base"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "min-severity = 'low'",
            "`min-severity` is no setting: use one of rules, disabled_rules, min_severity,"
            " min_confidence, exclude, baseline",
        ),
        ("min_severity = 'hi'", "`min_severity` must be one of low, medium, high, critical"),
        ("min_severity = 3", "`min_severity` must be one of low, medium, high, critical"),
        ("min_confidence = 'critical'", "`min_confidence` must be one of low, medium, high"),
        ("exclude = 'a'", "`exclude` must be a list of texts"),
        ("rules = [1]", "`rules` must be a list of texts"),
        ("disabled_rules = ['']", "`disabled_rules` must be a list of texts"),
        ("baseline = []", "`baseline` must be a text, the path of a file"),
        (
            "exclude = ['!a']",
            "`exclude` must be globs of paths: `!a`: `!` cannot bring a path back;"
            " write `\\!` for the character",
        ),
    ],
)
def test_wrong_value_is_an_error_with_file_key_and_choices(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)

    assert str(error.value) == f"{tmp_path / '.leakguard.toml'}: {message}"


def test_wrong_variable_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError, match="^environment LEAKGUARD_MIN_SEVERITY: `min_severity`"):
        load_config(search=False, environment={"LEAKGUARD_MIN_SEVERITY": "hi"})


def test_list_of_separators_only_is_an_error() -> None:
    with pytest.raises(ConfigError, match="^environment LEAKGUARD_EXCLUDE: `exclude`"):
        load_config(search=False, environment={"LEAKGUARD_EXCLUDE": ","})


def test_disabled_rule_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    config = loaded(tmp_path, 'disabled_rules = ["github-pta", "jwt"]')

    with pytest.raises(ConfigError) as error:
        check_rule_ids(config, RULES)

    assert str(error.value) == (
        f"{tmp_path / '.leakguard.toml'}: `disabled_rules` names `github-pta`, which is no rule:"
        " did you mean `github-pat`? `leakguard rules list` lists them"
    )


def test_rule_that_resembles_none_is_an_error_without_a_guess(tmp_path: Path) -> None:
    config = loaded(tmp_path, 'disabled_rules = ["zzz"]')

    with pytest.raises(ConfigError, match="which is no rule: `leakguard rules list`"):
        check_rule_ids(config, RULES)


def test_disabled_rules_that_exist_are_no_error(tmp_path: Path) -> None:
    check_rule_ids(loaded(tmp_path, 'disabled_rules = ["jwt"]'), RULES)


def test_policy_is_what_the_settings_say(tmp_path: Path) -> None:
    config = loaded(tmp_path, 'exclude = ["a"]\nmin_severity = "high"\nbaseline = "b"')

    assert policy_of(config) == Policy(
        min_severity=Severity.HIGH, excludes=("a",), baseline=str(tmp_path / "b")
    )
    assert policy_of(Config()) == Policy()


def test_nothing_heavy_is_imported_without_a_settings_file(tmp_path: Path) -> None:
    program = (
        "import sys, types; package = types.ModuleType('leakguard');"
        f"package.__path__ = [{str(ROOT / 'leakguard')!r}]; sys.modules['leakguard'] = package;"
        "from leakguard.config import load_config; load_config();"
        "print(sorted(sys.modules.keys() & {'click', 'tomllib', 'rich', 'hyperscan', 're2'}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
