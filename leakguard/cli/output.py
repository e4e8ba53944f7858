"""Where the command line writes: standard output, files, one line on standard error."""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from leakguard.errors import UsageError
from leakguard.report.wording import one_line


def say(text: str) -> None:
    """Writes to standard output in UTF-8; a reader that has gone away is no error.

    Raises UsageError when nothing can be written there, such as on a full disk.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        raise UsageError(f"standard output cannot be written: {error.strerror}") from error


def _silence() -> None:
    """Sends what is still buffered nowhere, so that Python does not fail on it at its end.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def complain(text: str) -> None:
    """Writes one line to standard error behind the name of the program."""
    tell(f"leakguard: {text}")


def tell(text: str) -> None:
    """Writes one line to standard error; nobody may be there to read it."""
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(one_line(text) + "\n")
            sys.stderr.flush()


def check_writable(file: Path) -> None:
    """Raises UsageError when `write_file` cannot succeed: said before a scan, not after it."""
    target = file.resolve()
    if target.is_dir():
        raise UsageError(f"output file {file} is a folder: name a file in it")
    if not target.parent.is_dir():
        raise UsageError(f"output file {file}: there is no folder {target.parent}: create it")
    place = target if _is_device(target) else target.parent
    if not os.access(place, os.W_OK):
        raise UsageError(f"output file {file} cannot be written: no permission for {place}")


def write_file(file: Path, text: str) -> None:
    """Replaces a file in one step: a reader sees the old text or the new, never a part.

    A device or pipe is written to directly. Raises UsageError when it cannot be written.
    """
    target = file.resolve()
    data = text.encode(errors="backslashreplace")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if _is_device(target):
            target.write_bytes(data)
            return
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise UsageError(f"output file {file} cannot be written: {error.strerror}") from error


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file()


def is_colored(choice: str, stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether to write colors; `auto` means on a terminal only, unless the environment says more.

    NO_COLOR (https://no-color.org) goes before FORCE_COLOR (https://force-color.org).
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and environment.get("TERM") != "dumb"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at a stream. False for one that is closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def columns() -> int:
    """Width of the terminal; 80 where there is none."""
    return shutil.get_terminal_size().columns
