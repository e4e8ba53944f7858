"""Runs a program shut in: limits of the system, a group of its own, a clock, bounded output."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final, NamedTuple

from leakguard_service.settings import MIB

_STEP: Final = 256 * 1024
_LOOK_SECONDS: Final = 0.5
_EXIT_SECONDS: Final = 0.002
"""How often a process is looked at that has closed its outputs: it ends right after."""

_ERROR_BYTES: Final = 64 * 1024
"""Of the error output, the last ones are kept: what went wrong stands there."""

_LIMITED: Final = (
    'ulimit -c 0; ulimit -f "$1"; ulimit -t "$2"; ulimit -v "$3" 2>/dev/null; shift 3; exec "$@"'
)
"""Limits itself and becomes the program. A preexec_fn could hang: we have threads; this takes a
millisecond. Units of sh's ulimit (POSIX): -f 512 bytes, -t seconds; -v KiB where there is one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a process and each of its children may use."""

    seconds: float
    """By the clock, all together."""
    file_bytes: int = 64 * MIB
    """The largest file it may write."""
    memory_bytes: int = 4096 * MIB
    """Address space."""
    output_bytes: int = 64 * MIB
    """Of standard output."""


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    """Exit code; negative for a signal."""
    out: bytes
    err: bytes
    stopped: str = ""
    """Why it was killed here: `time`, `output`; empty when it ended by itself."""


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    bounds: Bounds,
    *,
    feed: bytes = b"",
    hold: bool = False,
) -> Ended:
    """Runs the program in `/` to its end, or until a bound is reached; nothing of it is left.

    It has exactly this environment. With `hold` its standard input stays open while it runs, so
    that it can notice when this process dies. Raises OSError when it cannot be started.
    """
    process = subprocess.Popen(
        ["/bin/sh", "-c", _LIMITED, "sh", *_limits(bounds), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env=dict(environment),
        start_new_session=True,
    )
    talk = _Talk(process, memoryview(feed), hold, bounds)
    try:
        stopped = talk.to_the_end()
    finally:
        code = _ended(process)
    return Ended(code, bytes(talk.out), bytes(talk.err), stopped)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """Ends what is left of the group, then reaps its leader: its number is taken until then."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(OSError):
                stream.close()
    return process.wait()


def _limits(bounds: Bounds) -> list[str]:
    cpu = int(bounds.seconds * (os.cpu_count() or 1)) + 1
    return [str(bounds.file_bytes // 512), str(cpu), str(bounds.memory_bytes // 1024)]


@dataclass(slots=True)
class _Talk:
    """Feeds a process and takes what it says, without ever waiting for one of its pipes only."""

    process: "subprocess.Popen[bytes]"
    rest: memoryview
    hold: bool
    bounds: Bounds
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)

    def to_the_end(self) -> str:
        """Until it has closed its outputs and ended. Returns why it is to be stopped, if it is."""
        deadline = time.monotonic() + self.bounds.seconds
        with selectors.DefaultSelector() as selector:
            self._register(selector)
            while any(key.data != "in" for key in selector.get_map().values()):
                if time.monotonic() > deadline:
                    return "time"
                for key, _ in selector.select(_LOOK_SECONDS):
                    self._move(selector, key)
                if len(self.out) > self.bounds.output_bytes:
                    return "output"
        return self._wait(deadline)

    def _wait(self, deadline: float) -> str:
        """Waits until the process has ended, and leaves it to be reaped."""
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, self.process.pid, options) is None:
            if time.monotonic() > deadline:
                return "time"
            time.sleep(_EXIT_SECONDS)
        return ""

    def _register(self, selector: selectors.BaseSelector) -> None:
        process = self.process
        for stream, name in ((process.stdout, "out"), (process.stderr, "err")):
            if stream:
                selector.register(stream, selectors.EVENT_READ, name)
        if process.stdin:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE, "in")

    def _move(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        stream = key.fileobj
        if key.data == "in":
            self._write(selector, key)
            return
        part = os.read(key.fd, _STEP)
        if not part:
            selector.unregister(stream)
        elif key.data == "out":
            self.out += part
        else:
            self.err += part
            del self.err[:-_ERROR_BYTES]

    def _write(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        try:
            self.rest = self.rest[os.write(key.fd, self.rest[:_STEP]) :]
        except BlockingIOError:
            return
        except OSError:  # it does not want to know more
            self.rest = memoryview(b"")
        if not self.rest:
            selector.unregister(key.fileobj)
            stdin: IO[bytes] | None = self.process.stdin
            if stdin and not self.hold:
                stdin.close()
