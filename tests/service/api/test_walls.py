"""No route shows or changes another tenant's rows; each needs its scope, its role, a token."""

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from leakguard_service.db.tables import Base
from leakguard_service.nouns import Role
from leakguard_service.service import Service
from leakguard_service.triage.scopes import ROLES, Scope
from tests.service.api.world import (
    BODIES,
    EVERYTHING,
    Full,
    Operation,
    client,
    make_app,
    make_full,
    operations,
    token,
)

MARK = "zebra"
"""In every text of the tenant that must not be seen."""

_NUMBERS = (
    "finding_id",
    "scan_id",
    "user_id",
    "repository_id",
    "connection_id",
    "channel_id",
    "view_id",
    "delivery_id",
    "token_id",
    "notification_id",
)
NOWHERE: dict[str, int | str] = {
    **dict.fromkeys(_NUMBERS, 10**9),
    "job_id": "push:none",
    "rule_id": "none",
}
"""Ids of rows that nobody has."""


@pytest.fixture
def ours(service: Service) -> Full:
    return make_full(service, "ours")


@pytest.fixture
def theirs(service: Service, ours: Full) -> Full:
    assert ours.mark
    return make_full(service, MARK)


@pytest.fixture
def app(service: Service) -> FastAPI:
    return make_app(service)


@pytest.fixture
def asked(app: FastAPI, service: Service, ours: Full) -> TestClient:
    return client(app, token(service, ours.world.tenant_id))


def everything_of(service: Service, tenant_id: int) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a tenant."""
    with service.db.read() as session:
        return {
            table.name: sorted(
                tuple(map(str, row))
                for row in session.execute(
                    sa.select(table).where(table.c.tenant_id == tenant_id)
                ).all()
            )
            for table in Base.metadata.sorted_tables
            if "tenant_id" in table.c
        }


def call(asked: TestClient, operation: Operation, path: str, query: str = "") -> tuple[int, str]:
    answer = asked.request(operation.method, path + query, json=BODIES.get(operation.name))
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", path
        assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.text


def test_there_are_routes_and_all_have_a_scope(app: FastAPI) -> None:
    found = operations(app)

    assert len(found) > 45
    assert [one.path for one in found if not one.scope] == ["/api/v1/me"]
    assert all(one.path.startswith("/api/v1/") for one in found)
    with_body = {
        described["operationId"]
        for methods in app.openapi()["paths"].values()
        for described in methods.values()
        if "requestBody" in described
    }
    assert with_body == set(BODIES)


def test_rows_of_another_tenant_are_not_there(
    app: FastAPI, service: Service, asked: TestClient, theirs: Full
) -> None:
    before = everything_of(service, theirs.world.tenant_id)
    crossed = [one for one in operations(app) if one.names_a_row]
    assert len(crossed) > 20

    for operation in crossed:
        status, text = call(asked, operation, operation.at(theirs.ids))
        assert status == 404, operation
        assert MARK not in text.replace(str(theirs.ids["job_id"]), "")

    assert everything_of(service, theirs.world.tenant_id) == before


def test_lists_hold_ones_own_rows_only(
    app: FastAPI, service: Service, asked: TestClient, ours: Full, theirs: Full
) -> None:
    before = everything_of(service, theirs.world.tenant_id)
    queries = ["", "?limit=200"]
    queries += [f"?{name[:-3]}={number}" for name, number in theirs.ids.items()]
    queries += [f"?subject_id={theirs.ids['finding_id']}", f"?text={MARK}", f"?rule=rule-{MARK}"]
    lists = [one for one in operations(app) if one.method == "GET" and "{" not in one.path]
    assert len(lists) > 15

    for operation in lists:
        for query in queries:
            status, text = call(asked, operation, operation.path, query)
            assert status in (200, 404, 422), (operation, query)
            assert MARK not in text, (operation, query)
    assert "ours" in call(asked, lists[0], "/api/v1/findings")[1]
    assert ours.mark
    assert everything_of(service, theirs.world.tenant_id) == before


def test_ids_of_another_tenant_inside_a_body_do_nothing(
    asked: TestClient, service: Service, ours: Full, theirs: Full
) -> None:
    before = everything_of(service, theirs.world.tenant_id)
    mine, other = ours.ids["finding_id"], theirs.ids["finding_id"]

    bulk = asked.post(
        "/api/v1/findings/actions",
        json={"action": "resolve", "resolution": "revoked", "ids": [mine, other]},
    ).json()
    assigned = asked.post(
        f"/api/v1/findings/{mine}/actions",
        json={"action": "assign", "assignee_id": theirs.ids["user_id"]},
    )
    made = asked.post(
        "/api/v1/tokens",
        json={"name": "t", "scopes": ["findings:read"], "user_id": theirs.ids["user_id"]},
    )

    assert [one["id"] for one in bulk["done"]] == [mine]
    assert [one["id"] for one in bulk["refused"]] == [other]
    assert (assigned.status_code, made.status_code) == (422, 422)
    assert everything_of(service, theirs.world.tenant_id) == before


def test_each_route_takes_its_scope(app: FastAPI, service: Service, ours: Full) -> None:
    tenant = ours.world.tenant_id
    for scope in Scope:
        rest = [one for one in EVERYTHING if one not in (scope, Scope.ADMIN)]
        without = client(app, token(service, tenant, rest))
        alone = client(app, token(service, tenant, [scope], ROLES[scope]))
        for operation in operations(app):
            if operation.scope != scope:
                continue
            path = operation.at(NOWHERE)
            assert call(without, operation, path)[0] == 403, operation
            assert call(alone, operation, path)[0] not in (401, 403), operation


def test_a_scope_is_nothing_without_the_role(app: FastAPI, service: Service, ours: Full) -> None:
    tenant = ours.world.tenant_id
    for role, ranks in (
        (Role.VIEWER, (Role.TRIAGER, Role.ADMIN)),
        (Role.TRIAGER, (Role.ADMIN,)),
    ):
        asked = client(app, token(service, tenant, EVERYTHING, role))
        for operation in operations(app):
            needed = ROLES[Scope(operation.scope)] if operation.scope else Role.VIEWER
            status = call(asked, operation, operation.at(NOWHERE))[0]
            assert (status == 403) is (needed in ranks), (role, operation)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer lgs_" + "a" * 43, "bearer é"]
)
def test_without_a_token_there_is_nothing(app: FastAPI, header: str) -> None:
    asked = TestClient(app, raise_server_exceptions=False)
    if header:
        asked.headers = [(b"Authorization", header.encode())]

    for operation in operations(app):
        answer = asked.request(
            operation.method, operation.at(NOWHERE), json=BODIES.get(operation.name)
        )
        assert answer.status_code == 401, operation
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_cookie_is_no_token(app: FastAPI, service: Service, ours: Full) -> None:
    text = token(service, ours.world.tenant_id)
    asked = TestClient(app, cookies={"session": text, "Authorization": f"Bearer {text}"})

    assert asked.get(f"/api/v1/me?token={text}&access_token={text}").status_code == 401
