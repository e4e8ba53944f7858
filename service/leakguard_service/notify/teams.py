"""Microsoft Teams: Adaptive Cards for a webhook of Workflows.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using,
https://adaptivecards.io/explorer. What may come from a repository stands in TextRun only: that is
never read as Markdown, as TextBlock and FactSet are. A message is at most 28 KB.
"""

from typing import Any, Final

from leakguard_service.forges.http import Client
from leakguard_service.notify.model import Fact, Message, Post, Sent
from leakguard_service.notify.text import line

_COLORS: Final = {1: "Default", 2: "Warning", 3: "Warning", 4: "Attention"}
_VALUE: Final = 500
"""Characters of a value: twenty of them and their frames stay below 28 KB."""


def send(post: Post) -> Sent:
    """Posts the card. Raises Later and Hopeless."""
    client = Client(post.service.settings)
    client.request("POST", post.config["webhook_url"], json=body(post.message))
    return Sent()


def body(message: Message) -> dict[str, Any]:
    """The card in the envelope that Workflows expects."""
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": _body(message),
    }
    if message.link:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": "Open it in leakguard", "url": message.link}
        ]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _body(message: Message) -> list[dict[str, Any]]:
    color = _COLORS.get(message.severity, "Default")
    title = _run(line(message.title, _VALUE), weight="Bolder", size="Large", color=color)
    body = [_text(title), *(_fact(fact) for fact in message.facts)]
    if message.advice:
        body.append(_text(_run("What to do: ", weight="Bolder"), _run(message.advice)))
    return body


def _fact(fact: Fact) -> dict[str, Any]:
    value = _run(line(fact.value, _VALUE))
    if fact.code:
        value["fontType"] = "Monospace"
    return _text(_run(f"{fact.label}: ", weight="Bolder"), value)


def _text(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "spacing": "Small", "inlines": list(runs)}


def _run(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}
