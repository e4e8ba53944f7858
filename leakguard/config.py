"""The settings: defaults <- organisation <- settings file <- environment <- flags, into one frozen
Config.

Only this module knows what settings there are and how they are written. What is nearer to the
command replaces what is further away, lists too; only what is allowed adds up.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from leakguard import limits, setting_values
from leakguard.errors import ConfigError
from leakguard.model import Confidence, Rule, Severity
from leakguard.policy import ARTIFACT_RULES, Allowed, ArtifactSettings, Policy, Pragmas
from leakguard.settings import Settings, find_settings, read_settings

DEFAULT: Final = "default"
"""Origin of a setting that nothing else settled."""


class _Key(NamedTuple):
    flag: str
    """Empty when there is none."""
    variable: str
    read: setting_values.Reader
    separator: str = ""
    """Between the texts of a list in the variable; empty for a single text."""


KEYS: Final[Mapping[str, _Key]] = {
    "rules": _Key("--rules", "LEAKGUARD_RULES", setting_values.files, os.pathsep),
    "gitleaks_default": _Key(
        "--gitleaks-default", "LEAKGUARD_GITLEAKS_DEFAULT", setting_values.file
    ),
    "detect_secrets_plugins": _Key(
        "--detect-secrets-plugins",
        "LEAKGUARD_DETECT_SECRETS_PLUGINS",
        setting_values.files,
        os.pathsep,
    ),
    "disabled_rules": _Key("--disable", "LEAKGUARD_DISABLED_RULES", setting_values.ids, ","),
    "min_severity": _Key(
        "--min-severity", "LEAKGUARD_MIN_SEVERITY", partial(setting_values.level, Severity)
    ),
    "min_confidence": _Key(
        "--min-confidence", "LEAKGUARD_MIN_CONFIDENCE", partial(setting_values.level, Confidence)
    ),
    "exclude": _Key("--exclude", "LEAKGUARD_EXCLUDE", setting_values.globs, ","),
    "baseline": _Key("--baseline", "LEAKGUARD_BASELINE", setting_values.file_or_files, os.pathsep),
    "pragmas": _Key(
        "--pragmas", "LEAKGUARD_PRAGMAS", partial(setting_values.one_of, tuple(Pragmas), Pragmas)
    ),
    "allow": _Key("--allow", "LEAKGUARD_ALLOW", setting_values.allow_rows, "\n"),
    "organisation": _Key("--organisation", "LEAKGUARD_ORGANISATION", setting_values.pinned),
}
"""Settings at the top: the key in a file, the flag and the variable that settle it, how it is read.
Each one has a flag, of the hook as well."""

NOT_IN_FILE: Final = frozenset(("detect_secrets_plugins",))
"""Settings that name code to run: a file that lies in a repository must not."""

ADDED: Final = frozenset(("allow",))
"""Lists to which each layer adds; of the others the nearest layer's counts as a whole."""

LOCKED: Final = "locked"
"""In an organisation's settings only: the keys of those that nearer layers must leave alone."""

_NAMES_FILES: Final = frozenset(("rules", "gitleaks_default", "baseline"))

ARTIFACTS: Final = "artifacts"
"""The table for files that hold others."""


def _artifact(
    name: str, read: setting_values.Reader, separator: str = "", flag: str = ""
) -> tuple[str, _Key]:
    return f"{ARTIFACTS}.{name}", _Key(
        flag, f"LEAKGUARD_{ARTIFACTS}_{name}".upper(), read, separator
    )


_number = partial(setting_values.number, limits.SETTING_MOST)

ARTIFACT_KEYS: Final[Mapping[str, _Key]] = dict(
    (
        _artifact("open", setting_values.switch, flag="--[no-]artifacts"),
        _artifact("identifiers", setting_values.texts, ","),
        _artifact("products", setting_values.texts, ","),
        _artifact("signers", setting_values.texts, ";"),  # a subject has commas
        _artifact("released", setting_values.versions, ","),
        _artifact("released_from", setting_values.release),
        _artifact("allow", setting_values.allowed, ";"),
        _artifact("committable", setting_values.ids, ","),
        _artifact("max_total_mb", _number),
        _artifact("max_member_mb", _number),
        _artifact("max_depth", partial(setting_values.number, limits.SETTING_DEPTH_MOST)),
        _artifact("max_members", _number),
        _artifact("max_seconds", _number),
        _artifact("max_ratio", _number),
    )
)
"""Settings in the table `artifacts`, as `artifacts.open`."""

