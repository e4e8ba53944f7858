"""What is queued for whom: filters, once for each change, digests, committers, sending again."""

import pytest
import sqlalchemy as sa

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import AuditEntry, Channel
from leakguard_service.db.work_tables import Job, Notification
from leakguard_service.errors import Conflict, NotThere
from leakguard_service.notify import outbox
from leakguard_service.nouns import Actor, Change, Role
from leakguard_service.settings import Settings
from tests.service.conftest import make_service
from tests.service.notify.world import World

HOOK = {"webhook_url": "https://hooks.slack.example/services/x"}
ADMIN = Actor("user", "ana", 1, Role.ADMIN)


def test_a_change_is_one_row_and_one_job_for_each_channel(
    database: Database, settings: Settings
) -> None:
    world = World(make_service(settings, database))
    world.channel("slack", HOOK)
    world.channel("teams", {"webhook_url": "https://teams.example/x"})
    finding = world.finding()

    first = world.announce(finding, cause="audit:17")
    again = world.announce(finding, cause="audit:17")

    assert len(first) == 2
    assert again == []
    with database.read() as session:
        assert sorted(session.scalars(sa.select(Job.id))) == [f"notify:{one}" for one in first]
        rows = session.scalars(sa.select(Notification)).all()
        assert {(row.cause, row.change, row.state) for row in rows} == {
            ("audit:17", "created", "queued")
        }


def test_nothing_is_queued_when_the_change_is_rolled_back(world: World) -> None:
    world.channel("slack", HOOK)
    finding = world.finding()

    def change() -> None:
        with world.service.db.write() as session:
            assert outbox.announce(
                world.service, session, world.tenant, finding, Change.CREATED, "audit:1"
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    with world.service.db.read() as session:
        assert session.scalars(sa.select(Notification)).all() == []
        assert session.scalars(sa.select(Job)).all() == []


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({}, True),
        ({"min_severity": 4}, True),
        ({"changes": ["reopened"]}, False),
        ({"changes": []}, True),
        ({"repositories": []}, True),
        ({"repositories": ["acme/*"]}, True),
        ({"repositories": ["ACME/APP"]}, True),
        ({"repositories": ["other/*", "acme/a?p"]}, True),
        ({"repositories": ["other/*"]}, False),
        ({"repositories": ["acme"]}, False),
    ],
)
def test_filters(world: World, wanted: dict[str, object], told: bool) -> None:
    world.channel("slack", HOOK, wanted)
    assert bool(world.announce(world.finding())) is told


def test_a_severity_below_the_filter_is_not_told(world: World) -> None:
    world.channel("slack", HOOK, {"min_severity": 3})
    assert world.announce(world.finding(1, severity=2)) == []
    assert world.announce(world.finding(2, severity=3))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("slack", {"created", "reopened", "dismissal_requested"}),
        ("jira", {"created", "reopened", "resolved", "dismissed"}),
        (
            "webhook",
            {
                "created",
                "reopened",
                "resolved",
                "dismissed",
                "dismissal_requested",
                "dismissal_denied",
            },
        ),
    ],
)
def test_what_each_kind_hears_of_by_itself(world: World, kind: str, changes: set[str]) -> None:
    world.channel(kind, {})
    finding = world.finding()
    assert {change.value for change in Change if world.announce(finding, change)} == changes


def test_channels_that_are_off_or_another_tenants_are_left_alone(world: World) -> None:
    other = World(world.service, "other")
    other.channel("slack", HOOK)
    off = world.channel("slack", HOOK)
    with world.service.db.write() as session:
        session.get_one(Channel, off).enabled = False
    assert world.announce(world.finding()) == []
    with pytest.raises(NotThere):
        other.announce(world.finding(1))


def test_what_a_scan_of_the_past_created_is_not_told_one_by_one(world: World) -> None:
    world.channel("slack", HOOK)
    finding = world.finding(historical=True)
    assert world.announce(finding) == []
    assert world.announce(finding, Change.REOPENED)


