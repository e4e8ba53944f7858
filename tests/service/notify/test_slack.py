"""What Slack gets: blocks within its limits, and nothing of a repository that means something."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard_service.errors import Hopeless, Later
from leakguard_service.notify import outbox
from leakguard_service.notify.model import Fact
from leakguard_service.notify.slack import body, escaped
from tests.service.forges.receivers import Receiver
from tests.service.notify.world import HOSTILE_MESSAGE, MESSAGE, World

Golden = Callable[[str, str], None]


def test_a_leak(golden: Golden) -> None:
    golden("leak.slack.json", json.dumps(body(MESSAGE), indent=2, ensure_ascii=False) + "\n")


def test_hostile_names(golden: Golden) -> None:
    told = json.dumps(body(HOSTILE_MESSAGE), indent=2, ensure_ascii=False) + "\n"
    assert "<!" not in told
    golden("hostile.slack.json", told)


@given(st.text(max_size=5_000), st.text(max_size=5_000), st.integers(0, 40))
def test_limits_hold_whatever_comes(title: str, value: str, count: int) -> None:
    facts = tuple(Fact("Place", value, code=bool(number % 2)) for number in range(count))
    said = body(replace(MESSAGE, title=title, facts=facts, advice=value))
    assert len(said["blocks"]) <= 50
    for block in said["blocks"]:
        texts = block.get("fields") or [block["text"]]
        assert 0 < len(texts) <= 10
        most = {"header": 150, "section": 2_000 if "fields" in block else 3_000}[block["type"]]
        assert all(0 < len(text["text"]) <= most for text in texts)
        for text in texts:
            assert "<" not in text["text"].replace(f"<{MESSAGE.link}|", "")
    assert "<" not in said["text"]


@given(st.text(alphabet="<>&ab", max_size=50), st.integers(5, 60))
def test_no_escape_is_cut_in_two(text: str, most: int) -> None:
    said = escaped(text, most)
    assert len(said) <= most
    plain = said.removesuffix("…").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert text.startswith(plain)


def test_a_webhook(world: World, receiver: Receiver) -> None:
    world.channel("slack", {"webhook_url": f"{receiver.url}/services/x"})
    (told,) = world.announce(world.finding())
    assert outbox.deliver(world.service, told) == "sent"
    (post,) = receiver.posts
    assert post.path == "/services/x"
    assert post.headers["content-type"] == "application/json"
    assert post.json["blocks"][0]["text"]["text"].startswith("🔴 New leak: GitHub")


def slack_api(world: World, receiver: Receiver) -> int:
    config = {"token": "words", "channel": "C0123", "api_url": f"{receiver.url}/api"}
    world.channel("slack", config)
    (told,) = world.announce(world.finding())
    return told


def test_a_bot(world: World, receiver: Receiver) -> None:
    told = slack_api(world, receiver)
    receiver.on("/api/chat.postMessage", 200, {"ok": True, "ts": "1503435956.000247"})
    assert outbox.deliver(world.service, told) == "sent"
    (post,) = receiver.posts
    assert post.headers["authorization"] == "Bearer words"
    assert post.json["channel"] == "C0123"
    assert world.row(told).external == "1503435956.000247"


@pytest.mark.parametrize(
    ("said", "raised", "text"),
    [
        ({"ok": False, "error": "channel_not_found"}, Hopeless, "channel_not_found"),
        ({"ok": False, "error": "internal_error"}, Later, "internal_error"),
        ({"ok": False, "error": "<script>" * 100}, Hopeless, "unknown_error"),
        ([], Hopeless, "no object"),
        (b"<html>", Later, "no JSON"),
    ],
)
def test_what_the_api_refuses(
    world: World, receiver: Receiver, said: object, raised: type[Exception], text: str
) -> None:
    told = slack_api(world, receiver)
    receiver.on("/api/chat.postMessage", 200, said)
    with pytest.raises(raised, match=text):
        outbox.deliver(world.service, told)
