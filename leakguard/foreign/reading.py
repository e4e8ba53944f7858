"""Tells the formats of rule files apart by their content, and reads those of other tools."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from leakguard.errors import RuleError
from leakguard.foreign.gitleaks import read_gitleaks
from leakguard.foreign.stand_ins import Translation

_GITLEAKS = frozenset(("rules", "allowlist", "allowlists", "extend"))
_OWN = frozenset(("provider", "rule"))
_YAML = re.compile(rb"^rules[ \t]*:", re.MULTILINE)


def read_foreign(
    data: bytes, file: Path, read: Callable[[Path], bytes], default: Path | None = None
) -> Translation | None:
    """What a file of another tool says; None for one of our own form, or of none that is known.

    `read` gets the files that it extends, `default` is what gitleaks' `useDefault` stands for.
    Raises RuleError when the file cannot be used.
    """
    if _YAML.search(data):
        from leakguard.foreign.kingfisher import read_kingfisher

        return read_kingfisher(_yaml(data, file), file)
    document = _toml(data)
    keys = {key.lower() for key in document}
    if not keys & _GITLEAKS or keys & _OWN:
        return None
    return read_gitleaks(document, file, read, default)


def _toml(data: bytes) -> Mapping[str, Any]:
    """The document; empty when it is no TOML: the reader of our own form says what is wrong."""
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _yaml(data: bytes, file: Path) -> Mapping[str, Any]:
    import yaml  # most users have no YAML rules

    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise RuleError(f"{file.name}: not valid YAML{where}: correct it there") from error
    if not isinstance(document, Mapping):
        raise RuleError(f"{file.name}: not a YAML file of rules: it must have `rules:` with a list")
    return document
