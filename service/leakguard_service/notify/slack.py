"""Slack: an incoming webhook, or a bot's token and a channel. Messages are made of blocks.

https://docs.slack.dev/reference/block-kit, https://docs.slack.dev/messaging/formatting-message-text,
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/reference/methods/chat.postMessage
"""

from typing import Any, Final

from leakguard_service.errors import Hopeless, Later
from leakguard_service.forges.http import Client, Response
from leakguard_service.notify.model import Fact, Message, Post, Sent

_API: Final = "https://slack.com/api"
_HEADER: Final = 150
"""Characters of a header block."""
_FIELD: Final = 2_000
"""Characters of a section's field."""
_FIELDS: Final = 10
"""Fields of a section."""
_SECTION: Final = 3_000
"""Characters of a section's text."""
_SOON: Final = frozenset(
    ("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable")
)
"""Answers of the API after which it may work later."""
_MARKS: Final = {1: "⚪", 2: "🟡", 3: "🟠", 4: "🔴"}


def send(post: Post) -> Sent:
    """Posts the message. Raises Later and Hopeless."""
    client, config = Client(post.service.settings), post.config
    message = body(post.message)
    if config.get("webhook_url"):
        client.request("POST", config["webhook_url"], json=message)
        return Sent()
    answer = client.request(
        "POST",
        f"{config.get('api_url') or _API}/chat.postMessage",
        headers={"Authorization": f"Bearer {config['token']}"},
        json={"channel": config["channel"], **message},
        what="/chat.postMessage",
    )
    return Sent(external=_understood(answer))


def _understood(answer: Response) -> str:
    """The message's time stamp. The API answers 200 whatever happened."""
    said = answer.json()
    if not isinstance(said, dict):
        raise Hopeless("Slack's answer is no object: is the API's URL right?")
    if said.get("ok") is True:
        return str(said.get("ts", ""))[:40]
    error = str(said.get("error", ""))
    error = error if error.replace("_", "").isalnum() and len(error) < 60 else "unknown_error"
    if error in _SOON:
        raise Later(f"Slack says {error}", 30)
    raise Hopeless(f"Slack says {error}: look at the channel's token and name")


def body(message: Message) -> dict[str, Any]:
    """The message for an incoming webhook, and for chat.postMessage but for the channel."""
    mark = _MARKS.get(message.severity, "")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(f"{mark} {message.title}")}}
    ]
    shown = [_mrkdwn(_field(fact), _FIELD) for fact in message.facts]
    blocks += [
        {"type": "section", "fields": shown[start : start + _FIELDS]}
        for start in range(0, len(shown), _FIELDS)
    ]
    if message.advice:
        advice = f"*What to do*\n{escaped(message.advice, _SECTION - 20)}"
        blocks.append({"type": "section", "text": _mrkdwn(advice, _SECTION)})
    if message.link:
        link = f"<{escaped(message.link, 1_000)}|Open it in leakguard>"
        blocks.append({"type": "section", "text": _mrkdwn(link, _SECTION)})
    return {
        "text": escaped(message.title, _SECTION),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _cut(text: str) -> str:
    return escaped(text.strip(), _HEADER)


def _mrkdwn(text: str, most: int) -> dict[str, Any]:
    if len(text) > most:
        raise AssertionError(f"{len(text)} characters where Slack takes {most}")
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _field(fact: Fact) -> str:
    room = _FIELD - len(fact.label) - 10
    shown = _code(fact.value, room) if fact.code else escaped(_plain(fact.value), room)
    return f"*{fact.label}*\n{shown}"


def _code(value: str, most: int) -> str:
    return f"`{escaped(value.replace('`', 'ˋ'), most)}`" if value else " "


def _plain(value: str) -> str:
    """Signs that would make text bold, italic or struck out stand alone then."""
    return "".join(f"\u200b{sign}\u200b" if sign in "*_~`" else sign for sign in value)


_ESCAPES: Final[dict[str, str]] = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str, most: int) -> str:
    """The text with Slack's three signs escaped, cut to `most` characters, never in an escape."""
    parts, room = list[str](), most - 1
    for character in text:
        part = _ESCAPES.get(character, character)
        if len(part) > room:
            parts.append("…")
            break
        parts.append(part)
        room -= len(part)
    return "".join(parts)
