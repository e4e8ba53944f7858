"""Processes that are killed: nothing is lost, nothing that was done is done again."""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess

import pytest

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.running import Runner
from leakguard_service.nouns import JobKind
from tests.service.jobs import play, stress
from tests.service.jobs.conftest import Starter
from tests.service.jobs.play import HELD, Book, job

Engines = Callable[..., DbosEngine]


def killed(process: BaseProcess) -> None:
    process.kill()
    process.join()


def test_a_killed_process_loses_nothing(
    db: Database, engines: Engines, book: Book, start: Starter
) -> None:
    engine = engines(db)
    jobs = [
        job(JobKind.PUSH, "a", ("fetch", 0.0), ("scan", HELD), ("store", 0.0), repository=number)
        for number in range(1, 7)
    ]
    play.put(db, engine, *jobs)
    first = start(db)
    play.until(lambda: sum(book.times("scan", one.id) for one in jobs) == 4)
    killed(first)
    assert play.unended(db) == 6
    book.release(*jobs)

    start(db)
    play.until(lambda: play.unended(db) == 0)

    for one in jobs:
        assert play.row(db, one.id).state == "done"
        assert book.times("fetch", one.id) == 1  # it was done, and is not done again
        assert book.times("store", one.id) == 1
        assert book.times("end", one.id) == 1
    assert sum(book.times("scan", one.id) for one in jobs) == 10
    assert sum(play.row(db, one.id).attempts for one in jobs) == 4


def test_another_worker_takes_over(
    large: Database, engines: Engines, book: Book, start: Starter
) -> None:
    engine = engines(large)
    slow = [job(JobKind.PUSH, "a", ("scan", HELD), repository=number) for number in range(1, 5)]
    first = start(large)
    play.until(lambda: len(engine.alive()) == 1)
    play.put(large, engine, *slow)
    play.until(lambda: all(book.times("scan", one.id) for one in slow))
    start(large)
    play.until(lambda: len(engine.alive()) == 2)
    behind = job(JobKind.PUSH, "b", repository=1)
    play.put(large, engine, behind)

    killed(first)
    book.release(*slow)
    play.until(lambda: play.unended(large) == 0)

    assert [play.row(large, one.id).state for one in [*slow, behind]] == ["done"] * 5
    assert book.first("begin", behind.id) > book.first("end", slow[0].id)


def test_a_dead_worker_is_noticed_within_a_minute() -> None:
    beats_until_noticed = limits.LEASE_SECONDS + 2 * limits.BEAT_SECONDS
    assert beats_until_noticed + 4 * limits.POLL_SECONDS < 60
    assert limits.LEASE_SECONDS >= 5 * limits.BEAT_SECONDS


def test_jobs_of_a_worker_whose_finder_died_too_are_found(
    large: Database, engines: Engines, book: Book, start: Starter
) -> None:
    """Somebody removed the dead worker's row and got no further."""
    engine = engines(large)
    wanted = job(JobKind.PUSH, "a", ("scan", HELD))
    play.put(large, engine, wanted)
    first = start(large)
    play.until(lambda: book.times("scan", wanted.id))
    killed(first)
    with large.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM worker")
    book.release(wanted)

    start(large, lease=60.0)
    play.until(lambda: play.unended(large) == 0)

    assert play.row(large, wanted.id).state == "done"


def test_a_worker_that_was_held_to_be_dead_changes_nothing(
    large: Database, engines: Engines, book: Book, start: Starter
) -> None:
    engine = engines(large)
    wanted = job(JobKind.PUSH, "a", ("scan", HELD), ("store", 0.0))
    play.put(large, engine, wanted)
    first = start(large, lease=1.0)
    play.until(lambda: book.times("scan", wanted.id))
    os.kill(int(first.pid or 0), signal.SIGSTOP)
    book.release(wanted)
    start(large, lease=1.0)
    play.until(lambda: play.row(large, wanted.id).state == "done")
    os.kill(int(first.pid or 0), signal.SIGCONT)
    play.until(lambda: len(engine.alive()) == 2)
    time.sleep(1.0)

    row = play.row(large, wanted.id)
    assert (row.state, row.attempts) == ("done", 1)
    assert book.times("store", wanted.id) == 1


def test_a_job_that_kills_its_process_is_given_up(
    db: Database, engines: Engines, book: Book, start: Starter
) -> None:
    engine = engines(db)
    poison, good = job(JobKind.PUSH, "a", ("die", 0.0)), job(JobKind.PUSH, "b", ("only", 0.0))
    play.put(db, engine, poison, good)

    for _ in range(limits.JOB_ATTEMPTS):
        process = start(db, lease=1.0)
        process.join(30)
        assert process.exitcode == -signal.SIGKILL
    start(db, lease=1.0)
    play.until(lambda: book.times("told", poison.id) and play.unended(db) == 0)

    row = play.row(db, poison.id)
    assert (row.state, row.attempts) == ("failed", limits.JOB_ATTEMPTS)
    assert row.error == "the process that did it ended 3 times"
    assert book.times("die", poison.id) == limits.JOB_ATTEMPTS
    assert book.times("told", poison.id) == 1
    assert play.row(db, good.id).state == "done"


