"""The two workflows that DBOS knows. It finds them by name, so they are functions of a module."""

from dbos import DBOS

from leakguard_service import limits
from leakguard_service.jobs import transact
from leakguard_service.jobs.running import Runner

_RUNNERS: list[Runner] = []
"""Whose jobs this process does: one, as DBOS runs once in a process."""


def run_by(runner: Runner | None) -> None:
    """From now on the jobs of this process are done by `runner`; None for nobody.

    Raises RuntimeError when another one does them.
    """
    if runner is not None and _RUNNERS:
        raise RuntimeError("the jobs of this process are done already")
    _RUNNERS[:] = [runner] if runner is not None else []


@DBOS.workflow(name=transact.WORKFLOW, max_recovery_attempts=limits.JOB_ATTEMPTS)
def job(job_id: str, run: int) -> str:
    """Does one run of one job."""
    return _RUNNERS[0].run(job_id, run)


@DBOS.workflow(name=transact.TELLING, max_recovery_attempts=limits.JOB_ATTEMPTS)
def job_failed(job_id: str, text: str) -> str:
    """Says that a job was given up."""
    return _RUNNERS[0].tell(job_id, text)
