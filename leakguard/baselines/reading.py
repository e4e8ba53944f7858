"""Reads a baseline, whoever made it: told by its content, never by its name."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from leakguard.baselines import Baseline, betterleaks, gitleaks, kingfisher, own, trufflehog
from leakguard.baselines.foreign import BETTERLEAKS_KEY, Foreign, Found
from leakguard.baselines.own import OwnBaseline
from leakguard.errors import ConfigError

MAKERS: Final = (
    "leakguard, gitleaks, betterleaks, detect-secrets, kingfisher or trufflehog (its JSON)"
)


def load_baseline(file: str) -> Baseline:
    """The baseline in a file.

    Raises ConfigError when it cannot be read, or is one of no tool that is known.
    """
    data = own.bytes_of(file)
    try:
        return _loaded(file, data, os.path.dirname(file))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{file} is no baseline of {MAKERS}") from error


def load_foreign(file: str, tool: str = "") -> Foreign:
    """Another tool's baseline, which may be empty; `tool` is its name when the user gave it.

    Raises ConfigError as `load_baseline`, and for a baseline of leakguard.
    """
    if tool in LINES:
        return Foreign(LINES[tool](own.bytes_of(file).decode(errors="replace")))
    baseline = load_baseline(file)
    if not isinstance(baseline, Foreign):
        raise ConfigError(f"{file} is leakguard's own: name it with --baseline")
    return baseline


def _loaded(file: str, data: bytes, folder: str) -> Baseline:
    text = data.decode()
    start = text.lstrip()[:1]
    if start == "[" and own.is_own(text):
        return OwnBaseline(own.contents_in(file, data), folder)
    if start in ("[", "{"):
        return _of_json(text)
    if "fingerprint_algorithm" in text or "ExactFindings" in text:
        import yaml

        return Foreign(kingfisher.read_baseline(yaml.safe_load(text)))
    if betterleaks.is_ignore(text.splitlines()):
        return Foreign(_betterleaks(text))
    if gitleaks.is_ignore(text):
        return Foreign(gitleaks.read_ignore(text))
    raise ValueError("nothing that is known")


def _of_json(text: str) -> Baseline:
    document = _document(text)
    if isinstance(document, Mapping) and "fingerprints" in document:
        from leakguard.baselines.service import ServiceBaseline

        return ServiceBaseline(document)
    if isinstance(document, Mapping) and "results" in document:
        from leakguard.baselines.detect_secrets import read_baseline

        return Foreign(read_baseline(document))
    rows = document if isinstance(document, list) else [document]
    if all("DetectorName" in row for row in rows) and rows:
        return Foreign(trufflehog.read_report(rows))
    if all("RuleID" in row for row in rows) and isinstance(document, list):
        return Foreign(gitleaks.read_report(rows))
    raise ValueError("JSON of something else")


def _document(text: str) -> Any:
    """What a text of JSON holds; a list of objects when it has one a line."""
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        return [row for row in map(json.loads, lines) if "DetectorName" in row]


def _betterleaks(text: str) -> Found:
    return betterleaks.read_ignore(text, keyed=bool(os.environ.get(BETTERLEAKS_KEY)))


LINES: Final[Mapping[str, Callable[[str], Found]]] = {
    "gitleaks": gitleaks.read_ignore,
    "betterleaks": _betterleaks,
}
"""Tools whose files of lines may not be told apart: an empty one, one with comments only."""