def test_a_digest_is_told_once_and_only_of_something(world: World) -> None:
    world.channel("slack", HOOK)
    world.channel("webhook", {}, {"min_severity": 4})
    world.channel("committer", {})
    world.channel("email", {}, {"repositories": ["other/*"]})
    scan = world.scan([world.finding(seed, historical=True, severity=3) for seed in range(3)])

    queued = world.digest(scan)
    assert [world.row(one).cause for one in queued] == [f"digest:{scan}"]
    assert world.digest(scan) == []
    assert world.digest(world.scan([])) == []
    closed = world.finding(9, historical=True)
    world.close(closed)
    assert world.digest(world.scan([closed])) == []


def test_what_was_known_before_a_scan_is_not_in_its_digest(world: World) -> None:
    world.channel("slack", HOOK)
    assert world.digest(world.scan([world.finding(historical=False)])) == []


def test_committers_are_told_in_named_domains_only(mailing: World) -> None:
    world = mailing
    assert world.announce(world.finding(1)) == []  # no domain is named

    world.settle(committer_domains=["corp.example"])
    (told,) = world.announce(world.finding(2))
    assert world.channel_row(world.row(told).channel_id).kind == "committer"
    assert world.announce(world.finding(3, author="Eve <eve@corp.example.evil.example>")) == []
    assert world.announce(world.finding(4, author="Eve <eve@sub.corp.example>")) == []
    assert world.announce(world.finding(5, author="ana@corp.example")) == []  # no address
    assert world.announce(world.finding(6, author="A <x\n@corp.example>")) == []
    assert world.announce(world.finding(7), Change.RESOLVED) == []

    world.settle(committer_domains=["corp.example"], notify_committer=False)
    assert world.announce(world.finding(8)) == []


def test_without_a_mail_server_no_committer_is_told(world: World) -> None:
    world.settle(committer_domains=["corp.example"])
    assert world.announce(world.finding()) == []


def test_the_committers_channel_is_made_once_and_can_be_switched_off(mailing: World) -> None:
    world = mailing
    world.settle(committer_domains=["corp.example"])
    world.announce(world.finding(1))
    world.announce(world.finding(2))
    with world.service.db.write() as session:
        (channel,) = session.scalars(sa.select(Channel)).all()
        channel.enabled = False
    assert world.announce(world.finding(3)) == []


@pytest.mark.parametrize("state", ["failed", "unknown"])
@pytest.mark.parametrize("job", ["done", "failed"])
def test_somebody_sends_again_what_failed(world: World, state: str, job: str) -> None:
    world.channel("slack", HOOK)
    (told,) = world.announce(world.finding())
    world.change(told, state=state, attempts=8, error="no answer")
    with world.service.db.write() as session:
        session.get_one(Job, f"notify:{told}").state = job
        outbox.resend(world.service, session, world.tenant, told, ADMIN)

    row = world.row(told)
    assert (row.state, row.attempts, row.error) == ("queued", 0, "")
    with world.service.db.read() as session:
        assert session.get_one(Job, f"notify:{told}").state == "queued"
        (entry,) = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.action, entry.actor) == ("notification.resent", "ana")
    assert entry.details == {"notification": told}


@pytest.mark.parametrize("state", ["queued", "sending", "sent"])
def test_what_was_sent_or_still_will_be_is_not_sent_again(world: World, state: str) -> None:
    world.channel("slack", HOOK)
    (told,) = world.announce(world.finding())
    world.change(told, state=state)
    with world.service.db.write() as session, pytest.raises(Conflict):
        outbox.resend(world.service, session, world.tenant, told, ADMIN)


def test_nobody_sends_another_tenants_message(world: World) -> None:
    world.channel("slack", HOOK)
    (told,) = world.announce(world.finding())
    other = World(world.service, "other")
    with world.service.db.write() as session, pytest.raises(NotThere):
        outbox.resend(world.service, session, other.tenant, told, ADMIN)
