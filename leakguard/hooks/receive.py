"""What a server answers to a push: within a time, on one screen, and never open by accident."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from leakguard import limits
from leakguard.errors import SourceError
from leakguard.exitcodes import ExitCode, for_verdict
from leakguard.hooks.advice import at_push
from leakguard.hooks.plans import plans_for
from leakguard.hooks.pushes import Pushed, received
from leakguard.model import Report, Verdict
from leakguard.policy import ReceiveSettings
from leakguard.report.wording import closing, counted, encodable, one_line, short, visible
from leakguard.signals import TimedOut, deadline
from leakguard.sources import Source
from leakguard.sources.files import StreamSource
from leakguard.sources.git.repository import Repository

_OPTION: Final = "leakguard.break-glass"
_LOG: Final = "leakguard-audit.jsonl"
_WIDTH: Final = 72
"""Columns of a line: git puts `remote: ` before each, and terminals have 80."""

_WHO: Final = ("GL_USERNAME", "GL_ID", "GITEA_PUSHER_NAME", "REMOTE_USER", "LOGNAME", "USER")
"""Who pushes, by GitLab, Gitea, git-http-backend(1), sshd(8)."""
_WHENCE: Final = ("REMOTE_ADDR", "SSH_CLIENT")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hook says and ends with."""

    text: str
    code: int


@dataclass(frozen=True, slots=True)
class Push:
    """A push that a server is asked to take."""

    repository: Repository
    refs: Sequence[Pushed]
    settings: ReceiveSettings
    environment: Mapping[str, str]


def judge(push: Push, look: Callable[[Sequence[Source]], Report]) -> Answer:
    """Lets `look` scan the push and answers. Raises what `look` raises, but for the time-out.

    Raises SourceError when a push that is let through unjudged cannot be recorded: then it is not.
    """
    try:
        with deadline(push.settings.seconds):
            report = look(received(push.repository, push.refs))
    except TimedOut:
        return _late(push, _reason(push, look))
    reason = _reason(push, look)
    if report.verdict is Verdict.CLEAN or not reason:
        return Answer(_told(push, report), for_verdict(report.verdict))
    _record(push, "break-glass", reason, report)
    text = f"leakguard lets this push through, and has recorded why: {one_line(reason)}"
    lines = [text, *_findings(report), *_skips(report), closing(report)]
    return Answer("".join(f"{line}\n" for line in lines), ExitCode.CLEAN)


def _reason(push: Push, look: Callable[[Sequence[Source]], Report]) -> str:
    """The reason of the push option, without what may not be in a log; empty for none."""
    reason = _broken_glass(push)
    option = StreamSource(BytesIO(reason.encode(errors="surrogateescape")), "<push option>")
    if reason and look([option]).verdict is not Verdict.CLEAN:
        return "(left out: it holds a secret)"
    return reason


def _late(push: Push, reason: str) -> Answer:
    """The answer to a push that could not be looked at within the time."""
    seconds = counted(push.settings.seconds, "second")
    if reason or push.settings.on_timeout == "warn":
        _record(push, "break-glass" if reason else "timeout", reason, None)
        text = f"leakguard: this push was not looked at to its end within {seconds}; it was let"
        return Answer(f"{text} through and recorded\n", ExitCode.CLEAN)
    return Answer(
        f"leakguard refuses this push: it could not be looked at to its end within {seconds}.\n"
        "Push fewer commits at a time, or ask who runs this server for more time\n"
        "(receive.seconds).\n" + "".join(f"{line}\n" for line in _emergency(push)),
        ExitCode.INCOMPLETE,
    )


def _broken_glass(push: Push) -> str:
    """The reason that the push option gives; empty for none, or where it is switched off.

    git gives push options to pre-receive alone, and only where receive.advertisePushOptions is set:
    githooks(5).
    """
    if not push.settings.break_glass:
        return ""
    number = push.environment.get("GIT_PUSH_OPTION_COUNT", "0")
    for index in range(int(number) if number.isdecimal() else 0):
        name, _, reason = push.environment.get(f"GIT_PUSH_OPTION_{index}", "").partition("=")
        if name == _OPTION and reason.strip():
            return reason.strip()[: limits.REASON_CHARACTERS]
    return ""


