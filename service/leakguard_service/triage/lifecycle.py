"""The life of a finding: which moves there are, who may make them, and where they lead. No I/O.

open ──resolve──▶ resolved            open ──dismiss──▶ dismissed
open ──dismiss (four eyes)──▶ pending_review ──approve──▶ dismissed, ──deny──▶ open
pending_review ──resolve──▶ resolved  resolved, dismissed ──reopen──▶ open

By itself a finding opens again when what was said of it turned out to be no longer so: see
`opens_again`; it never closes by itself, since a secret that was pushed is known until revoked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from leakguard_service import limits
from leakguard_service.errors import Conflict, Invalid, NotAllowed
from leakguard_service.nouns import Actor, Change, Resolution, Role, State


class Move(StrEnum):
    """What somebody can do to a finding."""

    RESOLVE = "resolve"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    COMMENT = "comment"
    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Action:
    """A move with what belongs to it. A plain word does for `name`: `Action("resolve", ...)`."""

    name: str
    resolution: Resolution | None = None
    """Needed to resolve and to dismiss."""
    comment: str = ""
    until: datetime | None = None
    """When a dismissal ends; only with `wont_fix`."""
    assignee_id: int | None = None
    """Needed to assign."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a finding decides its moves, and what moves change."""

    state: State = State.OPEN
    resolution: Resolution | None = None
    """Why it is closed; while a review is pending, what was asked for."""
    until: datetime | None = None
    assignee_id: int | None = None
    requested_by: str = ""
    """See `person`."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a move led. `change` is None when there was nothing to do."""

    standing: Standing
    change: Change | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One move by somebody at some moment under a tenant's rules."""

    action: Action
    actor: Actor
    four_eyes: bool
    now: datetime


_OPEN: Final = Standing()
_MOVES: Final[Mapping[Move, frozenset[State]]] = {
    Move.RESOLVE: frozenset({State.OPEN, State.PENDING_REVIEW}),
    Move.DISMISS: frozenset({State.OPEN}),
    Move.REOPEN: frozenset({State.RESOLVED, State.DISMISSED}),
    Move.ASSIGN: frozenset({State.OPEN, State.PENDING_REVIEW}),
    Move.UNASSIGN: frozenset({State.OPEN, State.PENDING_REVIEW}),
    Move.COMMENT: frozenset(State),
    Move.APPROVE: frozenset({State.PENDING_REVIEW}),
    Move.DENY: frozenset({State.PENDING_REVIEW}),
}
"""From which states each move can be made."""

_ADVICE: Final[Mapping[State, str]] = {
    State.OPEN: "it is open",
    State.PENDING_REVIEW: "its dismissal waits for review: approve or deny that first",
    State.RESOLVED: "it is resolved: reopen it first",
    State.DISMISSED: "it is dismissed: reopen it first",
}


def possible(state: State) -> frozenset[Move]:
    """The moves that can be made from a state."""
    return frozenset(move for move, states in _MOVES.items() if state in states)


def person(actor: Actor) -> str:
    """Who somebody is when it matters that two are not the same: `kind:id`."""
    return f"{actor.kind}:{actor.name.lower() if actor.id is None else actor.id}"


def same_person(requested_by: str, actor: Actor) -> bool:
    """Whether this is who asked. Somebody who asked at the forge is known by login only."""
    return requested_by in (person(actor), f"forge:{actor.name.lower()}")


def moved(
    standing: Standing, action: Action, actor: Actor, *, four_eyes: bool, now: datetime
) -> Moved:
    """Where the action leads.

    Raises Invalid (no such move, a reason is missing or does not fit), NotAllowed (who asks is a
    viewer, or would approve what they asked for), Conflict (not from this state).
    """
    move = _checked(action, actor)
    if standing.state not in _MOVES[move]:
        raise Conflict(f"cannot {move.value}: {_ADVICE[standing.state]}")
    return _TABLE[move](standing, Asked(action, actor, four_eyes, now))


def opens_again(standing: Standing, reopen: bool) -> bool:
    """Whether a new live place of its secret opens a finding again.

    `reopen` is the tenant's setting: it is about secrets that are said to be dead. What is said to
    be removed is there again, whatever the setting.
    """
    if standing.state is not State.RESOLVED:
        return False
    return reopen or standing.resolution is Resolution.REMOVED_BEFORE_MERGE


