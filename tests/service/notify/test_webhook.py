"""One's own webhook: signed as Standard Webhooks says, and of the documented form."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from leakguard_service.errors import Invalid
from leakguard_service.notify import outbox, webhook
from leakguard_service.nouns import Change
from tests.service.forges.receivers import Receiver
from tests.service.notify.world import World

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "notification.schema.json").read_text(encoding="utf-8")
)


def checked(body: bytes) -> Any:
    said = json.loads(body)
    jsonschema.Draft202012Validator(SCHEMA).validate(said)
    return said


def test_the_specifications_example() -> None:
    """Its secret, id, time and body, and the signature it gives for them."""
    secret = webhook.PREFIX + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # leakguard:allow
    said = webhook.sign(
        secret,
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        b'{"test": 2432232314}',  # leakguard:allow
    )
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_sent_is_signed(world: World, receiver: Receiver) -> None:
    secret = webhook.new_secret()
    world.channel("webhook", {"url": f"{receiver.url}/hook", "secret": secret})
    (told,) = world.announce(world.finding(), cause=world.audited("ben"))
    assert outbox.deliver(world.service, told) == "sent"

    (post,) = receiver.posts
    stamp = post.headers["webhook-timestamp"]
    assert abs(int(stamp) - time.time()) < 60
    signed = f"{post.headers['webhook-id']}.{stamp}.".encode() + post.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert post.headers["webhook-signature"] == f"v1,{right}"

    said = checked(post.body)
    assert said["type"] == "finding.created"
    assert said["data"]["actor"] == "ben"
    assert said["data"]["place"]["path"] == "src/deploy.py"
    assert said["data"]["finding"]["severity"] == "critical"


@pytest.mark.parametrize("change", list(Change))
def test_every_change_has_the_documented_form(
    world: World, receiver: Receiver, change: Change
) -> None:
    config = {"url": receiver.url, "secret": webhook.new_secret()}
    world.channel("webhook", config, {"changes": [change.value]})
    finding = world.finding()
    world.close(finding)
    (told,) = world.announce(finding, change)
    assert outbox.deliver(world.service, told) == "sent"
    assert checked(receiver.posts[0].body)["type"] == f"finding.{change}"


def test_digests_and_tests_have_it_too(world: World, receiver: Receiver) -> None:
    config = {"url": receiver.url, "secret": webhook.new_secret()}
    channel = world.channel("webhook", config)
    (told,) = world.digest(world.scan([world.finding(historical=True)]))
    outbox.deliver(world.service, told)
    outbox.test_message(world.service, channel, world.tenant)
    digest, test = (checked(post.body) for post in receiver.posts)
    assert digest["type"] == "scan.digest"
    assert digest["data"]["findings"]["by_severity"] == {"critical": 1}
    assert test["type"] == "test"


@pytest.mark.parametrize("secret", ["", "words", "whsec_", "whsec_c2hvcnQ=", "whsec_???"])
def test_secrets_that_are_none(secret: str) -> None:
    with pytest.raises(Invalid, match="Standard Webhooks"):
        webhook.key(secret)
