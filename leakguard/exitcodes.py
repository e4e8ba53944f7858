"""The exit codes of the command line and of the hook; nothing else knows them."""

from enum import IntEnum

from leakguard.model import Verdict

_SIGNALLED = 128
"""POSIX asks shells for more than 128, those in use add the signal's number: section 2.8.2 of
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html."""


class ExitCode(IntEnum):
    """What the process says when it ends. 130 is what shells give for SIGINT (128 + 2)."""

    CLEAN = 0
    LEAKS = 1
    ERROR = 2
    """Nothing can be said: wrong usage, settings or rules, an unreadable source, a bug."""
    INCOMPLETE = 3
    """No leak was seen, but something could not be looked at."""
    INTERRUPTED = 130


def for_signal(number: int) -> int:
    """The exit code of a process that a signal ended, as shells give it."""
    return _SIGNALLED + number


def for_verdict(verdict: Verdict) -> ExitCode:
    """The exit code that says what a whole scan says."""
    return {
        Verdict.CLEAN: ExitCode.CLEAN,
        Verdict.LEAKS: ExitCode.LEAKS,
        Verdict.INCOMPLETE: ExitCode.INCOMPLETE,
    }[verdict]
