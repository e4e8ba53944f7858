"""The settings: defaults <- settings file <- environment <- flags, into one frozen Config.

Only this module knows what settings there are and how they are written. What is nearer to the
command replaces what is further away, lists too.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from leakguard.errors import ConfigError
from leakguard.model import Confidence, Rule, Severity
from leakguard.paths import check_globs
from leakguard.policy import Policy
from leakguard.settings import Settings, find_settings, read_settings

DEFAULT: Final = "default"
"""Origin of a setting that nothing else settled."""


def _texts(value: object, _folder: Path) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(t, str) and t for t in value):
        raise ValueError("must be a list of texts")
    return tuple(value)


def _files(value: object, folder: Path) -> tuple[Path, ...]:
    return tuple(folder / os.path.expanduser(text) for text in _texts(value, folder))


def _file(value: object, folder: Path) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text, the path of a file")
    return folder / os.path.expanduser(value)


def _ids(value: object, folder: Path) -> frozenset[str]:
    return frozenset(_texts(value, folder))


def _globs(value: object, folder: Path) -> tuple[str, ...]:
    globs = _texts(value, folder)
    try:
        check_globs(globs)
    except ValueError as error:
        raise ValueError(f"must be globs of paths: {error}") from error
    return globs


_L = TypeVar("_L", Severity, Confidence)


def _level(scale: type[_L], value: object, _folder: Path) -> _L:
    labels = {level.label: level for level in scale}
    if not isinstance(value, str) or value.lower() not in labels:
        raise ValueError(f"must be one of {', '.join(labels)}")
    return labels[value.lower()]


class _Key(NamedTuple):
    flag: str
    variable: str
    read: Callable[[object, Path], Any]
    """Value as it came and the folder that relative paths start from -> value in the Config.

    Raises ValueError with what the value must be."""
    separator: str = ""
    """Between the texts of a list in the variable; empty for a single text."""


KEYS: Final[Mapping[str, _Key]] = {
    "rules": _Key("--rules", "LEAKGUARD_RULES", _files, os.pathsep),
    "disabled_rules": _Key("--disable", "LEAKGUARD_DISABLED_RULES", _ids, ","),
    "min_severity": _Key("--min-severity", "LEAKGUARD_MIN_SEVERITY", partial(_level, Severity)),
    "min_confidence": _Key(
        "--min-confidence", "LEAKGUARD_MIN_CONFIDENCE", partial(_level, Confidence)
    ),
    "exclude": _Key("--exclude", "LEAKGUARD_EXCLUDE", _globs, ","),
    "baseline": _Key("--baseline", "LEAKGUARD_BASELINE", _file),
}
"""Every setting: its key in a file, the flag and the variable that settle it, how it is read."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is asked for, and by whom."""

    rules: tuple[Path, ...] = ()
    """Rule files to read besides those that come with leakguard."""
    disabled_rules: frozenset[str] = frozenset()
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.MEDIUM
    exclude: tuple[str, ...] = ()
    """Globs of paths that are not reported; see paths.py."""
    baseline: Path | None = None
    """A `.secrets.baseline` of detect-secrets: what it has accepted is not reported."""
    origins: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(KEYS, DEFAULT))
    """For each key, what settled it: `default`, a file's path, a variable, a flag."""
    file: Path | None = None
    """The settings file, if there is one."""


def load_config(
    paths: Sequence[str] = (".",),
    *,
    file: Path | None = None,
    search: bool = True,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """The settings for a scan of these paths.

    `file` is used instead of searching; with `search` false there is no file. `flags` holds the
    given ones by key; `environment` stands for the process's own.
    Raises ConfigError for a file that cannot be read, an unknown key or a value without meaning.
    """
    settings = read_settings(file) if file else (find_settings(paths) if search else None)
    layers = [_from_environment(os.environ if environment is None else environment)]
    layers.append(_Layer(flags or {}, {key: entry.flag for key, entry in KEYS.items()}))
    if settings:
        layers.insert(0, _from_file(settings))
    values: dict[str, Any] = {}
    origins = dict.fromkeys(KEYS, DEFAULT)
    for layer in layers:
        for key, value in layer.values.items():
            values[key] = _read(key, value, layer)
            origins[key] = layer.origins[key]
    return Config(**values, origins=origins, file=settings.file if settings else None)


def check_rule_ids(config: Config, rules: Sequence[Rule]) -> None:
    """Raises ConfigError when a disabled rule is not among `rules`."""
    if not config.disabled_rules:
        return
    known = {rule.id for rule in rules}
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
        baseline=str(config.baseline or ""),
    )


class _Layer(NamedTuple):
    """Values as they came, by key, and what to call their origin."""

    values: Mapping[str, object]
    origins: Mapping[str, str]
    folder: Path = Path()
    """What relative paths start from."""


def _from_environment(environment: Mapping[str, str]) -> _Layer:
    values: dict[str, object] = {}
    for key, entry in KEYS.items():
        text = environment.get(entry.variable, "").strip()
        if text:  # an empty variable is as good as none
            parts = text.split(entry.separator) if entry.separator else []
            values[key] = [part.strip() for part in parts if part.strip()] or text
    return _Layer(values, {key: f"environment {entry.variable}" for key, entry in KEYS.items()})


def _from_file(settings: Settings) -> _Layer:
    for key in settings.table:
        if key not in KEYS:
            raise _error(f"{settings.file}", key, f"is no setting: use one of {', '.join(KEYS)}")
    return _Layer(settings.table, dict.fromkeys(KEYS, f"{settings.file}"), settings.file.parent)


def _read(key: str, value: object, layer: _Layer) -> Any:
    try:
        return KEYS[key].read(value, layer.folder)
    except ValueError as error:
        raise _error(layer.origins[key], key, f"{error}") from error


def _error(origin: str, key: str, reason: str) -> ConfigError:
    return ConfigError(f"{origin}: `{key}` {reason}")
