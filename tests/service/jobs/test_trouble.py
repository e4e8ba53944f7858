"""Failures: whose fault they are, and what a step that failed is remembered as."""

import errno
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.errors import Hopeless, Invalid, Later
from leakguard_service.jobs import durable, rows, trouble
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.port import Steps, Task
from leakguard_service.nouns import JobKind
from tests.service.jobs import play
from tests.service.jobs.play import Book, job

Engines = Callable[..., DbosEngine]


def full() -> sa.exc.OperationalError:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    return sa.exc.OperationalError("INSERT", {}, cause)


class StateError(Exception):
    """As psycopg's: with the state of the answer."""

    def __init__(self, state: str | None) -> None:
        super().__init__("text")
        self.sqlstate = state


def refused(state: str | None) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("SELECT", {}, StateError(state))


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (Later("rate limit", 60.0, waited=True), trouble.Verdict("rate limit", 60.0, counts=False)),
        (Later("busy", 0.0), trouble.Verdict("busy", limits.POLL_SECONDS)),
        (Later("far", 1e9), trouble.Verdict("far", limits.LATER_SECONDS)),
        (Hopeless("gone"), trouble.Verdict("gone", hopeless=True)),
        (Invalid("no such ref"), trouble.Verdict("no such ref", 60.0)),
        (KeyError("text of a repository"), trouble.Verdict("unexpected KeyError", 60.0)),
    ],
)
def test_verdicts(error: Exception, wanted: trouble.Verdict) -> None:
    assert trouble.verdict(error, attempts=1) == wanted


def test_attempts_wait_longer_and_longer() -> None:
    waits = [trouble.verdict(ValueError(), attempts).seconds for attempts in range(4)]
    assert waits == [5.0, 60.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (full(), True),
        (refused(None), True),
        (refused("08006"), True),
        (refused("53100"), True),
        (refused("57P01"), True),
        (refused("57014"), False),
        (refused("42601"), False),
        (sa.exc.TimeoutError(), True),
        (OSError(errno.ENOSPC, "no space"), True),
        (OSError(errno.EACCES, "no"), False),
        (ValueError(), False),
    ],
)
def test_a_database_that_is_away_is_no_fault_of_the_job(error: Exception, away: bool) -> None:
    assert trouble.outage(error) is away
    if away:
        verdict = trouble.verdict(error, 2)
        assert not verdict.counts
        assert "cannot be used at the moment" in verdict.text


def test_a_job_waits_while_its_database_is_away(
    lite: Database, engines: Engines, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is written when the database is back, and it is not done again."""
    away = iter([True, True, False])
    end = rows.end

    def ends(*given: Any, **more: Any) -> None:
        if next(away):
            raise full()
        end(*given, **more)

    monkeypatch.setattr(rows, "end", ends)
    engine, wanted = engines(lite), job(JobKind.PUSH, "a")
    engine.start(play.handlers(book), play.failed(book), 2)

    play.put(lite, engine, wanted)
    play.until(lambda: play.row(lite, wanted.id).state == "done")

    assert book.times("only", wanted.id) == 1


@pytest.mark.parametrize(
    "error",
    [Later("rate limit", 7.0, waited=True), Hopeless("gone"), full(), KeyError("text")],
)
def test_a_failure_that_is_remembered_means_the_same(error: Exception) -> None:
    given_back = durable._given_back(durable._kept(error))
    before, after = trouble.verdict(error, 0), trouble.verdict(given_back, 0)
    assert (after.text, after.counts, after.hopeless) == (
        before.text,
        before.counts,
        before.hopeless,
    )
    assert "text" not in after.text


def test_a_job_that_goes_another_way_than_before_begins_anew(
    lite: Database, engines: Engines, book: Book
) -> None:
    """What was done is remembered by order and name; another order is another job."""

    def handler(task: Task, steps: Steps) -> Mapping[str, Any]:
        if task.attempts == 0 and book.times("first", task.id) == 0:
            book.write("first", task.id)
            steps.run("one", lambda: None)
            raise SystemExit  # as if its thread had died
        steps.run("two", lambda: book.write("two", task.id))
        return {}

    engine, wanted = engines(lite, beat=0.1, stray=0.5), job(JobKind.PUSH, "a")
    engine.start(dict.fromkeys(JobKind, handler), play.failed(book), 2)
    play.put(lite, engine, wanted)
    play.until(lambda: play.row(lite, wanted.id).state == "done")

    row = play.row(lite, wanted.id)
    assert (row.run, row.attempts) == (1, 1)
    assert book.times("two", wanted.id) == 1
