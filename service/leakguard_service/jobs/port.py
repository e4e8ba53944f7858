"""What the service asks of a job engine; dbos_engine.py answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from leakguard_service.nouns import JobKind

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to queue. `arguments` holds ids, refs and numbers only: engines store them as is."""

    id: str
    kind: JobKind
    tenant_id: int
    repository_id: int | None = None
    delivery_id: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before it may begin."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job that is being done."""

    id: str
    kind: JobKind
    tenant_id: int
    repository_id: int | None
    delivery_id: int | None
    arguments: Mapping[str, Any]
    attempts: int
    """Earlier ones that failed."""


class Steps(Protocol):
    """The parts of a job that are remembered: a part that was done is not done again.

    A part may be begun twice when its process is killed in it, so each must bear that.
    """

    def run(self, name: str, part: Callable[[], Result]) -> Result:
        """What `part` returns, or returned in an earlier process: JSON values, small."""


Handler = Callable[[Task, Steps], Mapping[str, Any] | None]
"""Does one job; returns numbers for its row.

Raises errors.Later to be called again, errors.Hopeless to give up. Any other exception counts as
an attempt; after limits.JOB_ATTEMPTS the job is `failed`.
"""

Failed = Callable[[Task, str], None]
"""Called once when a job is given up, with the reason."""


class JobEngine(Protocol):
    """Queues, does and remembers jobs. One job a repository runs at a time; pushes first."""

    def enqueue(self, session: Session, job: NewJob) -> bool:
        """Writes the job within the caller's transaction. False when its id is there already and
        queued, running or done; one that failed or was cancelled is queued again."""

    def again(self, session: Session, job_id: str) -> bool:
        """Queues a job that has ended once more. False when it is still queued or running."""

    def cancel(self, job_id: str) -> bool:
        """Ends a job that has not begun. False when it has."""

    def start(self, handlers: Mapping[JobKind, Handler], failed: Failed, workers: int) -> None:
        """Begins to do jobs, in threads, `workers` at a time. Returns at once."""

    def stop(self) -> None:
        """Lets running jobs end for some seconds, then leaves them to the next process."""

    def busy(self) -> bool:
        """Whether jobs of this process still run; after `stop` they may be killed with it."""

    def alive(self) -> Sequence[str]:
        """Ids of workers whose heartbeat is fresh."""
