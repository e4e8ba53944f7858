"""One message, sent once: claims, killed processes, back-off, order, tests of channels."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Channel
from leakguard_service.db.types import now
from leakguard_service.errors import Hopeless, Later, NotThere
from leakguard_service.notify import outbox, webhook
from leakguard_service.nouns import Change
from leakguard_service.settings import Settings
from tests.service.conftest import make_service
from tests.service.forges.receivers import Receiver
from tests.service.notify.world import World


def told(world: World, receiver: Receiver, kind: str = "slack") -> int:
    """A message to the receiver."""
    configs = {
        "slack": {"webhook_url": f"{receiver.url}/slack"},
        "webhook": {"url": f"{receiver.url}/hook", "secret": webhook.new_secret()},
    }
    world.channel(kind, configs[kind])
    (new,) = world.announce(world.finding())
    return new


def test_eight_workers_send_one_message(
    database: Database, settings: Settings, receiver: Receiver
) -> None:
    world = World(make_service(settings, database))
    message = told(world, receiver, "webhook")
    receiver.fail_next(0, seconds=0.3)  # long enough for all to come
    together, said = threading.Barrier(8), list[str]()

    def work() -> None:
        together.wait()
        try:
            said.append(outbox.deliver(world.service, message))
        except Later as error:
            said.append(f"later, waited: {error.waited}")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.posts) == 1
    assert len(said) == 8
    assert set(said) <= {"sent", "later, waited: True"}
    assert "sent" in said
    row = world.row(message)
    assert (row.state, row.attempts, row.error) == ("sent", 1, "")
    assert row.sent_at is not None
    assert outbox.deliver(world.service, message) == "sent"
    assert len(receiver.posts) == 1


def test_a_message_of_a_killed_process_is_unknown_and_not_sent_again(
    world: World, receiver: Receiver
) -> None:
    message = told(world, receiver)
    world.change(message, state="sending", not_before=now() - timedelta(seconds=1), attempts=1)
    assert outbox.deliver(world.service, message) == "unknown"
    assert outbox.deliver(world.service, message) == "unknown"
    assert receiver.posts == []
    assert "ended before" in world.row(message).error


def test_a_webhook_gets_it_again_with_the_same_id(world: World, receiver: Receiver) -> None:
    message = told(world, receiver, "webhook")
    assert outbox.deliver(world.service, message) == "sent"
    world.change(message, state="sending", not_before=now() - timedelta(seconds=1))
    assert outbox.deliver(world.service, message) == "sent"
    first, second = receiver.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_one_that_is_on_its_way_is_left_alone(world: World, receiver: Receiver) -> None:
    message = told(world, receiver)
    world.change(message, state="sending", not_before=now() + timedelta(seconds=50))
    with pytest.raises(Later) as waits:
        outbox.deliver(world.service, message)
    assert waits.value.waited
    assert 45 < waits.value.seconds < 55
    assert receiver.posts == []


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_receiver_that_is_down_is_asked_later(
    world: World, receiver: Receiver, status: int
) -> None:
    message = told(world, receiver)
    receiver.fail_next(status, {"Retry-After": "120"})
    with pytest.raises(Later) as waits:
        outbox.deliver(world.service, message)
    assert waits.value.seconds == 120
    row = world.row(message)
    assert (row.state, row.attempts) == ("queued", 1)
    assert str(status) in row.error or "rate limit" in row.error
    assert world.channel_row(row.channel_id).error == row.error

    assert outbox.deliver(world.service, message) == "sent"
    assert world.channel_row(row.channel_id).error == ""


def test_it_is_given_up_in_the_end(world: World, receiver: Receiver) -> None:
    message = told(world, receiver)
    receiver.fail_next(503, times=100)
    waits = []
    for _ in limits.NOTIFY_BACKOFF_SECONDS:
        with pytest.raises(Later) as waiting:
            outbox.deliver(world.service, message)
        waits.append(waiting.value.seconds)
    assert waits == sorted(waits)
    with pytest.raises(Hopeless, match="given up after 8 attempts"):
        outbox.deliver(world.service, message)
    assert world.row(message).state == "failed"
    assert outbox.deliver(world.service, message) == "failed"


def test_a_refusal_is_the_end(world: World, receiver: Receiver) -> None:
    message = told(world, receiver)
    receiver.fail_next(404)
    with pytest.raises(Hopeless):
        outbox.deliver(world.service, message)
    row = world.row(message)
    assert (row.state, row.attempts) == ("failed", 1)
    assert "404" in row.error
    assert "/slack" not in row.error  # the path of such an address is a secret
    assert world.channel_row(row.channel_id).error == row.error


def test_an_address_within_is_not_asked(world: World, receiver: Receiver) -> None:
    guarded = world.service.settings.model_copy(update={"allow_private_addresses": False})
    service = make_service(guarded, world.service.db)
    message = told(world, receiver)
    with pytest.raises(Hopeless):
        outbox.deliver(service, message)
    assert receiver.calls == []


def test_what_became_of_the_channel(world: World, receiver: Receiver) -> None:
    message = told(world, receiver)
    with world.service.db.write() as session:
        channel = session.scalars(sa.select(Channel)).one()
        channel.enabled = False
    with pytest.raises(Hopeless, match="switched off"):
        outbox.deliver(world.service, message)
    with world.service.db.write() as session:
        session.delete(session.scalars(sa.select(Channel)).one())
    assert outbox.deliver(world.service, message) == "gone"
    assert receiver.calls == []


def test_a_configuration_that_cannot_be_used_any_more(world: World) -> None:
    world.channel("slack", {"webhook_url": "ftp://x"})
    (message,) = world.announce(world.finding())
    with pytest.raises(Hopeless, match="set up again: webhook_url"):
        outbox.deliver(world.service, message)
    assert world.row(message).state == "failed"


def test_a_job_that_was_given_up(world: World, receiver: Receiver) -> None:
    message = told(world, receiver)
    outbox.give_up(world.service, message, "the job failed three times")
    assert (world.row(message).state, world.row(message).error) == (
        "failed",
        "the job failed three times",
    )
    world.change(message, state="sending")
    outbox.give_up(world.service, message, "the job failed three times")
    assert world.row(message).state == "unknown"
    world.change(message, state="sent")
    outbox.give_up(world.service, message, "x")
    outbox.give_up(world.service, 4711, "x")
    assert world.row(message).state == "sent"


def test_the_jobs_do_it(world: World, receiver: Receiver) -> None:
    message = told(world, receiver)
    assert world.deliver() == [f"notify:{message}"]
    assert len(receiver.posts) == 1


def test_issues_keep_the_order(world: World, receiver: Receiver) -> None:
    config = {
        "url": receiver.url,
        "project": "SEC",
        "issue_type": "Task",
        "user": "leak@corp.example",
        "token": "words",
    }
    world.channel("jira", config)
    finding = world.finding()
    (first,) = world.announce(finding)
    (second,) = world.announce(finding, Change.RESOLVED)
    with pytest.raises(Later, match="older message"):
        outbox.deliver(world.service, second)
    world.change(first, state="sent", external="SEC-1")
    receiver.on("/rest/api/3/issue/SEC-1/comment", 201, {"id": "1"})
    assert outbox.deliver(world.service, second) == "sent"
    assert [post.path for post in receiver.posts] == ["/rest/api/3/issue/SEC-1/comment"]
    assert world.row(second).external == "SEC-1"


def test_a_test_message(world: World, receiver: Receiver) -> None:
    channel = world.channel("slack", {"webhook_url": f"{receiver.url}/slack"})
    receiver.fail_next(404)
    with pytest.raises(Hopeless):
        outbox.test_message(world.service, channel, world.tenant)
    assert "404" in world.channel_row(channel).error

    assert outbox.test_message(world.service, channel, world.tenant) == "a test message was sent"
    assert "this is a test" in receiver.posts[-1].body.decode()
    assert world.channel_row(channel).error == ""
    other = World(world.service, "other")
    with pytest.raises(NotThere):
        outbox.test_message(world.service, channel, other.tenant)


def test_a_digest_is_sent(world: World, receiver: Receiver) -> None:
    world.channel("slack", {"webhook_url": f"{receiver.url}/slack"})
    findings = [world.finding(seed, historical=True, severity=2 + seed) for seed in range(3)]
    (message,) = world.digest(world.scan(findings))
    assert outbox.deliver(world.service, message) == "sent"
    said = receiver.posts[0].body.decode()
    assert "3 leaks in the history of acme/app" in said
    assert "1 critical, 1 high, 1 medium" in said
    assert "github-classic-pat: 3" in said
    assert "/findings?repository=" in said
