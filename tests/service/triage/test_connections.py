"""Connections, channels, settings of the tenant, saved views: checked, sealed, in the log."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from leakguard_service.crypto import Keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import AuditEntry, Channel, Connection, Repository
from leakguard_service.errors import Invalid, NotAllowed, NotThere
from leakguard_service.nouns import Actor, ForgeKind
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.triage import channels, connections, tenants, views
from leakguard_service.triage.channels import ChannelDraft
from leakguard_service.triage.connections import Draft, NewConnection
from tests.service.conftest import KEY, no_forge
from tests.service.rowjobs import RowJobs
from tests.service.triage.world import ADMIN, OTHER, TRIAGER, VIEWER, World, add_finding, make_world

WORDS = "words-that-are-secret"


@pytest.fixture
def world(settings: Settings, sqlite: Database) -> World:
    """Where private addresses may not be reached."""
    strict = settings.model_copy(update={"allow_private_addresses": False})
    return make_world(Service(strict, sqlite, Keyring([KEY]), RowJobs(sqlite), no_forge))


def create(world: World, forge: ForgeKind = ForgeKind.GITHUB, **draft: Any) -> NewConnection:
    with world.service.db.write() as session:
        return connections.create_connection(
            world.service,
            session,
            ADMIN,
            world.tenant_id,
            forge,
            Draft(**draft),
        )


def change(world: World, number: int, **draft: Any) -> Connection:
    with world.service.db.write() as session:
        return connections.change_connection(
            world.service,
            session,
            ADMIN,
            world.tenant_id,
            number,
            Draft(**draft),
        )


def log(world: World) -> list[AuditEntry]:
    with world.service.db.read() as session:
        return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    ("forge", "web", "api"),
    [
        (ForgeKind.GITHUB, "", "https://api.github.com"),
        (ForgeKind.GITHUB, "https://github.com/", "https://api.github.com"),
        (ForgeKind.GITHUB, "https://git.example.org", "https://git.example.org/api/v3"),
        (ForgeKind.GITHUB, "https://acme.ghe.com", "https://api.acme.ghe.com"),
        (ForgeKind.GITLAB, "", "https://gitlab.com/api/v4"),
        (ForgeKind.GITLAB, "https://example.org/git/", "https://example.org/git/api/v4"),
        (ForgeKind.GITEA, "https://code.example.org:3000", "https://code.example.org:3000/api/v1"),
    ],
)
def test_where_the_api_of_a_forge_is(world: World, forge: ForgeKind, web: str, api: str) -> None:
    assert create(world, forge, web_url=web).row.api_url == api


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com",
        "ftp://github.com",
        "https://",
        "https://user@github.com",
        "https://user:word@github.com",
        "https://github.com?x=1",
        "https://github.com#x",
        "https://github.com:99999",
        "https://github.com:0",
        "https://git hub.com",
        "https://github.com\\@evil.example",
        "https://github.com/../x",
        "https://gïthub.com",
        "javascript:alert(1)",
        "https://" + "a" * 500,
        "https://[::1",
    ],
)
def test_addresses_that_are_none(world: World, url: str) -> None:
    for field in ("web_url", "api_url"):
        with pytest.raises(Invalid) as caught:
            create(world, ForgeKind.GITHUB, **{field: url})
        assert caught.value.field == field


def test_secrets_are_sealed_and_nowhere_else(world: World) -> None:
    made = create(world, access={"token": WORDS}, signing=WORDS + "2")
    row = made.row

    opened = world.service.keyring.open
    assert json.loads(opened(row.access)) == {"token": WORDS}
    assert opened(row.signing) == WORDS + "2"
    assert opened(row.secret) == made.secret
    assert made.path == f"/hooks/github/{row.hook}"
    assert len(row.hook) >= 24
    stored = f"{row.access}{row.secret}{[entry.details for entry in log(world)]}"
    assert WORDS not in stored
    assert made.secret not in stored


@pytest.mark.parametrize(
    "access",
    [
        {"app_id": "1"},
        {"private_key": "x"},
        {"token": "a\nb"},
        {"token": "a", "app_id": "1"},
        {"token": "é"},
        {"token": "a\0"},
        {"other": "x"},
        {"app_id": "../1", "private_key": "x"},
        {"token": "x" * 20_001},
    ],
)
def test_access_is_a_token_or_an_app(world: World, access: Mapping[str, str]) -> None:
    with pytest.raises(Invalid):
        create(world, access=access)


def test_a_token_does_not_go_to_another_host(world: World) -> None:
    number = create(world, access={"token": WORDS}).row.id

    with pytest.raises(Invalid) as caught:
        change(world, number, web_url="https://evil.example")
    assert caught.value.field == "access"
    with pytest.raises(Invalid):
        change(world, number, api_url="https://evil.example/api")

    row = change(world, number, web_url="https://git.example.org", access={"token": "new"})
    assert row.api_url == "https://git.example.org/api/v3"
    assert WORDS not in str([entry.details for entry in log(world)])


def test_a_change_says_from_what_to_what(world: World) -> None:
    number = create(world).row.id

    change(world, number, name="ours", settings={"sarif": True}, enabled=False)

    details = log(world)[-1].details
    assert details["name"] == ["github", "ours"]
    assert details["enabled"] == [True, False]
    assert details["settings"][1]["sarif"] is True
    with pytest.raises(Invalid):
        change(world, number, settings={"sarif": "perhaps"})


def test_the_old_secret_is_good_for_a_while(world: World) -> None:
    first = create(world)

    with world.service.db.write() as session:
        second = connections.rotate_secret(
            world.service, session, ADMIN, world.tenant_id, first.row.id
        )

    row = second.row
    assert second.secret != first.secret
    assert world.service.keyring.open(row.old_secret) == first.secret
    assert row.old_secret_until is not None


def test_findings_outlive_their_connection(world: World) -> None:
    number = add_finding(world)

    with world.service.db.write() as session:
        connections.delete_connection(session, ADMIN, world.tenant_id, world.connection_id)

    with world.service.db.read() as session:
        assert session.scalars(sa.select(Repository)).all() == []
    assert number
    assert log(world)[-1].action == "connection.deleted"


def test_only_admins_and_only_their_own(world: World) -> None:
    elsewhere = make_world(world.service, "other")
    with world.service.db.write() as session:
        for actor in (TRIAGER, VIEWER):
            with pytest.raises(NotAllowed):
                connections.delete_connection(session, actor, world.tenant_id, world.connection_id)
        with pytest.raises(NotThere):
            connections.delete_connection(session, ADMIN, world.tenant_id, elsewhere.connection_id)
        with pytest.raises(NotThere):
            tenants.change_repository(
                session, ADMIN, world.tenant_id, elsewhere.repository_id, enabled=False
            )


def test_channels_are_checked_and_sealed(world: World) -> None:
    config = {"webhook_url": "https://hooks.example.org/" + WORDS}
    with world.service.db.write() as session:
        row = channels.create_channel(
            world.service,
            session,
            ADMIN,
            world.tenant_id,
            "slack",
            ChannelDraft("ours", config, {"min_severity": 3, "repositories": ["acme/*"]}),
        )
        assert json.loads(world.service.keyring.open(row.config)) == config
        assert row.filter == {"min_severity": 3, "repositories": ["acme/*"]}
        channels.change_channel(
            world.service,
            session,
            ADMIN,
            world.tenant_id,
            row.id,
            ChannelDraft(filter={}, enabled=False),
        )
        assert (row.filter, row.enabled) == ({}, False)
        channels.delete_channel(session, ADMIN, world.tenant_id, row.id)
        assert session.scalars(sa.select(Channel)).all() == []
    assert WORDS not in str([entry.details for entry in log(world)])


@pytest.mark.parametrize(
    ("kind", "draft"),
    [
        ("pigeon", ChannelDraft()),
        ("slack", ChannelDraft()),
        ("slack", ChannelDraft(config={"webhook_url": "file:///etc/passwd"})),
        ("committer", ChannelDraft(filter={"min_severity": 5})),
        ("committer", ChannelDraft(filter={"min_severity": True})),
        ("committer", ChannelDraft(filter={"changes": ["nope"]})),
        ("committer", ChannelDraft(filter={"other": 1})),
        ("committer", ChannelDraft(filter={"repositories": ["x"] * 101})),
        ("committer", ChannelDraft(name="a\nb")),
    ],
)
def test_channels_without_meaning(world: World, kind: str, draft: ChannelDraft) -> None:
    with pytest.raises(Invalid), world.service.db.write() as session:
        channels.create_channel(world.service, session, ADMIN, world.tenant_id, kind, draft)


def test_settings_of_the_tenant(world: World) -> None:
    with world.service.db.write() as session:
        after = tenants.change_settings(
            session,
            ADMIN,
            world.tenant_id,
            {"four_eyes": True, "committer_domains": ["example.org"], "policy": "exclude = ['a']"},
        )

    assert after.four_eyes
    assert after.committer_domains == ("example.org",)
    with world.service.db.read() as session:
        assert world.service.tenant_settings(session, world.tenant_id) == after
    assert log(world)[-1].details == {
        "four_eyes": [False, True],
        "committer_domains": [[], ["example.org"]],
        "policy": "given",
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"nope": 1}, "nope"),
        ({"four_eyes": "perhaps"}, "four_eyes"),
        ({"block_severity": 5}, "block_severity"),
        ({"identity": "x"}, "identity"),
        ({"policy": "exclude = 1"}, "policy"),
        ({"policy": "["}, "policy"),
        ({"policy": "baseline = 'x'"}, "policy"),
    ],
)
def test_settings_without_meaning(world: World, given: Mapping[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught, world.service.db.write() as session:
        tenants.change_settings(session, ADMIN, world.tenant_id, given)

    assert caught.value.field == field


def test_repositories_are_switched_and_scheduled(world: World) -> None:
    with world.service.db.write() as session:
        row = tenants.change_repository(
            session,
            ADMIN,
            world.tenant_id,
            world.repository_id,
            enabled=False,
            scan_every_hours=24,
        )
        assert (row.enabled, row.scan_every_hours) == (False, 24)
        assert row.next_scan_at is not None
        row = tenants.change_repository(
            session, ADMIN, world.tenant_id, world.repository_id, scan_every_hours=0
        )
        assert row.next_scan_at is None
        with pytest.raises(Invalid):
            tenants.change_repository(
                session, ADMIN, world.tenant_id, world.repository_id, scan_every_hours=-1
            )


def save(world: World, actor: Actor, name: str, query: str, *, shared: bool = False) -> int:
    with world.service.db.write() as session:
        row = views.save_view(session, actor, world.tenant_id, name, query, shared=shared)
        return row.id


def test_views_are_ones_own_or_everybodys(world: World) -> None:
    save(world, TRIAGER, "mine", "?state=open&page=7&state=resolved")
    shared = save(world, TRIAGER, "ours", "severity=critical", shared=True)
    save(world, OTHER, "theirs", "")
    with pytest.raises(NotAllowed):
        save(world, VIEWER, "ours", "", shared=True)

    with world.service.db.read() as session:
        seen = {row.name: row.query for row in views.views(session, TRIAGER, world.tenant_id)}
    assert seen == {"mine": "state=open&state=resolved", "ours": "severity=critical"}

    with world.service.db.write() as session:
        hidden = next(iter(views.views(session, OTHER, world.tenant_id)), None)
        assert hidden is not None
        theirs = [v for v in views.views(session, OTHER, world.tenant_id) if v.owner][0]
        with pytest.raises(NotThere):
            views.delete_view(session, TRIAGER, world.tenant_id, theirs.id)
        with pytest.raises(NotAllowed):
            views.delete_view(session, VIEWER, world.tenant_id, shared)
        views.delete_view(session, OTHER, world.tenant_id, shared)


def test_a_view_is_replaced_and_has_to_mean_something(world: World) -> None:
    first = save(world, TRIAGER, "mine", "state=open")

    assert save(world, TRIAGER, "mine", "state=resolved") == first
    for query in ("state=gone", "x" * 2_001, "&".join("a=1" for _ in range(200))):
        with pytest.raises(Invalid):
            save(world, TRIAGER, "mine", query)
