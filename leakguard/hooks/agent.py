"""Answers a coding assistant: whether what it is about to send or to run holds a secret."""

import json
import os
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Final

from leakguard import limits
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.hooks.events import Event, Kind
from leakguard.hooks.protocols import Protocol, understood
from leakguard.model import Report, Verdict
from leakguard.report.wording import counted, one_line, visible
from leakguard.sources import Source
from leakguard.sources.files import FilesSource, StreamSource

_MENTION: Final = re.compile(r"(?<![\w@])@(?:\"([^\"\n]+)\"|([\w./~\\-]*[\w]))")
"""A file that a prompt names, and that the assistant reads without asking: `@src/a.py`."""


def sources_of(event: Event) -> list[Source]:
    """All that an event would show to the model, or write, or run."""
    sources: list[Source] = [
        StreamSource(BytesIO(text.text.encode(errors="surrogatepass")), text.name)
        for text in event.texts
    ]
    named = [path for path in _named(event) if os.path.isfile(path)]
    return [*sources, FilesSource(named, follow=True)] if named else sources


def _named(event: Event) -> list[str]:
    """The files that are read, from where the assistant works."""
    paths = list(event.files)
    if event.kind is Kind.PROMPT:
        for text in event.texts:
            paths += [quoted or plain for quoted, plain in _MENTION.findall(text.text)]
    return list(dict.fromkeys(os.path.join(event.folder, os.path.expanduser(p)) for p in paths))


def read_event(data: bytes) -> tuple[Protocol | None, Event]:
    """As `understood`. Raises UsageError for more than a hook is ever given."""
    if len(data) > limits.AGENT_EVENT_BYTES:
        raise UsageError(f"standard input has more than {limits.AGENT_EVENT_BYTES} bytes")
    return understood(data)


def answer(protocol: Protocol | None, event: Event, report: Report) -> tuple[str, str, int]:
    """What goes to standard output and to standard error, and the exit code.

    Known assistants are answered in JSON with exit code 0. For all others, and for events of which
    nobody says how they are stopped, exit code 2 stops what is under way.
    """
    message = "" if report.verdict is Verdict.CLEAN else _message(report)
    if protocol is None or event.kind is Kind.OTHER:
        return "", f"{message}\n" if message else "", ExitCode.ERROR if message else ExitCode.CLEAN
    told = protocol.answer(event, message)
    return f"{json.dumps(told)}\n" if told else "", "", ExitCode.CLEAN


def _message(report: Report) -> str:
    """What the user and the model read: where the secret is and what to do, never the secret."""
    if not report.findings:
        reasons = [
            f"{visible(skip.path)}: {one_line(skip.reason)}"
            for skip in report.skips[: limits.AGENT_LEAKS_TOLD]
        ]
        return "leakguard could not look at all of this: " + "; ".join(reasons)
    told = [
        f"{one_line(finding.name)} in {visible(finding.path)}, line {finding.line}"
        f" ({visible(finding.preview)})"
        for finding in report.findings[: limits.AGENT_LEAKS_TOLD]
    ]
    more = len(report.findings) - len(told)
    rest = f"; and {counted(more, 'more leak')}" if more else ""
    return (
        f"leakguard found {counted(len(report.findings), 'leak')}: {'; '.join(told)}{rest}."
        " Do not repeat, print or store the value. Keep it in the environment or a secret store and"
        " refer to it by name; `leakguard redact FILE` takes it out of a file. If it is harmless,"
        " the user can put the comment leakguard:allow on its line."
    )


def settings_paths(event: Event) -> Sequence[str]:
    """Where the settings for an event are looked for."""
    return [event.folder] if os.path.isdir(event.folder) else ["."]
