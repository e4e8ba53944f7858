"""The settings: defaults <- organisation <- settings file <- environment <- flags, into one frozen
Config.

setting_keys.py says what settings there are. What is nearer to the command replaces what is further
away, lists too; only what is allowed adds up.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from leakguard import setting_values
from leakguard.errors import ConfigError
from leakguard.model import Confidence, Rule, Severity
from leakguard.policy import (
    ARTIFACT_RULES,
    DATA_RULES,
    Allowed,
    ArtifactSettings,
    DataSettings,
    MarkerSettings,
    Policy,
    Pragmas,
    ReceiveSettings,
)
from leakguard.setting_keys import ADDED as ADDED
from leakguard.setting_keys import (
    ARTIFACT_KEYS,
    DATA_KEYS,
    LOCKED,
    MARKER_KEYS,
    NAMES_FILES,
    RECEIVE_KEYS,
    TABLES,
)
from leakguard.setting_keys import KEYS as KEYS
from leakguard.setting_keys import NOT_IN_FILE as NOT_IN_FILE
from leakguard.setting_keys import SETTINGS as SETTINGS
from leakguard.settings import Settings, find_settings, read_settings

DEFAULT: Final = "default"
"""Origin of a setting that nothing else settled."""


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
    receive: ReceiveSettings = ReceiveSettings()
    data: DataSettings = DataSettings()
    markers: MarkerSettings = MarkerSettings()
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
    layers = [_from_file(settings)] if settings else []
    layers.append(_from_environment(os.environ if environment is None else environment))
    layers.append(_Layer(flags or {}, {key: entry.flag for key, entry in SETTINGS.items()}))
    values: dict[str, Any] = {}
    origins = dict.fromkeys(SETTINGS, DEFAULT)
    if organisation:
        _check_locks(organisation, layers)
        layers.insert(0, _from_organisation(organisation))
    for layer in layers:
        for key, value in layer.values.items():
            origins[key] = layer.origins[key]
            read = _read(key, value, layer)
            values[key] = _joined(key, values.get(key, ()), read, origins[key])
    return Config(
        artifacts=ArtifactSettings(**_table_of(values, ARTIFACT_KEYS)),
        receive=ReceiveSettings(**_table_of(values, RECEIVE_KEYS)),
        data=DataSettings(**_table_of(values, DATA_KEYS)),
        markers=MarkerSettings(**_table_of(values, MARKER_KEYS)),
        **values,
        origins=origins,
        file=settings.file if settings else None,
        own_baseline=own_baseline,
    )


def _table_of(values: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """The values of a table, by their names in it; `values` does not have them any more."""
    return {key.partition(".")[2]: values.pop(key) for key in keys if key in values}


def value_of(config: Config, key: str) -> Any:
    """The value of one of SETTINGS."""
    table, _, name = key.rpartition(".")
    return getattr(getattr(config, table) if table else config, name)


def check_rule_ids(config: Config, rules: Sequence[Rule]) -> None:
    """Raises ConfigError when a disabled or an allowed rule is not among `rules`."""
    allowed = [(row.rules, row.origin, "allow") for row in config.allow if row.rules]
    if not config.disabled_rules and not allowed:
        return
    ids = {*ARTIFACT_RULES, *DATA_RULES, *(rule.id for rule in rules)}
    families = {rule.family for rule in rules if rule.family}
    _known(config.disabled_rules, ids, config.origins["disabled_rules"], "disabled_rules")
    for names, origin, key in allowed:
        _known(names, ids | families, origin, key)


def _known(names: frozenset[str], known: set[str], origin: str, key: str) -> None:
    unknown = sorted(names.difference(known))
    if not unknown:
        return
    from difflib import get_close_matches

    close = " or ".join(f"`{name}`" for name in get_close_matches(unknown[0], sorted(known)))
    meant = f"did you mean {close}? " if close else ""
    reason = f"names `{unknown[0]}`, which is no rule: {meant}`leakguard rules list` lists them"
    raise _error(origin, key, reason)


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


def _check_locks(organisation: Settings, nearer: Sequence[_Layer]) -> None:
    """Raises ConfigError when a nearer layer says what the organisation has locked."""
    locked = organisation.table.get(LOCKED, [])
    if not isinstance(locked, list) or not set(map(str, locked)) <= SETTINGS.keys():
        reason = f"must be a list of settings: {', '.join(SETTINGS)}"
        raise _error(organisation.name, LOCKED, reason)
    for layer in nearer:
        for key in layer.values:
            if key in locked:
                reason = f"is locked by {organisation.name}: leave it out"
                raise _error(layer.origins[key], key, reason)


def _from_organisation(settings: Settings) -> _Layer:
    table = {key: value for key, value in settings.table.items() if key != LOCKED}
    if "organisation" in table:
        raise _error(settings.name, "organisation", "cannot stand in an organisation's settings")
    if settings.label and (named := sorted(NAMES_FILES & (table.keys() | _in_tables(table)))):
        reason = "names a file, which only settings that lie in a file themselves may do"
        raise _error(settings.name, named[0], reason)
    return _from_file(settings._replace(table=table))


def _in_tables(table: Mapping[str, object]) -> set[str]:
    """The settings in the tables of a settings file, as `data.canaries`."""
    return {
        f"{name}.{key}"
        for name in TABLES
        if isinstance(found := table.get(name), dict)
        for key in found
    }


def _from_file(settings: Settings) -> _Layer:
    values = dict(settings.table)
    for name in NOT_IN_FILE.intersection(values):
        flag, variable = SETTINGS[name].flag, SETTINGS[name].variable
        reason = f"names code to run: only {flag} and {variable} may do that"
        raise _error(settings.name, name, reason)
    known = [name for name in (*KEYS, *TABLES) if name not in NOT_IN_FILE]
    _check_names(settings.name, values, known)
    for name, keys in TABLES.items():
        table = values.pop(name, {})
        if not isinstance(table, dict):
            raise _error(settings.name, name, f"must be a table: write [{name}]")
        settled = {f"{name}.{key}": value for key, value in table.items()}
        _check_names(settings.name, settled, keys)
        values |= settled
    origins = dict.fromkeys(SETTINGS, settings.name)
    return _Layer(values, origins, settings.file.parent)


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
