"""What the engine promises, in SQLite and in PostgreSQL alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.work_tables import Job
from leakguard_service.jobs import stats, transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.nouns import JobKind
from tests.service.jobs import play
from tests.service.jobs.conftest import World
from tests.service.jobs.play import HELD, job

Engines = Callable[..., DbosEngine]


def test_nothing_is_left_of_a_job_that_was_rolled_back(shared: World) -> None:
    wanted = job(JobKind.PUSH, "rolled")

    with shared.db.write() as session:
        assert shared.engine.enqueue(session, wanted)
        session.rollback()

    with shared.db.read() as session:
        assert session.get(Job, wanted.id) is None
    assert transact.states(shared.engine.client, [f"{wanted.id}~0"]) == {}
    assert shared.put(wanted) == [True]
    shared.end()


def test_the_same_work_is_one_job(shared: World) -> None:
    wanted = job(JobKind.PUSH, "same", ("only", 0.2))

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: shared.put(wanted)[0], range(20)))
    shared.end()

    assert sum(taken) == 1
    assert shared.put(wanted) == [False]
    assert shared.book.times("only", wanted.id) == 1
    row = shared.row(wanted.id)
    assert (row.state, row.attempts, row.result) == ("done", 0, {"done": 1})
    assert row.started_at is not None
    assert row.finished_at is not None
    assert row.finished_at > row.started_at


def test_one_push_of_a_repository_at_a_time(shared: World) -> None:
    jobs = [
        job(JobKind.PUSH, f"turn{turn}", ("only", 0.2), repository=repository)
        for repository in (1, 2, 3)
        for turn in range(3)
    ]

    shared.put(*jobs)
    shared.end()

    ids = {one.id for one in jobs}
    running: dict[str, int] = dict.fromkeys("123", 0)
    most = 0
    for _, what, name, _ in shared.book.lines():
        if name in ids and what in ("begin", "end"):
            repository = name.split(":")[1]
            running[repository] += 1 if what == "begin" else -1
            assert running[repository] <= 1
            most = max(most, sum(running.values()))
    assert most > 1
    assert all(shared.book.times("end", one.id) == 1 for one in jobs)


def test_a_push_waits_for_no_history(shared: World) -> None:
    history = [
        job(JobKind.BACKFILL, "all", ("only", HELD), repository=repository)
        for repository in range(1, 5)
    ]
    push = job(JobKind.PUSH, "urgent")
    shared.put(*history)
    play.until(lambda: any(shared.book.times("begin", one.id) for one in history))

    shared.put(push)
    play.until(lambda: shared.row(push.id).state == "done")

    assert "running" in {shared.row(one.id).state for one in history}
    shared.book.release(*history)
    shared.end()


def test_a_job_may_ask_to_be_called_later(shared: World) -> None:
    wanted = job(JobKind.REPORT, "later", ("later", 0.0))

    shared.put(wanted)
    play.until(lambda: shared.row(wanted.id).error == "rate limit")
    assert shared.row(wanted.id).not_before is not None
    shared.end()

    row = shared.row(wanted.id)
    assert (row.state, row.attempts, row.error, row.run) == ("done", 0, "", 3)
    assert shared.book.times("later", wanted.id) == 4


def test_a_job_that_fails_is_given_up_and_that_is_told_once(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOB_BACKOFF_SECONDS", (0.3, 0.6))
    poor = job(JobKind.PUSH, "poor", ("fail", 0.0))
    hopeless = job(JobKind.PUSH, "hopeless", ("hopeless", 0.0))
    book = shared.book

    shared.put(poor, hopeless)
    play.until(lambda: book.times("told", poor.id) and book.times("told", hopeless.id))

    row = shared.row(poor.id)
    assert (row.state, row.attempts) == ("failed", limits.JOB_ATTEMPTS)
    assert row.error.startswith("unexpected ValueError at play.py:")
    moments = [at for at, what, name, _ in book.lines() if (what, name) == ("fail", poor.id)]
    assert len(moments) == limits.JOB_ATTEMPTS
    assert moments[1] - moments[0] >= 0.3
    assert moments[2] - moments[1] >= 0.6
    assert shared.row(hopeless.id).error == "the repository is gone"
    assert book.times("hopeless", hopeless.id) == 1
    assert book.times("told", poor.id) == book.times("told", hopeless.id) == 1


def test_one_that_failed_can_be_asked_for_again(shared: World) -> None:
    wanted = job(JobKind.PUSH, "again", ("hopeless", 0.0))
    shared.put(wanted)
    play.until(lambda: shared.book.times("told", wanted.id))

    assert shared.put(job(JobKind.PUSH, "again", ("only", 0.0))) == [True]
    shared.end()
    assert shared.row(wanted.id).state == "done"
    with shared.db.write() as session:
        assert shared.engine.again(session, wanted.id)
        assert not shared.engine.again(session, wanted.id)
    shared.end()

    assert shared.book.times("only", wanted.id) == 2


def test_a_job_that_waits_can_be_cancelled(shared: World) -> None:
    waiting = job(JobKind.PUSH, "waiting", delay=60.0)
    running = job(JobKind.PUSH, "running", ("only", HELD))
    shared.put(waiting, running)
    play.until(lambda: shared.book.times("begin", running.id))

    assert shared.engine.cancel(waiting.id)
    assert not shared.engine.cancel(waiting.id)
    assert not shared.engine.cancel(running.id)
    assert not shared.engine.cancel("push:none")
    shared.book.release(running)
    shared.end()

    assert shared.row(waiting.id).state == "cancelled"
    assert shared.book.times("begin", waiting.id) == 0


def test_queues(shared: World) -> None:
    queues = {one.name: one for one in shared.engine.client.list_queues()}

    assert set(queues) == {"push", "backfill", "report", "notify", "upkeep"}
    assert {name for name, one in queues.items() if one.partition_concurrency == 1} == {
        "push",
        "backfill",
    }
    limited = [queues[name].worker_concurrency for name in ("push", "backfill", "notify")]
    assert limited == [4, 2, 8]
    assert {one.polling_interval_sec for one in queues.values()} == {0.25, 0.5}
    assert set(transact.QUEUES) == set(JobKind)


def test_figures(lite: Database, engines: Engines) -> None:
    engine = engines(lite)

    play.put(lite, engine, job(JobKind.PUSH, "a"), job(JobKind.PUSH, "b"), job(JobKind.NOTIFY, "c"))

    with lite.read() as session:
        assert stats.counts(session) == {("push", "queued"): 2, ("notify", "queued"): 1}
        assert 0 < stats.oldest_queued(session) < 10
    assert engine.alive() == []
