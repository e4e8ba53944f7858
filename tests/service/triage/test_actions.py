"""What is done to findings: rows, history, messages, checks; two people at a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Channel, Finding
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Job, Notification
from leakguard_service.errors import Conflict, Invalid, NotAllowed, NotThere
from leakguard_service.nouns import Actor, Change, Resolution, Role
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.triage import actions
from leakguard_service.triage.actions import Action
from tests.service.conftest import make_service
from tests.service.triage.world import (
    OTHER,
    TRIAGER,
    VIEWER,
    World,
    add_finding,
    add_scan,
    add_user,
    finding,
    history,
    make_world,
    settle,
)

REVOKED = Action("resolve", Resolution.REVOKED, "Revoked at GitHub.")


@pytest.fixture
def world(service: Service) -> World:
    return make_world(service)


def do(world: World, number: int, action: Action, actor: Actor = TRIAGER) -> Finding:
    with world.service.db.write() as session:
        return actions.apply(world.service, session, actor, world.tenant_id, [number], action)[0]


def reports(world: World) -> list[Job]:
    with world.service.db.read() as session:
        return list(session.scalars(sa.select(Job).where(Job.kind == "report").order_by(Job.id)))


def test_a_change_is_written_with_who_and_why(world: World) -> None:
    number = add_finding(world)

    do(world, number, REVOKED)

    row, (entry,) = finding(world, number), history(world, number)
    assert (row.state, row.resolution) == ("resolved", "revoked")
    assert row.closed_at is not None
    assert (entry.action, entry.actor, entry.actor_id) == ("finding.resolved", "ada", 1)
    assert entry.details == {
        "state": ["open", "resolved"],
        "resolution": [None, "revoked"],
        "comment": "Revoked at GitHub.",
    }


def test_reopened_it_is_open_from_now_on(world: World) -> None:
    long_ago = now() - timedelta(days=9)
    number = add_finding(world, opened_at=long_ago)
    do(world, number, REVOKED)

    do(world, number, Action("reopen"))

    row = finding(world, number)
    assert (row.state, row.resolution, row.closed_at) == ("open", None, None)
    assert row.created_at == long_ago < row.opened_at


def test_nothing_to_do_leaves_no_trace(world: World) -> None:
    number = add_finding(world)

    do(world, number, Action("unassign"))

    assert history(world, number) == []


def test_only_active_users_of_the_tenant_are_assigned(world: World) -> None:
    number, elsewhere = add_finding(world), make_world(world.service, "other")
    there, stranger = add_user(world, "ada"), add_user(elsewhere, "ada")

    assert do(world, number, Action("assign", assignee_id=there)).assignee_id == there
    with pytest.raises(Invalid):
        do(world, number, Action("assign", assignee_id=stranger))


def test_another_tenants_finding_is_not_there(world: World) -> None:
    number = add_finding(make_world(world.service, "other"))

    with pytest.raises(NotThere):
        do(world, number, REVOKED)
    assert finding(world, number).state == "open"


def test_one_that_cannot_be_changed_undoes_all(world: World) -> None:
    first, second = add_finding(world, "1"), add_finding(world, "2")
    do(world, second, REVOKED)

    with pytest.raises(Conflict), world.service.db.write() as session:
        actions.apply(world.service, session, TRIAGER, world.tenant_id, [first, second], REVOKED)

    assert finding(world, first).state == "open"
    assert history(world, first) == []


def test_in_bulk_each_is_done_or_refused(world: World) -> None:
    first, second = add_finding(world, "1"), add_finding(world, "2")
    stranger = add_finding(make_world(world.service, "other"))
    do(world, second, REVOKED)

    with world.service.db.write() as session:
        outcome = actions.apply_each(
            world.service,
            session,
            TRIAGER,
            world.tenant_id,
            [first, second, stranger, first],
            REVOKED,
        )

    assert [row.id for row in outcome.done] == [first]
    assert [one.id for one in outcome.refused] == [second, stranger]
    assert outcome.refused[0].reason == "cannot resolve: it is resolved: reopen it first"
    assert outcome.refused[1].reason == f"there is no finding {stranger}"
    assert finding(world, first).state == "resolved"
    assert finding(world, stranger).state == "open"


def test_viewers_and_too_many_are_refused_as_a_whole(world: World) -> None:
    number = add_finding(world)
    many = range(1, limits.BULK_FINDINGS + 2)

    for actor, ids, problem in ((VIEWER, [number], NotAllowed), (TRIAGER, many, Invalid)):
        with pytest.raises(problem), world.service.db.write() as session:
            actions.apply_each(world.service, session, actor, world.tenant_id, ids, REVOKED)


def test_checks_follow_what_changes_the_state(world: World) -> None:
    number, other = add_finding(world, "1"), add_finding(world, "2")
    add_scan(world, [number], "a" * 40)
    newer = add_scan(world, [number], "a" * 40)
    second = add_scan(world, [number], "b" * 40)
    add_scan(world, [number], "b" * 40, kind="backfill")
    add_scan(world, [other], "d" * 40)

    do(world, number, REVOKED)

    (entry,) = history(world, number)
    expected = {f"report:{newer}:audit{entry.id}", f"report:{second}:audit{entry.id}"}
    assert {job.id for job in reports(world)} == expected


def test_checks_do_not_follow_words(world: World) -> None:
    number = add_finding(world)
    add_scan(world, [number], "a" * 40)

    do(world, number, Action("comment", comment="On it."))
    do(world, number, Action("assign", assignee_id=add_user(world, "ada")))

    assert reports(world) == []


def test_people_are_told_once_of_each_change(world: World) -> None:
    number = add_finding(world)
    with world.service.db.write() as session:
        session.add(
            Channel(
                tenant_id=world.tenant_id,
                kind="webhook",
                name="hook",
                config="",
                filter={"changes": ["resolved", "reopened"]},
            )
        )

    do(world, number, REVOKED)
    do(world, number, Action("comment", comment="Well."))
    do(world, number, Action("reopen"))

    with world.service.db.read() as session:
        told = session.scalars(sa.select(Notification).order_by(Notification.id)).all()
    marks = [entry.id for entry in history(world, number)]
    assert [(row.change, row.cause) for row in told] == [
        ("resolved", f"audit:{marks[0]}"),
        ("reopened", f"audit:{marks[2]}"),
    ]


def test_four_eyes_counts_tokens_as_their_user(world: World) -> None:
    number = add_finding(world)
    settle(world, four_eyes=True)

    assert do(world, number, Action("dismiss", Resolution.FALSE_POSITIVE)).state == (
        "pending_review"
    )
    with pytest.raises(NotAllowed):
        do(world, number, Action("approve"), Actor("user", "ada", 1, Role.ADMIN))
    assert do(world, number, Action("approve"), OTHER).state == "dismissed"


def test_a_push_opens_what_was_said_to_be_revoked(world: World) -> None:
    number = add_finding(world)
    do(world, number, REVOKED)

    with world.service.db.write() as session:
        row = session.get_one(Finding, number)
        change = actions.seen_again(world.service, session, row, 5)

    assert change is Change.REOPENED
    assert finding(world, number).state == "open"
    assert history(world, number)[-1].details["scan"] == 5


def test_a_push_opens_nothing_when_that_is_switched_off(world: World) -> None:
    number = add_finding(world, on_branch=False)
    do(world, number, REVOKED)
    settle(world, reopen=False)

    with world.service.db.write() as session:
        row = session.get_one(Finding, number)
        assert actions.seen_again(world.service, session, row, 5) is Change.SEEN_AGAIN

    row = finding(world, number)
    assert (row.state, row.on_branch) == ("resolved", True)
    assert history(world, number)[-1].action == "finding.seen_again"


def test_gone_is_said_once_and_leaves_it_open(world: World) -> None:
    number = add_finding(world)

    for _ in range(2):
        with world.service.db.write() as session:
            actions.gone(world.service, session, session.get_one(Finding, number))

    row = finding(world, number)
    assert (row.state, row.on_branch) == ("open", False)
    assert [entry.action for entry in history(world, number)] == ["finding.gone"]


def test_created_ones_are_told_unless_they_are_history(world: World) -> None:
    number, old = add_finding(world, "1"), add_finding(world, "2", historical=True)
    with world.service.db.write() as session:
        session.add(
            Channel(tenant_id=world.tenant_id, kind="webhook", name="a", config="", filter={})
        )

    with world.service.db.write() as session:
        for one, historical in ((number, False), (old, True)):
            row = session.get_one(Finding, one)
            actions.announce_created(world.service, session, row, historical)

    with world.service.db.read() as session:
        told = session.scalars(sa.select(Notification.finding_id)).all()
    assert told == [number]
    assert [entry.action for entry in history(world, old)] == ["finding.created"]


def test_dismissals_end(database: Database, settings: Settings) -> None:
    world = make_world(make_service(settings, database))
    ids = [add_finding(world, mark) for mark in "123"]
    end = now() + timedelta(hours=1)
    do(world, ids[0], Action("dismiss", Resolution.WONT_FIX, until=end))
    do(world, ids[1], Action("dismiss", Resolution.WONT_FIX, until=end + timedelta(days=1)))
    do(world, ids[2], Action("dismiss", Resolution.WONT_FIX))

    opened = []
    for at in (end - timedelta(seconds=1), end, end):
        with world.service.db.write() as session:
            opened.append(actions.reopen_due(world.service, session, at))

    assert opened == [[], [ids[0]], []]
    row = finding(world, ids[0])
    assert (row.state, row.until, row.resolution) == ("open", None, None)
    assert history(world, ids[0])[-1].actor_kind == "system"


def test_of_two_people_at_a_time_one_is_told(database: Database, settings: Settings) -> None:
    world = make_world(make_service(settings, database))
    ids = [add_finding(world, str(mark)) for mark in range(5)]
    start = Barrier(2)

    def act(actor: Actor, action: Action, order: int) -> list[int]:
        start.wait()
        with world.service.db.write() as session:
            outcome = actions.apply_each(
                world.service, session, actor, world.tenant_id, ids[::order], action
            )
            return [row.id for row in outcome.done]

    dismiss = Action("dismiss", Resolution.FALSE_POSITIVE)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(act, TRIAGER, REVOKED, 1)
        other = pool.submit(act, OTHER, dismiss, -1)

    assert sorted(one.result() + other.result()) == ids
    for number in ids:
        row, (entry,) = finding(world, number), history(world, number)
        winner = "resolved" if number in one.result() else "dismissed"
        assert (row.state, entry.action) == (winner, f"finding.{winner}")
