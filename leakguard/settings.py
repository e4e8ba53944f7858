"""Finds the settings file and reads its table. Only this module knows where one may lie.

Never a folder that somebody else may write to: see `_folders`.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from leakguard import limits
from leakguard.errors import ConfigError

OWN_FILE: Final = ".leakguard.toml"
PYPROJECT: Final = "pyproject.toml"
OWN_BASELINE: Final = ".leakguard-baseline.json"


class Settings(NamedTuple):
    """A settings file and what it says, not yet judged."""

    file: Path
    """Absolute."""
    table: Mapping[str, object]
    label: str = ""
    """What to call it when it is no file here: an address."""

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return self.label or str(self.file)


def find_settings(paths: Sequence[str]) -> Settings | None:
    """The nearest settings file for a scan of these paths; None when there is none.

    A .leakguard.toml goes before a pyproject.toml with [tool.leakguard] in the same folder.
    Raises ConfigError for a file that cannot be read or is no TOML.
    """
    for folder in _folders(_common(paths)):
        for name in (OWN_FILE, PYPROJECT):
            table = _table(folder / name)
            if table is not None:
                return Settings(folder / name, table)
    return None


def find_baseline(paths: Sequence[str]) -> Path | None:
    """The repository's own baseline for a scan of these paths: the nearest one, as settings are."""
    for folder in _folders(_common(paths)):
        if (folder / OWN_BASELINE).is_file():
            return folder / OWN_BASELINE
    return None


def read_settings(file: Path) -> Settings:
    """The settings in a file that the user named.

    Raises ConfigError when there are none, or the file cannot be read or is no TOML.
    """
    table = _table(file)
    if table is None:
        missing = "has no [tool.leakguard]" if file.is_file() else "does not exist"
        raise ConfigError(f"settings file {file} {missing}: name another one or leave it out")
    return Settings(Path(os.path.abspath(file)), table)


def unused_settings(file: Path | None) -> Path | None:
    """A pyproject.toml whose settings are not used, because of the .leakguard.toml beside it."""
    if file is None or file.name != OWN_FILE:
        return None
    beside = file.with_name(PYPROJECT)
    try:
        return beside if _table(beside) is not None else None
    except ConfigError:
        return None


def _common(paths: Sequence[str]) -> Path:
    """The folder that all the paths lie in; the working folder for standard input."""
    places = [os.path.abspath(path) for path in paths if path != "-"]
    try:
        common = Path(os.path.commonpath(places))
    except ValueError:  # none, or on several drives
        return Path.cwd()
    return common if common.is_dir() else common.parent


def _folders(start: Path) -> list[Path]:
    """Where a settings file may lie: from `start` up to the repository's root or the home folder.

    Outside of both only `start`: a folder further up, such as /tmp, may belong to anyone.
    """
    folders = [start, *start.parents]
    home = Path(os.path.expanduser("~"))
    roots = [folder for folder in folders if os.path.lexists(folder / ".git")]
    top = roots[0] if roots else (home if home in folders else start)
    return folders[: folders.index(top) + 1]


def _table(file: Path) -> Mapping[str, object] | None:
    """The settings in a file; None when there is no file, or a pyproject.toml without any."""
    try:
        with file.open("rb") as stream:
            data = stream.read(limits.RULE_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"settings file {file} cannot be read: {error.strerror}") from error
    if len(data) > limits.RULE_FILE_BYTES:
        raise ConfigError(f"settings file {file} is larger than {limits.RULE_FILE_BYTES} bytes")
    if file.name == PYPROJECT and b"leakguard" not in data:
        return None
    document = parsed_settings(data, f"settings file {file}")
    return _section(document, file) if file.name == PYPROJECT else document


def parsed_settings(data: bytes, name: str) -> Mapping[str, Any]:
    """The table in a settings file's bytes. Raises ConfigError when they are no TOML."""
    import tomllib  # most hooks run without a settings file

    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} is not valid TOML: {error}") from error


def _section(document: Mapping[str, Any], file: Path) -> Mapping[str, object] | None:
    tool = document.get("tool")
    table = tool.get("leakguard") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: `tool.leakguard` must be a table: write [tool.leakguard]")
    return table
