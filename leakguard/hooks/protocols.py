"""How coding assistants tell a hook what they are about to do, and how they want to be answered.

One row an assistant in `PROTOCOLS`. Pure: a JSON object in, an `Event`; a message in, an answer.
- Claude Code: https://code.claude.com/docs/en/hooks
- Codex: https://developers.openai.com/codex/hooks, schemas in codex-rs/hooks/schema of openai/codex
- Cursor: https://cursor.com/docs/agent/hooks
- Copilot: https://docs.github.com/en/copilot/reference/hooks-configuration and
  https://code.visualstudio.com/docs/copilot/customization/hooks
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from leakguard.errors import UsageError
from leakguard.hooks.events import Event, Kind, event_of

Answer = Mapping[str, Any]


class Protocol(NamedTuple):
    """An assistant. `answer` gets the event and why it is stopped: nothing when it is not."""

    name: str
    is_sender: Callable[[Mapping[str, Any]], bool]
    answer: Callable[[Event, str], Answer]


def understood(data: bytes) -> tuple[Protocol | None, Event]:
    """Who sent an event, None for nobody that is known, and what it says.

    Raises UsageError for what is no JSON object.
    """
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError("standard input is no JSON: let the assistant call this hook") from error
    if not isinstance(raw, dict):
        raise UsageError("standard input is no JSON object: let the assistant call this hook")
    protocol = next((row for row in PROTOCOLS if row.is_sender(raw)), None)
    return protocol, event_of(raw)


def _claude(event: Event, message: str) -> Answer:
    """Claude Code and Codex. Nothing is said of what is not stopped: `allow` would skip the rules
    by which the user is asked."""
    if not message:
        return {}
    if event.kind is not Kind.BEFORE:
        return {"decision": "block", "reason": message}
    answer: dict[str, Any] = {"hookEventName": event.name}
    if event.name == "PermissionRequest":
        answer["decision"] = {"behavior": "deny", "message": message}
    else:
        answer |= {"permissionDecision": "deny", "permissionDecisionReason": message}
    return {"hookSpecificOutput": answer}


def _vscode(event: Event, message: str) -> Answer:
    """Copilot in VS Code: as Claude Code, but for prompts."""
    if message and event.kind is Kind.PROMPT:
        return {"continue": False, "stopReason": message, "decision": "block", "reason": message}
    return _claude(event, message)


def _copilot(event: Event, message: str) -> Answer:
    """Copilot's command line and its agent on GitHub."""
    if not message:
        return {}
    if event.kind is Kind.BEFORE:
        return {"permissionDecision": "deny", "permissionDecisionReason": message}
    if event.kind is Kind.AFTER:
        return {"additionalContext": message}
    return {"decision": "block", "reason": message}


def _cursor(event: Event, message: str) -> Answer:
    """Cursor. What has been done cannot be stopped; the model is told."""
    if event.kind is Kind.PROMPT:
        return {"continue": False, "user_message": message} if message else {"continue": True}
    if not message:
        return {}
    if event.kind is Kind.AFTER:
        return {"additional_context": message}
    return {"permission": "deny", "user_message": message, "agent_message": message}


def _transcript(raw: Mapping[str, Any]) -> str:
    return str(raw.get("transcript_path") or "").lower()


PROTOCOLS: Final[Sequence[Protocol]] = (
    Protocol(
        "cursor", lambda raw: "cursor_version" in raw or "generation_id" in raw, _cursor
    ),
    Protocol("copilot-vscode", lambda raw: "github.copilot-chat" in _transcript(raw), _vscode),
    Protocol(
        "copilot",
        lambda raw: "hook_event_name" not in raw
        and "timestamp" in raw
        and ("toolName" in raw or "prompt" in raw),
        _copilot,
    ),
    Protocol("copilot-vscode", lambda raw: "timestamp" in raw, _vscode),
    Protocol(
        "codex", lambda raw: "turn_id" in raw or ".codex" in _transcript(raw), _claude
    ),
    Protocol("claude-code", lambda raw: "session_id" in raw, _claude),
)  # fmt: skip
"""The first that recognises an event counts."""
