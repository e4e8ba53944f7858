"""One process for a data folder: SQLite has one writer, and jobs of a second one would be doubled.

A lock that the system drops when the process ends, however it ends, and that its children do not
get. https://man7.org/linux/man-pages/man2/fcntl.2.html (record locks)
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leakguard_service.errors import SettingsError

NAME = "serving.lock"


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Holds the folder while the block runs; makes the folder where it is missing.

    Raises SettingsError when another process holds it, with its number, or the folder is none.
    """
    path = data_dir / NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}; name another folder in LEAKGUARD_DATA_DIR"
        ) from error
    try:
        _lock(opened, data_dir)
        os.ftruncate(opened, 0)
        os.pwrite(opened, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(opened)


def _lock(opened: int, data_dir: Path) -> None:
    try:
        fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        other = os.pread(opened, 20, 0).decode(errors="replace").strip() or "unknown"
        raise SettingsError(
            f"process {other} serves {data_dir} already; stop it, name another folder in"
            " LEAKGUARD_DATA_DIR, or use PostgreSQL (LEAKGUARD_DATABASE_URL) for several processes"
        ) from error
