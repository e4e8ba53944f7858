"""What messages say: titles, who did it, and hostile names made harmless."""

import unicodedata

import pytest

from leakguard_service.notify import build
from leakguard_service.notify.model import Message
from leakguard_service.nouns import Change
from tests.service.conftest import make_service
from tests.service.notify.world import HOSTILE, World

HOOK = {"webhook_url": "https://hooks.slack.example/services/x"}


def said(world: World, notification: int) -> Message:
    with world.service.db.read() as session:
        return build.message(world.service, session, world.row(notification))


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (Change.CREATED, "New leak: GitHub personal access token (classic) in acme/app"),
        (Change.REOPENED, "Leak opened again: GitHub personal access token (classic) in acme/app"),
        (
            Change.RESOLVED,
            "Leak resolved (revoked): GitHub personal access token (classic) in acme/app",
        ),
        (
            Change.DISMISSAL_REQUESTED,
            "Dismissal to review (revoked): GitHub personal access token (classic) in acme/app",
        ),
    ],
)
def test_titles(world: World, change: Change, title: str) -> None:
    world.channel("slack", HOOK, {"changes": [one.value for one in Change]})
    finding = world.finding()
    world.close(finding)
    (told,) = world.announce(finding, change)
    assert said(world, told).title == title


def test_every_change_has_a_title(world: World) -> None:
    world.channel("slack", HOOK, {"changes": [one.value for one in Change]})
    finding = world.finding()
    for change in Change:
        (told,) = world.announce(finding, change)
        assert said(world, told).title.endswith("in acme/app")


def test_who_did_it(world: World) -> None:
    world.channel("slack", HOOK)
    other = World(world.service, "other")
    finding = world.finding()
    for cause, by in ((world.audited("ben"), "ben"), (other.audited("eve"), ""), ("x:1", "")):
        (told,) = world.announce(finding, cause=cause)
        facts = {fact.label: fact.value for fact in said(world, told).facts}
        assert facts.get("By", "") == by


def test_advice_is_the_first_sentence(world: World) -> None:
    world.channel("slack", HOOK)
    (told,) = world.announce(world.finding())
    assert said(world, told).advice == "Delete it on https://github.com/settings/tokens."


def test_hostile_names_become_harmless(world: World) -> None:
    world.channel("slack", HOOK)
    world.rename(f"acme/{HOSTILE}\r\nBcc: eve@evil.example")
    (told,) = world.announce(
        world.finding(path=f"{HOSTILE}\n\0/secrets", author=f"{HOSTILE}\n <a@b.c>")
    )
    message = said(world, told)
    for text in (message.title, message.advice, *(fact.value for fact in message.facts)):
        assert not any(unicodedata.category(one) in ("Cc", "Zl", "Zp") for one in text)
        assert "\u202e" not in text


def test_ids_are_one_installations_own(world: World) -> None:
    other = World(world.service, "other")
    ids = []
    for one in (world, other):
        one.channel("slack", HOOK)
        (told,) = one.announce(one.finding())
        message = said(one, told)
        ids.append(message.id.split("-")[1])
        assert message.id == said(one, told).id
    assert ids[0] != ids[1]


def test_without_an_address_there_is_no_link(world: World) -> None:
    world.channel("slack", HOOK)
    (told,) = world.announce(world.finding())
    bare = world.service.settings.model_copy(update={"public_url": ""})
    service = make_service(bare, world.service.db)
    with service.db.read() as session:
        assert build.message(service, session, world.row(told)).link == ""
