"""The names that a file had before, by git's rename detection; asked only about what is found."""

import os
from collections.abc import Sequence
from functools import cached_property, lru_cache

from leakguard.errors import LeakguardError
from leakguard.model import Place
from leakguard.sources.git.command import Git

_FORMAT = ("--name-status", "-z", "--find-renames", "--diff-filter=R", "--no-ext-diff")
_FIELDS = 3
"""Status, old path, new path."""


class Renames:
    """The renames in one repository: those of commits, and those that are staged."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._of_commits = lru_cache(maxsize=None)(self._followed)

    def former(self, place: Place) -> Sequence[str]:
        """The paths that the file at a place had before, the last one first.

        What lies in an archive was there before when the archive was.
        """
        outer, mark, inner = place.path.partition("!")
        path = outer if mark else place.path
        names: list[str] = []
        if place.commit is None and (staged := self._staged.get(path)):
            names.append(staged)
            path = staged
        if not place.path.startswith("<"):
            names += self._of_commits(place.commit or "HEAD", path)
        return [name + mark + inner for name in names]

    @cached_property
    def _staged(self) -> dict[str, str]:
        """Old paths by new ones, of what the index renames."""
        arguments = ("diff-index", "--cached", *_FORMAT, "HEAD", "--")
        return {new: old for old, new in _renames(self._git.result(*arguments)[1])}

    def _followed(self, commit: str, path: str) -> list[str]:
        """The paths before, from a commit backwards.

        `git log --follow` would take a copy for a rename: here the commit that added the path is
        found, then what that commit renamed.
        """
        names: list[str] = []
        while added := self._added(commit, path):
            arguments = ("diff-tree", "-r", "--no-commit-id", *_FORMAT, "--end-of-options", added)
            olds = {new: old for old, new in _renames(self._git.result(*arguments)[1])}
            if path not in olds or olds[path] in names:
                break
            path, commit = olds[path], f"{added}^"
            names.append(path)
        return names

    def _added(self, commit: str, path: str) -> str:
        """The last commit that added a path; empty for none."""
        options = ("-1", "--format=%H", "--diff-filter=A", "--no-renames", "--no-ext-diff")
        arguments = ("--literal-pathspecs", "log", *options, "--end-of-options", commit, "--", path)
        return self._git.result(*arguments)[1].decode().strip()


class FileRenames:
    """The renames of files that are scanned as such, in whatever repositories they lie."""

    def __init__(self, root: str) -> None:
        """`root` is where paths start; empty for the working folder."""
        self._root = os.path.realpath(root or ".")
        self._top = lru_cache(maxsize=None)(_top)
        self._of = lru_cache(maxsize=None)(lambda top: Renames(Git(top)))

    def former(self, place: Place) -> Sequence[str]:
        """As `Renames.former`; nothing where there is no repository or no git."""
        outer, mark, inner = place.path.partition("!")
        folder, name = os.path.split(os.path.join(self._root, outer))
        folder = os.path.realpath(folder)
        try:
            top = self._top(folder)
            if not top:
                return ()
            path = os.path.relpath(os.path.join(folder, name), top).replace(os.sep, "/")
            names = self._of(top).former(Place(path))
        except LeakguardError:
            return ()
        found = (os.path.relpath(os.path.join(top, old), self._root) for old in names)
        return [old.replace(os.sep, "/") + mark + inner for old in found]


def _top(folder: str) -> str:
    """The top of the work tree that a folder is in; empty for none. Raises SourceError."""
    code, out, _ = Git(folder).result("rev-parse", "--show-toplevel")
    return "" if code else os.fsdecode(out).removesuffix("\n")


def _renames(out: bytes) -> list[tuple[str, str]]:
    """Old and new paths out of git's list, in its order."""
    fields = out.decode(errors="surrogateescape").split("\0")
    return [(fields[at + 1], fields[at + 2]) for at in range(0, len(fields) - _FIELDS + 1, _FIELDS)]
