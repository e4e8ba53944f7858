"""Signals that end the process, here in a process that goes on."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from leakguard.signals import Ended, TimedOut, deadline, endable, held
from tests.helpers import PATIENCE_SECONDS

NUMBERS = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_signal_ends_the_block_and_what_it_began(number: signal.Signals) -> None:
    left = []

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)  # it is ending already
            left.append("block")

    with pytest.raises(Ended, match=f"^ended by {number.name}$") as ended, endable():
        work()

    assert left == ["block"]
    assert (ended.value.number, ended.value.code) == (number, 128 + number)
    assert signal.getsignal(number) is signal.SIG_DFL


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_signal_that_is_ignored_or_handled_stays_so(
    handler: signal.Handlers | Callable[..., None],
) -> None:
    signal.signal(signal.SIGHUP, handler)

    with endable():
        os.kill(os.getpid(), signal.SIGHUP)

    assert signal.getsignal(signal.SIGHUP) is handler


def test_another_thread_than_the_main_one_changes_nothing() -> None:
    seen: list[object] = []

    def work() -> None:
        with endable():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [signal.SIG_DFL]


def test_platform_without_a_signal_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGHUP")

    with pytest.raises(Ended), endable():
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("number", [*NUMBERS, signal.SIGINT])
def test_a_held_block_is_not_broken_off(number: signal.Signals) -> None:
    reached = []

    def work() -> None:
        with endable(), held():
            with held():
                os.kill(os.getpid(), number)
            reached.append("end")

    with pytest.raises((Ended, KeyboardInterrupt)):
        work()

    assert reached == ["end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_block_that_takes_too_long_is_ended() -> None:
    started = time.monotonic()

    with pytest.raises(TimedOut), deadline(0.1):
        time.sleep(PATIENCE_SECONDS)

    assert time.monotonic() - started < PATIENCE_SECONDS
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


class _Broken:
    """Fails when it is left, as a pipe of a killed process does."""

    def close(self) -> None:
        raise OSError("git was killed")


def test_lost_or_changed_exception_still_says_that_the_time_has_passed() -> None:
    with pytest.raises(TimedOut), deadline(0.1), suppress(TimedOut):
        time.sleep(PATIENCE_SECONDS)

    with pytest.raises(TimedOut), deadline(0.1), closing(_Broken()):
        time.sleep(PATIENCE_SECONDS)


def test_time_that_has_not_passed_changes_nothing() -> None:
    with pytest.raises(ValueError, match="mine"), deadline(PATIENCE_SECONDS):
        raise ValueError("mine")

    with deadline(PATIENCE_SECONDS):
        pass

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_another_thread_has_no_deadline() -> None:
    ended = []

    def work() -> None:
        with deadline(0.01):
            time.sleep(0.1)
        ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert ended


def test_held_block_is_ended_at_its_end() -> None:
    left = []

    def work() -> None:
        with held():
            time.sleep(0.3)
            left.append("held")
        left.append("behind")

    with pytest.raises(TimedOut), deadline(0.1):
        work()

    assert left == ["held"]
