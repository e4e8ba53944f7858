"""What a coding assistant tells a hook, whichever it is: the texts and files of an event. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, NamedTuple


class Kind(Enum):
    """What an assistant asks about."""

    PROMPT = auto()
    """What somebody has typed is about to be sent to the model."""
    BEFORE = auto()
    """A tool is about to run, a file to be read."""
    AFTER = auto()
    """A tool has run: nothing can be held back, but the model can be told."""
    OTHER = auto()


class Text(NamedTuple):
    """A text of an event. `name` is the path that it is to be written to, or says what it is."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """What an assistant told."""

    kind: Kind
    name: str
    """As the assistant calls it."""
    folder: str
    """Where it works; empty when it does not say."""
    texts: tuple[Text, ...] = ()
    files: tuple[str, ...] = ()
    """Paths of files that it is about to read."""


_KINDS: Final[Mapping[str, Kind]] = {
    "userpromptsubmit": Kind.PROMPT,
    "userpromptsubmitted": Kind.PROMPT,
    "beforesubmitprompt": Kind.PROMPT,
    "pretooluse": Kind.BEFORE,
    "permissionrequest": Kind.BEFORE,
    "beforeshellexecution": Kind.BEFORE,
    "beforemcpexecution": Kind.BEFORE,
    "beforereadfile": Kind.BEFORE,
    "beforetabfileread": Kind.BEFORE,
    "posttooluse": Kind.AFTER,
    "posttoolusefailure": Kind.AFTER,
    "aftershellexecution": Kind.AFTER,
    "aftermcpexecution": Kind.AFTER,
    "afterfileedit": Kind.AFTER,
    "aftertabfileedit": Kind.AFTER,
}
"""By the event's name in lower case."""

_INPUTS: Final = ("tool_input", "toolArgs")
_OUTPUTS: Final = ("tool_response", "tool_output", "tool_result", "toolResult", "result_json")
_PLAIN: Final = ("prompt", "content", "command", "output", "edits")
"""Fields of an event itself that hold a text, or a list of objects with texts."""
_PATHS: Final = ("file_path", "filePath", "path", "notebook_path")
_GONE: Final = frozenset(("old_string", "oldString", "old_str"))
"""What an edit takes out of a file."""
_WRITTEN: Final = frozenset(
    ("content", "new_string", "newString", "new_str", "file_text", "new_source", "newCode")
)
"""What goes into the file that is named beside it."""
_READERS: Final = frozenset(("read", "read_file", "readfile", "view", "notebookread"))
"""Tools that show the model a file, in lower case."""


def event_of(raw: Mapping[str, Any]) -> Event:
    """What an event says, under whatever names its assistant has for it."""
    name = str(_first(raw, ("hook_event_name", "hookEventName")) or _guessed(raw))
    kind = _KINDS.get(name.lower(), Kind.OTHER)
    given = _opened(_first(raw, _INPUTS))
    texts = [] if kind is Kind.AFTER else [*_texts(given, f"<{_tool(raw) or 'tool'}>")]
    for field in (*_PLAIN, *(_OUTPUTS if kind is Kind.AFTER else ())):
        texts += _texts({field: _opened(raw.get(field))}, f"<{field}>", _path(raw))
    files = _files(raw, given) if kind in (Kind.PROMPT, Kind.BEFORE) else []
    return Event(kind, name, _folder(raw), tuple(texts), tuple(files))


def _guessed(raw: Mapping[str, Any]) -> str:
    """The name of an event that has none: Copilot tells a hook only what it was configured for."""
    if any(field in raw for field in _OUTPUTS):
        return "postToolUse"
    if "toolName" in raw or "tool_name" in raw:
        return "preToolUse"
    return "userPromptSubmitted" if "prompt" in raw else ""


def _first(raw: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((raw[name] for name in names if raw.get(name) is not None), None)


def _tool(raw: Mapping[str, Any]) -> str:
    return str(_first(raw, ("tool_name", "toolName")) or "")


def _folder(raw: Mapping[str, Any]) -> str:
    roots = raw.get("workspace_roots")
    root = roots[0] if isinstance(roots, list) and roots else ""
    return str(raw.get("cwd") or root or "")


def _opened(value: Any) -> Any:
    """A value that is JSON in a text, as Copilot and Cursor give some; others as they are."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _texts(value: Any, name: str, path: str = "") -> Iterator[Text]:
    """Every text in a value, with the path that it is written to, where one is named around it."""
    if isinstance(value, str):
        if value:
            yield Text(name, value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name, path)
    elif isinstance(value, dict):
        path = _path(value) or path
        for key, item in value.items():
            if key not in _GONE:
                yield from _texts(item, path if path and key in _WRITTEN else name, path)


def _path(value: Mapping[str, Any]) -> str:
    found = _first(value, _PATHS)
    return found if isinstance(found, str) else ""


def _files(raw: Mapping[str, Any], given: Any) -> list[str]:
    """The files that a reader, or what is attached to a prompt, shows to the model."""
    found = []
    if _tool(raw).lower() in _READERS and isinstance(given, dict):
        found.append(_first(given, _PATHS))
    attached = raw.get("attachments")
    items = attached if isinstance(attached, list) else []
    found += [_first(item, _PATHS) for item in items if isinstance(item, dict)]
    return [path for path in found if isinstance(path, str) and path]
