"""What docs/hooks.md tells to be written somewhere is what the programs understand."""

import json
import re
import tomllib
from pathlib import Path

from leakguard.config import load_config
from leakguard.hooks.events import Kind
from leakguard.hooks.protocols import understood
from leakguard.settings import Settings
from tests.helpers import ROOT

GUIDE = (ROOT / "docs" / "hooks.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_settings_are_understood() -> None:
    (text,) = blocks("toml")

    config = load_config(table=Settings(Path("guide"), tomllib.loads(text)), environment={})

    assert config.receive.audit_log == Path("/var/log/leakguard.jsonl")
    assert set(re.findall(r"LEAKGUARD_\w+", text)) == {
        f"LEAKGUARD_RECEIVE_{name.upper()}" for name in tomllib.loads(text)["receive"]
    }


def test_events_that_assistants_are_told_to_send_are_known() -> None:
    named = [name for text in blocks("json") for name in json.loads(text)["hooks"]]

    assert len(named) == 9
    for name in named:
        _, event = understood(json.dumps({"hook_event_name": name}).encode())
        assert event.kind is not Kind.OTHER, name
