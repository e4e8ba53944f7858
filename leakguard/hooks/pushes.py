"""What a push brings, as a source: every ref of it, seen by who sends it or by who gets it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leakguard.errors import UsageError
from leakguard.sources import Source
from leakguard.sources.git.command import Git
from leakguard.sources.git.repository import Repository


class Pushed(NamedTuple):
    """A ref that a push changes. The ids are zeros for what is not there."""

    ref: str
    """Its name where it is pushed to; empty when nobody told it."""
    new: str
    old: str
    local: str = ""
    """Its name where it is pushed from."""


def sent(
    repository: Repository, remote: str, environment: Mapping[str, str], stdin: Iterable[bytes]
) -> tuple[list[Pushed], list[Source]]:
    """The refs that a push sends, and their commits that the remote does not have yet.

    There is no source for deletions.
    Raises UsageError for lines that are not git's, SourceError for a ref that does not exist.
    """
    pushes = [_told_by_git(line) for line in stdin if line.strip()]
    if not pushes and "PRE_COMMIT" in environment:
        remote = environment.get("PRE_COMMIT_REMOTE_NAME", remote)
        pushes = [_told_by_pre_commit(environment)]
    return pushes, _sources(repository, pushes, _known(repository.git, remote))


def received(repository: Repository, pushes: Sequence[Pushed]) -> list[Source]:
    """The commits that a push brings and no ref has yet; nothing for deletions.

    Until the hook pre-receive has ended the refs are as before, and new objects are in quarantine:
    git's environment variables say where, githooks(5). Raises SourceError for what does not exist.
    """
    return _sources(repository, pushes, _known(repository.git, None))


def told_to_server(line: bytes) -> Pushed:
    """A line on standard input of the hook pre-receive. Raises UsageError for another one."""
    try:
        old, new, ref = os.fsdecode(line).rstrip("\n").split(" ", 2)
    except ValueError as error:
        raise _not_gits(line, "pre-receive") from error
    return Pushed(ref, new, old)


def _told_by_pre_commit(environment: Mapping[str, str]) -> Pushed:
    """What is pushed and what it replaces, empty for nothing.

    pre-commit reads git's lines itself and tells only of the first ref that has new commits: who
    pushes several refs at once needs this hook without pre-commit. So does who wants the message
    of a tag looked at whose commit the remote has: pre-commit sees no new commits in such a push
    and does not start the hook at all. When a root commit is pushed it gives the ref's name, but
    no commits. See `_pre_push_ns` in
    https://github.com/pre-commit/pre-commit/blob/main/pre_commit/commands/hook_impl.py
    """
    new = environment.get("PRE_COMMIT_TO_REF") or environment.get("PRE_COMMIT_LOCAL_BRANCH")
    ref, local = (environment.get(f"PRE_COMMIT_{name}_BRANCH", "") for name in ("REMOTE", "LOCAL"))
    return Pushed(ref, new or "HEAD", environment.get("PRE_COMMIT_FROM_REF", ""), local)


def _told_by_git(line: bytes) -> Pushed:
    """What is pushed and what it replaces, from a line on standard input: githooks(5), "pre-push".

    The first field may hold spaces: `git push origin 'HEAD@{1 day ago}:refs/heads/main'`.
    """
    try:
        local, new, ref, old = os.fsdecode(line).rsplit(maxsplit=3)
    except ValueError as error:
        raise _not_gits(line, "pre-push") from error
    return Pushed(ref, new, old, local)


def _not_gits(line: bytes, stage: str) -> UsageError:
    return UsageError(
        f"standard input has {line!r}, no line of git's hook {stage}: let git call this hook"
    )


def _sources(repository: Repository, pushes: Iterable[Pushed], there: list[str]) -> list[Source]:
    from leakguard.sources.git.commits import Commits
    from leakguard.sources.git.history import HistorySource

    git, wanted, there = repository.git, [], [*there]
    for push in pushes:
        if push.new.strip("0"):
            wanted += [_commit(git, push.new)]
            there += [f"^{push.old}"] if push.old.strip("0") and _exists(git, push.old) else []
    return [HistorySource(repository, Commits(revisions=(*wanted, *there)))] if wanted else []


def _known(git: Git, remote: str | None) -> list[str]:
    """What a remote is known to have, or with None what this repository has, as boundaries."""
    prefix = "refs/" if remote is None else f"refs/remotes/{remote}/" if remote else "refs/remotes/"
    return [f"^{oid}" for oid in git.lines("for-each-ref", "--format=%(objectname)", prefix)]


def _commit(git: Git, name: str) -> str:
    """The object id of a revision. Raises SourceError when it does not exist."""
    return git.lines("rev-parse", "--verify", "--end-of-options", name)[-1]


def _exists(git: Git, oid: str) -> bool:
    return git.result("cat-file", "-e", oid)[0] == 0
