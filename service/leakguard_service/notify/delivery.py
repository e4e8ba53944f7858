"""Sending one message: claimed, sent, and what came of it written down.

A row is `sending` while its message is on its way. Found so later, its process was killed, and
nobody knows whether the message got out: channels whose receiver knows a repetition get it again,
others do not; it is `unknown` then until somebody decides.
"""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Channel
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Notification
from leakguard_service.errors import Hopeless, Invalid, JobError, Later, NotThere
from leakguard_service.notify import build, committer
from leakguard_service.notify.channels import KINDS, check_config
from leakguard_service.notify.model import Post, Sent
from leakguard_service.notify.rows import Seen, change, end, look, tell
from leakguard_service.service import Service

_SOON = 5.0
"""Seconds until a message looks again whether its turn has come."""


def deliver(service: Service, notification_id: int) -> str:
    """Sends a message; returns its state: `sent`, `unknown`, `failed`, or `gone` with its channel.

    Raises Later when it has to be tried again, Hopeless when that cannot help. However many
    workers call this, one sends.
    """
    seen = look(service, notification_id)
    if seen is None:
        return "gone"
    if seen.state not in ("queued", "sending"):
        return seen.state
    if seen.state == "sending" and not _abandoned(service, seen):
        return "unknown"
    try:
        post = _post(service, seen)
    except Hopeless as error:
        _failed(service, seen, str(error))
        raise
    if not _claim(service, seen):
        raise Later("another worker has just begun to send it", _SOON, waited=True)
    try:
        sent = seen.kind.send(post)
    except Later as error:
        raise _put_off(service, seen, error) from error
    except Hopeless as error:
        _failed(service, seen, str(error))
        raise
    _done(service, seen, sent)
    return "sent"


def give_up(service: Service, notification_id: int, reason: str) -> None:
    """Marks a message whose job was given up: as failed, or as unknown when it was on its way."""
    seen = look(service, notification_id)
    if seen is not None and seen.state == "queued":
        _failed(service, seen, reason)
    elif seen is not None and seen.state == "sending":
        change(service, seen, {"state": "unknown", "error": reason})


def test_message(service: Service, channel_id: int, tenant_id: int) -> str:
    """Sends a harmless message at once; says what was done. Raises Later, Hopeless and NotThere.

    Trackers are asked whether they would take an issue; none is made. Not within a transaction.
    """
    with service.db.read() as session:
        channel = get(session, Channel, channel_id, tenant_id)
        kind = KINDS[channel.kind]
        post = Post(
            service, tenant_id, _config(service, channel), build.test(service, session, channel)
        )
    try:
        said = (
            kind.test(post) if kind.test else kind.send(post).trouble or "a test message was sent"
        )
    except JobError as error:
        tell(service, tenant_id, channel_id, str(error))
        raise
    tell(service, tenant_id, channel_id, "")
    return said or "a test message was sent"


def _abandoned(service: Service, seen: Seen) -> bool:
    """Whether to send what an earlier process left. Raises Later while it may yet be at it."""
    left = (seen.not_before - now()).total_seconds() if seen.not_before else 0.0
    if left > 0:
        raise Later("another worker is sending it", left + 1, waited=True)
    if seen.kind.repeatable:
        return True
    change(
        service,
        seen,
        {"state": "unknown", "error": "the process that sent it ended before it knew the answer"},
    )
    return False


def _post(service: Service, seen: Seen) -> Post:
    """All that sending needs, read at once. Raises Later when an older message has to go first."""
    with service.db.read() as session:
        row = session.get_one(Notification, seen.id)
        channel = get(session, Channel, row.channel_id, row.tenant_id)
        if not channel.enabled:
            raise Hopeless("the channel was switched off before this was sent")
        recipient = ""
        if channel.kind == "committer" and row.finding_id is not None:
            recipient = committer.recipient(
                service, session, row.tenant_id, row.finding_id, row.change
            )
        known = _known(session, row) if seen.kind.follows else ""
        try:
            message = build.message(service, session, row)
        except NotThere as error:
            raise Hopeless("what the message was about is no longer there") from error
        return Post(
            service,
            row.tenant_id,
            _config(service, channel),
            message,
            known,
            (recipient,) if recipient else (),
        )


def _config(service: Service, channel: Channel) -> dict[str, Any]:
    """The channel's configuration, opened and tidied up. Raises Hopeless."""
    stored = json.loads(service.keyring.open(channel.config) or "{}")
    try:
        return check_config(channel.kind, stored)
    except Invalid as error:
        raise Hopeless(f"the channel has to be set up again: {error.field}: {error}") from error


def _known(session: Session, row: Notification) -> str:
    """The issue that older messages of this finding made or wrote to."""
    asked = (
        mine(Notification, row.tenant_id)
        .where(
            Notification.channel_id == row.channel_id,
            Notification.id < row.id,
            Notification.finding_id == row.finding_id
            if row.finding_id is not None
            else Notification.scan_id == row.scan_id,
        )
        .order_by(Notification.id.desc())
    )
    older = session.scalars(asked).all()
    fresh = now() - timedelta(seconds=limits.NOTIFY_ORDER_SECONDS)
    if any(one.state in ("queued", "sending") and one.created_at > fresh for one in older):
        raise Later("an older message about the same issue goes first", _SOON, waited=True)
    return next((one.external for one in older if one.external), "")


def _claim(service: Service, seen: Seen) -> bool:
    """Whether this call is the one that sends."""
    until = now() + timedelta(seconds=limits.NOTIFY_SENDING_SECONDS)
    taken = {"state": "sending", "attempts": seen.attempts + 1, "not_before": until}
    return change(service, seen, taken)


def _put_off(service: Service, seen: Seen, error: Later) -> JobError:
    """The row waits for its next attempt, or failed after the last; the error to raise."""
    if seen.attempts >= len(limits.NOTIFY_BACKOFF_SECONDS):
        text = f"given up after {seen.attempts + 1} attempts: {error}"
        _failed(service, seen, text)
        return Hopeless(text)
    seconds = max(error.seconds, limits.NOTIFY_BACKOFF_SECONDS[seen.attempts])
    seconds = min(seconds, limits.NOTIFY_WAIT_SECONDS)
    until = now() + timedelta(seconds=seconds)
    end(service, seen, {"state": "queued", "error": str(error), "not_before": until}, str(error))
    return Later(str(error), seconds, waited=True)


def _failed(service: Service, seen: Seen, text: str) -> None:
    end(service, seen, {"state": "failed", "error": text, "not_before": None}, text)


def _done(service: Service, seen: Seen, sent: Sent) -> None:
    values = {
        "state": "sent",
        "external": sent.external,
        "error": sent.trouble or sent.note,
        "sent_at": now(),
        "not_before": None,
    }
    end(service, seen, values, sent.trouble)
