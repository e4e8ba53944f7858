"""`leakguard config`: what the settings are and where they come from; the flags for them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from leakguard.cli.output import say
from leakguard.config import ADDED, KEYS, SETTINGS, Config, check_rule_ids, value_of
from leakguard.errors import UsageError
from leakguard.model import Confidence, Level, Severity
from leakguard.organisation import settled
from leakguard.policy import Allowed, Pragmas
from leakguard.report.wording import visible
from leakguard.setting_values import Pinned, allowed_text
from leakguard.settings import find_baseline, unused_settings

_FILE: Final = click.Path(path_type=Path)
_OPEN: Final = "artifacts_open"
_Plain = bool | int | str | list[str] | dict[str, str]

FORMAT_OPTION: Final = click.Option(
    ["--format", "format_"],
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to write them.",
)
"""For commands that list things."""

FILE_OPTIONS: Final[Sequence[click.Parameter]] = (
    click.Option(
        ["--rules"],
        multiple=True,
        metavar="FILE",
        help="Use the rules in this file as well: leakguard's own form, gitleaks', kingfisher's;"
        " may be given several times.",
    ),
    click.Option(
        ["--gitleaks-default"],
        metavar="FILE",
        help="A copy of gitleaks' own gitleaks.toml, for rule files that extend it.",
    ),
    click.Option(
        ["--config", "config_file"],
        type=_FILE,
        metavar="FILE",
        help="Read the settings from this file instead of looking for one.",
    ),
    click.Option(["--no-config"], is_flag=True, help="Look for no settings file."),
)
"""The flags that say which rules there are."""

CONFIG_OPTIONS: Final[Sequence[click.Parameter]] = (
    *FILE_OPTIONS,
    click.Option(
        ["--detect-secrets-plugins"],
        multiple=True,
        metavar="FILE",
        help="Run the plugins of detect-secrets in this Python file as well, line by line: slow;"
        " may be given several times.",
    ),
    click.Option(
        ["--disable", "disabled_rules"],
        multiple=True,
        metavar="ID",
        help="Do without this rule; may be given several times.",
    ),
    click.Option(
        ["--min-severity"],
        type=click.Choice([level.label for level in Severity]),
        help="Report leaks of at least this severity.  [default: low]",
    ),
    click.Option(
        ["--min-confidence", "--confidence"],
        type=click.Choice([level.label for level in Confidence]),
        help="Report what is at least this sure to be a leak.  [default: medium]",
    ),
    click.Option(
        ["--exclude"],
        multiple=True,
        metavar="GLOB",
        help="Report nothing in these paths, written as in .gitignore; may be given several times.",
    ),
    click.Option(
        ["--baseline"],
        multiple=True,
        metavar="FILE",
        help="Report nothing that this baseline has accepted: of leakguard, a service of it, or"
        " another tool; may be given several times.",
    ),
    click.Option(
        ["--no-baseline"],
        is_flag=True,
        help="Do without .leakguard-baseline.json, which is looked for as the settings file is.",
    ),
    click.Option(
        ["--pragmas"],
        type=click.Choice([pragma.value for pragma in Pragmas]),
        help="Whether comments such as leakguard:allow count: always, only with a reason, or never."
        "  [default: heed]",
    ),
    click.Option(
        ["--allow"],
        multiple=True,
        metavar="WHAT",
        help="Report nothing that is this: path=GLOB, rule=ID, value=PATTERN or fingerprint=HEX,"
        " several of them joined by `;`; may be given several times.",
    ),
    click.Option(
        ["--organisation"],
        metavar="PLACE",
        help="Read the organisation's settings first: a file, or https://... or git:REVISION:PATH"
        " with #sha256=... behind it.",
    ),
    click.Option(
        ["--artifacts/--no-artifacts", _OPEN],
        default=None,
        help="Open archives, installers and app builds, and say which builds are unreleased."
        "  [default: artifacts]",
    ),
)
"""The flags that settle the Config."""


def config_from(given: Mapping[str, Any], paths: Sequence[str]) -> Config:
    """The settings for a scan of these paths, with the flags that click read.

    Raises ConfigError as `settled` does, UsageError for flags that do not go together.
    """
    if given["config_file"] and given["no_config"]:
        raise UsageError("--config does not go with --no-config: leave one of them out")
    flags = {key: given[key] for key in KEYS if given.get(key)}
    if given.get(_OPEN) is not None:
        flags["artifacts.open"] = given[_OPEN]
    return settled(
        paths,
        file=given["config_file"],
        search=not given["no_config"],
        own_baseline=None if given.get("no_baseline") else find_baseline(paths),
        flags=flags,
    )


@click.group(
    "config",
    epilog="""\b
