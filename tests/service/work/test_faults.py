"""What goes wrong is shown, tried again, and never looks like success."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from leakguard_service.db.tables import AuditEntry, Connection, Finding, Occurrence, Repository
from leakguard_service.db.work_tables import ForgeReport, Scan, SkipSeen
from leakguard_service.errors import Hopeless, Later
from leakguard_service.jobs.names import push_job
from leakguard_service.jobs.port import Task
from leakguard_service.nouns import JobKind, PushedRef
from leakguard_service.work.handlers import failed, handlers
from tests.helpers import github_token
from tests.service.work.world import World

Result = TypeVar("Result")


class Killed(BaseException):
    """Stands for SIGKILL."""


class Steps:
    """Remembers parts; dies behind the part named, before it is remembered."""

    def __init__(self) -> None:
        self.done: dict[str, object] = {}
        self.dies_behind = ""

    def run(self, name: str, part: Callable[[], Result]) -> Result:
        if name not in self.done:
            result = part()
            if name == self.dies_behind:
                raise Killed
            self.done[name] = result
        return self.done[name]  # type: ignore[return-value]


def push_task(world: World, path: str = "a.py") -> Task:
    """A push with a token, as the engine hands it out."""
    world.tree.commit("leak", {path: f"T = '{github_token()}'\n"})
    world.push()
    pushed = PushedRef("refs/heads/main", "", world.tree.head())
    job = push_job(world.row(Repository, world.repository_id), pushed)
    return Task(
        job.id, job.kind, job.tenant_id, job.repository_id, None, dict(job.arguments), attempts=0
    )


@pytest.mark.parametrize("step", ["begin", "scan"])
def test_a_killed_push_goes_on_to_the_same_rows(world: World, step: str) -> None:
    task, steps, do = push_task(world), Steps(), handlers(world.service)[JobKind.PUSH]
    steps.dies_behind = step
    with pytest.raises(Killed):
        do(task, steps)
    steps.dies_behind = ""
    result = do(task, steps)
    assert result is not None
    assert (result["found"], result["created"]) == (1, 1)
    world.drain()

    assert [len(world.rows(model)) for model in (Scan, Finding, Occurrence)] == [1, 1, 1]
    assert world.scan().verdict == "leaks"
    assert world.story(world.finding().id) == ["created"]
    assert world.check(world.tree.head()) == "failure"


def test_what_could_not_be_looked_at_is_no_success(world: World) -> None:
    small = world.service.settings.model_copy(update={"fetch_blob_mb": 0, "artifact_mb": 0})
    world.service = type(world.service)(
        small, world.service.db, world.service.keyring, world.service.jobs, world.service.forge
    )
    world.tree.commit("big", {"big.bin": "x" * 2_000_000})
    sha = world.pushed()
    world.drain()
    assert world.scan().verdict == "incomplete"
    assert world.check(sha) == "action_required"
    assert "big.bin" in {skip.path for skip in world.rows(SkipSeen)}
    (told,) = world.rows(ForgeReport)
    assert told.conclusion == "action_required"


def test_a_forge_that_fails_is_shown_until_it_answers(world: World) -> None:
    task, do = push_task(world), handlers(world.service)[JobKind.PUSH]
    world.forge.fail_next(502, match="access_tokens", times=9)
    with pytest.raises(Later):
        do(task, Steps())
    assert "502" in world.row(Connection, world.connection_id).error
    assert "502" in world.row(Repository, world.repository_id).error
    world.forge._faults.clear()

    do(task, Steps())
    assert world.row(Connection, world.connection_id).error == ""
    assert world.row(Repository, world.repository_id).error == ""


def test_a_report_that_is_refused_loses_no_finding(world: World) -> None:
    handlers(world.service)[JobKind.PUSH](push_task(world), Steps())
    world.forge.fail_next(403, match="check-runs", times=9)
    with pytest.raises(Hopeless):
        world.drain()
    assert world.finding().state == "open"
    assert world.scan().verdict == "leaks"
    (told,) = world.rows(ForgeReport)
    assert "403" in told.error
    assert "403" in world.row(Connection, world.connection_id).error


def test_a_push_given_up_is_said_everywhere(world: World) -> None:
    task = push_task(world)
    with world.service.db.write() as session:
        session.get_one(Repository, world.repository_id).default_branch = "main"
    steps = Steps()
    world.forge.repos.clear()  # gone
    with pytest.raises(Hopeless):
        handlers(world.service)[JobKind.PUSH](task, steps)
    failed(world.service)(task, "it is gone")

    assert (world.scan().verdict, world.scan().error) == ("failed", "it is gone")
    assert world.row(Repository, world.repository_id).error == "it is gone"
    assert [entry.action for entry in world.rows(AuditEntry)] == ["job.failed"]
    assert world.job("report:").state == "queued"


def test_a_failed_scan_is_reported_as_such(world: World) -> None:
    task = push_task(world)
    steps = Steps()
    steps.dies_behind = "begin"
    with pytest.raises(Killed):
        handlers(world.service)[JobKind.PUSH](task, steps)
    failed(world.service)(task, "the scan <was> killed")
    world.drain()
    run = world.forge.run_for(world.tree.head())
    assert run["conclusion"] == "action_required"
    assert "&#60;was&#62;" in run["output"]["summary"]