SETTINGS: Final[Mapping[str, _Key]] = {**KEYS, **ARTIFACT_KEYS}
"""Every setting."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is asked for, and by whom."""

    rules: tuple[Path, ...] = ()
    """Rule files to read besides those that come with leakguard."""
    gitleaks_default: Path | None = None
    """A copy of gitleaks' own configuration, for gitleaks files that extend it."""
    detect_secrets_plugins: tuple[Path, ...] = ()
    """Python files with plugins of detect-secrets, which are run: see plugins.py."""
    disabled_rules: frozenset[str] = frozenset()
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.MEDIUM
    exclude: tuple[str, ...] = ()
    """Globs of paths that are not reported; see paths.py."""
    baseline: tuple[Path, ...] = ()
    """What these have accepted is not reported: see baselines/."""
    pragmas: Pragmas = Pragmas.HEED
    """What comments that allow a secret count for."""
    allow: tuple[Allowed, ...] = ()
    """What is not reported, of all layers together."""
    organisation: setting_values.Pinned | None = None
    """Where the organisation's settings lie, which come before all others."""
    artifacts: ArtifactSettings = ArtifactSettings()
    origins: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(SETTINGS, DEFAULT))
    """For each key, what settled it: `default`, a file's path, a variable, a flag."""
    file: Path | None = None
    """The settings file, if there is one."""
    own_baseline: Path | None = None
    """The repository's own baseline, if there is one: its place is no setting."""


