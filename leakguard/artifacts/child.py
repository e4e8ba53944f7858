"""Runs an unpacker of somebody else's, shut in: with limits, without files, and not for long."""

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget, LimitReached
from leakguard.artifacts.content import Buffer

FILE = "{file}"
"""The argument in whose place the path of the data is put."""

_LIMITED = """
import os, resource, sys
memory, seconds = int(sys.argv[1]), int(sys.argv[2])
for what, most in (
    (resource.RLIMIT_AS, memory),
    (resource.RLIMIT_CPU, seconds),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
):
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Limits itself and becomes the program. A preexec_fn could hang: we have threads."""

_STEP = 64 * limits.KIB
_LOOK_SECONDS = 0.5


def is_possible() -> bool:
    """Whether a program can be shut in here: it needs files that are in memory only (Linux)."""
    return hasattr(os, "memfd_create") and bool(sys.executable)


def run(command: Sequence[str], data: Buffer, budget: Budget) -> bytes:
    """What `command` writes to its standard output, whatever its exit code.

    `data` is its standard input, and a file in memory whose path stands for FILE. It can write no
    file, and sees neither our environment nor our folder. Raises LimitReached when it takes too
    long or writes too much, and ArtifactError when it cannot run or writes nothing and fails.
    """
    if not is_possible():
        raise ArtifactError("other programs are only run on Linux")
    with _in_memory(data) as file, _started(command, file, budget) as process:
        found = _output(process, budget)
        if process.wait() and not found:
            raise ArtifactError(f"{os.path.basename(command[0])} cannot unpack it")
        return found


@contextmanager
def _in_memory(data: Buffer) -> Iterator[int]:
    """A file without a name, which is gone when it is closed."""
    file = os.memfd_create("leakguard")
    try:
        view, at = memoryview(data), 0
        while at < len(view):
            at += os.write(file, view[at:])
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


@contextmanager
def _started(
    command: Sequence[str], file: int, budget: Budget
) -> Iterator["subprocess.Popen[bytes]"]:
    path = f"/proc/self/fd/{file}"
    seconds = max(1, int(budget.allowance.seconds))
    process = subprocess.Popen(
        [
            *(sys.executable, "-I", "-S", "-c", _LIMITED),
            *(str(limits.ARTIFACT_CHILD_MEMORY), str(seconds)),
            *(path if argument == FILE else argument for argument in command),
        ],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(file,),
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def _output(process: "subprocess.Popen[bytes]", budget: Budget) -> bytes:
    found = bytearray()
    if process.stdout is None:
        return b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            budget.look()
            if not selector.select(_LOOK_SECONDS):
                continue
            part = os.read(process.stdout.fileno(), _STEP)
            if not part:
                return bytes(found)
            budget.spend(len(part))
            found += part
            if len(found) > budget.allowance.whole_bytes:
                raise LimitReached(f"larger than {budget.allowance.whole_bytes >> 20} MiB")
