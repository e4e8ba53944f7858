import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from leakguard.config import (
    NOT_IN_FILE,
    SETTINGS,
    Config,
    check_rule_ids,
    load_config,
    policy_of,
    value_of,
)
from leakguard.errors import ConfigError
from leakguard.model import Confidence, Severity
from leakguard.policy import (
    Allowed,
    ArtifactSettings,
    DataSettings,
    MarkerSettings,
    Policy,
    Pragmas,
    ReceiveSettings,
)
from leakguard.setting_values import Pinned
from leakguard.settings import Settings
from tests.helpers import RULE

RULES = [replace(RULE, id=name) for name in ("jwt", "github-pat")]
ROOT = Path(__file__).parents[1]
NO_SETTING = (
    "`min-severity` is no setting: use one of rules, gitleaks_default, disabled_rules,"
    " min_severity, min_confidence, exclude, baseline, pragmas, allow, organisation, artifacts,"
    " receive, data, markers"
)
IN_FILE = SETTINGS.keys() - NOT_IN_FILE
SMALL = ArtifactSettings(
    open=False,
    identifiers=("com.acme.",),
    products=("Orchard",),
    max_total_mb=1,
    max_member_mb=2,
    max_depth=3,
    max_members=4,
    max_seconds=5,
    max_ratio=6,
)


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


def test_a_table_that_was_read_elsewhere(tmp_path: Path) -> None:
    (tmp_path / ".leakguard.toml").write_text('exclude = ["a"]')
    table = Settings(Path("the policy"), {"exclude": ["b"]})

    config = load_config((str(tmp_path),), table=table, environment={})

    assert config.exclude == ("b",)
    assert config.origins["exclude"] == "the policy"
    with pytest.raises(ConfigError, match="the policy: `nonsense` is no setting"):
        load_config(table=Settings(Path("the policy"), {"nonsense": 1}), environment={})


