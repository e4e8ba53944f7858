"""The API's connections and channels. All of it takes the scope and role admin."""

from typing import Final

from sqlalchemy.orm import Session

from leakguard_service import limits
from leakguard_service.api.admin_models import (
    ChannelChange,
    ChannelModel,
    ChannelNew,
    ConnectionChange,
    ConnectionDraft,
    ConnectionModel,
    KeyModel,
    KindModel,
    NewConnectionModel,
    SaidModel,
)
from leakguard_service.api.routes import After, Limit, Listed, Number, part, problems
from leakguard_service.api.scopes import Admin, ScansWrite
from leakguard_service.api.work_models import QueuedModel
from leakguard_service.db.scope import get, mine
from leakguard_service.db.tables import Channel, Connection
from leakguard_service.notify.channels import KINDS
from leakguard_service.notify.outbox import test_message
from leakguard_service.triage import channels, connections
from leakguard_service.triage.channels import ChannelDraft
from leakguard_service.triage.cursors import Cursor, page_of
from leakguard_service.work import requests

routes: Final = part("connections and channels")

_CONNECTIONS: Final = Cursor("connections", (Connection.id.asc(),))
_CHANNELS: Final = Cursor("channels", (Channel.id.asc(),))


@routes.get("/connections", operation_id="listConnections", responses=problems())
def list_connections(
    call: Admin, after: After = "", limit: Limit = limits.PAGE
) -> Listed[ConnectionModel]:
    """Connections to forges."""
    with call.service.db.read() as session:
        page = page_of(session, mine(Connection, call.tenant_id), _CONNECTIONS, after, limit)
        return Listed(items=[ConnectionModel.of(row) for row in page.rows], next=page.next)


@routes.post(
    "/connections",
    operation_id="createConnection",
    status_code=201,
    responses=problems(400, 409, 413),
)
def create_connection(call: Admin, asked: ConnectionDraft) -> NewConnectionModel:
    """Makes a connection; its webhook secret is shown this once."""
    with call.service.db.write() as session:
        made = connections.create_connection(
            call.service, session, call.actor, call.tenant_id, asked.forge, asked.draft()
        )
        return _new(session, made)


@routes.get("/connections/{connection_id}", operation_id="getConnection", responses=problems(404))
def show_connection(call: Admin, connection_id: Number) -> ConnectionModel:
    """One connection."""
    with call.service.db.read() as session:
        return ConnectionModel.of(get(session, Connection, connection_id, call.tenant_id))


@routes.patch(
    "/connections/{connection_id}",
    operation_id="changeConnection",
    responses=problems(400, 404, 413),
)
def change_connection(
    call: Admin, connection_id: Number, asked: ConnectionChange
) -> ConnectionModel:
    """Changes a connection. With a new address the access has to be given again."""
    with call.service.db.write() as session:
        row = connections.change_connection(
            call.service, session, call.actor, call.tenant_id, connection_id, asked.draft()
        )
        return ConnectionModel.of(row)


@routes.post(
    "/connections/{connection_id}/secret",
    operation_id="rotateSecret",
    responses=problems(404),
)
def rotate(call: Admin, connection_id: Number) -> NewConnectionModel:
    """A new webhook secret; the old one is good for some days more."""
    with call.service.db.write() as session:
        made = connections.rotate_secret(
            call.service, session, call.actor, call.tenant_id, connection_id
        )
        return _new(session, made)


@routes.post(
    "/connections/{connection_id}/scans",
    operation_id="scanConnection",
    status_code=202,
    responses=problems(404, 409),
)
def scan(call: ScansWrite, connection_id: Number) -> QueuedModel:
    """Has the whole history of all repositories of a connection scanned now."""
    with call.service.db.write() as session:
        queued = requests.scan_connection(
            call.service, session, call.actor, connection_id, call.tenant_id
        )
        return QueuedModel(queued=queued)


@routes.delete(
    "/connections/{connection_id}",
    operation_id="deleteConnection",
    status_code=204,
    responses=problems(404),
)
def delete_connection(call: Admin, connection_id: Number) -> None:
    """Deletes a connection with its repositories; findings stay, with their history."""
    with call.service.db.write() as session:
        connections.delete_connection(session, call.actor, call.tenant_id, connection_id)


def _new(session: Session, made: connections.NewConnection) -> NewConnectionModel:
    session.refresh(made.row)
    return NewConnectionModel(connection=ConnectionModel.of(made.row), secret=made.secret)


@routes.get("/channels/kinds", operation_id="listChannelKinds", responses=problems())
def kinds(call: Admin) -> list[KindModel]:  # noqa: ARG001 - who asks has to be known
    """The kinds of channels, and what each has to be told."""
    return [
        KindModel(
            kind=name,
            label=kind.label,
            keys=[KeyModel.model_validate(key) for key in kind.keys],
        )
        for name, kind in KINDS.items()
    ]


@routes.get("/channels", operation_id="listChannels", responses=problems())
def list_channels(
    call: Admin, after: After = "", limit: Limit = limits.PAGE
) -> Listed[ChannelModel]:
    """Where people are told."""
    with call.service.db.read() as session:
        page = page_of(session, mine(Channel, call.tenant_id), _CHANNELS, after, limit)
        return Listed(items=[ChannelModel.of(row) for row in page.rows], next=page.next)


@routes.post(
    "/channels",
    operation_id="createChannel",
    status_code=201,
    responses=problems(400, 409, 413),
)
def create_channel(call: Admin, asked: ChannelNew) -> ChannelModel:
    """Makes a channel."""
    with call.service.db.write() as session:
        row = channels.create_channel(
            call.service, session, call.actor, call.tenant_id, asked.kind, _draft(asked)
        )
        session.refresh(row)
        return ChannelModel.of(row)


@routes.patch(
    "/channels/{channel_id}",
    operation_id="changeChannel",
    responses=problems(400, 404, 413),
)
def change_channel(call: Admin, channel_id: Number, asked: ChannelChange) -> ChannelModel:
    """Changes a channel."""
    with call.service.db.write() as session:
        row = channels.change_channel(
            call.service, session, call.actor, call.tenant_id, channel_id, _draft(asked)
        )
        return ChannelModel.of(row)


@routes.delete(
    "/channels/{channel_id}",
    operation_id="deleteChannel",
    status_code=204,
    responses=problems(404),
)
def delete_channel(call: Admin, channel_id: Number) -> None:
    """Deletes a channel with what was to be sent to it."""
    with call.service.db.write() as session:
        channels.delete_channel(session, call.actor, call.tenant_id, channel_id)


@routes.post(
    "/channels/{channel_id}/test", operation_id="testChannel", responses=problems(404, 502)
)
def test(call: Admin, channel_id: Number) -> SaidModel:
    """Sends a harmless message now."""
    return SaidModel(detail=test_message(call.service, channel_id, call.tenant_id))


def _draft(asked: ChannelChange) -> ChannelDraft:
    chosen = asked.filter.model_dump() if asked.filter is not None else None
    return ChannelDraft(asked.name, asked.config, chosen, asked.enabled)
