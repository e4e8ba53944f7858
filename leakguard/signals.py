"""Signals that end the process become an exception, so that every block under way is left properly.

Only this module handles signals.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from leakguard import exitcodes

_NAMES = ("SIGTERM", "SIGHUP")
"""SIGINT is Python's own: a KeyboardInterrupt. Windows has no SIGHUP."""


class Ended(SystemExit):
    """A signal that ends the process. Its text says which; its code is the process's."""

    def __init__(self, number: int) -> None:
        super().__init__(exitcodes.for_signal(number))
        self.number = number

    def __str__(self) -> str:
        return f"ended by {signal.Signals(self.number).name}"


@contextmanager
def endable() -> Iterator[None]:
    """While it lasts, SIGTERM and SIGHUP raise Ended, so that nothing is left running.

    A signal that is ignored (nohup) or that the program around handles stays as it is. In a
    thread other than the main one nothing happens: signals do not come there.
    """
    numbers = [
        number
        for name in _NAMES
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_DFL
    ]
    try:
        for number in numbers:
            signal.signal(number, _end)
    except ValueError:
        numbers = []  # not the main thread
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    """Only the first signal counts: another one must not break off the cleaning up."""
    signal.signal(number, signal.SIG_IGN)
    raise Ended(number)