def ended(standing: Standing, now: datetime) -> bool:
    """Whether the finding was dismissed until a moment that has passed."""
    until = standing.until
    return standing.state is State.DISMISSED and until is not None and until <= now


def reopened(standing: Standing) -> Standing:
    """Open again; who it was assigned to stays."""
    return replace(_OPEN, assignee_id=standing.assignee_id)


def _checked(action: Action, actor: Actor) -> Move:
    try:
        move = Move(action.name)
    except ValueError:
        raise Invalid(f"there is no action {action.name[:40]!r}", "name") from None
    if actor.role is Role.VIEWER:
        raise NotAllowed("viewers cannot change findings: this takes the role triager")
    if len(action.comment) > limits.COMMENT_CHARACTERS:
        raise Invalid(f"a comment has at most {limits.COMMENT_CHARACTERS} characters", "comment")
    _fitting(move, action)
    return move


def _fitting(move: Move, action: Action) -> None:
    """Refuses what would be forgotten silently."""
    closing = move in (Move.RESOLVE, Move.DISMISS)
    if action.resolution is not None and not closing:
        raise Invalid(f"{move.value} takes no resolution", "resolution")
    if action.until is not None and action.resolution is not Resolution.WONT_FIX:
        raise Invalid("only wont_fix has an end", "until")
    if action.assignee_id is not None and move is not Move.ASSIGN:
        raise Invalid(f"{move.value} takes no assignee", "assignee_id")


def _resolve(standing: Standing, asked: Asked) -> Moved:
    reason = asked.action.resolution
    if reason is None or reason.dismisses:
        raise Invalid("resolve needs one of revoked, rotated, removed_before_merge", "resolution")
    closed = Standing(State.RESOLVED, reason, assignee_id=standing.assignee_id)
    return Moved(closed, Change.RESOLVED)


def _dismiss(standing: Standing, asked: Asked) -> Moved:
    reason, until = asked.action.resolution, asked.action.until
    if reason is None or not reason.dismisses:
        raise Invalid("dismiss needs one of false_positive, used_in_tests, wont_fix", "resolution")
    if until is not None and (until.tzinfo is None or until <= asked.now):
        raise Invalid("the end of a dismissal is a moment to come, with a zone", "until")
    if asked.four_eyes:
        waits = Standing(
            State.PENDING_REVIEW, reason, until, standing.assignee_id, person(asked.actor)
        )
        return Moved(waits, Change.DISMISSAL_REQUESTED)
    closed = Standing(State.DISMISSED, reason, until, standing.assignee_id)
    return Moved(closed, Change.DISMISSED)


def _reopen(standing: Standing, _asked: Asked) -> Moved:
    return Moved(reopened(standing), Change.REOPENED)


def _assign(standing: Standing, asked: Asked) -> Moved:
    wanted = asked.action.assignee_id
    if wanted is None:
        raise Invalid("assign needs somebody", "assignee_id")
    change = None if wanted == standing.assignee_id else Change.ASSIGNED
    return Moved(replace(standing, assignee_id=wanted), change)


def _unassign(standing: Standing, _asked: Asked) -> Moved:
    change = None if standing.assignee_id is None else Change.UNASSIGNED
    return Moved(replace(standing, assignee_id=None), change)


def _comment(standing: Standing, asked: Asked) -> Moved:
    if not asked.action.comment.strip():
        raise Invalid("there is nothing to say", "comment")
    return Moved(standing, Change.COMMENTED)


def _approve(standing: Standing, asked: Asked) -> Moved:
    if same_person(standing.requested_by, asked.actor):
        raise NotAllowed("whoever asked for a dismissal cannot approve it: somebody else has to")
    if standing.until is not None and standing.until <= asked.now:
        raise Conflict("the dismissal was asked for until a moment that has passed: deny it")
    return Moved(replace(standing, state=State.DISMISSED, requested_by=""), Change.DISMISSED)


def _deny(standing: Standing, _asked: Asked) -> Moved:
    return Moved(reopened(standing), Change.DISMISSAL_DENIED)


_TABLE: Final[Mapping[Move, Callable[[Standing, Asked], Moved]]] = {
    Move.RESOLVE: _resolve,
    Move.DISMISS: _dismiss,
    Move.REOPEN: _reopen,
    Move.ASSIGN: _assign,
    Move.UNASSIGN: _unassign,
    Move.COMMENT: _comment,
    Move.APPROVE: _approve,
    Move.DENY: _deny,
}
