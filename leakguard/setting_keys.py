"""The settings there are: their keys, flags and variables, and how the value of each is read."""

import os
from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple

from leakguard import limits, setting_values
from leakguard.model import Confidence, Severity
from leakguard.policy import Pragmas


class Key(NamedTuple):
    """How a setting is written."""

    flag: str
    """Empty when there is none."""
    variable: str
    read: setting_values.Reader
    separator: str = ""
    """Between the texts of a list in the variable; empty for a single text."""


KEYS: Final[Mapping[str, Key]] = {
    "rules": Key("--rules", "LEAKGUARD_RULES", setting_values.files, os.pathsep),
    "gitleaks_default": Key(
        "--gitleaks-default", "LEAKGUARD_GITLEAKS_DEFAULT", setting_values.file
    ),
    "detect_secrets_plugins": Key(
        "--detect-secrets-plugins",
        "LEAKGUARD_DETECT_SECRETS_PLUGINS",
        setting_values.files,
        os.pathsep,
    ),
    "disabled_rules": Key("--disable", "LEAKGUARD_DISABLED_RULES", setting_values.ids, ","),
    "min_severity": Key(
        "--min-severity", "LEAKGUARD_MIN_SEVERITY", partial(setting_values.level, Severity)
    ),
    "min_confidence": Key(
        "--min-confidence", "LEAKGUARD_MIN_CONFIDENCE", partial(setting_values.level, Confidence)
    ),
    "exclude": Key("--exclude", "LEAKGUARD_EXCLUDE", setting_values.globs, ","),
    "baseline": Key("--baseline", "LEAKGUARD_BASELINE", setting_values.file_or_files, os.pathsep),
    "pragmas": Key(
        "--pragmas", "LEAKGUARD_PRAGMAS", partial(setting_values.one_of, tuple(Pragmas), Pragmas)
    ),
    "allow": Key("--allow", "LEAKGUARD_ALLOW", setting_values.allow_rows, "\n"),
    "organisation": Key("--organisation", "LEAKGUARD_ORGANISATION", setting_values.pinned),
}
"""Settings at the top: the key in a file, the flag and the variable that settle it, how it is read.
Each one has a flag, of the hook as well."""

NOT_IN_FILE: Final = frozenset(("detect_secrets_plugins",))
"""Settings that name code to run: a file that lies in a repository must not."""

ADDED: Final = frozenset(("allow",))
"""Lists to which each layer adds; of the others the nearest layer's counts as a whole."""

LOCKED: Final = "locked"
"""In an organisation's settings only: the keys of those that nearer layers must leave alone."""

NAMES_FILES: Final = frozenset(
    (
        "rules", "gitleaks_default", "baseline", "data.canaries", "data.indexes", "data.key_file",
    )
)  # fmt: skip

ARTIFACTS: Final = "artifacts"
"""The table for files that hold others."""


RECEIVE: Final = "receive"
"""The table for the hooks of a server."""


def _in_table(
    table: str, name: str, read: setting_values.Reader, separator: str = "", flag: str = ""
) -> tuple[str, Key]:
    return f"{table}.{name}", Key(flag, f"LEAKGUARD_{table}_{name}".upper(), read, separator)


_artifact = partial(_in_table, ARTIFACTS)
_receive = partial(_in_table, RECEIVE)
_number = partial(setting_values.number, limits.SETTING_MOST)

ARTIFACT_KEYS: Final[Mapping[str, Key]] = dict(
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

RECEIVE_KEYS: Final[Mapping[str, Key]] = dict(
    (
        _receive("seconds", _number),
        _receive("on_timeout", partial(setting_values.one_of, ("block", "warn"), str)),
        _receive("break_glass", setting_values.switch),
        _receive("audit_log", setting_values.file),
    )
)
"""Settings in the table `receive`, as `receive.seconds`."""

DATA: Final = "data"
"""The table for customers' data."""

MARKERS: Final = "markers"
"""The table for what must not be named."""

_data = partial(_in_table, DATA)
_markers = partial(_in_table, MARKERS)

DATA_KEYS: Final[Mapping[str, Key]] = dict(
    (
        _data("canaries", setting_values.file_or_files, os.pathsep),
        _data("tables", setting_values.switch),
        _data("rows", _number),
        _data("score", _number),
        _data("indexes", setting_values.file_or_files, os.pathsep),
        _data("key_file", setting_values.file),
        _data("matches", _number),
    )
)
"""Settings in the table `data`, as `data.canaries`."""

MARKER_KEYS: Final[Mapping[str, Key]] = dict(
    (
        _markers("names", setting_values.texts, ","),
        _markers("hashed", setting_values.texts, ","),
        _markers("classification", setting_values.switch),
        _markers("lines", setting_values.texts, "\n"),
    )
)
"""Settings in the table `markers`, as `markers.names`."""

TABLES: Final[Mapping[str, Mapping[str, Key]]] = {
    ARTIFACTS: ARTIFACT_KEYS,
    RECEIVE: RECEIVE_KEYS,
    DATA: DATA_KEYS,
    MARKERS: MARKER_KEYS,
}
"""The tables of a settings file."""

SETTINGS: Final[Mapping[str, Key]] = {
    **KEYS,
    **ARTIFACT_KEYS,
    **RECEIVE_KEYS,
    **DATA_KEYS,
    **MARKER_KEYS,
}
"""Every setting."""
