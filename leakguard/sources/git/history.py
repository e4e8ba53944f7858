"""A repository's history: every object that a ref reaches, and the commit that brought it in.

One `git rev-list` lists all objects in the order of their commits, oldest first, each under the
first commit that has it: that tells places.py which commit brought a blob in, merges included.
objects.py reads the objects as they lie in the packs, or, where only some commits are wanted, that
list backwards.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from leakguard import limits
from leakguard.model import Place, Skip, Window
from leakguard.sources import Counts, Tally
from leakguard.sources.git.command import reason, stop
from leakguard.sources.git.commits import Commits, fed, options, revisions_of
from leakguard.sources.git.heads import Heads
from leakguard.sources.git.listing import LISTING, Listed, read_listing
from leakguard.sources.git.objects import split_key
from leakguard.sources.git.packed import Packed, open_packs, present
from leakguard.sources.git.places import places_of
from leakguard.sources.git.readers import read_objects
from leakguard.sources.git.renames import Renames
from leakguard.sources.git.repository import Repository
from leakguard.sources.git.trees import contents, trees_with
from leakguard.sources.git.versions import Versions

if TYPE_CHECKING:
    import subprocess


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
            listed = read_listing(out)
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
        revisions = revisions_of(self._repository, self._selection)
        return (*LISTING, *options(revisions)), fed(revisions)

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

    def _digest(self, out: bytes) -> Listed:
        """What is made of the listing beside the scan; and what is asked of nearly every history in
        the end is asked then."""
        if self.others:
            self._heads.prepare()
        return read_listing(out)

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
        git, revisions = self._repository.git, revisions_of(self._repository, self._selection)
        form = ("--format=", "--name-only", "--no-renames", "-c", "-z")
        listing = git.output("log", *form, *options(revisions), feed=fed(revisions))
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
