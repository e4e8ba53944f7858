"""From what a user names - paths and options - to the sources that are to be scanned."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from leakguard.errors import SourceError, UsageError
from leakguard.sources import Source
from leakguard.sources.files import FilesSource, StreamSource
from leakguard.sources.git.commits import Commits
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import Repository, is_repository, open_repository
from leakguard.sources.git.staged import IndexSource, StagedSource
from leakguard.sources.git.worktree import WorktreeSource
from leakguard.sources.stdin import standard_input

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be scanned. The options but `no_git` and `files_from` need a git repository."""

    paths: tuple[str, ...] = (".",)
    staged: bool = False
    unreachable: bool = False
    range: str = ""
    since: str = ""
    branch: str = ""
    no_git: bool = False
    files_from: BinaryIO | None = None
    """Paths separated by NUL bytes."""

    @property
    def needs_git(self) -> bool:
        """Whether an option was given that only a repository can answer."""
        return self.staged or self.unreachable or bool(self.range or self.since or self.branch)


def pick_source(selection: Selection) -> list[Source]:
    """The sources, in the order in which they are to be scanned.

    Raises UsageError for what does not exist or does not go together, SourceError for a folder
    that is no repository where an option needs one.
    """
    _check(selection)
    if selection.files_from is not None:
        listed = selection.files_from.read().decode(errors="surrogateescape").split("\0")
        return [FilesSource([path for path in listed if path])]
    sources: list[Source] = []
    files: list[str] = []
    for path in selection.paths:
        if path == STDIN:
            sources.append(StreamSource(standard_input(), "<stdin>"))
        elif selection.needs_git:
            sources += _git(path, selection)
        elif not os.path.lexists(path):
            raise UsageError(f"{path}: there is no such file or folder")
        elif not selection.no_git and is_repository(path):
            sources += _git(path, selection)
        else:
            files.append(path)
    return [*sources, FilesSource(files, follow=True)] if files else sources


def _check(selection: Selection) -> None:
    named = [name for name in ("staged", "range", "since", "branch") if getattr(selection, name)]
    if selection.needs_git and (selection.no_git or selection.files_from is not None):
        raise UsageError("options for git repositories do not go with --no-git or --files-from")
    if selection.staged and (len(named) > 1 or selection.unreachable):
        raise UsageError("--staged does not go with another choice of commits")
    if selection.unreachable and named:
        raise UsageError(f"--unreachable does not go with --{named[0]}: that limits it")
    if selection.range and selection.branch:
        raise UsageError("--range does not go with --branch: name the branch in the range")
    if "" in selection.paths:
        raise UsageError("the path is empty: name a file or folder")
    if STDIN in selection.paths and selection.needs_git:
        raise UsageError("standard input is no git repository: leave out `-` or the git options")


def _git(path: str, selection: Selection) -> Sequence[Source]:
    if selection.staged:
        return [StagedSource(open_repository(path, hooked=path == "."))]
    repository = open_repository(path)
    if is_repository(path):
        _check_top(repository, path)
    commits = Commits(
        range=selection.range,
        since=selection.since,
        branch=selection.branch,
        unreachable=selection.unreachable,
    )
    history = HistorySource(repository, commits)
    if selection.range or selection.since or selection.branch:
        return [history]
    return [history, *_present(repository, history)]


def _check_top(repository: Repository, path: str) -> None:
    """Raises SourceError when git sees another repository, further up, or another work tree."""
    tops = (repository.git_dir, repository.root)
    if not any(top and os.path.exists(top) and os.path.samefile(top, path) for top in tops):
        raise SourceError(
            f"{path} is no sound git repository: git takes {repository.git.folder} for it;"
            " repair it, or give --no-git to scan its files"
        )


def _present(repository: Repository, history: HistorySource) -> list[Source]:
    """Index and work tree, where there are any."""
    if repository.root is None:
        return []
    return [IndexSource(repository, known=history.reached), WorktreeSource(repository)]
