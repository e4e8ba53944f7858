"""Who comes in: first token, invitations, sessions, tokens; and that an admin always can."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import ApiToken, AuditEntry, Tenant, User, WebSession
from leakguard_service.db.types import now
from leakguard_service.errors import Conflict, Invalid, NotAllowed
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.triage import people
from leakguard_service.triage.scopes import Scope
from tests.service.conftest import make_service
from tests.service.triage.world import ADMIN, TRIAGER, World, add_user, make_world

SUBJECT = "https://id.example|42"


@pytest.fixture
def world(service: Service) -> World:
    return make_world(service)


def token(world: World, *scopes: str, role: Role = Role.ADMIN, **options: int | None) -> str:
    with world.service.db.write() as session:
        made = people.new_api_token(
            session,
            ADMIN,
            world.tenant_id,
            name="t",
            scopes=scopes or [Scope.ADMIN],
            role=role,
            **options,
        )
        return made.token


def actions_of(world: World) -> list[str]:
    with world.service.db.read() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def rows(session: Session, model: type[Tenant | ApiToken | WebSession]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_two_first_starts_make_one_token(database: Database, settings: Settings) -> None:
    service, start = make_service(settings, database), Barrier(2)

    def begin(_: int) -> str | None:
        start.wait()
        return people.ensure_admin_token(service)

    with ThreadPoolExecutor(2) as pool:
        made = [text for text in pool.map(begin, range(2)) if text]

    assert len(made) == 1
    who = people.actor_of_token(service, made[0])
    assert who is not None
    assert who.actor.role is Role.ADMIN
    with service.db.read() as session:
        assert (rows(session, Tenant), rows(session, ApiToken)) == (1, 1)
        assert made[0] not in str(session.scalars(sa.select(ApiToken.hash)).all())
    assert people.ensure_admin_token(service) is None
    assert people.actor_of_token(service, people.new_admin_token(service)) is not None


def test_first_token_comes_again_when_nobody_could_come_in(world: World) -> None:
    first = people.ensure_admin_token(world.service)
    assert first
    with world.service.db.write() as session:
        session.scalars(sa.select(ApiToken)).one().expires_at = now() - timedelta(seconds=1)

    assert people.actor_of_token(world.service, first) is None
    assert people.ensure_admin_token(world.service) is not None


@pytest.mark.parametrize("text", ["", "x", "lgs_" + "a" * 43, "é", "a" * 300, "\0"])
def test_what_is_no_token_is_nobody(world: World, text: str) -> None:
    assert people.actor_of_token(world.service, text) is None
    assert people.actor_of_session(world.service, text) is None


def test_tokens_end(world: World) -> None:
    text = token(world, days=1)
    with world.service.db.read() as session:
        row = session.scalars(sa.select(ApiToken)).one()
    cookie = people.sign_in_with_token(world.service, text)
    assert people.actor_of_session(world.service, cookie) is not None
    token(world)

    with world.service.db.write() as session:
        people.revoke_token(session, ADMIN, world.tenant_id, row.id)

    assert people.actor_of_token(world.service, text) is None
    assert people.actor_of_session(world.service, cookie) is None


def test_a_users_token_is_the_user_and_no_more(world: World) -> None:
    ada = add_user(world, "ada", Role.ADMIN)
    text = token(world, role=Role.ADMIN, user_id=ada)
    with world.service.db.write() as session:
        session.get_one(User, ada).role = "viewer"

    who = people.actor_of_token(world.service, text, "10.0.0.1")

    assert who is not None
    assert who.actor == Actor("user", "ada", ada, Role.VIEWER, "10.0.0.1")


def test_only_tokens_meant_for_it_open_pages(world: World) -> None:
    with pytest.raises(NotAllowed):
        people.sign_in_with_token(world.service, token(world, Scope.FINDINGS_READ))
    with pytest.raises(NotAllowed):
        people.sign_in_with_token(world.service, "nothing")

    cookie = people.sign_in_with_token(
        world.service, token(world, Scope.SIGN_IN, role=Role.TRIAGER)
    )

    who = people.actor_of_session(world.service, cookie)
    assert who is not None
    assert who.actor.role is Role.TRIAGER
    assert actions_of(world)[-1] == "session.started"


def test_sessions_end(world: World) -> None:
    text = token(world)
    first, second = (people.sign_in_with_token(world.service, text) for _ in range(2))

    people.end_session(world.service, first)
    with world.service.db.write() as session:
        session.scalars(sa.select(WebSession)).one().expires_at = now()

    assert people.actor_of_session(world.service, first) is None
    assert people.actor_of_session(world.service, second) is None
    people.end_session(world.service, first)


def test_who_is_invited_is_known_by_subject_from_then_on(world: World) -> None:
    with world.service.db.write() as session:
        people.invite(session, ADMIN, world.tenant_id, "Ada@Example.org", Role.TRIAGER)

    cookie = people.sign_in_with_subject(
        world.service, SUBJECT, ["someone", "ADA@example.org"], "Ada"
    )

    who = people.actor_of_session(world.service, cookie)
    assert who is not None
    assert (who.actor.name, who.actor.role) == ("ada@example.org", Role.TRIAGER)
    # the address changed at the provider: still the same person
    assert people.sign_in_with_subject(world.service, SUBJECT, ["new@example.org"])
    # somebody else got the old address: not this user
    with pytest.raises(NotAllowed):
        people.sign_in_with_subject(world.service, SUBJECT + "3", ["ada@example.org"])


def test_nobody_comes_in_uninvited_or_switched_off(world: World) -> None:
    with pytest.raises(NotAllowed):
        people.sign_in_with_subject(world.service, SUBJECT, ["ada", ""])
    ada = add_user(world, "ada", bound=False)
    add_user(world, "root", Role.ADMIN)
    cookie = people.sign_in_with_subject(world.service, SUBJECT, ["ada"])

    with world.service.db.write() as session:
        people.change_user(session, ADMIN, world.tenant_id, ada, active=False)

    assert people.actor_of_session(world.service, cookie) is None
    with pytest.raises(NotAllowed):
        people.sign_in_with_subject(world.service, SUBJECT, ["ada"])


@pytest.mark.parametrize("login", ["", "  ", "a b", "a\nb", "a\0", "x" * 321])
def test_logins_are_one_word(world: World, login: str) -> None:
    with pytest.raises(Invalid), world.service.db.write() as session:
        people.invite(session, ADMIN, world.tenant_id, login, Role.VIEWER)


def test_nobody_is_invited_twice(world: World) -> None:
    add_user(world, "ada")

    with pytest.raises(Conflict), world.service.db.write() as session:
        people.invite(session, ADMIN, world.tenant_id, "ADA", Role.VIEWER)


def test_the_last_admin_stays(world: World) -> None:
    root = add_user(world, "root", Role.ADMIN)
    add_user(world, "never came", Role.ADMIN, bound=False)

    for change in (
        lambda s: people.set_role(s, ADMIN, world.tenant_id, root, Role.VIEWER),
        lambda s: people.change_user(s, ADMIN, world.tenant_id, root, active=False),
        lambda s: people.remove_user(s, ADMIN, world.tenant_id, root),
    ):
        with world.service.db.write() as session, pytest.raises(Conflict):
            change(session)  # the session goes on: nothing of it may stay

    with world.service.db.read() as session:
        row = session.get_one(User, root)
        assert (row.role, row.active) == ("admin", True)
    assert actions_of(world) == []


def test_the_last_admin_token_stays(world: World) -> None:
    token(world)
    with world.service.db.read() as session:
        row = session.scalars(sa.select(ApiToken)).one()

    with world.service.db.write() as session, pytest.raises(Conflict):
        people.revoke_token(session, ADMIN, world.tenant_id, row.id)

    add_user(world, "root", Role.ADMIN)
    with world.service.db.write() as session:
        people.revoke_token(session, ADMIN, world.tenant_id, row.id)


def test_of_two_admins_who_remove_each_other_one_stays(
    database: Database, settings: Settings
) -> None:
    world = make_world(make_service(settings, database))
    both = [add_user(world, login, Role.ADMIN) for login in ("ada", "bob")]
    start = Barrier(2)

    def remove(number: int) -> bool:
        start.wait()
        try:
            with world.service.db.write() as session:
                people.set_role(session, ADMIN, world.tenant_id, number, Role.VIEWER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, both)) == [False, True]


def test_a_removed_users_tokens_are_nobodys(world: World) -> None:
    ada = add_user(world, "ada")
    add_user(world, "root", Role.ADMIN)
    text = token(world, Scope.FINDINGS_READ, role=Role.TRIAGER, user_id=ada)

    with world.service.db.write() as session:
        people.remove_user(session, ADMIN, world.tenant_id, ada)

    assert people.actor_of_token(world.service, text) is None


@pytest.mark.parametrize(
    ("actor", "role", "own", "problem"),
    [
        (TRIAGER, Role.ADMIN, True, NotAllowed),
        (TRIAGER, Role.TRIAGER, False, NotAllowed),
        (TRIAGER, Role.TRIAGER, True, None),
        (ADMIN, Role.ADMIN, True, Invalid),
        (ADMIN, Role.ADMIN, False, None),
    ],
)
def test_who_may_make_which_tokens(
    world: World, actor: Actor, role: Role, own: bool, problem: type[Exception] | None
) -> None:
    ada = add_user(world, "ada", Role.TRIAGER)
    who = Actor(actor.kind, actor.name, ada if actor is TRIAGER else actor.id, actor.role)

    def make() -> None:
        with world.service.db.write() as session:
            people.new_api_token(
                session,
                who,
                world.tenant_id,
                name="t",
                scopes=[Scope.FINDINGS_READ],
                role=role,
                user_id=ada if own else None,
            )

    if problem is None:
        make()
    else:
        with pytest.raises(problem):
            make()


@pytest.mark.parametrize(
    ("scopes", "role", "days"),
    [
        (["nope"], Role.ADMIN, 1),
        ([], Role.ADMIN, 1),
        ([Scope.ADMIN], Role.TRIAGER, 1),
        ([Scope.FINDINGS_WRITE], Role.VIEWER, 1),
        ([Scope.FINDINGS_READ], Role.VIEWER, 0),
        ([Scope.FINDINGS_READ], Role.VIEWER, 367),
    ],
)
def test_tokens_without_meaning(world: World, scopes: list[str], role: Role, days: int) -> None:
    with pytest.raises(Invalid):
        token(world, *scopes, role=role, days=days) if scopes else _without(world, role)


def _without(world: World, role: Role) -> None:
    with world.service.db.write() as session:
        people.new_api_token(session, ADMIN, world.tenant_id, name="t", scopes=[], role=role)
