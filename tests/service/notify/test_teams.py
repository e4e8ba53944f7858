"""What Teams gets: an Adaptive Card in which nothing of a repository is read as Markdown."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leakguard_service.notify import outbox
from leakguard_service.notify.model import Fact
from leakguard_service.notify.teams import body
from tests.service.forges.receivers import Receiver
from tests.service.notify.world import MESSAGE, World


def test_a_leak(golden: Callable[[str, str], None]) -> None:
    golden("leak.teams.json", json.dumps(body(MESSAGE), indent=2, ensure_ascii=False) + "\n")


@given(st.text(max_size=3_000))
def test_texts_stand_where_they_have_no_meaning(text: str) -> None:
    facts = tuple(Fact("Place", text) for _ in range(9))
    said = body(replace(MESSAGE, title=text, facts=facts, advice=text[:500]))
    assert len(json.dumps(said).encode()) < 64 * 1024
    card: dict[str, Any] = said["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}


def test_a_webhook(world: World, receiver: Receiver) -> None:
    world.channel("teams", {"webhook_url": f"{receiver.url}/workflows/x?sig=words"})
    receiver.on("/workflows", 202)
    (told,) = world.announce(world.finding())
    assert outbox.deliver(world.service, told) == "sent"
    (post,) = receiver.posts
    assert post.query == {"sig": "words"}
    assert post.json["type"] == "message"
