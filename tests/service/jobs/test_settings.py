"""Decisions about the engine: each of them repairs or prevents something."""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Repository
from leakguard_service.db.work_tables import Job
from leakguard_service.errors import SettingsError
from leakguard_service.jobs import lost, names, transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.lock import hold
from leakguard_service.jobs.plainjson import PlainJson, plain
from leakguard_service.jobs.workers import Crew
from leakguard_service.nouns import JobKind, PushedRef
from tests.helpers import ROOT
from tests.service.jobs import play
from tests.service.jobs.conftest import Starter, clear
from tests.service.jobs.play import Book, job

Engines = Callable[..., DbosEngine]


def dbos_rows(db: Database, table: str) -> list[dict[str, object]]:
    name = table if db.sqlite else f"dbos.{table}"
    with db.engine.connect() as connection:
        asked = connection.execute(sa.text(f"SELECT * FROM {name}"))  # noqa: S608
        return [dict(row) for row in asked.mappings()]


def test_jobs_outlive_a_change_of_code(db: Database, engines: Engines, book: Book) -> None:
    """The version is fixed: what DBOS makes of the code by itself changes with each release."""
    wanted = job(JobKind.PUSH, "a", delay=0.0)
    old = engines(db)
    play.put(db, old, wanted)
    assert {row["application_version"] for row in dbos_rows(db, "workflow_status")} == {
        "leakguard-jobs-1"
    }

    new = engines(db)
    new.start(play.handlers(book), play.failed(book), 2)
    assert DBOS.application_version == transact.VERSION
    play.until(lambda: play.row(db, wanted.id).state == "done")


def test_the_same_push_is_the_same_job_however_often_it_is_told(lite: Database) -> None:
    """Redeliveries, and hooks of a repository and of its organisation."""
    with lite.read() as session:
        repository = session.get_one(Repository, 1)
        pushed = PushedRef("refs/heads/main", "a" * 40, "b" * 40)
        jobs = [names.push_job(repository, pushed, delivery_id=number) for number in (1, 2)]
        other = names.push_job(repository, PushedRef("refs/heads/other", "", "b" * 40))

    assert jobs[0].id == jobs[1].id
    assert jobs[0].id.startswith("push:1:")
    assert other.id != jobs[0].id


def test_one_name_in_sqlite_and_many_in_postgresql(lite: Database, large: Database) -> None:
    make = [DbosEngine(db, None) for db in (lite, lite, large, large)]  # type: ignore[arg-type]
    names = [engine._worker for engine in make]
    assert names[:2] == ["local", "local"]
    assert len(set(names)) == 3


def test_sqlite_survives_a_power_cut(lite: Database) -> None:
    with transact.engine_for(lite).connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 30_000,
        "foreign_keys": 1,
    }


def test_the_engine_keeps_ids_and_numbers_only(
    lite: Database, engines: Engines, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    engine = engines(lite)
    engine.start(play.handlers(book), play.failed(book), 2)
    wanted = job(JobKind.PUSH, "a", ("good", 0.0), ("fail", 0.0))

    play.put(lite, engine, wanted)
    play.until(lambda: play.row(lite, wanted.id).attempts == 1)
    engine.stop()

    inputs = [row["inputs"] for row in dbos_rows(lite, "workflow_input")]
    assert json.loads(str(inputs[0])) == {"args": [wanted.id, 0], "kwargs": {}}
    kept = [row["output"] for row in dbos_rows(lite, "operation_outputs")]
    assert json.loads(str(kept[0])) == {"value": 1}
    for table in ("workflow_status", "workflow_input", "workflow_output", "operation_outputs"):
        assert "text of a repository" not in str(dbos_rows(lite, table))
        assert "py_pickle" not in str(dbos_rows(lite, table))
    assert "text of a repository" not in caplog.text
    assert "text of a repository" not in play.row(lite, wanted.id).error


def test_exceptions_are_kept_by_their_class() -> None:
    json_ = PlainJson()
    text = json_.serialize(ValueError("text of a repository"))
    assert "ValueError" in text
    assert "repository" not in text
    assert isinstance(json_.deserialize(text), Exception)
    assert json_.deserialize(json_.serialize({"a": ["\udcff\0"]})) == {"a": ["\udcff\0"]}
    with pytest.raises(TypeError):
        json_.serialize(object())


def test_results_are_the_same_before_and_after_a_restart() -> None:
    assert plain({"a": (1, 2), 3: None}) == {"a": [1, 2], "3": None}
    with pytest.raises(ValueError, match="bytes"):
        plain("x" * limits.STEP_BYTES)


def test_several_processes_make_the_tables_at_once(postgresql_url: str, tmp_path: Path) -> None:
    large, lite = Database(postgresql_url), Database(f"sqlite:///{tmp_path / 'a.db'}")
    clear(large)
    for db in (large, lite):
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _, db=db: transact.prepare(db), range(4)))
        assert dbos_rows(db, "workflow_status") == []
        db.close()


