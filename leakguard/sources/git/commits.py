"""Which commits of a history count, as git takes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from leakguard.errors import UsageError
from leakguard.sources.git.command import Git
from leakguard.sources.git.repository import Repository, resolve_branch, resolve_range

_NAMED_TIMES = frozenset(("yesterday", "noon", "midnight", "tea", "never", "now", "today"))


@dataclass(frozen=True, slots=True)
class Commits:
    """Which commits: all that any ref reaches, unless something is named."""

    range: str = ""
    since: str = ""
    branch: str = ""
    unreachable: bool = False
    revisions: tuple[str, ...] = field(default=())
    """Commit ids and options of `git rev-list`, for callers who have worked them out."""
    unread: Callable[[list[bytes]], list[bytes]] | None = None
    """Given the objects that would be read, each `oid` or `oid path`, says which of them are: the
    others were found clean before. They still count in where objects belong."""

    @property
    def partial(self) -> bool:
        """Whether only some commits count, so that older versions have to be compared."""
        return bool(self.range or self.since or self.revisions)


def revisions_of(repository: Repository, chosen: Commits) -> list[str]:
    """What `git rev-list --stdin` is to walk: commit ids, refs and `^` boundaries.

    Raises UsageError for names that do not exist.
    """
    git = repository.git
    if chosen.revisions:
        return list(chosen.revisions)
    if chosen.range:
        revisions = resolve_range(git, chosen.range)
    elif chosen.branch:
        revisions = [resolve_branch(repository, chosen.branch)]
    else:
        revisions = ["--all", *_stashes(git)]
    return _since(git, revisions, chosen.since) if chosen.since else revisions


def options(revisions: Sequence[str]) -> list[str]:
    """Those among `revisions`, which git takes only as arguments, and that it is fed the rest."""
    return [*(name for name in revisions if name.startswith("--")), "--stdin"]


def fed(revisions: Sequence[str]) -> bytes:
    """The names among `revisions`: git takes any number of them on standard input."""
    return "".join(f"{name}\n" for name in revisions if not name.startswith("--")).encode()


def _since(git: Git, revisions: Sequence[str], since: str) -> list[str]:
    """The commits of `revisions` since a date, and their boundary."""
    timestamp = git.lines("rev-parse", f"--since={since}")[0]
    if not any(character.isdigit() for character in since) and since not in _NAMED_TIMES:
        raise UsageError(f"--since {since!r} is no date: write 2026-01-31 or '2 weeks ago'")
    arguments = ("rev-list", "--boundary", timestamp, *options(revisions))
    lines = git.lines(*arguments, feed=fed(revisions))
    return [f"^{line[1:]}" if line.startswith("-") else line for line in lines]


def _stashes(git: Git) -> list[str]:
    """All stash entries: the ref names only the newest, the others are in its log."""
    code, out, _ = git.result("log", "--walk-reflogs", "--format=%H", "refs/stash", "--")
    return [] if code else out.decode().split()