def test_file_settles_every_key(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        rules = ["rules/own.toml", "/etc/team.toml"]
        gitleaks_default = "gitleaks.toml"
        disabled_rules = ["jwt"]
        min_severity = "high"
        min_confidence = "low"
        exclude = ["tests/fixtures/**", "*.lock"]
        baseline = ".secrets.baseline"
        pragmas = "reason"
        organisation = "team/policy.toml"

        [[allow]]
        paths = ["docs/**"]
        values = ["^made-up-"]
        reason = "examples"
        until = 2027-01-31

        [artifacts]
        open = false
        identifiers = ["com.acme."]
        products = ["Orchard"]
        signers = ["CN=Acme, O=Acme Ltd"]
        released = { "com.acme.orchard" = "4.2.0", ios = "4.1 (410)" }
        released_from = "docs/version.txt"
        allow = ["CN=Acme Test"]
        committable = ["jar"]
        max_total_mb = 1
        max_member_mb = 2
        max_depth = 3
        max_members = 4
        max_seconds = 5
        max_ratio = 6

        [receive]
        seconds = 7
        on_timeout = "warn"
        break_glass = false
        audit_log = "audit.jsonl"

        [data]
        canaries = "canaries.toml"
        tables = false
        rows = 8
        score = 9
        indexes = ["customers.edm"]
        key_file = "edm.key"
        matches = 10

        [markers]
        names = ["Night Jar"]
        hashed = ["entry"]
        classification = true
        lines = ["Board only"]
        """,
    )

    assert config.rules == (tmp_path / "rules/own.toml", Path("/etc/team.toml"))
    assert config.gitleaks_default == tmp_path / "gitleaks.toml"
    assert config.disabled_rules == {"jwt"}
    assert config.min_severity is Severity.HIGH
    assert config.min_confidence is Confidence.LOW
    assert config.exclude == ("tests/fixtures/**", "*.lock")
    assert config.baseline == (tmp_path / ".secrets.baseline",)
    assert config.pragmas is Pragmas.REASON
    assert str(config.organisation) == str(tmp_path / "team/policy.toml")
    assert config.allow == (
        Allowed(
            paths=("docs/**",),
            values=("^made-up-",),
            reason="examples",
            until=date(2027, 1, 31),
            origin=str(tmp_path / ".leakguard.toml"),
        ),
    )
    assert config.artifacts == replace(
        SMALL,
        signers=("CN=Acme, O=Acme Ltd",),
        released={"com.acme.orchard": "4.2.0", "ios": "4.1 (410)"},
        released_from=str(tmp_path / "docs/version.txt"),
        allow=("CN=Acme Test",),
        committable=frozenset({"jar"}),
    )
    assert config.receive == ReceiveSettings(7, "warn", False, tmp_path / "audit.jsonl")
    assert config.data == DataSettings(
        canaries=(tmp_path / "canaries.toml",),
        tables=False,
        rows=8,
        score=9,
        indexes=(tmp_path / "customers.edm",),
        key_file=tmp_path / "edm.key",
        matches=10,
    )
    assert config.markers == MarkerSettings(("Night Jar",), ("entry",), True, ("Board only",))
    file = str(tmp_path / ".leakguard.toml")
    assert {key for key, origin in config.origins.items() if origin == file} == IN_FILE


def test_code_that_is_run_is_not_named_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="names code to run: only --detect-secrets-plugins"):
        loaded(tmp_path, 'detect_secrets_plugins = ["plugins.py"]')


def test_environment_settles_every_key() -> None:
    variables = {
        "LEAKGUARD_GITLEAKS_DEFAULT": "gitleaks.toml",
        "LEAKGUARD_DETECT_SECRETS_PLUGINS": "plugin.py",
        "LEAKGUARD_RULES": f"a.toml{os.pathsep}b.toml",
        "LEAKGUARD_DISABLED_RULES": "jwt, github-pat,",
        "LEAKGUARD_MIN_SEVERITY": "Critical",
        "LEAKGUARD_MIN_CONFIDENCE": "high",
        "LEAKGUARD_EXCLUDE": "*.lock,vendor/",
        "LEAKGUARD_BASELINE": "base.json",
        "LEAKGUARD_PRAGMAS": "forbid",
        "LEAKGUARD_ALLOW": "rule=jwt; path=docs/\nvalue=^x=",
        "LEAKGUARD_ORGANISATION": f"git:main:policy.toml#sha256={'0A' * 32}",
        "LEAKGUARD_ARTIFACTS_OPEN": "False",
        "LEAKGUARD_ARTIFACTS_IDENTIFIERS": "com.acme.",
        "LEAKGUARD_ARTIFACTS_PRODUCTS": "Orchard,",
        "LEAKGUARD_ARTIFACTS_SIGNERS": "CN=Acme, O=Acme Ltd; Acme GmbH",
        "LEAKGUARD_ARTIFACTS_RELEASED": "com.acme.orchard=4.2.0, 4.1",
        "LEAKGUARD_ARTIFACTS_RELEASED_FROM": "changelog",
        "LEAKGUARD_ARTIFACTS_ALLOW": "ab:" * 31 + "ab",
        "LEAKGUARD_ARTIFACTS_COMMITTABLE": "jar,wheel",
        "LEAKGUARD_ARTIFACTS_MAX_TOTAL_MB": "1",
        "LEAKGUARD_ARTIFACTS_MAX_MEMBER_MB": "2",
        "LEAKGUARD_ARTIFACTS_MAX_DEPTH": "3",
        "LEAKGUARD_ARTIFACTS_MAX_MEMBERS": "4",
        "LEAKGUARD_ARTIFACTS_MAX_SECONDS": "5",
        "LEAKGUARD_ARTIFACTS_MAX_RATIO": "6",
        "LEAKGUARD_RECEIVE_SECONDS": "7",
        "LEAKGUARD_RECEIVE_ON_TIMEOUT": "warn",
        "LEAKGUARD_RECEIVE_BREAK_GLASS": "false",
        "LEAKGUARD_RECEIVE_AUDIT_LOG": "audit.jsonl",
        "LEAKGUARD_DATA_CANARIES": "canaries.toml",
        "LEAKGUARD_DATA_TABLES": "false",
        "LEAKGUARD_DATA_ROWS": "8",
        "LEAKGUARD_DATA_SCORE": "9",
        "LEAKGUARD_DATA_INDEXES": f"a.edm{os.pathsep}b.edm",
        "LEAKGUARD_DATA_KEY_FILE": "edm.key",
        "LEAKGUARD_DATA_MATCHES": "10",
        "LEAKGUARD_MARKERS_NAMES": "Night Jar, Kestrel",
        "LEAKGUARD_MARKERS_HASHED": "entry",
        "LEAKGUARD_MARKERS_CLASSIFICATION": "true",
        "LEAKGUARD_MARKERS_LINES": "Board only\nTeam only",
    }

    config = load_config(search=False, environment=variables)

    assert config.artifacts == replace(
        SMALL,
        signers=("CN=Acme, O=Acme Ltd", "Acme GmbH"),
        released={"com.acme.orchard": "4.2.0", "*": "4.1"},
        released_from="changelog",
        allow=("ab:" * 31 + "ab",),
        committable=frozenset({"jar", "wheel"}),
    )
    assert config.receive == ReceiveSettings(7, "warn", False, Path("audit.jsonl"))
    indexes = (Path("a.edm"), Path("b.edm"))
    assert config.data == DataSettings(
        (Path("canaries.toml"),), False, 8, 9, indexes, Path("edm.key"), 10
    )
    names, lines = ("Night Jar", "Kestrel"), ("Board only", "Team only")
    assert config.markers == MarkerSettings(names, ("entry",), True, lines)
    assert config.rules == (Path("a.toml"), Path("b.toml"))
    assert config.disabled_rules == {"jwt", "github-pat"}
    assert config.min_severity is Severity.CRITICAL
    assert config.min_confidence is Confidence.HIGH
    assert config.exclude == ("*.lock", "vendor/")
    assert config.baseline == (Path("base.json"),)
    assert [(row.paths, row.rules, row.values) for row in config.allow] == [
        (("docs/",), {"jwt"}, ()),
        ((), frozenset(), ("^x=",)),
    ]
    assert config.organisation == Pinned("git:main:policy.toml", "0a" * 32)
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
    assert config.baseline == (tmp_path / "home" / "base",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("min-severity = 'low'", NO_SETTING),
        ("min_severity = 'hi'", "`min_severity` must be one of low, medium, high, critical"),
        ("min_severity = 3", "`min_severity` must be one of low, medium, high, critical"),
        ("min_confidence = 'critical'", "`min_confidence` must be one of low, medium, high"),
        ("exclude = 'a'", "`exclude` must be a list of texts"),
        ("rules = [1]", "`rules` must be a list of texts"),
        ("disabled_rules = ['']", "`disabled_rules` must be a list of texts"),
        ("baseline = 1", "`baseline` must be a list of texts"),
        ("baseline = ''", "`baseline` must be a text, the path of a file"),
        ("pragmas = 'no'", "`pragmas` must be one of heed, reason, forbid"),
        (
            "allow = ['rule']",
            "`allow` must be NAME=VALUE, several joined by `;`: rule=jwt; path=docs/**",
        ),
        ("allow = [1]", "`allow` must be a list of tables: write [[allow]]"),
        (
            "[[allow]]",
            "`allow` must say what is allowed: one of paths, rules, values, fingerprints",
        ),
        (
            "[[allow]]\nrule = ['jwt']",
            "`allow` has `rule`, which means nothing: use paths, rules, values, fingerprints,"
            " reason, until",
        ),
        ("[[allow]]\nrules = 'jwt'", "`allow` must be a list of texts"),
        ("[[allow]]\nrules = ['jwt']\nreason = 1", "`allow` must have a text as `reason`"),
        (
            "[[allow]]\nrules = ['jwt']\nuntil = 'soon'",
            "`allow` must have a date as 2027-01-31 as `until`",
        ),
        (
            "[[allow]]\npaths = ['[']",
            "`allow` must be globs of paths: `[`: nothing follows `\\`, or `[` has no `]`",
        ),
        (
            "organisation = 1",
            "`organisation` must be a text: a path, https://... or git:REVISION:PATH",
        ),
        (
            "organisation = 'http://x/y'",
            "`organisation` must be an address with https, a path or git:REVISION:PATH",
        ),
        (
            "organisation = 'https://x/y'",
            "`organisation` must be pinned: write #sha256= and the SHA-256 of the file behind it",
        ),
        (
            "organisation = 'x#sha256=12'",
            "`organisation` must have 64 hex digits behind #sha256=",
        ),
        (
            "exclude = ['!a']",
            "`exclude` must be globs of paths: `!a`: `!` cannot bring a path back;"
            " write `\\!` for the character",
        ),
        (
            "[artifacts]\nid = []",
            "`artifacts.id` is no setting: use one of artifacts.open, artifacts.identifiers,"
            " artifacts.products, artifacts.signers, artifacts.released, artifacts.released_from,"
            " artifacts.allow, artifacts.committable, artifacts.max_total_mb,"
            " artifacts.max_member_mb, artifacts.max_depth, artifacts.max_members,"
            " artifacts.max_seconds, artifacts.max_ratio",
        ),
        ("receive = 1", "`receive` must be a table: write [receive]"),
        ("receive.on_timeout = 'no'", "`receive.on_timeout` must be one of block, warn"),
        ("artifacts = true", "`artifacts` must be a table: write [artifacts]"),
        ("artifacts.open = 1", "`artifacts.open` must be true or false"),
        ("artifacts.open = 'yes'", "`artifacts.open` must be true or false"),
        ("artifacts.max_depth = 0", "`artifacts.max_depth` must be a whole number from 1 to 32"),
        ("artifacts.max_depth = true", "`artifacts.max_depth` must be a whole number from 1 to 32"),
        (
            f"artifacts.max_ratio = '{'9' * 9999}'",
            "`artifacts.max_ratio` must be a whole number from 1 to 1000000",
        ),
        (
            "artifacts.released = 4.2",
            "`artifacts.released` must be a version, or a table of names and versions",
        ),
        (
            "artifacts.released = { app = 'none' }",
            '`artifacts.released` must have versions with numbers in quotes, as in "app" = "1.2"',
        ),
        (
            "[artifacts.released]\ncom.acme.app = '4.2'",
            '`artifacts.released` has a dot in a name: write it in quotes, as in "com.app" = "1.2"',
        ),
        (
            "artifacts.released_from = []",
            "`artifacts.released_from` must be tags, changelog or the path of a file",
        ),
        (
            f"artifacts.allow = ['{'ab' * 20}']",
            f"`artifacts.allow` has `{'ab' * 20}`: use a SHA-256, 64 hex digits, or a signer",
        ),
        ("artifacts.signers = 'Acme'", "`artifacts.signers` must be a list of texts"),
        ('"artifacts.open" = true', NO_SETTING.replace("min-severity", "artifacts.open")),
    ],
)
def test_wrong_value_is_an_error_with_file_key_and_choices(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)

    assert str(error.value) == f"{tmp_path / '.leakguard.toml'}: {message}"


def test_a_version_alone_is_the_release_of_everything(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[artifacts]\nreleased = "4.2.0"')

    assert config.artifacts.released == {"*": "4.2.0"}


def test_settings_of_artifacts_are_settled_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.leakguard.artifacts]\nproducts = ["A"]\nmax_depth = 3\nopen = true')

    config = load_config(
        file=file,
        environment={"LEAKGUARD_ARTIFACTS_MAX_DEPTH": "5"},
        flags={"artifacts.open": False},
    )

    assert config.artifacts == ArtifactSettings(open=False, products=("A",), max_depth=5)
    assert config.origins["artifacts.open"] == "--[no-]artifacts"
    assert config.origins["artifacts.products"] == str(file)
    assert config.origins["artifacts.max_depth"] == "environment LEAKGUARD_ARTIFACTS_MAX_DEPTH"
    assert config.origins["artifacts.max_ratio"] == "default"
    assert value_of(config, "artifacts.max_depth") == 5
    assert value_of(config, "baseline") == ()


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
        min_severity=Severity.HIGH, excludes=("a",), baselines=(str(tmp_path / "b"),)
    )
    assert policy_of(Config()) == Policy()


def test_nothing_heavy_is_imported_without_a_settings_file(tmp_path: Path) -> None:
    program = (
        "import sys, types; package = types.ModuleType('leakguard');"
        f"package.__path__ = [{str(ROOT / 'leakguard')!r}]; sys.modules['leakguard'] = package;"
        "from leakguard.config import load_config; load_config();"
        "heavy = {'click', 'tomllib', 'rich', 'hyperscan', 're2', 'leakguard.artifacts'};"
        "print(sorted(sys.modules.keys() & heavy))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_what_is_allowed_adds_up_and_says_who_allows_it(tmp_path: Path) -> None:
    file = tmp_path / ".leakguard.toml"
    file.write_text('[[allow]]\nrules = ["jwt"]')

    config = load_config(
        file=file,
        flags={"allow": ("path=docs/",)},
        environment={"LEAKGUARD_ALLOW": "rule=github-pat"},
    )

    assert [row.origin for row in config.allow] == [
        str(file),
        "environment LEAKGUARD_ALLOW",
        "--allow",
    ]
    assert policy_of(config).allowed == config.allow


def test_pattern_that_re2_refuses_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`allow` has the pattern `\(\?=x\)`: "):
        loaded(tmp_path, '[[allow]]\nvalues = ["(?=x)"]')


def test_organisation_comes_before_all_others(tmp_path: Path) -> None:
    file = tmp_path / ".leakguard.toml"
    file.write_text('exclude = ["own/"]\n[[allow]]\nrules = ["jwt"]')
    theirs = Settings(
        Path("x"),
        {"exclude": ["theirs/"], "min_severity": "high", "allow": [{"paths": ["docs/"]}]},
        label="https://policy.corp.net/x",
    )

    config = load_config(file=file, organisation=theirs, environment={})

    assert config.exclude == ("own/",)
    assert config.min_severity is Severity.HIGH
    assert config.origins["min_severity"] == "https://policy.corp.net/x"
    assert [row.origin for row in config.allow] == ["https://policy.corp.net/x", str(file)]


def test_what_the_organisation_has_locked_cannot_be_set(tmp_path: Path) -> None:
    file = tmp_path / ".leakguard.toml"
    file.write_text('pragmas = "heed"')
    theirs = Settings(Path("/policy"), {"pragmas": "forbid", "locked": ["pragmas", "exclude"]})

    with pytest.raises(ConfigError) as caught:
        load_config(file=file, organisation=theirs, environment={})
    with pytest.raises(ConfigError, match="--exclude: `exclude` is locked by /policy"):
        load_config(search=False, organisation=theirs, flags={"exclude": ["a"]}, environment={})

    assert str(caught.value) == f"{file}: `pragmas` is locked by /policy: leave it out"
    assert load_config(search=False, organisation=theirs, environment={}).pragmas is Pragmas.FORBID


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"locked": ["nonsense"]}, "`locked` must be a list of settings: rules, "),
        ({"locked": "pragmas"}, "`locked` must be a list of settings: rules, "),
        ({"organisation": "x"}, "`organisation` cannot stand in an organisation's settings"),
        ({"baseline": "x"}, "`baseline` names a file, which only settings that lie in a file"),
        ({"nonsense": 1}, "`nonsense` is no setting"),
    ],
)
def test_organisation_that_is_wrong_is_an_error(table: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=f"^git:main:x: {why}"):
        load_config(organisation=Settings(Path("x"), table, label="git:main:x"), environment={})