def load_config(
    paths: Sequence[str] = (".",),
    *,
    file: Path | None = None,
    search: bool = True,
    table: Settings | None = None,
    own_baseline: Path | None = None,
    organisation: Settings | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """The settings for a scan of these paths.

    `file` is used instead of searching; with `search` false there is no file. `table` is one that
    was read elsewhere, and used instead of both. `organisation` has settings that come before all
    others (see organisation.py). `flags` holds the given ones by key; `environment` stands for the
    process's own.
    Raises ConfigError for a file that cannot be read, an unknown key or a value without meaning,
    and for one that the organisation's settings have locked.
    """
    settings = table or (read_settings(file) if file else None)
    if settings is None and search:
        settings = find_settings(paths)
    layers = [_from_environment(os.environ if environment is None else environment)]
    layers.append(_Layer(flags or {}, {key: entry.flag for key, entry in SETTINGS.items()}))
    if settings:
        layers.insert(0, _from_file(settings))
    locked: frozenset[str] = frozenset()
    if organisation:
        first, locked = _from_organisation(organisation)
        layers.insert(0, first)
    values: dict[str, Any] = {}
    origins = dict.fromkeys(SETTINGS, DEFAULT)
    for number, layer in enumerate(layers):
        for key, value in layer.values.items():
            origin = layer.origins[key]
            if organisation and number and key in locked:
                raise _error(origin, key, f"is locked by {organisation.name}: leave it out")
            values[key] = _joined(key, values.get(key, ()), _read(key, value, layer), origin)
            origins[key] = origin
    artifacts = {key.partition(".")[2]: values.pop(key) for key in ARTIFACT_KEYS if key in values}
    return Config(
        **values,
        artifacts=ArtifactSettings(**artifacts),
        origins=origins,
        file=settings.file if settings else None,
        own_baseline=own_baseline,
    )


def value_of(config: Config, key: str) -> Any:
    """The value of one of SETTINGS."""
    table, _, name = key.rpartition(".")
    return getattr(config.artifacts if table else config, name)


def check_rule_ids(config: Config, rules: Sequence[Rule]) -> None:
    """Raises ConfigError when a disabled rule is not among `rules`."""
    if not config.disabled_rules:
        return
    known = {*ARTIFACT_RULES, *(rule.id for rule in rules)}
    unknown = sorted(config.disabled_rules.difference(known))
    if not unknown:
        return
    from difflib import get_close_matches

    close = " or ".join(f"`{name}`" for name in get_close_matches(unknown[0], sorted(known)))
    meant = f"did you mean {close}? " if close else ""
    reason = f"names `{unknown[0]}`, which is no rule: {meant}`leakguard rules list` lists them"
    raise _error(config.origins["disabled_rules"], "disabled_rules", reason)


def policy_of(config: Config) -> Policy:
    """What of the settings decides which findings count."""
    return Policy(
        disabled_rules=config.disabled_rules,
        min_severity=config.min_severity,
        min_confidence=config.min_confidence,
        excludes=config.exclude,
        own_baseline=str(config.own_baseline or ""),
        baselines=tuple(map(str, config.baseline)),
        pragmas=config.pragmas,
        allowed=config.allow,
    )


class _Layer(NamedTuple):
    """Values as they came, by key, and what to call their origin."""

    values: Mapping[str, object]
    origins: Mapping[str, str]
    folder: Path = Path()
    """What relative paths start from."""


def _from_environment(environment: Mapping[str, str]) -> _Layer:
    values: dict[str, object] = {}
    for key, entry in SETTINGS.items():
        text = environment.get(entry.variable, "").strip()
        if text:  # an empty variable is as good as none
            parts = text.split(entry.separator) if entry.separator else []
            values[key] = [part.strip() for part in parts if part.strip()] or text
    origins = {key: f"environment {entry.variable}" for key, entry in SETTINGS.items()}
    return _Layer(values, origins)


def _joined(key: str, further: Any, value: Any, origin: str) -> Any:
    """A value with what layers further away have, where they add up."""
    if key not in ADDED:
        return value
    return (*further, *(replace(row, origin=origin) for row in value))


def _from_organisation(settings: Settings) -> tuple[_Layer, frozenset[str]]:
    """The organisation's layer, and the keys that it locks."""
    table = dict(settings.table)
    locked = table.pop(LOCKED, [])
    if not isinstance(locked, list) or not set(map(str, locked)) <= SETTINGS.keys():
        raise _error(settings.name, LOCKED, f"must be a list of settings: {', '.join(SETTINGS)}")
    if "organisation" in table:
        raise _error(settings.name, "organisation", "cannot stand in an organisation's settings")
    if settings.label and (named := sorted(_NAMES_FILES.intersection(table))):
        reason = "names a file, which only settings that lie in a file themselves may do"
        raise _error(settings.name, named[0], reason)
    return _from_file(settings._replace(table=table)), frozenset(map(str, locked))


def _from_file(settings: Settings) -> _Layer:
    values = dict(settings.table)
    for name in NOT_IN_FILE.intersection(values):
        flag, variable = SETTINGS[name].flag, SETTINGS[name].variable
        reason = f"names code to run: only {flag} and {variable} may do that"
        raise _error(settings.name, name, reason)
    known = [name for name in (*KEYS, ARTIFACTS) if name not in NOT_IN_FILE]
    _check_names(settings.name, values, known)
    table = values.pop(ARTIFACTS, {})
    if not isinstance(table, dict):
        raise _error(settings.name, ARTIFACTS, "must be a table: write [artifacts]")
    artifacts = {f"{ARTIFACTS}.{name}": value for name, value in table.items()}
    _check_names(settings.name, artifacts, ARTIFACT_KEYS)
    origins = dict.fromkeys(SETTINGS, settings.name)
    return _Layer(values | artifacts, origins, settings.file.parent)


def _check_names(origin: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise _error(origin, name, f"is no setting: use one of {', '.join(known)}")


def _read(key: str, value: object, layer: _Layer) -> Any:
    try:
        return SETTINGS[key].read(value, layer.folder)
    except ValueError as error:
        raise _error(layer.origins[key], key, f"{error}") from error


def _error(origin: str, key: str, reason: str) -> ConfigError:
    return ConfigError(f"{origin}: `{key}` {reason}")
