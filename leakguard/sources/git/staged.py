"""The index as a source: what the next commit adds, or everything that is in it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from leakguard.model import Place, Skip, Window
from leakguard.sources import Counts, Tally
from leakguard.sources.git.command import Git
from leakguard.sources.git.objects import Objects, object_line, split_key, unescaped
from leakguard.sources.git.renames import Renames
from leakguard.sources.git.repository import Repository
from leakguard.sources.git.versions import OldBlobs, entries, replaced

_GITLINK = "160000"
"""Mode of a submodule's entry: the id of a commit elsewhere, no object of this repository."""

_DIFF = (
    "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff",
    "--ignore-submodules=all",
)  # fmt: skip


class StagedSource:
    """The blobs that the index has and no parent of the coming commit has at that path."""

    def __init__(self, repository: Repository) -> None:
        self.tally = Tally()
        self.root = repository.root or repository.git_dir
        self._renames = Renames(repository.git)
        self._git = repository.git
        self._git_dir = repository.git_dir
        self._old = OldBlobs(repository.git)

    def windows(self) -> Iterator[Window | Skip]:
        changes = [entry for raw in self._diffs for entry in entries(raw)]
        for path in sorted({path for *_, status, path in changes if status == "U"}):
            yield Skip(path, "in conflict: no version of it is staged yet")
        lines = [object_line(oid, path) for path, oid in sorted(self.changed.items())]
        yield from Objects(self._git, self.tally).windows(lines)

    @cached_property
    def changed(self) -> Mapping[str, str]:
        """Object ids by path of what the commit adds or changes. Raises SourceError."""
        common: dict[str, str] | None = None
        for raw in self._diffs:
            new = {
                path: oid
                for mode, _, oid, status, path in entries(raw)
                if status not in ("D", "U") and mode != _GITLINK
            }
            common = new if common is None else {p: o for p, o in new.items() if common.get(p) == o}
        return common or {}

    @cached_property
    def touched(self) -> frozenset[str]:
        """The paths at which the commit differs from any of its parents. Raises SourceError."""
        return frozenset(path for raw in self._diffs for *_, path in entries(raw))

    @cached_property
    def _diffs(self) -> list[bytes]:
        """From each parent to the index: HEAD, or nothing yet, and what is merged."""
        merged = Path(self._git_dir) / "MERGE_HEAD"
        heads = merged.read_text().split() if merged.exists() else []
        return [self._from_head(), *(self._git.output(*_DIFF, head, "--") for head in heads)]

    def _from_head(self) -> bytes:
        """The difference to the last commit; to nothing when there is none yet."""
        code, out, _ = self._git.result(*_DIFF, "HEAD", "--")
        if code == 0:
            return out
        code, _, _ = self._git.result("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        empty = self._git.output("hash-object", "-t", "tree", "--stdin", feed=b"").decode().strip()
        return self._git.output(*_DIFF, empty if code else "HEAD", "--")

    @cached_property
    def _before(self) -> list[tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]]:
        """For each parent the blobs that the commit changes, by path, and those that it removes."""
        return [replaced(raw) for raw in self._diffs]

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        return _index_places(keys)

    def adds(self, place: Place, secret: bytes) -> bool:
        old = [
            oid
            for by_path, removed in self._before
            for oid in (*by_path.get(place.path, ()), *removed)
        ]
        return not self._old.any_holds(old, secret)

    def former(self, place: Place) -> Sequence[str]:
        return self._renames.former(place)

    def notes(self) -> list[str]:
        return []


def _none_of(_oids: frozenset[str]) -> frozenset[str]:
    return frozenset()


class IndexSource:
    """Every blob in the index, or those of some paths, whole."""

    def __init__(
        self,
        repository: Repository,
        paths: frozenset[str] | None = None,
        known: Callable[[frozenset[str]], frozenset[str]] = _none_of,
    ) -> None:
        """`known` says which of some object ids the history has, and has looked at."""
        self.tally = Tally()
        self.root = repository.root or repository.git_dir
        self._renames = Renames(repository.git)
        self._repository = repository
        self._git = repository.git
        self._paths = paths
        self._known = known
        self._submodules: list[str] = []

    def windows(self) -> Iterator[Window | Skip]:
        lines: dict[str, bytes] = {}
        for mode, oid, path in index_entries(self._git):
            if mode == _GITLINK:
                self._submodules.append(path)
            elif self._paths is None or path in self._paths:
                lines[f"{oid} {path}"] = object_line(oid, path)
        yield from Objects(self._git, self.tally).windows(self._unknown(lines))

    def names(self) -> Iterator[str]:
        """The paths that the index has, or those of them that are asked for."""
        return (
            path
            for _, _, path in index_entries(self._git)
            if self._paths is None or path in self._paths
        )

    def _unknown(self, lines: Mapping[str, bytes]) -> list[bytes]:
        """The lines of what the history does not have, or does not have at that path."""
        known = self._known(frozenset(name.partition(" ")[0] for name in lines))
        staged = StagedSource(self._repository).touched if known else frozenset()
        wanted = []
        for name, line in lines.items():
            oid, _, path = name.partition(" ")
            if oid not in known or path in staged:
                wanted.append(line)
        return wanted

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        return _index_places(keys)

    def adds(self, place: Place, secret: bytes) -> bool:
        return True

    def former(self, place: Place) -> Sequence[str]:
        return self._renames.former(place)

    def notes(self) -> list[str]:
        return [
            f"the submodule {path} is a repository of its own and was not scanned"
            for path in self._submodules
        ]


def index_entries(git: Git) -> list[tuple[str, str, str]]:
    """Mode, object id and path of everything in the index, all stages of a conflict included."""
    found = []
    for entry in (
        git.output("ls-files", "--stage", "-z").decode(errors="surrogateescape").split("\0")
    ):
        header, tab, path = entry.partition("\t")
        if tab:
            mode, oid, _ = header.split(" ")
            found.append((mode, oid, path))
    return found


def _index_places(keys: Iterable[str]) -> dict[str, tuple[Place]]:
    places = {}
    for key in keys:
        _, oid, path = split_key(key)
        places[key] = (Place(unescaped(path), oid),)
    return places
