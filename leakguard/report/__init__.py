"""The formats of a report: what a user may ask for, and the function that writes it.

Each format is imported when it is asked for: a hook writes text and must start fast.
"""

from collections.abc import Callable, Mapping
from typing import Final

from leakguard.model import Report


def _text(report: Report) -> str:
    from leakguard.report.text import to_text

    return to_text(report)


def _json(report: Report) -> str:
    from leakguard.report.as_json import to_json

    return to_json(report)


def _jsonl(report: Report) -> str:
    from leakguard.report.as_json import to_jsonl

    return to_jsonl(report)


def _sarif(report: Report) -> str:
    from leakguard.report.sarif import to_sarif

    return to_sarif(report)


def _github(report: Report) -> str:
    from leakguard.report.github import to_github

    return to_github(report)


FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": _text,
    "json": _json,
    "jsonl": _jsonl,
    "sarif": _sarif,
    "github": _github,
}
"""What `--format` takes. Each function is pure; what it returns ends with a line break."""
