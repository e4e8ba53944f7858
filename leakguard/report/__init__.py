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


def _html(report: Report) -> str:
    from leakguard.report.html import to_html

    return to_html(report)


def _csv(report: Report) -> str:
    from leakguard.report.as_csv import to_csv

    return to_csv(report)


def _junit(report: Report) -> str:
    from leakguard.report.junit import to_junit

    return to_junit(report)


def _gitlab(report: Report) -> str:
    from leakguard.report.gitlab import to_gitlab

    return to_gitlab(report)


def _defectdojo(report: Report) -> str:
    from leakguard.report.defectdojo import to_defectdojo

    return to_defectdojo(report)


def _markdown(report: Report) -> str:
    from leakguard.report.markdown import to_markdown

    return to_markdown(report)


FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": _text,
    "json": _json,
    "jsonl": _jsonl,
    "sarif": _sarif,
    "github": _github,
    "html": _html,
    "csv": _csv,
    "junit": _junit,
    "gitlab": _gitlab,
    "defectdojo": _defectdojo,
    "markdown": _markdown,
}
"""What `--format` takes. Each function is pure; what it returns ends with a line break."""
