"""What an exception of a job means: whose fault it is, and what is said and kept of it."""

import errno
import sqlite3
import traceback
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from dbos import error as dbos_error

from leakguard_service import limits
from leakguard_service.errors import Hopeless, Later, ServiceError

_ENGINE = Path(__file__).parent
_TEXT = 1_000
"""Characters that are kept of a reason."""

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_POSTGRESQL = ("08", "40", "53", "57", "58")
"""Connection, deadlock, no resources (disk full is 53100), shutting down, I/O.
https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_OTHER_STEPS = (dbos_error.DBOSUnexpectedStepError, dbos_error.DBOSStepNondeterminismError)
_CANCELED = "57014"
"""A statement that took too long would take as long again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a job that raised."""

    text: str
    seconds: float = 0.0
    """Before the next try."""
    counts: bool = True
    """Whether it was an attempt."""
    hopeless: bool = False


def verdict(error: Exception, attempts: int) -> Verdict:
    """What follows from `error`, after so many earlier attempts."""
    text = reason(error)
    if isinstance(error, Hopeless):
        return Verdict(text, hopeless=True)
    if isinstance(error, Later):
        seconds = min(max(error.seconds, limits.POLL_SECONDS), limits.LATER_SECONDS)
        return Verdict(text, seconds, counts=not error.waited)
    if isinstance(error, _OTHER_STEPS):
        # the steps that were done are others than those that are asked for: begin from scratch
        return Verdict("begun again without what was done", limits.POLL_SECONDS, counts=False)
    if outage(error):
        return Verdict(text, limits.OUTAGE_SECONDS, counts=False)
    waits = limits.JOB_BACKOFF_SECONDS
    return Verdict(text, waits[min(attempts, len(waits) - 1)])


def reason(error: Exception) -> str:
    """Why it failed, for people: the text of our own errors, of others the class and the place.

    Texts of other exceptions may quote what they failed at.
    """
    if isinstance(error, ServiceError):
        return str(error)[:_TEXT]
    if outage(error):
        return f"the database or the disk cannot be used at the moment ({type(error).__name__})"
    return f"unexpected {type(error).__name__}{_place(error)}"


def _place(error: Exception) -> str:
    """The innermost line of the service's own that led to it, but for the engine's; or of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame
        for frame in frames
        if "leakguard" in frame.filename and not Path(frame.filename).is_relative_to(_ENGINE)
    ]
    last = (ours or frames)[-1:]
    return "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in last)


def outage(error: BaseException) -> bool:
    """Whether the database or the disk is away or full, which ends without our doing."""
    if isinstance(error, sa.exc.TimeoutError):  # no connection became free
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE
    state = getattr(error.orig, "sqlstate", "")
    if state is None:  # there is no connection that could have a state
        return isinstance(error, sa.exc.OperationalError)
    return state.startswith(_POSTGRESQL) and state != _CANCELED