def test_the_last_attempt_waits_until_processes_live(
    lite: Database, engines: Engines, book: Book, start: Starter
) -> None:
    """Two processes were killed in it by chance; the third may not be killed as soon."""
    engine = engines(lite)
    unlucky = job(JobKind.PUSH, "a", ("fetch", 0.0), ("scan", HELD))
    play.put(lite, engine, unlucky)

    def scanned(times: int) -> bool:
        return book.times("scan", unlucky.id) == times

    for times in (1, 2):
        process = start(lite, calm=6.0)
        play.until(partial(scanned, times))
        killed(process)

    start(lite, calm=6.0)
    play.until(lambda: "when processes live longer" in play.row(lite, unlucky.id).error)
    assert book.times("scan", unlucky.id) == 2
    book.release(unlucky)
    play.until(lambda: play.row(lite, unlucky.id).state == "done")

    assert (play.row(lite, unlucky.id).attempts, play.row(lite, unlucky.id).error) == (2, "")


def test_an_ending_process_leaves_its_jobs_without_blame(
    lite: Database, engines: Engines, book: Book, start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = lite
    monkeypatch.setattr(limits, "STOP_SECONDS", 1)
    leaving, engine = engines(db), engines(db)
    wanted = job(JobKind.PUSH, "a", ("scan", HELD))
    leaving.start(play.handlers(book), play.failed(book), 2)
    play.put(db, engine, wanted)
    play.until(lambda: book.times("scan", wanted.id))

    leaving.stop()

    assert leaving.busy()
    assert play.row(db, wanted.id).state == "queued"
    book.release(wanted)
    start(db)
    play.until(lambda: play.row(db, wanted.id).state == "done")
    assert play.row(db, wanted.id).attempts == 0
    play.until(lambda: not leaving.busy())


def test_lost_connections_lose_nothing(large: Database, engines: Engines, book: Book) -> None:
    """As when the database is started anew."""
    engine = engines(large)
    jobs = [
        job(JobKind.PUSH, "a", ("fetch", 0.2), ("store", 0.2), repository=number)
        for number in range(1, 9)
    ]
    engine.start(play.handlers(book), play.failed(book), 4)
    play.put(large, engine, *jobs)
    for _ in range(4):
        time.sleep(0.3)
        with large.engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
    play.until(lambda: play.unended(large) == 0)

    rows = [play.row(large, one.id) for one in jobs]
    assert [(row.state, row.attempts) for row in rows] == [("done", 0)] * 8


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kills_at_random(kind: str, request: pytest.FixtureRequest, book: Book) -> None:
    db: Database = request.getfixturevalue("lite" if kind == "sqlite" else "large")

    told = stress.run(db, book, kills=2, jobs=40, seed=7, calm=5.0)

    assert told.lost == []
    assert told.repeated == []
    assert (told.done, told.failed) == (40, 0)


def test_a_thread_that_begins_late_blames_no_job(
    db: Database, engines: Engines, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loaded machine: jobs are claimed, and for seconds nothing comes of it."""
    run = Runner.run

    def late(runner: Runner, job_id: str, number: int) -> str:
        time.sleep(1.5)
        return run(runner, job_id, number)

    monkeypatch.setattr(Runner, "run", late)
    engine = engines(db, lease=1.0, beat=0.1)
    jobs = [
        job(JobKind.PUSH, "a", ("fetch", 0.3), ("store", 0.3), repository=number)
        for number in (1, 2, 3)
    ]
    engine.start(play.handlers(book), play.failed(book), 4)
    play.put(db, engine, *jobs)
    play.until(lambda: play.unended(db) == 0)
    time.sleep(1.0)

    rows = [play.row(db, one.id) for one in jobs]
    assert [(row.state, row.attempts, row.error) for row in rows] == [("done", 0, "")] * 3
    assert [book.times("begin", one.id) for one in jobs] == [1, 1, 1]


def test_a_job_that_was_freed_too_early_is_not_to_blame(
    db: Database, engines: Engines, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process still does it when it claims it once more: nothing has died."""
    blind, active = threading.Event(), Runner.active
    blind.set()
    monkeypatch.setattr(
        Runner, "active", lambda runner: frozenset() if blind.is_set() else active(runner)
    )
    engine = engines(db, beat=0.1, stray=0.3)
    wanted = job(JobKind.PUSH, "a", ("scan", HELD))
    engine.start(play.handlers(book), play.failed(book), 4)
    play.put(db, engine, wanted)
    play.until(lambda: book.times("begin", wanted.id) > 1)
    blind.clear()
    time.sleep(1.0)  # what was freed until now is claimed before anything ends
    book.release(wanted)
    play.until(lambda: play.unended(db) == 0)

    row = play.row(db, wanted.id)
    assert (row.state, row.attempts) == ("done", 0)