def _record(push: Push, event: str, reason: str, report: Report | None) -> None:
    """Adds a line to the audit log, which only its owner may read."""
    log = push.settings.audit_log or Path(push.repository.git_dir) / _LOG
    line = json.dumps(_entry(push, event, reason, report)) + "\n"
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(line.encode())
    except OSError as error:
        raise SourceError(
            f"the push is refused, since the audit log {log} cannot be written: {error.strerror}"
        ) from error


def _entry(push: Push, event: str, reason: str, report: Report | None) -> dict[str, Any]:
    """What is recorded: who, whence, what and why; of leaks no more than reports have."""

    def known(names: Sequence[str]) -> str:
        return next((push.environment[name] for name in names if push.environment.get(name)), "")

    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": event,
        "reason": encodable(reason),
        "who": encodable(known(_WHO)),
        "from": encodable(known(_WHENCE)),
        "repository": encodable(push.repository.git_dir),
        "refs": [{"ref": encodable(ref.ref), "old": ref.old, "new": ref.new} for ref in push.refs],
        "verdict": report.verdict.value if report else "not looked at to its end",
        "findings": [
            {
                "rule": finding.rule_id,
                "path": encodable(finding.path),
                "line": finding.line,
                "commit": finding.commit,
                "fingerprint": finding.fingerprint,
            }
            for finding in (report.findings if report else ())
        ],
        "skips": len(report.skips) if report else None,
    }


def _told(push: Push, report: Report) -> str:
    """The whole answer to a push that was looked at: on one screen, as it is read in a terminal."""
    if report.verdict is Verdict.CLEAN:
        return f"{closing(report)}\n"
    lines = ["leakguard refuses this push.", *_findings(report), *_skips(report)]
    if report.verdict is Verdict.LEAKS:
        plans = plans_for(push.repository.git, push.refs, report.findings, server=True)
        lines += ["", *at_push(plans[:1], server=True)]
        if len(plans) > 1:
            lines.append(f"  For {counted(len(plans) - 1, 'more ref')} of this push the same.")
        lines.append(_UNSEEN)
    lines += [*_emergency(push), closing(report)]
    return "".join(f"{line}\n" for line in lines)


_UNSEEN: Final = "`leakguard install` stops this before it is sent, but for --no-verify."


def _findings(report: Report) -> Iterator[str]:
    """The first leaks, and how many more there are; what a leak costs is said once."""
    told: set[str] = set()
    for finding in report.findings[: limits.RECEIVE_FINDINGS_SHOWN]:
        commit = f" in {short(finding.commit)}" if finding.commit else ""
        place = f"{visible(finding.path)}:{finding.line}{commit}"
        yield f"  {place}  {finding.severity.label}  {visible(finding.preview)}"
        impact = one_line(f"{finding.name}. {finding.impact}")
        if impact not in told:
            yield f"    {_cut(impact, _WIDTH - 4)}"
        told.add(impact)
    more = len(report.findings) - limits.RECEIVE_FINDINGS_SHOWN
    if more > 0:
        yield f"  and {counted(more, 'more leak')}"


def _skips(report: Report) -> Iterator[str]:
    """What could not be looked at, which is no reason to let it in."""
    for skip in report.skips[: limits.RECEIVE_FINDINGS_SHOWN]:
        yield _cut(f"  not looked at: {visible(skip.path)}: {one_line(skip.reason)}", 2 * _WIDTH)
    more = len(report.skips) - limits.RECEIVE_FINDINGS_SHOWN
    if more > 0:
        yield f"  and {counted(more, 'more thing')} not looked at"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _emergency(push: Push) -> list[str]:
    """How the push gets through all the same, where that is possible."""
    told = push.environment.get("GIT_PUSH_OPTION_COUNT") is not None
    if not push.settings.break_glass or not told:
        return []
    return [f"In an emergency, on record: git push -o {_OPTION}='reason'"]
