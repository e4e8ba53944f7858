"""The life of a finding: every move from every state by everybody, and all that can follow."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leakguard_service.errors import Conflict, Invalid, NotAllowed, ServiceError
from leakguard_service.nouns import SYSTEM, Actor, Change, Resolution, Role, State
from leakguard_service.triage.lifecycle import (
    Action,
    Move,
    Standing,
    ended,
    moved,
    opens_again,
    person,
    possible,
    reopened,
    same_person,
)
from tests.service.triage.world import ADMIN, OTHER, TRIAGER, VIEWER

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)
OPEN = Standing()
PENDING = Standing(State.PENDING_REVIEW, Resolution.FALSE_POSITIVE, requested_by=person(TRIAGER))
RESOLVED = Standing(State.RESOLVED, Resolution.REVOKED)
DISMISSED = Standing(State.DISMISSED, Resolution.WONT_FIX, LATER)
STANDINGS = {s.state: s for s in (OPEN, PENDING, RESOLVED, DISMISSED)}
ACTIONS = {
    Move.RESOLVE: Action("resolve", Resolution.ROTATED),
    Move.DISMISS: Action("dismiss", Resolution.USED_IN_TESTS),
    Move.REOPEN: Action("reopen"),
    Move.ASSIGN: Action("assign", assignee_id=7),
    Move.UNASSIGN: Action("unassign"),
    Move.COMMENT: Action("comment", comment="words"),
    Move.APPROVE: Action("approve"),
    Move.DENY: Action("deny"),
}
LEADS = {
    (State.OPEN, Move.RESOLVE): (State.RESOLVED, Change.RESOLVED),
    (State.OPEN, Move.DISMISS): (State.DISMISSED, Change.DISMISSED),
    (State.OPEN, Move.ASSIGN): (State.OPEN, Change.ASSIGNED),
    (State.OPEN, Move.UNASSIGN): (State.OPEN, None),
    (State.OPEN, Move.COMMENT): (State.OPEN, Change.COMMENTED),
    (State.PENDING_REVIEW, Move.RESOLVE): (State.RESOLVED, Change.RESOLVED),
    (State.PENDING_REVIEW, Move.ASSIGN): (State.PENDING_REVIEW, Change.ASSIGNED),
    (State.PENDING_REVIEW, Move.UNASSIGN): (State.PENDING_REVIEW, None),
    (State.PENDING_REVIEW, Move.COMMENT): (State.PENDING_REVIEW, Change.COMMENTED),
    (State.PENDING_REVIEW, Move.APPROVE): (State.DISMISSED, Change.DISMISSED),
    (State.PENDING_REVIEW, Move.DENY): (State.OPEN, Change.DISMISSAL_DENIED),
    (State.RESOLVED, Move.REOPEN): (State.OPEN, Change.REOPENED),
    (State.RESOLVED, Move.COMMENT): (State.RESOLVED, Change.COMMENTED),
    (State.DISMISSED, Move.REOPEN): (State.OPEN, Change.REOPENED),
    (State.DISMISSED, Move.COMMENT): (State.DISMISSED, Change.COMMENTED),
}
"""All legal moves without four eyes; whatever is not here is a conflict."""


def do(
    standing: Standing, action: Action, actor: Actor = OTHER, four_eyes: bool = False
) -> tuple[State, Change | None]:
    done = moved(standing, action, actor, four_eyes=four_eyes, now=NOW)
    return done.standing.state, done.change


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_every_move_from_every_state(state: State, move: Move) -> None:
    expected = LEADS.get((state, move))

    if expected is None:
        with pytest.raises(Conflict):
            do(STANDINGS[state], ACTIONS[move])
    else:
        assert do(STANDINGS[state], ACTIONS[move]) == expected
    assert (move in possible(state)) is (expected is not None)


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_viewers_change_nothing(state: State, move: Move) -> None:
    with pytest.raises(NotAllowed):
        do(STANDINGS[state], ACTIONS[move], VIEWER)


@pytest.mark.parametrize("reason", list(Resolution))
def test_each_reason_closes_in_its_own_way(reason: Resolution) -> None:
    right, wrong = ("dismiss", "resolve") if reason.dismisses else ("resolve", "dismiss")

    done = moved(OPEN, Action(right, reason), OTHER, four_eyes=False, now=NOW)

    assert done.standing.resolution is reason
    with pytest.raises(Invalid) as caught:
        do(OPEN, Action(wrong, reason))
    assert caught.value.field == "resolution"


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (Action("explode"), "name"),
        (Action("resolve"), "resolution"),
        (Action("dismiss"), "resolution"),
        (Action("reopen", Resolution.REVOKED), "resolution"),
        (Action("assign"), "assignee_id"),
        (Action("comment"), "comment"),
        (Action("comment", comment=" \n"), "comment"),
        (Action("comment", comment="x" * 4_001), "comment"),
        (Action("comment", comment="x", assignee_id=1), "assignee_id"),
        (Action("dismiss", Resolution.WONT_FIX, until=EARLIER), "until"),
        (Action("dismiss", Resolution.WONT_FIX, until=NOW), "until"),
        (Action("dismiss", Resolution.WONT_FIX, until=LATER.replace(tzinfo=None)), "until"),
        (Action("dismiss", Resolution.FALSE_POSITIVE, until=LATER), "until"),
        (Action("resolve", Resolution.REVOKED, until=LATER), "until"),
    ],
)
def test_what_has_no_meaning_is_refused(action: Action, field: str) -> None:
    standing = RESOLVED if action.name == "reopen" else OPEN

    with pytest.raises(Invalid) as caught:
        do(standing, action)

    assert caught.value.field == field


def test_with_four_eyes_a_dismissal_waits_for_somebody_else() -> None:
    action = Action("dismiss", Resolution.WONT_FIX, until=LATER)

    asked = moved(OPEN, action, TRIAGER, four_eyes=True, now=NOW)

    assert asked.change is Change.DISMISSAL_REQUESTED
    assert asked.standing == Standing(
        State.PENDING_REVIEW, Resolution.WONT_FIX, LATER, None, "user:1"
    )
    with pytest.raises(NotAllowed):
        do(asked.standing, Action("approve"), TRIAGER)
    done = moved(asked.standing, Action("approve"), OTHER, four_eyes=True, now=NOW)
    assert done.standing == Standing(State.DISMISSED, Resolution.WONT_FIX, LATER)


def test_even_an_admin_does_not_agree_with_themselves() -> None:
    asked = moved(OPEN, ACTIONS[Move.DISMISS], ADMIN, four_eyes=True, now=NOW)

    with pytest.raises(NotAllowed):
        do(asked.standing, Action("approve"), ADMIN)


def test_who_asked_may_take_it_back() -> None:
    assert do(PENDING, Action("deny"), TRIAGER) == (State.OPEN, Change.DISMISSAL_DENIED)


def test_a_dismissal_whose_end_has_passed_is_not_agreed_with() -> None:
    waits = Standing(State.PENDING_REVIEW, Resolution.WONT_FIX, NOW, requested_by="user:1")

    with pytest.raises(Conflict):
        do(waits, Action("approve"))


@pytest.mark.parametrize(
    ("requested_by", "actor", "same"),
    [
        ("user:1", Actor("user", "ada", 1), True),
        ("user:1", Actor("user", "ada", 2), False),
        ("user:1", Actor("token", "ada", 1), False),
        ("forge:ada", Actor("user", "Ada", 1), True),
        ("forge:ada", Actor("forge", "ADA"), True),
        ("forge:ada", Actor("user", "bob", 1), False),
        ("system:leakguard", SYSTEM, True),
    ],
)
def test_who_is_the_same_person(requested_by: str, actor: Actor, same: bool) -> None:
    assert same_person(requested_by, actor) is same


@pytest.mark.parametrize(
    ("standing", "reopen", "opens"),
    [
        (OPEN, True, False),
        (PENDING, True, False),
        (DISMISSED, True, False),
        (RESOLVED, True, True),
        (RESOLVED, False, False),
        (Standing(State.RESOLVED, Resolution.ROTATED), True, True),
        (Standing(State.RESOLVED, Resolution.ROTATED), False, False),
        (Standing(State.RESOLVED, Resolution.REMOVED_BEFORE_MERGE), True, True),
        (Standing(State.RESOLVED, Resolution.REMOVED_BEFORE_MERGE), False, True),
    ],
)
def test_what_a_live_place_opens_again(standing: Standing, reopen: bool, opens: bool) -> None:
    assert opens_again(standing, reopen) is opens


@pytest.mark.parametrize(
    ("standing", "over"),
    [
        (DISMISSED, False),
        (Standing(State.DISMISSED, Resolution.WONT_FIX, NOW), True),
        (Standing(State.DISMISSED, Resolution.WONT_FIX), False),
        (Standing(State.PENDING_REVIEW, Resolution.WONT_FIX, EARLIER), False),
    ],
)
def test_when_a_dismissal_ends(standing: Standing, over: bool) -> None:
    assert ended(standing, NOW) is over


actors = st.sampled_from([TRIAGER, OTHER, ADMIN, VIEWER])
actions = st.builds(
    Action,
    st.sampled_from([*Move, "other"]),
    st.none() | st.sampled_from(Resolution),
    st.sampled_from(["", "words"]),
    st.none() | st.sampled_from([EARLIER, LATER]),
    st.none() | st.integers(1, 3),
)


class Life(RuleBasedStateMachine):
    """Whatever anybody does in whatever order, what a finding says of itself fits together."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = OPEN
        self.asked_by: Actor | None = None

    @rule(action=actions, actor=actors, four_eyes=st.booleans())
    def act(self, action: Action, actor: Actor, four_eyes: bool) -> None:
        before = self.standing
        try:
            done = moved(before, action, actor, four_eyes=four_eyes, now=NOW)
        except ServiceError:
            assert self.standing == before
            return
        assert actor.role is not Role.VIEWER
        assert Move(action.name) in possible(before.state)
        if action.name == Move.APPROVE:
            assert self.asked_by is not None
            assert self.asked_by != actor
        if action.name == Move.DISMISS and four_eyes:
            assert done.standing.state is State.PENDING_REVIEW
        if done.standing.state is State.PENDING_REVIEW:
            self.asked_by = actor if action.name == Move.DISMISS else self.asked_by
        else:
            self.asked_by = None
        self.standing = done.standing

    @rule(setting=st.booleans())
    def push(self, setting: bool) -> None:
        if opens_again(self.standing, setting):
            assert self.standing.state is State.RESOLVED
            self.standing = reopened(self.standing)

    @rule()
    def wait(self) -> None:
        if ended(self.standing, LATER):
            self.standing = reopened(self.standing)

    @invariant()
    def fits_together(self) -> None:
        now = self.standing
        assert (now.resolution is None) is (now.state is State.OPEN)
        assert bool(now.requested_by) is (now.state is State.PENDING_REVIEW)
        if now.state is State.RESOLVED:
            assert now.resolution is not None
            assert not now.resolution.dismisses
        if now.until is not None:
            assert now.resolution is Resolution.WONT_FIX


Life.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, derandomize=True, deadline=None
)
TestLife = Life.TestCase