def test_no_word_and_no_connection(lite: Database, book: Book) -> None:
    """DBOS prints nothing and speaks to nobody when it starts."""
    code = f"""
import socket, sys
def refuse(*_): raise SystemExit("a connection")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from pathlib import Path
from leakguard_service.db.engine import Database
from leakguard_service.jobs.dbos_engine import DbosEngine, prepare
from leakguard_service.settings import Settings
from tests.service.jobs import play
db = Database({lite.url!r})
prepare(db)
engine = DbosEngine(db, Settings(data_dir=Path({str(book.path.parent)!r}), _env_file=None))
book = play.Book(Path({str(book.path)!r}))
engine.start(play.handlers(book), play.failed(book), 2)
wanted = play.job(play.JobKind.PUSH, "a")
play.put(db, engine, wanted)
play.until(lambda: play.row(db, wanted.id).state == "done")
engine.stop()
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'service'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_dbos_speaks_through_our_log(
    lite: Database, engines: Engines, caplog: pytest.LogCaptureFixture
) -> None:
    engines(lite)
    transact.quiet()
    logging.getLogger("dbos").warning("something")
    logging.getLogger("dbos").info("chatter")
    assert "something" in caplog.text
    assert "chatter" not in caplog.text


def test_one_process_holds_a_folder(lite: Database, book: Book, start: Starter) -> None:
    folder = book.path.parent
    first = start(lite)
    lock = folder / "serving.lock"
    play.until(lambda: lock.exists() and lock.read_text() == f"{first.pid}\n")

    with pytest.raises(SettingsError, match=f"process {first.pid} serves"), hold(folder):
        pass
    first.kill()
    first.join()

    with hold(folder):
        assert lock.read_text() == f"{os.getpid()}\n"
    book.write("a", "b")
    with pytest.raises(SettingsError, match="cannot be written"), hold(book.path / "below"):
        pass


def test_what_the_engine_lost_is_queued_again(db: Database, engines: Engines) -> None:
    engine = engines(db)
    queued, running, done, fine = (job(JobKind.PUSH, name) for name in "abcd")
    play.put(db, engine, queued, running, done, fine)
    engine.client.delete_workflows([f"{one.id}~0" for one in (queued, running, done)])
    with db.write() as session:
        session.get_one(Job, running.id).state = "running"
        session.get_one(Job, done.id).state = "done"

    assert lost.requeue_lost(db, engine.client, "") == ""

    rows = {one.id: play.row(db, one.id) for one in (queued, running, done, fine)}
    assert [(one.state, one.run, one.attempts) for one in rows.values()] == [
        ("queued", 1, 0),
        ("queued", 1, 1),
        ("done", 0, 0),
        ("queued", 0, 0),
    ]
    assert set(transact.states(engine.client, [f"{queued.id}~1", f"{running.id}~1"])) == {
        f"{queued.id}~1",
        f"{running.id}~1",
    }


def test_the_comparison_goes_round(
    lite: Database, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOST_ROWS", 2)
    engine = engines(lite)
    jobs = [job(JobKind.PUSH, name) for name in "abc"]
    play.put(lite, engine, *jobs)

    after = lost.requeue_lost(lite, engine.client, "")

    assert after == jobs[1].id
    assert lost.requeue_lost(lite, engine.client, after) == ""


def test_a_job_that_was_claimed_but_never_begun_is_freed(lite: Database, engines: Engines) -> None:
    engine = engines(lite)
    wanted = job(JobKind.PUSH, "a")
    play.put(lite, engine, wanted)
    with transact.engine_for(lite).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE workflow_status SET status = 'PENDING', executor_id = 'local'"
        )
    crew = Crew(lite, engine.client, "local", frozenset, stray=0.2)
    crew.beat()

    assert [crew.sweep(), crew.sweep()] == [0, 0]
    time.sleep(0.3)
    assert crew.sweep() == 1

    assert transact.states(engine.client, [f"{wanted.id}~0"]) == {f"{wanted.id}~0": "ENQUEUED"}


def test_the_engines_own_rows_do_not_stay(
    db: Database, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engines(db)
    ended, waiting = job(JobKind.PUSH, "a"), job(JobKind.PUSH, "b")
    play.put(db, engine, ended, waiting)
    engine.cancel(ended.id)
    crew = Crew(db, engine.client, "local", frozenset)

    crew.clean()
    assert len(dbos_rows(db, "workflow_status")) == 2
    monkeypatch.setattr(limits, "ENGINE_HOURS", -1)
    crew.clean()

    assert [row["workflow_uuid"] for row in dbos_rows(db, "workflow_status")] == [f"{waiting.id}~0"]


def test_one_engine_works_in_a_process(lite: Database, engines: Engines, book: Book) -> None:
    engines(lite).start(play.handlers(book), play.failed(book), 1)
    with pytest.raises(RuntimeError):
        engines(lite).start(play.handlers(book), play.failed(book), 1)


def test_hosts_are_named(lite: Database, engines: Engines) -> None:
    crew = Crew(lite, engines(lite).client, "local", frozenset)
    crew.beat()
    crew.beat()
    with lite.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, host, pid FROM worker").all()
    assert [tuple(row) for row in rows] == [("local", socket.gethostname(), os.getpid())]


def test_workers_are_known_while_they_live(lite: Database, engines: Engines, book: Book) -> None:
    engine = engines(lite)
    engine.start(play.handlers(book), play.failed(book), 2)

    assert len(engine.alive()) == 1
    engine.stop()

    assert engine.alive() == []
