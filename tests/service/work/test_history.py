"""Histories, lost events, listings, and what people asked for."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import AuditEntry, Connection, Finding, Repository
from leakguard_service.db.work_tables import Head, Notification, Scan
from leakguard_service.errors import Conflict, NotThere
from leakguard_service.jobs.names import inventory_job
from leakguard_service.nouns import Actor, Off, PushedRef, Role
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.work import requests
from tests.helpers import github_token
from tests.service.conftest import make_service
from tests.service.fakeforge import FakeGitHub
from tests.service.work.world import World, with_forge

ANA = Actor("user", "ana", 1, Role.ADMIN)


@pytest.fixture
def fresh(service: Service, forge: FakeGitHub, tmp_path: Path) -> World:
    """A repository that was never scanned, with a token in its history and one at its head."""
    world = World(with_forge(service), forge, tmp_path, backfilled=False)
    world.tree.commit("old", {"old.py": f"TOKEN = '{github_token(1)}'\n"})
    world.tree.commit("fix", {"old.py": "TOKEN = ''\n"})
    world.tree.commit("new", {"new.py": f"TOKEN = '{github_token(2)}'\n"})
    world.tree.git("branch", "side")
    world.push("main", "side")
    return world


def test_a_history_is_historical_and_reported_at_the_head(fresh: World) -> None:
    fresh.backfill()
    fresh.drain()

    found = fresh.by_path()
    old, new = found["old.py"], found["new.py"]
    assert (old.historical, new.historical) == (True, True)
    assert (old.on_branch, new.on_branch) == (False, True)
    assert not fresh.rows(Notification)
    repository = fresh.row(Repository, fresh.repository_id)
    assert repository.backfilled_at is not None
    assert fresh.heads().keys() == {"refs/heads/main", "refs/heads/side"}
    sha = fresh.tree.head()
    assert (fresh.scan().kind, fresh.scan().after) == ("backfill", sha)
    assert fresh.check(sha) == "failure"
    (annotation,) = fresh.forge.run_for(sha)["output"]["annotations"]
    assert annotation["path"] == "new.py"


def test_a_push_before_the_history_tells_its_own_commits_only(fresh: World) -> None:
    fresh.tree.git("checkout", "-q", "-b", "feature")
    fresh.tree.commit("live", {"live.py": f"TOKEN = '{github_token(3)}'\n"})
    sha = fresh.pushed("refs/heads/feature")
    fresh.drain()
    assert (fresh.finding().historical, fresh.check(sha)) == (False, "failure")

    fresh.backfill()
    fresh.drain()
    past = {path: one.historical for path, one in fresh.by_path().items()}
    assert past == {"live.py": False, "old.py": True, "new.py": True}


def test_a_push_that_the_history_saw_first_is_told(fresh: World) -> None:
    fresh.backfill()
    fresh.drain()
    fresh.tree.commit("live", {"live.py": f"TOKEN = '{github_token(3)}'\n"})
    before = fresh.heads()["refs/heads/main"]
    sha = fresh.pushed(before=before)
    fresh.backfill("second")
    jobs = fresh.jobs.queued()
    assert len(jobs) == 2
    with fresh.service.db.write() as session:  # the history comes first
        session.execute(sa.text("UPDATE job SET created_at = '2030-01-01' WHERE kind = 'push'"))
    fresh.drain()

    live = fresh.by_path()["live.py"]
    assert not live.historical
    assert fresh.story(live.id) == ["created", "created"]  # by the history, then live
    assert fresh.check(sha) == "failure"


def test_reconciling_scans_what_no_delivery_told_of(world: World) -> None:
    for number in range(3):
        world.tree.git("checkout", "-q", "--detach", "main")
        world.tree.commit(f"r{number}", {f"{number}.py": f"T = '{github_token(number)}'\n"})
        world.tree.git("tag", f"v{number}")
    world.push("refs/tags/v0", "refs/tags/v1", "refs/tags/v2")
    world.reconcile("1")
    world.drain()

    assert len(world.rows(Finding)) == 3
    assert {f"refs/tags/v{number}" for number in range(3)} < world.heads().keys()
    world.reconcile("2")
    assert len(world.drain()) == 1
    assert world.row(Repository, world.repository_id).reconciled_at is not None


def test_reconciling_notices_a_deleted_branch(world: World) -> None:
    world.tree.git("checkout", "-q", "-b", "side")
    world.tree.commit("leak", {"a.py": f"T = '{github_token()}'\n"})
    world.pushed("refs/heads/side")
    world.drain()
    assert world.finding().on_branch

    world.tree.git("push", "-q", str(world.repo.bare), ":side")
    with world.service.db.write() as session:  # as the delivery does
        session.execute(sa.delete(Head).where(Head.ref == "refs/heads/side"))
    world.reconcile("1")
    world.drain()
    assert not world.finding().on_branch
    assert world.story(world.finding().id) == ["created", "gone"]

    world.push("side")
    world.reconcile("2")
    world.drain()
    assert world.finding().on_branch
    assert world.story(world.finding().id) == ["created", "gone"]


def test_reconciling_a_branch_that_went_back_and_forth(world: World) -> None:
    first = world.tree.head()
    world.tree.commit("second", {"a": "b\n"})
    second = world.pushed()
    world.drain()
    world.push(f"{first}:refs/heads/main")
    world.reconcile("1")
    world.drain()
    assert world.heads()["refs/heads/main"] == first
    world.push(f"{second}:refs/heads/main")
    world.reconcile("2")
    world.drain()
    assert world.heads()["refs/heads/main"] == second


def test_reconciling_a_new_repository_scans_its_history(fresh: World) -> None:
    fresh.reconcile("1")
    assert [job.split(":")[0] for job in fresh.drain()] == ["reconcile", "backfill", "report"]
    assert all(finding.historical for finding in fresh.rows(Finding))


def test_without_a_backfill_only_what_comes_is_scanned(
    service: Service, forge: FakeGitHub, tmp_path: Path
) -> None:
    world = World(
        with_forge(service), forge, tmp_path, answers={"backfill": False}, backfilled=False
    )
    world.tree.commit("old", {"old.py": f"TOKEN = '{github_token(1)}'\n"})
    world.push()
    world.reconcile("1")
    world.drain()
    assert not world.rows(Finding)
    world.tree.commit("new", {"new.py": f"TOKEN = '{github_token(2)}'\n"})
    world.push()
    world.reconcile("2")
    world.drain()
    assert not world.finding().historical


def test_an_inventory_finds_new_repositories_and_loses_others(fresh: World) -> None:
    fresh.forge.add_repository("acme/lib", fresh.tree.path)
    with fresh.service.db.write() as session:
        connection = session.get_one(Connection, fresh.connection_id)
        lost = Repository(
            tenant_id=fresh.tenant_id, connection_id=connection.id, forge_id="9", full_name="a/b"
        )
        session.add(lost)
    fresh.queue(inventory_job(fresh.tenant_id, fresh.connection_id, "1"))
    fresh.drain()

    names = {row.full_name: row for row in fresh.rows(Repository)}
    assert names["acme/lib"].backfilled_at is not None
    assert names["acme/lib"].installation == "1"
    assert (names["a/b"].enabled, names["a/b"].error) == (False, Off.NOT_LISTED)
    assert names["acme/app"].enabled
    assert fresh.job("inventory").result == {"repositories": 2, "new": 1, "lost": 1}


def test_an_inventory_that_breaks_off_loses_nothing(world: World) -> None:
    world.forge.fail_next(503, match="/installation/repositories", times=9)
    world.queue(inventory_job(world.tenant_id, world.connection_id, "1"))
    with pytest.raises(Exception, match="503"):
        world.drain()
    assert world.row(Repository, world.repository_id).enabled
    assert "503" in world.row(Connection, world.connection_id).error


def test_scans_are_asked_for_once(world: World) -> None:
    with world.service.db.write() as session:
        job = requests.scan_repository(world.service, session, ANA, world.repository_id)
    with world.service.db.write() as session, pytest.raises(Conflict, match="already"):
        requests.scan_repository(world.service, session, ANA, world.repository_id)
    with world.service.db.write() as session:
        assert not requests.scan_connection(world.service, session, ANA, world.connection_id)
    with world.service.db.write() as session, pytest.raises(NotThere):
        requests.scan_repository(world.service, session, ANA, world.repository_id, 99)
    world.drain()
    assert world.rows(Scan)[0].job_id == job
    actions = [entry.action for entry in world.rows(AuditEntry)]
    assert actions == ["repository.scan_requested", "connection.scan_requested"]


def test_two_tenants_with_the_same_secret_on_both_databases(
    settings: Settings, database: Database, forge: FakeGitHub, tmp_path: Path
) -> None:
    service = with_forge(make_service(settings, database))
    worlds = [
        World(service, forge, tmp_path, tenant=name, full_name=f"{name}/app") for name in "ab"
    ]
    for world in worlds:
        world.tree.commit(world.tenant, {"a.py": f"T = '{github_token()}'\n"})
        world.pushed()
    worlds[0].drain()
    one, two = (world.finding() for world in worlds)
    assert one.tenant_id != two.tenant_id
    assert one.identity != two.identity
    assert all(world.check(world.tree.head()) == "failure" for world in worlds)


def test_pull_requests_are_checked_whole(
    service: Service, forge: FakeGitHub, tmp_path: Path
) -> None:
    world = World(with_forge(service), forge, tmp_path, answers={"comment": True})
    world.tree.git("checkout", "-q", "-b", "feature")
    world.tree.commit("leak", {"a.py": f"T = '{github_token()}'\n"})
    world.pushed("refs/heads/feature")
    world.drain()
    world.tree.commit("more", {"b.py": "nothing\n"})
    sha = world.pushed("refs/heads/feature")
    world.pushed("refs/pull/7/head", number=7)
    world.drain()

    assert world.check(sha) == "failure"
    (comment,) = world.forge.comments.values()
    assert comment["number"] == 7
    assert "a&#46;py" in comment["body"]
    assert world.story(world.finding().id) == ["created"]
    assert "refs/pull/7/head" not in world.heads()
    world.tell(PushedRef("refs/pull/7/head", "", sha), number=7)
    world.drain()
    assert len(world.forge.comments) == 1
