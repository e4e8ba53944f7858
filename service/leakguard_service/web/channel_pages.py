"""Channels: where people are told. Added, tried, changed, switched off, deleted."""

from typing import Any, Final

from starlette.responses import Response

from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Channel
from leakguard_service.db.work_tables import Notification
from leakguard_service.errors import Invalid, JobError
from leakguard_service.notify.channels import KINDS, filter_of
from leakguard_service.notify.delivery import test_message
from leakguard_service.nouns import Change, Role
from leakguard_service.triage import channels
from leakguard_service.triage.channels import ChannelDraft
from leakguard_service.web.text import SEVERITIES
from leakguard_service.web.visit import Route, Visit

TOLD: Final = (
    Change.CREATED,
    Change.REOPENED,
    Change.RESOLVED,
    Change.DISMISSED,
    Change.DISMISSAL_REQUESTED,
    Change.DISMISSAL_DENIED,
    Change.ASSIGNED,
)
"""Changes that a channel can be told of."""


def show_list(visit: Visit) -> Response:
    """All channels, and the messages that did not get out."""
    tenant = visit.tenant_id
    unsent = (
        mine(Notification, tenant)
        .where(Notification.state.in_(("failed", "unknown")))
        .order_by(Notification.id.desc())
        .limit(20)
    )
    with visit.service.db.read() as session:
        rows = session.scalars(mine(Channel, tenant).order_by(Channel.name)).all()
        return visit.page(
            "channels.html",
            channels=rows,
            names={row.id: row.name for row in rows},
            kinds=KINDS,
            unsent=session.scalars(unsent).all(),
        )


def ask_new(visit: Visit) -> Response:
    """The form for a new channel of the kind that the query names."""
    kind = visit.request.query_params.get("kind", "")
    known = kind if kind in KINDS else ""
    return visit.page("channel_new.html", kind=known, **_choices(known, {}))


def _choices(kind: str, stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "kinds": KINDS,
        "severities": SEVERITIES,
        "changes": TOLD,
        "filter": filter_of(kind, stored) if kind else None,
    }


def create(visit: Visit) -> Response:
    """Makes a channel."""
    kind = visit.text("kind")
    if kind not in KINDS:
        raise Invalid("choose a kind of channel", "kind")
    draft = ChannelDraft(visit.text("name", 200), _config(visit, kind), _filter(visit))
    with visit.service.db.write() as session:
        row = channels.create_channel(
            visit.service, session, visit.who, visit.tenant_id, kind, draft
        )
    said = "The channel is made. Send a test message to see whether it works."
    return visit.go(f"/settings/channels/{row.id}", said)


def _config(visit: Visit, kind: str) -> dict[str, Any]:
    given = {key.name: visit.text(f"config-{key.name}") for key in KINDS[kind].keys}
    return {name: value for name, value in given.items() if value}


def _filter(visit: Visit) -> dict[str, Any]:
    severity = visit.text("min_severity")
    return {
        "min_severity": int(severity) if severity in ("1", "2", "3", "4") else 1,
        "changes": [word for word in visit.texts("changes") if word in list(Change)],
        "repositories": visit.text("repositories", 20_000).split(),
    }


def show(visit: Visit) -> Response:
    """One channel."""
    number = visit.number("channel_id")
    messages = (
        mine(Notification, visit.tenant_id)
        .where(Notification.channel_id == number)
        .order_by(Notification.id.desc())
        .limit(20)
    )
    with visit.service.db.read() as session:
        row = get(session, Channel, number, visit.tenant_id)
        return visit.page(
            "channel.html",
            channel=row,
            messages=session.scalars(messages).all(),
            **_choices(row.kind, row.filter),
        )


def change(visit: Visit) -> Response:
    """Saves what the form says; an empty configuration stays as it is."""
    number = visit.number("channel_id")
    with visit.service.db.write() as session:
        row = get(session, Channel, number, visit.tenant_id)
        config = _config(visit, row.kind) or None
        draft = ChannelDraft(visit.text("name", 200), config, _filter(visit))
        channels.change_channel(visit.service, session, visit.who, visit.tenant_id, number, draft)
    return visit.go(f"/settings/channels/{number}", "Saved.")


def switch(visit: Visit) -> Response:
    """Switches it on or off."""
    number, wanted = visit.number("channel_id"), visit.text("enabled") == "yes"
    with visit.service.db.write() as session:
        channels.change_channel(
            visit.service, session, visit.who, visit.tenant_id, number, ChannelDraft(enabled=wanted)
        )
    return visit.go(f"/settings/channels/{number}", f"The channel is {'on' if wanted else 'off'}.")


def test(visit: Visit) -> Response:
    """Sends a harmless message now."""
    number = visit.number("channel_id")
    where = f"/settings/channels/{number}"
    try:
        said = test_message(visit.service, number, visit.tenant_id)
    except JobError as error:
        return visit.go(where, f"It did not work: {error}", "bad")
    return visit.go(where, f"It works: {said}")


def delete(visit: Visit) -> Response:
    """Deletes a channel."""
    with visit.service.db.write() as session:
        channels.delete_channel(session, visit.who, visit.tenant_id, visit.number("channel_id"))
    return visit.go("/settings/channels", "The channel is deleted.")


ROUTES: Final = (
    Route("GET", "/settings/channels", show_list, Role.ADMIN),
    Route("POST", "/settings/channels", create, Role.ADMIN),
    Route("GET", "/settings/channels/new", ask_new, Role.ADMIN),
    Route("GET", "/settings/channels/{channel_id}", show, Role.ADMIN),
    Route("POST", "/settings/channels/{channel_id}", change, Role.ADMIN),
    Route("POST", "/settings/channels/{channel_id}/switch", switch, Role.ADMIN),
    Route("POST", "/settings/channels/{channel_id}/test", test, Role.ADMIN),
    Route("POST", "/settings/channels/{channel_id}/delete", delete, Role.ADMIN),
)
