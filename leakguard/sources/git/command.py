"""Runs git. Only this module starts processes; no outside string reaches git as an option."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO, TypeVar

from leakguard import limits
from leakguard.errors import SourceError, UsageError
from leakguard.signals import held

T = TypeVar("T")

_SAFE = (
    # Nothing of a scanned repository's configuration may start a program or reach the network.
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=" + os.devnull,
    "-c", "log.showSignature=false",
    "-c", "core.quotePath=false",
    "-c", "core.warnAmbiguousRefs=false",
    "-c", "gc.auto=0",
)  # fmt: skip

NOTHING = "LEAKGUARD_NOTHING"
"""An empty environment variable, for `git --config-env`: it can set a name that has a `=` in it."""

_LOCATORS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_SHALLOW_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
)
"""Set by git for its hooks: they say where the repository is that the hook was called for."""


class Git:
    """Git in one repository. `hooked` keeps what git told a hook about where its index is."""

    def __init__(self, folder: str, *, hooked: bool = False) -> None:
        self.folder = folder
        self._options: Sequence[str] = _SAFE
        self._environment = _environment(os.environ, hooked=hooked)

    def running(
        self, *args: str, stdin: bool = False
    ) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        """A running git, its output as a pipe, that is stopped and reaped however its use ends.

        Raises SourceError when git is not installed.
        """
        return _stopped(lambda: self._start(*args, stdin=stdin))

    def _start(self, *args: str, stdin: bool) -> "subprocess.Popen[bytes]":
        try:
            process = subprocess.Popen(
                ["git", *self._options, *args],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        except FileNotFoundError as error:
            if not os.path.isdir(self.folder):
                raise SourceError(f"{self.folder}: there is no such folder") from error
            raise SourceError("git is not installed or not on PATH: install git") from error
        except OSError as error:
            why = error.strerror
            raise SourceError(f"git cannot be started in {self.folder}: {why}") from error
        except ValueError as error:
            raise UsageError(f"{args[-1]!r} cannot be given to git: {error}") from error
        _widen(process.stdout)
        return process

    def output(self, *args: str, feed: bytes | None = None) -> bytes:
        """All that git prints. Raises SourceError with git's own words when it fails."""
        code, out, err = self.result(*args, feed=feed)
        if code:
            raise SourceError(f"git {args[0]} failed in {self.folder}: {reason(err)}")
        return out

    def result(self, *args: str, feed: bytes | None = None) -> tuple[int, bytes, bytes]:
        """Exit code, output and error output."""
        with self.running(*args, stdin=feed is not None) as process:
            out, err = process.communicate(feed)
            return process.returncode, out, err

    def ahead(self, *args: str, feed: bytes, started: "list[subprocess.Popen[bytes]]") -> None:
        """Starts git for `beside`, which is to follow, and adds it to `started`.

        There is no thread, so that processes can still be forked. Nothing is started when there is
        more to feed than a pipe takes.
        """
        if len(feed) > limits.PIPE_BYTES:
            return
        with held():
            started.append(self._start(*args, stdin=True))
        process = started[-1]
        if process.stdin:
            with suppress(OSError), process.stdin as stdin:
                stdin.write(feed)
            process.stdin = None

    @contextmanager
    def beside(
        self,
        *args: str,
        feed: bytes,
        digest: Callable[[bytes], T],
        started: "list[subprocess.Popen[bytes]]",
    ) -> Iterator[Callable[[], tuple[int, T, bytes]]]:
        """Starts git and goes on; what it gives waits and answers as `result` does.

        A thread makes of the output what `digest` makes of it. A git that still runs when the block
        ends is stopped. What `ahead` added to `started` is taken out of it and gone on with.
        """
        answers: list[tuple[int, T, bytes]] = []
        # A bare lock, which a signal can only break off whole: Thread.join then takes the thread
        # for ended (bpo-45274), Event.wait may release what it does not hold.
        under_way = threading.Lock()
        under_way.acquire()
        began = bool(started)
        with _stopped(
            lambda: started.pop() if began else self._start(*args, stdin=True)
        ) as process:

            def work() -> None:
                try:
                    out, err = process.communicate(None if began else feed)
                    answers.append((process.returncode, digest(out), err))
                finally:
                    under_way.release()

            thread = threading.Thread(target=work, daemon=True)

            def answer() -> tuple[int, T, bytes]:
                with under_way:
                    pass
                if answers:
                    return answers[0]
                return 1, digest(b""), b"fatal: git was not read to its end"

            try:
                with held():
                    thread.start()
                yield answer
            finally:
                process.kill()
                # The thread sees the end of git's output and reaps it. What git itself started
                # may hold that output open, and is not waited for.
                if under_way.acquire(timeout=limits.GIT_REAP_SECONDS):
                    under_way.release()

    def lines(self, *args: str, feed: bytes | None = None) -> list[str]:
        """The lines git prints, as text. Raises SourceError."""
        return self.output(*args, feed=feed).decode(errors="surrogateescape").splitlines()


class TrustingGit(Git):
    """Git as its user has it, hooks included: for a repository that leakguard itself has made."""

    def __init__(self, folder: str, more: Mapping[str, str]) -> None:
        """`more` is added to the environment."""
        super().__init__(folder)
        self._options = ()
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self._environment = (
            kept
            | {key: value for key, value in os.environ.items() if key.startswith("GIT_CONFIG")}
            | dict(more)
        )


@contextmanager
def _stopped(
    start: "Callable[[], subprocess.Popen[bytes]]",
) -> Iterator["subprocess.Popen[bytes]"]:
    process = None
    try:
        with held():
            process = start()
        yield process
    finally:
        if process is not None:
            stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process and closes its pipes; nothing for one that has ended."""
    if process.poll() is None:
        process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def reason(stderr: bytes) -> str:
    """The line of git's error output that says what is wrong, without its prefix."""
    lines = [line for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    line = (marked or lines or ["no reason given"])[0]
    return line.removeprefix("fatal: ").removeprefix("error: ").strip()


def _environment(base: Mapping[str, str], *, hooked: bool) -> dict[str, str]:
    dropped: Sequence[str] = () if hooked else _LOCATORS
    kept = {key: value for key, value in base.items() if key not in dropped}
    return kept | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        # Old versions of git do not know GIT_NO_LAZY_FETCH. An empty list of protocols, unlike
        # protocol.allow, cannot be undone by a repository's protocol.<name>.allow.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        NOTHING: "",
    }


def _widen(pipe: IO[bytes] | None) -> None:
    """Asks for a larger pipe, where the platform has it."""
    try:
        import fcntl

        if pipe is not None:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, limits.GIT_PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return
