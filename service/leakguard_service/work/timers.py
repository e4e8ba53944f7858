"""What is done because its time has come, by every process that does jobs, without agreement.

What is queued has an id made of the moment it was due, so that several processes queue it once;
what is changed is changed under a lock, by whoever comes first. Each part has a transaction of its
own: one that fails is logged and does not keep the others back.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from leakguard_service import limits
from leakguard_service.db.types import now
from leakguard_service.service import Service
from leakguard_service.triage import actions
from leakguard_service.work import due, retention

_LOG = structlog.get_logger("leakguard.timers")
_STOP_SECONDS: Final = 10.0

_Part = Callable[[Service, datetime], object]


def reopened(service: Service, at: datetime) -> int:
    """Opens findings again whose dismissal has ended; how many."""
    total = 0
    while True:
        with service.db.write() as session:
            ids = actions.reopen_due(service, session, at)
        total += len(ids)
        if len(ids) < limits.DUE_AT_ONCE:
            return total


_PARTS: Final[tuple[_Part, ...]] = (
    reopened,
    due.reconciliations,
    due.scheduled_scans,
    due.inventories,
    due.reports,
    due.left_messages,
)


def tick(service: Service, at: datetime) -> dict[str, str]:
    """Does what is due; what went wrong, by part. Raises nothing."""
    problems = {}
    for part in _PARTS:
        if problem := _tried(part, service, at):
            problems[part.__name__] = problem
    return problems


def _tried(part: _Part, service: Service, at: datetime) -> str:
    try:
        part(service, at)
    except Exception as error:  # such as a database that is away: the next tick tries again
        _LOG.warning("timer failed", part=part.__name__, error=type(error).__name__)
        return type(error).__name__
    return ""


class Timers:
    """A thread that ticks until it is stopped."""

    def __init__(self, service: Service, seconds: float = limits.TICK_SECONDS) -> None:
        self._service = service
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timers", daemon=True)

    def start(self) -> None:
        """Begins; the first tick comes at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the part that is being done."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        cleaned: datetime | None = None
        while not self._stopped.is_set():
            at = now()
            tick(self._service, at)
            if cleaned is None or at - cleaned >= timedelta(seconds=limits.RETENTION_SECONDS):
                _tried(retention.clean, self._service, at)
                cleaned = at
            self._stopped.wait(self._seconds)
