"""Coding assistants are answered in their own words, and never with the secret."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.hooks.events import Kind
from leakguard.hooks.protocols import understood
from tests.hookrepo import HookRepo, environment, token

SECRET = token()
Event = Mapping[str, Any]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("home"), cache_dir)


@pytest.fixture
def asked(tmp_path: Path, home: dict[str, str]) -> Callable[..., tuple[int, Any, str]]:
    """Gives an event to the hook, outside of any repository: exit code, answer, complaint."""
    place = HookRepo(tmp_path, home)

    def ask(event: Any, *options: str) -> tuple[int, Any, str]:
        text = event if isinstance(event, str) else json.dumps(event)
        command = (sys.executable, "-P", "-m", "leakguard.hook", "agent", *options)
        done = place.run("sh", "-c", '"$@" 2>complaint', "sh", *command, stdin=text)
        complaint = (tmp_path / "complaint").read_text()
        assert SECRET not in done.stdout + complaint
        return done.returncode, json.loads(done.stdout or "null"), complaint

    return ask


def claude(name: str, **more: Any) -> Event:
    return {
        "session_id": "abc123",
        "transcript_path": "/home/ada/.claude/projects/x/abc123.jsonl",
        "cwd": "/nowhere",
        "permission_mode": "default",
        "hook_event_name": name,
        **more,
    }


def codex(name: str, **more: Any) -> Event:
    return {
        "session_id": "0199",
        "turn_id": "7",
        "transcript_path": None,
        "cwd": "/nowhere",
        "model": "gpt-5-codex",
        "permission_mode": "default",
        "hook_event_name": name,
        **more,
    }


def cursor(name: str, **more: Any) -> Event:
    return {
        "conversation_id": "668320d2",
        "generation_id": "490b90b7",
        "hook_event_name": name,
        "cursor_version": "2.0.77",
        "workspace_roots": ["/nowhere"],
        **more,
    }


def copilot(**more: Any) -> Event:
    return {"timestamp": 1704614600000, "cwd": "/nowhere", **more}


def vscode(name: str, **more: Any) -> Event:
    return {
        "timestamp": "2026-02-09T10:30:00.000Z",
        "cwd": "/nowhere",
        "sessionId": "s",
        "hook_event_name": name,
        "transcript_path": "/x/GitHub.copilot-chat/transcripts/s.json",
        **more,
    }


def denied(answer: Any) -> str:
    """The reason of a refusal as Claude Code and Codex read it."""
    told = answer["hookSpecificOutput"]
    assert set(told) == {"hookEventName", "permissionDecision", "permissionDecisionReason"}
    assert (told["hookEventName"], told["permissionDecision"]) == ("PreToolUse", "deny")
    return str(told["permissionDecisionReason"])


def blocked(answer: Any) -> str:
    assert answer["decision"] == "block"
    return str(answer["reason"])


def forbidden(answer: Any) -> str:
    """As Cursor reads it."""
    assert answer["permission"] == "deny"
    assert answer["agent_message"] == answer["user_message"]
    return str(answer["user_message"])


BASH = {"tool_name": "Bash", "tool_input": {"command": f"curl -H 'x: {SECRET}' y"}}
WRITE = {
    "tool_name": "Write",
    "tool_input": {"file_path": "/nowhere/src/a.py", "content": f'\nt = "{SECRET}"\n'},
}
EDIT = {
    "tool_name": "Edit",
    "tool_input": {"file_path": "/nowhere/a", "old_string": "x", "new_string": f"a {SECRET}"},
}
RESPONSE = {"tool_name": "Bash", "tool_input": {}, "tool_response": {"stdout": SECRET}}
PROMPT = {"prompt": f"use {SECRET} please"}

LEAKS: list[tuple[Event, Callable[[Any], str], str]] = [
    (claude("UserPromptSubmit", **PROMPT), blocked, "in <prompt>, line 1"),
    (claude("PreToolUse", **BASH), denied, "in <Bash>, line 1"),
    (claude("PreToolUse", **WRITE), denied, "in /nowhere/src/a.py, line 2"),
    (claude("PreToolUse", **EDIT), denied, "in /nowhere/a, line 1"),
    (
        claude("PreToolUse", tool_name="mcp__db__query", tool_input={"a": [{"b": SECRET}]}),
        denied,
        "in <mcp__db__query>, line 1",
    ),
    (claude("PostToolUse", **RESPONSE), blocked, "in <tool_response>, line 1"),
    (codex("UserPromptSubmit", **PROMPT), blocked, "in <prompt>"),
    (codex("PreToolUse", **BASH), denied, "in <Bash>"),
    (
        codex(
            "PreToolUse",
            tool_name="apply_patch",
            tool_input={"command": f"*** Begin Patch\n+t = '{SECRET}'\n*** End Patch"},
        ),
        denied,
        "in <apply_patch>, line 2",
    ),
    (codex("PostToolUse", **RESPONSE), blocked, "in <tool_response>"),
    (
        cursor("beforeSubmitPrompt", attachments=[], **PROMPT),
        lambda answer: str(answer["user_message"]) if answer["continue"] is False else "",
        "in <prompt>",
    ),
    (cursor("beforeShellExecution", command=f"echo {SECRET}", cwd=""), forbidden, "in <command>"),
    (
        cursor("beforeReadFile", file_path="/nowhere/.env", content=f"T={SECRET}\n"),
        forbidden,
        "in /nowhere/.env, line 1",
    ),
    (
        cursor("beforeMCPExecution", tool_name="q", tool_input=json.dumps({"a": SECRET})),
        forbidden,
        "in <q>",
    ),
    (cursor("preToolUse", **WRITE), forbidden, "in /nowhere/src/a.py"),
    (
        cursor("afterFileEdit", file_path="/n/a", edits=[{"old_string": "", "new_string": SECRET}]),
        lambda answer: str(answer["additional_context"]),
        "in /n/a",
    ),
    (
        copilot(toolName="bash", toolArgs=json.dumps({"command": f"echo {SECRET}"})),
        lambda answer: (
            str(answer["permissionDecisionReason"])
            if answer["permissionDecision"] == "deny"
            else ""
        ),
        "in <bash>",
    ),
    (copilot(**PROMPT), blocked, "in <prompt>"),
    (
        copilot(
            toolName="bash",
            toolArgs="{}",
            toolResult={"resultType": "success", "textResultForLlm": SECRET},
        ),
        lambda answer: str(answer["additionalContext"]),
        "in <toolResult>",
    ),
    (vscode("PreToolUse", **WRITE), denied, "in /nowhere/src/a.py"),
    (
        vscode("UserPromptSubmit", **PROMPT),
        lambda answer: str(answer["stopReason"]) if answer["continue"] is False else "",
        "in <prompt>",
    ),
]


@pytest.mark.parametrize(("event", "reason", "where"), LEAKS)
def test_leak_is_stopped_in_the_assistants_own_words(
    asked: Callable[..., tuple[int, Any, str]],
    event: Event,
    reason: Callable[[Any], str],
    where: str,
) -> None:
    code, answer, complaint = asked(event)

    assert (code, complaint) == (ExitCode.CLEAN, "")
    assert reason(answer).startswith("leakguard found 1 leak: GitHub personal access token")
    assert where in reason(answer)


HARMLESS: list[tuple[Event, Any]] = [
    (claude("PreToolUse", tool_name="Bash", tool_input={"command": "ls"}), None),
    (claude("PreToolUse", tool_name="Edit", tool_input={"old_string": SECRET, "new_string": "x"}),
     None),
    (claude("SessionStart", source="startup"), None),
    (codex("UserPromptSubmit", prompt="hello"), None),
    (cursor("beforeSubmitPrompt", prompt="hello"), {"continue": True}),
    (cursor("beforeShellExecution", command="ls"), None),
    (copilot(toolName="bash", toolArgs='{"command": "ls"}'), None),
    (vscode("PreToolUse", tool_name="run_in_terminal", tool_input={"command": "ls"}), None),
]  # fmt: skip


@pytest.mark.parametrize(("event", "answer"), HARMLESS)
def test_harmless_event_is_left_to_the_assistants_own_rules(
    asked: Callable[..., tuple[int, Any, str]], event: Event, answer: Any
) -> None:
    assert asked(event) == (ExitCode.CLEAN, answer, "")


@pytest.mark.parametrize(
    "event",
    [
        claude("PreToolUse", tool_name="Read", tool_input={"file_path": "FOLDER/.env"}),
        cursor("preToolUse", tool_name="Read", tool_input={"file_path": "FOLDER/.env"}),
        copilot(toolName="view", toolArgs='{"path": "FOLDER/.env"}'),
        claude("UserPromptSubmit", prompt="look at @.env, then at x@y.z", cwd="FOLDER"),
        claude("UserPromptSubmit", prompt='look at @".env"', cwd="FOLDER"),
        cursor(
            "beforeSubmitPrompt",
            prompt="hello",
            attachments=[{"type": "file", "filePath": "FOLDER/.env"}],
        ),
    ],
)
def test_file_is_looked_at_before_the_model_sees_it(
    asked: Callable[..., tuple[int, Any, str]], tmp_path: Path, event: Event
) -> None:
    (tmp_path / ".env").write_text(f"GH={SECRET}\n")
    text = json.dumps(event).replace("FOLDER", str(tmp_path))

    _, answer, _ = asked(text)

    assert f"{tmp_path}/.env" in json.dumps(answer)
    assert "found 1 leak" in json.dumps(answer)


def test_settings_where_the_assistant_works_count(
    asked: Callable[..., tuple[int, Any, str]], tmp_path: Path
) -> None:
    (tmp_path / ".leakguard.toml").write_text('disabled_rules = ["github-classic-pat"]\n')

    assert asked({**claude("PreToolUse", **BASH), "cwd": str(tmp_path)})[1] is None
    assert asked(claude("PreToolUse", **BASH), "--disable", "github-classic-pat")[1] is None


def test_file_that_cannot_be_looked_at_is_stopped(
    asked: Callable[..., tuple[int, Any, str]], tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\3\4" + bytes(60))
    event = claude("PreToolUse", tool_name="Read", tool_input={"file_path": f"{tmp_path}/a.zip"})

    assert "could not look at all of this" in denied(asked(event)[1])


@pytest.mark.parametrize(
    "event", [{"who": "knows", "prompt": SECRET}, claude("Stop", prompt=SECRET)]
)
def test_unknown_event_with_a_leak_is_stopped_by_the_exit_code(
    asked: Callable[..., tuple[int, Any, str]], event: Event
) -> None:
    code, answer, complaint = asked(event)

    assert (code, answer) == (ExitCode.ERROR, None)
    assert complaint.startswith("leakguard found 1 leak")


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", '"a"', "[" * 100_000])
def test_what_is_no_event_is_an_error_in_one_line(
    asked: Callable[..., tuple[int, Any, str]], text: str
) -> None:
    code, answer, complaint = asked(text)

    assert (code, answer) == (ExitCode.ERROR, None)
    assert complaint.startswith("leakguard: standard input is no JSON")
    assert complaint.count("\n") == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("tool_input", "toolArgs", "prompt", "attachments", "content", "file_path", "cwd",
                 "hook_event_name", "workspace_roots", "edits", "tool_name", "transcript_path")
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_json_is_understood_or_refused(value: Any) -> None:
    try:
        _, event = understood(json.dumps(value).encode())
    except UsageError:
        assert not isinstance(value, dict)
    else:
        assert isinstance(event.kind, Kind)
        assert all(isinstance(text.text, str) for text in event.texts)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (claude("Stop"), "claude-code"),
        (codex("Stop"), "codex"),
        (cursor("stop"), "cursor"),
        (copilot(prompt=""), "copilot"),
        (vscode("Stop"), "copilot-vscode"),
        ({}, None),
    ],
)
def test_sender_is_recognised(event: Event, name: str | None) -> None:
    protocol, _ = understood(json.dumps(event).encode())

    assert (protocol.name if protocol else None) == name
