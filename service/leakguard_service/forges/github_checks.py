"""What GitHub is told of a commit: the bodies of check runs, commit statuses and comments.

https://docs.github.com/rest/checks/runs has the limits: 50 annotations a request, summary 65,535
characters, message and details of an annotation 64 KB, title 255 characters, three buttons.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from leakguard_service import limits
from leakguard_service.forges.api import CHECK_NAME, cut
from leakguard_service.forges.port import Mark, Outcome

PER_REQUEST: Final = 50
_SUMMARY: Final = 65_535
_MESSAGE: Final = 64 * 1024 - 1
_TITLE: Final = 255
MEMBER: Final = "!/"
"""Between a file and what is in it: forges know the file only, and no line of it."""
_DESCRIPTION: Final = 140
"""Of a commit status, characters: more is refused with 422."""

ACTIONS: Final = (
    {
        "label": "False positive",
        "identifier": "false_positive",
        "description": "These are no secrets",
    },
    {
        "label": "Used in tests",
        "identifier": "used_in_tests",
        "description": "They open nothing but tests",
    },
    {
        "label": "Will revoke",
        "identifier": "will_revoke",
        "description": "I revoke them: findings become mine",
    },
)
"""The buttons. GitHub takes 20 characters as label and identifier, and 40 as description."""

_LEVELS: Final = {1: "notice", 2: "warning"}
"""By severity; what is worse is a `failure`."""


def conclusion(outcome: Outcome) -> str:
    """How the check ends.

    What was not looked at is `action_required`: a required check passes with `neutral`, so
    neutral would let through what nobody has seen. Leaks below the threshold are `neutral`.
    """
    if outcome.fails:
        return "failure"
    ends = {"clean": "success", "leaks": "neutral"}
    return ends.get(outcome.verdict, "action_required")


def state(outcome: Outcome) -> str:
    """The same as state of a commit status, which has no word for neutral."""
    ends = {"success": "success", "neutral": "success", "failure": "failure"}
    return ends.get(conclusion(outcome), "error")


def level(severity: int) -> str:
    """`notice`, `warning` or `failure`."""
    return _LEVELS.get(severity, "failure")


def annotation(mark: Mark) -> dict[str, Any]:
    """One mark. Columns are allowed on one line only."""
    path, inside, _ = mark.path.partition(MEMBER)
    line = 1 if inside else max(mark.line, 1)
    end = 1 if inside else max(mark.end_line, line)
    said: dict[str, Any] = {
        "path": path,
        "start_line": line,
        "end_line": end,
        "annotation_level": level(mark.severity),
        "title": mark.title[:_TITLE],
        "message": cut(mark.text or mark.title, _MESSAGE),
        "raw_details": cut(_details(mark), _MESSAGE),
    }
    if line == end and mark.column > 0 and not inside:
        said["start_column"] = mark.column
        said["end_column"] = max(mark.end_column, mark.column)
    return said


def _details(mark: Mark) -> str:
    where = f"inside: {mark.path}\n" if MEMBER in mark.path else ""
    told = f"rule: {mark.rule_id}\nfound: {mark.preview}\nfingerprint: {mark.fingerprint}"
    return where + told


def same(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells two annotations apart; the fingerprint is in the details."""
    details = str(one.get("raw_details") or "").strip()
    return (one.get("path"), one.get("start_line"), one.get("end_line"), details)


def annotations(outcome: Outcome) -> list[dict[str, Any]]:
    """The marks' annotations, the worst first, each once; at most limits.MARKS_SENT."""
    worst = sorted(outcome.marks, key=lambda mark: -mark.severity)
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for mark in worst:
        said = annotation(mark)
        found.setdefault(same(said), said)
    return list(found.values())[: limits.MARKS_SENT]


def bodies(
    outcome: Outcome, said: Sequence[Mapping[str, Any]], *, create: bool
) -> Iterator[dict[str, Any]]:
    """The requests' bodies: the first one says everything and has the first 50 annotations, the
    others append to it."""
    yield _first(outcome, said[:PER_REQUEST], create=create)
    for start in range(PER_REQUEST, len(said), PER_REQUEST):
        yield {"output": _output(outcome, said[start : start + PER_REQUEST])}


def _first(outcome: Outcome, said: Sequence[Mapping[str, Any]], *, create: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": CHECK_NAME,
        "external_id": outcome.sha,
        "status": "completed",
        "conclusion": conclusion(outcome),
        "output": _output(outcome, said),
        "actions": [dict(one) for one in ACTIONS] if outcome.marks else [],
    }
    if outcome.url:
        body["details_url"] = outcome.url
    return body | ({"head_sha": outcome.sha} if create else {})


def _output(outcome: Outcome, said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    more = len(outcome.marks) - limits.MARKS_SENT
    note = f"\n\n{more} more are shown by leakguard only." if more > 0 else ""
    return {
        "title": outcome.title[:_TITLE] or outcome.verdict,
        "summary": cut(outcome.summary or outcome.title, _SUMMARY - len(note)) + note,
        "annotations": list(said),
    }


def status(outcome: Outcome) -> dict[str, Any]:
    """A commit status: https://docs.github.com/rest/commits/statuses. A new one with the same
    context takes the place of the one before."""
    body = {
        "state": state(outcome),
        "context": CHECK_NAME,
        "description": shortened(outcome.title, _DESCRIPTION),
    }
    return body | ({"target_url": outcome.url} if outcome.url else {})


def shortened(text: str, most: int) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
