import signal

import pytest

from leakguard.exitcodes import ExitCode, for_signal, for_verdict
from leakguard.model import Verdict


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.CLEAN, 0), (Verdict.LEAKS, 1), (Verdict.INCOMPLETE, 3)],
)
def test_each_verdict_has_an_exit_code(verdict: Verdict, code: int) -> None:
    assert for_verdict(verdict) == code


def test_error_and_interruption_are_no_verdict() -> None:
    assert {for_verdict(verdict) for verdict in Verdict}.isdisjoint(
        {ExitCode.ERROR, ExitCode.INTERRUPTED}
    )


def test_signal_has_the_exit_code_that_shells_give() -> None:
    assert for_signal(signal.SIGINT) == ExitCode.INTERRUPTED
    assert for_signal(signal.SIGTERM) == 143
