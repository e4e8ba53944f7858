"""A webhook of one's own: JSON, signed as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. The
receiver knows a repetition by `webhook-id`. The body's schema is docs/notification.schema.json.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from typing import Final

from leakguard_service.errors import Invalid
from leakguard_service.forges.http import Client
from leakguard_service.notify.model import Message, Post, Sent

PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)
"""How long the specification wants keys to be."""


def send(post: Post) -> Sent:
    """Posts the message. Raises Later and Hopeless."""
    content = body(post.message)
    stamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": post.message.id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(post.config["secret"], post.message.id, stamp, content),
    }
    client = Client(post.service.settings)
    client.request("POST", post.config["url"], headers=headers, content=content)
    return Sent()


def body(message: Message) -> bytes:
    """The bytes that are signed and sent."""
    told = {
        "type": message.event,
        "timestamp": message.at.isoformat(),
        "data": {"title": message.title, "link": message.link, **message.data},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def sign(secret: str, message_id: str, stamp: int, content: bytes) -> str:
    """The signature's header: `v1,` and base64 of the HMAC-SHA-256. Raises Invalid."""
    signed = f"{message_id}.{stamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.digest(key(secret), signed, hashlib.sha256)).decode()


def key(secret: str) -> bytes:
    """The bytes of a secret in the form `whsec_` and base64. Raises Invalid."""
    try:
        decoded = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not secret.startswith(PREFIX) or len(decoded) not in _KEY_BYTES:
        raise Invalid(
            f"the secret is {PREFIX} followed by 24 to 64 bytes in base64, as Standard Webhooks"
            " says",
            "secret",
        )
    return decoded


def new_secret() -> str:
    """A new secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
