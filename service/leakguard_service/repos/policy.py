"""What the tenant and a repository have settled, as one: texts of TOML -> the core's Config.

No service parts but errors: the child imports this, and needs to start fast.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from leakguard.config import Config, check_rule_ids, load_config
from leakguard.errors import ConfigError
from leakguard.model import Rule
from leakguard.opening import named_for
from leakguard.policy import ArtifactSettings, Pragmas
from leakguard.settings import Settings

FILE: Final = ".leakguard.toml"
"""The repository's own settings, at its top."""

FILE_BYTES: Final = 100_000
"""The largest such file that counts; the tenant's settings have the same limit."""

_TENANT: Final = Path("the tenant's policy")
_REPOSITORY: Final = Path(f"the repository's {FILE}")

_PATHS: Final = ("rules", "baseline", "organisation")
"""Settings that name files: here they would be files of the server."""

_DATA_PATHS: Final = ("canaries", "indexes", "key_file")
"""As _PATHS, in the table `data`."""

_STANDARD: Final = asdict(ArtifactSettings())

_LEARNED: Final = ("tags", "changelog")
"""What `artifacts.released_from` may say; all else is a file."""


def combined(tenant: Sequence[str], repository: str, rules: Sequence[Rule]) -> tuple[Config, str]:
    """The settings that count, and what is wrong with the repository's own, which then do not.

    A repository's lists are added to the tenant's; its limits on artifacts can only be lower.
    Raises ConfigError when something is wrong with the tenant's.
    """
    table: Mapping[str, Any] = {}
    for text in tenant:
        given = _parsed(text, _TENANT)
        if named := _files_of(given):
            raise ConfigError(f"{_TENANT}: `{named}` names a file: the service reads none")
        _checked(given, _TENANT, rules)
        table = _joined(table, given)
    try:
        own = _without_files(_parsed(repository, _REPOSITORY))
        _checked(own, _REPOSITORY, rules)
    except ConfigError as error:
        return _checked(table, _TENANT, rules), f"{error}"
    return _checked(_joined(_with_limits(table), own), _REPOSITORY, rules), ""


def check_policy(text: str, rules: Sequence[Rule] = ()) -> str:
    """What is wrong with a tenant's policy; empty when all is well.

    Rule ids are only looked at when the rules are given.
    """
    try:
        combined((text,), "", rules)
    except ConfigError as error:
        return f"{error}"
    return ""


def _parsed(text: str, file: Path) -> dict[str, Any]:
    if len(text) > FILE_BYTES:
        raise ConfigError(f"{file} is larger than {FILE_BYTES} bytes")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{file} is nested too deep") from None


def _checked(table: Mapping[str, Any], file: Path, rules: Sequence[Rule]) -> Config:
    """The table as settings. Raises ConfigError."""
    config = load_config(search=False, table=Settings(file, table), environment={})
    if rules:
        check_rule_ids(config, rules)
    named_for(config)
    return config


def _files_of(table: Mapping[str, Any]) -> str:
    """The first setting that names a file; empty for none."""
    named = next((key for key in _PATHS if key in table), "")
    data = table.get("data")
    if not named and isinstance(data, dict):
        named = next((f"data.{key}" for key in _DATA_PATHS if key in data), "")
    artifacts = table.get("artifacts")
    if not named and isinstance(artifacts, dict):
        released = artifacts.get("released_from", "tags")
        return "" if released in _LEARNED else "artifacts.released_from"
    return named


def _without_files(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table without what names files: it counts for those who have a checkout."""
    kept = {key: value for key, value in table.items() if key not in _PATHS}
    if isinstance(data := kept.get("data"), dict):
        kept["data"] = {key: value for key, value in data.items() if key not in _DATA_PATHS}
    artifacts = kept.get("artifacts")
    if isinstance(artifacts, dict) and artifacts.get("released_from") not in (None, *_LEARNED):
        kept["artifacts"] = {k: v for k, v in artifacts.items() if k != "released_from"}
    return kept


def _with_limits(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the limits that count where it says none."""
    standard = {key: value for key, value in _STANDARD.items() if key.startswith("max_")}
    return {**table, "artifacts": standard | table.get("artifacts", {})}


def _joined(table: Mapping[str, Any], nearer: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables, each one whole and checked."""
    joined = dict(table)
    for key, value in nearer.items():
        joined[key] = _both(key, joined[key], value) if key in joined else value
    return joined


def _both(key: str, first: Any, second: Any) -> Any:
    """Lists and tables together, of limits the lower one, of what comments count for the stricter
    one, of all else the nearer one."""
    if isinstance(first, dict) and isinstance(second, dict):
        return _joined(first, second)
    if isinstance(first, list) and isinstance(second, list):
        return [*first, *(item for item in second if item not in first)]
    if key.startswith("max_"):
        return min(int(first), int(second))
    if key == "pragmas":
        return max(first, second, key=list(Pragmas).index)
    return second
