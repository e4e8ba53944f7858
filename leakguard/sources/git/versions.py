"""Says whether a secret stood in a file before a commit: a commit is blamed for what it adds."""

from collections.abc import Sequence
from functools import lru_cache

from leakguard.sources.git.command import Git

_EMPTY: tuple[str, ...] = ()

_READ_AT_ONCE = 20
"""Old blobs that one git reads and that are kept: few, for each may be large, but starting git for
each of a thousand costs seconds."""


class Versions:
    """The versions of files that commits replaced. Reads blobs only for what was found."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._old = OldBlobs(git)
        self._replaced = lru_cache(maxsize=None)(self._diff)

    def had(self, commit: str, path: str, secret: bytes) -> bool:
        """Whether a parent's version of `path`, or a file that the commit removes, has `secret`."""
        by_path, removed = self._replaced(commit)
        return self._old.any_holds((*by_path.get(path, _EMPTY), *removed), secret)

    def _diff(self, commit: str) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        """Blobs that a commit replaces, by path over all parents, and those that it deletes."""
        code, out, _ = self._git.result(
            "diff-tree", "-r", "-m", "--raw", "-z", "--no-renames", "--no-commit-id", "--no-abbrev",
            "--ignore-submodules", "--end-of-options", commit, "--",
        )  # fmt: skip
        if code:
            return {}, ()
        return replaced(out)


class OldBlobs:
    """Blobs that commits replace. Keeps the last ones read: findings of a commit come together."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._read = lru_cache(maxsize=1)(self._batch)

    def any_holds(self, oids: Sequence[str], secret: bytes) -> bool:
        """Whether one of the blobs has the secret. A blob that is not there has none."""
        starts = range(0, len(oids), _READ_AT_ONCE)
        return any(secret in self._read(*oids[start : start + _READ_AT_ONCE]) for start in starts)

    def _batch(self, *oids: str) -> bytes:
        feed = "\n".join((*oids, "")).encode()
        return self._git.result("cat-file", "--batch", "--buffer", feed=feed)[1]


def replaced(raw: bytes) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The old sides of `git diff --raw -z --no-renames`: object ids by path, and of deleted files.

    Format: git-diff(1), "RAW OUTPUT FORMAT".
    """
    by_path: dict[str, tuple[str, ...]] = {}
    deleted: list[str] = []
    for _, old, _, status, path in entries(raw):
        if status == "D":
            deleted.append(old)
        elif status != "A":
            by_path[path] = (*by_path.get(path, ()), old)
    return by_path, tuple(deleted)


def entries(raw: bytes) -> list[tuple[str, str, str, str, str]]:
    """New mode, old id, new id, status letter and path of each entry, in git's order."""
    fields = raw.decode(errors="surrogateescape").split("\0")
    found = []
    for header, path in zip(fields[::2], fields[1::2], strict=False):
        if not header.startswith(":"):
            continue
        _, mode, old, new, status = header[1:].split(" ")
        found.append((mode, old, new, status[:1], path))
    return found
