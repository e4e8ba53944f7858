"""Signals that end the process become an exception, so that every block under way is left properly.

Only this module handles signals.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from leakguard import exitcodes

_NAMES = ("SIGTERM", "SIGHUP")
"""Windows has no SIGHUP."""


class Ended(SystemExit):
    """A signal that ends the process. Its text says which; its code is the process's."""

    def __init__(self, number: int) -> None:
        super().__init__(exitcodes.for_signal(number))
        self.number = number

    def __str__(self) -> str:
        return f"ended by {signal.Signals(self.number).name}"


class TimedOut(Exception):
    """The time of a `deadline` has passed."""


class _Hold:
    """How many `held` blocks the main thread is in, and the signal that came meanwhile."""

    def __init__(self) -> None:
        self.depth = 0
        self.came: int | None = None


_HOLD = _Hold()


@contextmanager
def endable() -> Iterator[None]:
    """While it lasts, SIGTERM and SIGHUP raise Ended, so that nothing is left running.

    SIGINT raises KeyboardInterrupt, as ever, but not within `held`. A signal that is ignored
    (nohup) or that the program around handles stays as it is. In a thread other than the main
    one nothing happens: signals do not come there.
    """
    before = {
        number: signal.getsignal(number)
        for name in _NAMES
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_DFL
    }
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        before[signal.SIGINT] = signal.default_int_handler
    try:
        for number in before:
            signal.signal(number, _came)
    except ValueError:
        before = {}  # not the main thread
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """A block that TimedOut ends when it takes longer, however deep it is, but not within `held`.

    The alarm comes again each second, since a callback from C may lose an exception. On Windows,
    and in a thread other than the main one, the block has no deadline.
    """
    passed = False

    def alarm(number: int, frame: FrameType | None) -> None:
        nonlocal passed
        passed = True
        _came(number, frame)

    if not hasattr(signal, "SIGALRM") or not _in_main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    except Exception as error:
        if not passed:
            raise
        raise TimedOut from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if passed:
        raise TimedOut


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def held() -> Iterator[None]:
    """A block that no signal breaks off: one that came meanwhile is raised at its end.

    For the moment between starting a process and knowing it. Keep it short.
    """
    if not _in_main_thread():
        yield
        return
    _HOLD.depth += 1
    try:
        yield
    finally:
        _HOLD.depth -= 1
        number, _HOLD.came = _HOLD.came, None
        if number is not None:
            _came(number, None)


def _came(number: int, _frame: FrameType | None) -> None:
    if _HOLD.depth:
        _HOLD.came = number
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    if number == getattr(signal, "SIGALRM", None):
        raise TimedOut
    # Only the first signal counts: another one must not break off the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise Ended(number)
