"""The files of a work tree that differ from the index or are not in it, unless ignored."""

import os
import re
from collections.abc import Iterator

from leakguard.errors import SourceError
from leakguard.model import Skip
from leakguard.sources.files import FilesSource
from leakguard.sources.git.command import NOTHING, reason
from leakguard.sources.git.renames import Renames
from leakguard.sources.git.repository import Repository


class WorktreeSource(FilesSource):
    """Changed and new files of a work tree, by path from its top. Ignored files are not read."""

    def __init__(self, repository: Repository) -> None:
        super().__init__([], root=repository.root or "")
        self._repository = repository
        self._renames = Renames(repository.git)
        self._nested: list[str] = []

    def _files(self) -> Iterator[str | Skip]:
        git = self._repository.git
        code, out, err = git.result(
            *self._without_filters(),
            "ls-files", "-z", "--modified", "--others", "--exclude-standard", "--deduplicate",
        )  # fmt: skip
        if code:
            raise SourceError(f"the files of {self.root} cannot be listed: {reason(err)}")
        for line in err.decode(errors="replace").splitlines():
            if "could not open directory" in line:
                yield Skip("", line.removeprefix("warning: "))
        paths = out.decode(errors="surrogateescape").split("\0")
        self._paths = [path for path in paths if path and self._is_file(path)]
        self._nested = [path.rstrip("/") for path in paths if path.endswith("/")]
        yield from super()._files()

    def notes(self) -> list[str]:
        return [
            f"{path} is a git repository of its own and was not scanned: give its path to scan it"
            for path in self._nested
        ]

    def _is_file(self, path: str) -> bool:
        """False for deleted files and for folders, which are repositories of their own."""
        full = os.path.join(self.root, path)
        return (os.path.islink(full) or os.path.isfile(full)) and not self._is_behind_link(path)

    def _is_behind_link(self, path: str) -> bool:
        """Whether a folder on the way is a symbolic link: it leads to what git does not track."""
        folders = [part.start() for part in re.finditer("/", path)]
        return any(os.path.islink(os.path.join(self.root, path[:end])) for end in folders)

    def _without_filters(self) -> list[str]:
        """Options that keep git from starting the filter programs a repository's config names."""
        arguments = ("config", "-z", "--name-only", "--get-regexp", "^filter[.]")
        listing = self._repository.git.result(*arguments)[1]
        names = {name for name in listing.decode(errors="surrogateescape").split("\0") if name}
        filters = sorted({name.rpartition(".")[0] for name in names})
        return [
            f"--config-env={name}.{key}={NOTHING}"
            for name in filters
            for key in ("clean", "process", "required")
        ]
