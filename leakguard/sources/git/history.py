"""A repository's history: every object that a ref reaches, and the commit that brought it in.

One `git rev-list` lists all objects in the order of their commits, oldest first, each under the
first commit that has it: that tells places.py which commit brought a blob in, merges included.
objects.py reads the objects as they lie in the packs, or, where only some commits are wanted, that
list backwards.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from leakguard import limits
from leakguard.errors import UsageError
from leakguard.model import Place, Skip, Window
from leakguard.sources import Counts, Tally
from leakguard.sources.git.command import reason, stop
from leakguard.sources.git.heads import Heads
from leakguard.sources.git.objects import split_key
from leakguard.sources.git.packed import Packed, open_packs, present
from leakguard.sources.git.places import places_of
from leakguard.sources.git.readers import read_objects
from leakguard.sources.git.renames import Renames
from leakguard.sources.git.repository import Repository, resolve_branch, resolve_range
from leakguard.sources.git.trees import contents, trees_with
from leakguard.sources.git.versions import Versions

if TYPE_CHECKING:
    import subprocess

_LISTING = (
    "rev-list",
    "--objects",
    "--in-commit-order",
    "--reverse",
    "--date-order",
    "--missing=print",
)


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


class HistorySource:
    """The commits, tags and files that a selection reaches."""

    def __init__(self, repository: Repository, selection: Commits = Commits()) -> None:
        self.tally = Tally()
        self.root = repository.root or repository.git_dir
        self._repository = repository
        self._selection = selection
        self._lines: list[bytes] = []
        """`oid` of a commit, `oid path` of other objects, oldest first."""
        self._orders: dict[bytes, int] = {}
        """By object id the number of its line."""
        self._gone: frozenset[str] = frozenset()
        """Ids of missing objects, of which there is a Skip already."""
        self._everything = False
        """Whether what no ref reaches counts: asked for, or its ref may have been lost."""
        self._renames = Renames(repository.git)
        self._heads = Heads(repository.git)
        self._versions = Versions(repository.git) if selection.partial else None
        self._is_whole = not (selection.partial or selection.branch)
        self.others: Callable[[], None] | None = None
        self._ahead: list[subprocess.Popen[bytes]] = []
        """The git that lists the history, when `parts` has started it and `windows` not begun."""
        self._was_asked = False
        """Whether `parts` has looked for packs."""
        self._packed: Packed | None = None
        self._skips: list[Skip] = []
        """Of the parts that others read."""

    def windows(self) -> Iterator[Window | Skip]:
        git, (arguments, feed) = self._repository.git, self._listing
        skips: list[Skip] = []
        if self._is_whole:
            # git lists the history beside the scan of all that is there: what no ref reaches is
            # sorted out in the end, where it is a handful of candidates.
            beside = git.beside(*arguments, feed=feed, digest=self._digest, started=self._ahead)
            with beside as listing:
                for item in self._all():
                    if isinstance(item, Skip):
                        skips.append(item)
                    else:
                        yield item
                code, listed, err = listing()
        else:
            code, out, err = git.result(*arguments, feed=feed)
            listed = _listed(out)
            del out
        self._lines, self._orders = listed.lines, listed.orders
        yield from self._named(skips)
        yield from self._missing(listed.missing)
        if code:
            yield Skip("", f"the history cannot be walked to its end: {reason(err)}")
        if not self._is_whole:
            yield from read_objects(git, self._to_read(self._lines[::-1]), self.tally)
        damaged = bool(code) or (bool(self._gone) and not self._repository.partial())
        self._everything = self._selection.unreachable or damaged

    @cached_property
    def _listing(self) -> tuple[Sequence[str], bytes]:
        """The arguments and the input of the git that lists the history."""
        revisions = self._revisions()
        return (*_LISTING, *_arguments(revisions)), _fed(revisions)

    def parts(self) -> int:
        self._was_asked = True
        if self._is_whole and self._selection.unread is None:
            arguments, feed = self._listing
            self._repository.git.ahead(*arguments, feed=feed, started=self._ahead)
            self._packed = open_packs(self._repository.git)
        return limits.PACKED_PARTS if self._packed else 0

    def share(self, claims: Iterable[int]) -> Iterator[Window]:
        if self._packed:
            self._packed.left()  # that is for the process that asked
        for item in self._claimed(claims):
            if isinstance(item, Skip):
                self._skips.append(item)  # the process that asked knows their paths
            else:
                yield item

    def close(self) -> None:
        while self._ahead:
            stop(self._ahead.pop())

    def told(self) -> list[Skip]:
        return self._skips

    def hear(self, told: list[Skip]) -> None:
        self._skips += told

    def _all(self) -> Iterator[Window | Skip]:
        """All that is there, whether a ref reaches it or not."""
        git = self._repository.git
        if not self._was_asked and self._selection.unread is None:
            self._packed = open_packs(git)
        if self._packed is None:
            yield from read_objects(git, self._to_read(present(git)), self.tally)
            return
        yield from self._read_by_git()
        if self.others:
            self.others()
            yield from self._skips
        else:
            yield from self._claimed(range(limits.PACKED_PARTS))

    def _claimed(self, claims: Iterable[int]) -> Iterator[Window | Skip]:
        """Those parts of the packs, and what they leave to git."""
        if self._packed:
            yield from self._packed.windows(self.tally, claims)
            yield from self._read_by_git()

    def _read_by_git(self) -> Iterator[Window | Skip]:
        """What lies beside the packs, and what was left out of them so far."""
        left = self._packed.left() if self._packed else []
        yield from read_objects(self._repository.git, left, self.tally)

    def _to_read(self, lines: list[bytes]) -> list[bytes]:
        return self._selection.unread(lines) if self._selection.unread else lines

    def _named(self, skips: Sequence[Skip]) -> Iterator[Skip]:
        """The skips with the paths that the history has for their objects."""
        places = {skip.blob: "" for skip in skips}
        for line in self._lines if skips else ():
            oid, _, path = line.decode(errors="surrogateescape").partition(" ")
            if oid in places:
                places[oid] = path
        for skip in skips:
            yield replace(skip, path=places[skip.blob] or skip.path)

    def _digest(self, out: bytes) -> "_Listed":
        """What is made of the listing beside the scan; and what is asked of nearly every history in
        the end is asked then."""
        if self.others:
            self._heads.prepare()
        return _listed(out)

    def _missing(self, missing: Sequence[bytes]) -> Iterator[Skip]:
        """What git says is missing."""
        if not missing:
            return
        why = (
            "missing: this partial clone left it out"
            if self._repository.partial()
            else "missing: the repository is damaged"
        )
        self._gone = frozenset(oid.decode() for oid in missing)
        for oid in missing:
            yield Skip(f"object {oid.decode()[:12]}", why, oid.decode())

    def _revisions(self) -> list[str]:
        """What `git rev-list --stdin` is to walk: commit ids, refs and `^` boundaries.

        Raises UsageError for names that do not exist.
        """
        repository, chosen = self._repository, self._selection
        if chosen.revisions:
            return list(chosen.revisions)
        if chosen.range:
            revisions = resolve_range(repository.git, chosen.range)
        elif chosen.branch:
            revisions = [resolve_branch(repository, chosen.branch)]
        else:
            revisions = ["--all", *self._stashes()]
        return self._since(revisions) if chosen.since else revisions

    def _since(self, revisions: Sequence[str]) -> list[str]:
        """The commits of `revisions` since a date, and their boundary."""
        git = self._repository.git
        since = self._selection.since
        timestamp = git.lines("rev-parse", f"--since={since}")[0]
        if not any(character.isdigit() for character in since) and since not in _NAMED_TIMES:
            raise UsageError(f"--since {since!r} is no date: write 2026-01-31 or '2 weeks ago'")
        arguments = ("rev-list", "--boundary", timestamp, *_arguments(revisions))
        lines = git.lines(*arguments, feed=_fed(revisions))
        return [f"^{line[1:]}" if line.startswith("-") else line for line in lines]

    def _stashes(self) -> list[str]:
        """All stash entries: the ref names only the newest, the others are in its log."""
        code, out, _ = self._repository.git.result(
            "log", "--walk-reflogs", "--format=%H", "refs/stash", "--"
        )
        return [] if code else out.decode().split()

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        keys = list(keys)
        if not self._everything:
            reached = self.reached(frozenset(split_key(key)[1] for key in keys))
            keys = [key for key in keys if split_key(key)[1] in reached]
        # Of some commits each path is judged by the version before it.
        everywhere = self._selection.partial or self._may_stand(keys, elsewhere)
        return places_of(
            self._heads,
            self._lines,
            self._orders,
            keys,
            counts=None if everywhere else counts,
            everywhere=everywhere,
        )

    def _may_stand(self, keys: Sequence[str], patterns: Collection[str]) -> bool:
        """Whether one of the blobs may stand at a path that a pattern is found in.

        The listing has one path of each object. Where that is such a path, the folders that it
        has there are asked; a path at which nothing is ever new is not known by it.
        """
        if not patterns or "" in patterns:
            return bool(patterns)
        trees = trees_with(self._lines, patterns)
        oids = [bytes.fromhex(split_key(key)[1]) for key in keys]
        return any(oid in tree for tree in contents(self._repository.git, trees) for oid in oids)

    def reached(self, oids: frozenset[str]) -> frozenset[str]:
        """Those of `oids` that the selection reaches; known after the last window."""
        orders = self._orders
        return frozenset(oid for oid in oids if oid in self._gone or oid.encode() in orders)

    def adds(self, place: Place, secret: bytes) -> bool:
        if self._versions is None or place.commit is None or place.commit == place.blob:
            return True
        return not self._versions.had(place.commit, place.path, secret)

    def former(self, place: Place) -> Sequence[str]:
        return self._renames.former(place)

    def names(self) -> Iterator[str]:
        """The paths that its commits touch, then, of all that refs reach, the names of refs."""
        git, revisions = self._repository.git, self._revisions()
        options = ("--format=", "--name-only", "--no-renames", "-c", "-z")
        listing = git.output("log", *options, *_arguments(revisions), feed=_fed(revisions))
        for name in listing.decode(errors="surrogateescape").split("\0"):
            if path := name.strip("\n"):
                yield path
        if "--all" in revisions:
            for name in git.lines("for-each-ref", "--format=%(refname:short)"):
                yield f"<branch {name}>"

    def notes(self) -> list[str]:
        if not self._repository.shallow:
            return []
        return [
            "this is a shallow clone: older history is not here and was not scanned"
            " (git fetch --unshallow brings it)"
        ]


class _Listed(NamedTuple):
    """What a listing of objects says."""

    lines: list[bytes]
    orders: dict[bytes, int]
    """By object id the number of its line."""
    missing: list[bytes]
    """Ids of objects that are not there, which have no line."""


def _listed(out: bytes) -> _Listed:
    lines = out.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    missing: list[bytes] = []
    if out.startswith(b"?") or b"\n?" in out:
        missing = [line[1:] for line in lines if line.startswith(b"?")]
        lines = [line for line in lines if not line.startswith(b"?")]
    length = len(lines[0].partition(b" ")[0]) if lines else 0
    return _Listed(lines, {line[:length]: number for number, line in enumerate(lines)}, missing)


def _arguments(revisions: Sequence[str]) -> list[str]:
    """The options among `revisions`: git takes them only as arguments."""
    return [*(name for name in revisions if name.startswith("--")), "--stdin"]


def _fed(revisions: Sequence[str]) -> bytes:
    """The names among `revisions`: git takes any number of them on standard input."""
    return "".join(f"{name}\n" for name in revisions if not name.startswith("--")).encode()


_NAMED_TIMES = frozenset(("yesterday", "noon", "midnight", "tea", "never", "now", "today"))
