"""Runs commands in turn and says what each cost. Only this module starts what is measured.

Absolute times mean little: they are those of one machine on one day. Ratios count, and they are
taken per round, between runs that stand next to one another in time.
"""

import os
import shlex
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SAMPLING_SECONDS: Final = 0.02
"""How often a running command's own memory is read: often enough for a hook of 150 ms, seldom
enough to cost under one percent of a core."""

MAXRSS_BYTES: Final = 1 if sys.platform == "darwin" else 1024
"""Unit of `ru_maxrss` in bytes: see getrusage(2) of macOS and of Linux."""


class BenchmarkError(Exception):
    """A measurement would mean nothing. Its text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, and the exit codes that mean it did its work."""

    argv: tuple[str, ...]
    directory: Path
    codes: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run cost. Seconds and bytes."""

    wall: float
    cpu: float
    """User and system time of the command and of all children that it waited for."""
    peak: int
    """Resident memory of the largest single process among the command and those children. Never
    below that of the benchmark itself, from which the command was forked."""
    own: int
    """The same of the started process alone, 0 where there is no /proc. A child `git` maps the
    pack file, which counts as resident although the kernel may drop it at any time."""
    code: int


def clean_environment() -> dict[str, str]:
    """Ours without git's variables: inside a hook they would point to another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def run(command: Command, timeout: float) -> Sample:
    """Raises BenchmarkError for a command that takes longer than `timeout` seconds, is not there,
    or ends with an exit code that it does not list."""
    start = time.perf_counter()
    process = _start(command)
    watch = _Watch(process.pid, start + timeout)
    watch.start()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        wall = time.perf_counter() - start
        watch.end()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    _refuse_failure(command, process.returncode, timeout if watch.too_late else 0)
    peak = usage.ru_maxrss * MAXRSS_BYTES
    cpu = usage.ru_utime + usage.ru_stime
    return Sample(wall, cpu, peak, min(watch.own, peak), process.returncode)


def _start(command: Command) -> subprocess.Popen[bytes]:
    """Starts it in a process group of its own, with its output thrown away: it may show secrets."""
    try:
        return subprocess.Popen(
            command.argv,
            cwd=command.directory,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise BenchmarkError(f"cannot start {command.argv[0]}: {error.strerror}") from error


def _refuse_failure(command: Command, code: int, late: float) -> None:
    shown = shlex.join(command.argv)
    if late:
        raise BenchmarkError(f"not done within {late:g} s, give more by --timeout: {shown}")
    if code not in command.codes:
        raise BenchmarkError(f"ended with exit code {code}, run it by hand to see why: {shown}")


class _Watch(threading.Thread):
    """Reads the own peak of one process, and kills its group when it is late. For one run only.

    The process must not be reaped before `end`, so that its id cannot become another's.
    """

    def __init__(self, pid: int, deadline: float) -> None:
        super().__init__(daemon=True)
        self.own = 0
        self.too_late = False
        self._pid = pid
        self._deadline = deadline
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(SAMPLING_SECONDS):
            self.own = max(self.own, _own_peak(self._pid))
            if time.perf_counter() > self._deadline:
                self.too_late = True
                os.killpg(self._pid, signal.SIGKILL)
                return

    def end(self) -> None:
        self._ended.set()
        self.join()


def _own_peak(pid: int) -> int:
    """Peak resident bytes so far, VmHWM of proc(5); 0 for an ended process or without /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    values = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(values[0]) * 1024 if values else 0


def in_turn(
    commands: Mapping[str, Command],
    *,
    rounds: int,
    warm_up: int,
    timeout: float,
    say: Callable[[str], object],
) -> dict[str, list[Sample]]:
    """A B C A B C: `rounds` samples of each command, without those of the warm-up."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for number, name in _turns(commands, warm_up + rounds):
        counted = number > warm_up
        say(f"round {number - warm_up} of {rounds}: {name}" if counted else f"warm-up: {name}")
        sample = run(commands[name], timeout)
        if counted:
            samples[name].append(sample)
    return samples


def _turns(names: Mapping[str, Command], rounds: int) -> Iterator[tuple[int, str]]:
    return ((number, name) for number in range(1, rounds + 1) for name in names)


def median(samples: list[Sample], measure: str) -> float:
    """Of one field of the samples."""
    return statistics.median(float(getattr(sample, measure)) for sample in samples)


def ratio(samples: list[Sample], base: list[Sample], measure: str) -> float:
    """Median of the rounds' ratios to `base`, above 1 for what costs more; nan without a value."""
    pairs = zip(samples, base, strict=True)
    values = [(float(getattr(one, measure)), float(getattr(two, measure))) for one, two in pairs]
    return statistics.median(one / two if two else float("nan") for one, two in values)