Examples:
  leakguard config show
""",
)
def config() -> None:
    """Show the settings."""


@config.command(
    "show",
    params=[
        click.Argument(["path"], default=".", type=click.Path(exists=True)),
        FORMAT_OPTION,
        *CONFIG_OPTIONS,
    ],
    epilog="""\b
Examples:
  leakguard config show
  leakguard config show --format json src/
  LEAKGUARD_MIN_SEVERITY=high leakguard config show
""",
)
def show(path: str, format_: str, **given: Any) -> None:
    """Show the settings for a scan of PATH, and where each comes from.

    A setting, lists too, comes as a whole from the command line, else from the environment
    (LEAKGUARD_ and its key in capitals, with _ for a dot), else from the settings file
    (.leakguard.toml, or [tool.leakguard] in pyproject.toml), else from the organisation's, else it
    is the default. What is allowed adds up over all of them. The file is looked for from PATH
    upwards to the root of its git repository, outside of one to your home folder.
    """
    settings = config_from(given, [path])
    if settings.disabled_rules:
        from leakguard.ruleset import load_ruleset

        found = load_ruleset(*settings.rules, gitleaks_default=settings.gitleaks_default)
        check_rule_ids(settings, found.rules)
    say(_as_json(settings) if format_ == "json" else _as_text(settings))


def _as_text(settings: Config) -> str:
    rows = [row for key in SETTINGS for row in _rows(settings, key)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    unused = unused_settings(settings.file)
    lines = [f"{key:{widths[0]}}  {value:{widths[1]}}  {origin}" for key, value, origin in rows]
    lines.append(f"settings file: {settings.file or 'none'}")
    lines.append(f"own baseline: {settings.own_baseline or 'none'}")
    if unused:
        lines.append(f"not used: [tool.leakguard] in {unused}, because of {settings.file}")
    return "".join(visible(line) + "\n" for line in lines)


def _rows(settings: Config, key: str) -> list[tuple[str, str, str]]:
    """Key, value and origin; of a list to which layers add a row for each of its items."""
    if key in ADDED and (items := value_of(settings, key)):
        return [(key, allowed_text(item), item.origin) for item in items]
    return [(key, _shown(_plain(settings, key)), settings.origins[key])]


def _as_json(settings: Config) -> str:
    unused = unused_settings(settings.file)
    document = {
        "file": str(settings.file) if settings.file else None,
        "unused_file": str(unused) if unused else None,
        "own_baseline": str(settings.own_baseline) if settings.own_baseline else None,
        "settings": {
            key: {"value": _plain(settings, key), **_origins(settings, key)} for key in SETTINGS
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _origins(settings: Config, key: str) -> dict[str, str | list[str]]:
    origin: dict[str, str | list[str]] = {"origin": settings.origins[key]}
    if key in ADDED:
        origin["origins"] = [item.origin for item in value_of(settings, key)]
    return origin


def _plain(settings: Config, key: str) -> _Plain:
    """A setting as a settings file would have it."""
    value = value_of(settings, key)
    if isinstance(value, Level):
        return value.label
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple) and not isinstance(value, Pinned):
        return [allowed_text(item) if isinstance(item, Allowed) else str(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, int) else str(value or "")


def _shown(value: _Plain) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        value = [f"{name} = {version}" for name, version in value.items()]
    return (", ".join(value) if isinstance(value, list) else str(value)) or "-"
