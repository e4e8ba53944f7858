"""One bare copy for each repository, under a file lock; together not larger than the quota.

data_dir/repos/7.lock is locked by whoever has the copy in data_dir/repos/7: threads and processes
alike (flock(2)). A copy that somebody was killed with is looked at before it is used again, and a
damaged one goes away: the next who opens it begins with an empty one.
"""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from leakguard_service.errors import Later
from leakguard_service.repos.git import local, local_result
from leakguard_service.repos.model import HEADS, TIP, BrokenCopy, Copy
from leakguard_service.settings import Settings

_WAIT_SECONDS: Final = 5.0
"""How long a worker waits for another one to end with the same repository."""

_LOOK_SECONDS: Final = 0.05
_AGAIN_SECONDS: Final = 10.0

_PACKS_MOST: Final = 50
"""Each fetch leaves a pack, and git looks into all of them: from here on they are made one."""

_REPACK_SECONDS: Final = 900.0

_CONFIG: Final = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
"""All that a copy's configuration ever holds: no address, no token."""


class Cache:
    """The copies of one data folder. Several processes may use it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data_dir / "repos"

    @contextmanager
    def open(self, repository_id: int) -> Iterator[Copy]:
        """The copy of a repository, empty when there was none; nobody else has it meanwhile.

        Raises Later when another holds it for long, or the disk is full. A BrokenCopy that is
        raised inside removes it.
        """
        copy = Copy(repository_id, self._folder / str(repository_id))
        with _disk(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked(copy):
            with _disk(self._folder):
                _make_ready(copy)
            try:
                yield copy
            except BrokenCopy:
                _remove(copy.folder)
                raise
            except BaseException:
                with suppress(OSError):  # it stays marked as busy: somebody may have been killed
                    _note_size(copy)
                raise
            else:
                with _disk(self._folder):
                    self._close(copy)
        self.make_room()

    def remove(self, repository_id: int) -> None:
        """Removes a copy, as when its repository is gone. Raises Later when somebody has it."""
        copy = Copy(repository_id, self._folder / str(repository_id))
        if copy.folder.exists():
            with self._locked(copy):
                _remove(copy.folder)

    def make_room(self) -> None:
        """Removes the copies that were not used for longest until the others fit the quota."""
        copies = sorted(self._copies(), key=_used)
        total = sum(_noted_size(copy) for copy in copies)
        for copy in copies:
            if total <= self._settings.cache_bytes:
                return
            with suppress(Later), self._locked(copy, wait=0.0):
                total -= _noted_size(copy)
                _remove(copy.folder)

    def _copies(self) -> list[Copy]:
        with suppress(OSError):
            names = [path.name for path in self._folder.iterdir() if path.name.isdecimal()]
            return [Copy(int(name), self._folder / name) for name in names]
        return []

    @contextmanager
    def _locked(self, copy: Copy, wait: float | None = None) -> Iterator[None]:
        with _disk(self._folder):
            file = os.open(
                self._folder / f"{copy.repository_id}.lock", os.O_CREAT | os.O_RDWR, 0o600
            )
        try:
            _lock(file, copy, time.monotonic() + (_WAIT_SECONDS if wait is None else wait))
            yield
        finally:
            os.close(file)

    def _close(self, copy: Copy) -> None:
        _tidy(copy)
        if _note_size(copy) > self._settings.repository_bytes:
            _remove(copy.folder)
            return
        (copy.folder / "busy").unlink(missing_ok=True)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Says it in our words when the disk is full or cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text = f"the disk with {folder} is full: make room, or lower LEAKGUARD_CACHE_BYTES"
        else:
            text = f"{folder} cannot be used: {error.strerror}"
        raise Later(text, 300) from None


def _lock(file: int, copy: Copy, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                text = f"the copy of repository {copy.repository_id} is in use"
                raise Later(text, _AGAIN_SECONDS, waited=True) from None
            time.sleep(_LOOK_SECONDS)
        else:
            return


def _make_ready(copy: Copy) -> None:
    """Makes an empty copy where there is none, or none that can be used."""
    busy = copy.folder / "busy"
    if busy.exists() and not _recovered(copy):
        _remove(copy.folder)
    if not (copy.folder / "size").exists() and not busy.exists():
        _remove(copy.folder)
        copy.folder.mkdir(mode=0o700)
        _create(copy)
    busy.touch()


def _create(copy: Copy) -> None:
    """Writes by hand what `git init --bare` would: no template, no hook, and it takes no time."""
    for name in ("objects/pack", "objects/info", "refs/heads", "refs/tags"):
        (copy.git_dir / name).mkdir(parents=True)
    (copy.git_dir / "HEAD").write_text(f"ref: {TIP}\n")
    (copy.git_dir / "config").write_text(_CONFIG)


def _recovered(copy: Copy) -> bool:
    """Whether a copy that somebody was killed with can be used, after it was tidied up.

    git itself writes so that a kill leaves only locks and temporary files. The lock on the copy is
    ours, so that none of them can be another's.
    """
    if not (copy.git_dir / "HEAD").is_file() or not (copy.git_dir / "config").is_file():
        return False
    remove_leftovers(copy)
    tips = local_result(copy, "for-each-ref", "--format=%(objectname)")
    if tips.code or tips.err:  # it warns of broken refs and goes on
        return False
    known = local_result(copy, "rev-list", "--no-walk", "--stdin", feed=tips.out)
    return not known.code or not tips.out


def remove_leftovers(copy: Copy) -> None:
    """Removes locks and unfinished files that a git left behind that was killed."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/**/tmp_*", "objects/**/.tmp-*"):
        for path in copy.git_dir.glob(pattern):
            with suppress(OSError):
                path.unlink()


def _tidy(copy: Copy) -> None:
    """Makes one pack of many, and one file of many refs."""
    packs = sum(1 for _ in (copy.git_dir / "objects/pack").glob("*.pack"))
    if packs > _PACKS_MOST:
        local_result(copy, "repack", "-a", "-d", "-q", seconds=_REPACK_SECONDS, partial=True)
        local(copy, "pack-refs", "--all")
    elif sum(1 for _ in (copy.git_dir / HEADS).rglob("*")) > 10 * _PACKS_MOST:
        local(copy, "pack-refs", "--all")


def _used(copy: Copy) -> float:
    """When a copy was last closed; 0 for what is no copy yet."""
    try:
        return (copy.folder / "size").stat().st_mtime
    except OSError:
        return 0.0


def _noted_size(copy: Copy) -> int:
    try:
        return int((copy.folder / "size").read_text())
    except (OSError, ValueError):
        return 0


def _note_size(copy: Copy) -> int:
    """Writes down the bytes that a copy takes on disk, and by that when it was used."""
    size = sum(_size(path) for path in copy.folder.rglob("*"))
    (copy.folder / "size").write_text(str(size))
    return size


def _size(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except OSError:
        return 0


def _remove(folder: Path) -> None:
    """Removes a copy; one that is half removed is not taken for a whole one."""
    with suppress(OSError):
        (folder / "size").unlink()
    with suppress(OSError):
        (folder / "busy").unlink()
    shutil.rmtree(folder, ignore_errors=True)
