"""Files, folders and standard input as a source.

Symbolic links are read as links; only one that the user names is followed.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from io import RawIOBase
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, BinaryIO

from leakguard import limits
from leakguard.model import Place, Skip, Window
from leakguard.sources import Counts, Tally
from leakguard.sources.loose import Loose
from leakguard.sources.windows import Packer, ReadInto

if TYPE_CHECKING:
    from leakguard.sources.git.renames import FileRenames, Renames


class FilesSource:
    """The files of a list of paths, each once, folders walked in name order.

    Paths are reported as they were given, with `/` between folders.
    """

    def __init__(self, paths: Sequence[str], *, root: str = "", follow: bool = False) -> None:
        """`root` is put before every path to open it, and is not reported.

        `follow` says that those of `paths` that are symbolic links are followed, as `grep -r` does:
        who names a link means what it leads to.
        """
        self.tally = Tally()
        self.root = root
        self._paths = paths
        self._followed = frozenset(paths) if follow else frozenset()
        self.others: Callable[[], None] | None = None
        self._groups: list[list[str]] = []
        """The files of each part."""
        self._items: list[str | Skip] | None = None
        """What `parts` listed."""
        self._repositories: list[str] = []
        self._renames: FileRenames | Renames | None = None

    def windows(self) -> Iterator[Window | Skip]:
        if self.others:
            self.others()
            yield from (item for item in self._items or () if isinstance(item, Skip))
            return
        packer = Packer(self.tally)
        for item in self._files() if self._items is None else self._items:
            if isinstance(item, Skip):
                yield item
            else:
                yield from self._file(packer, item)
        yield from packer.flush()

    def parts(self) -> int:
        """The files in groups, the largest group first: what takes long must not begin last."""
        self._items = items = list(self._files())
        files = [(path, _size(self.path_of(path))) for path in items if isinstance(path, str)]
        if sum(size for _, size in files) < limits.SHARED_BYTES:
            return 0
        self._groups = _groups(files)
        return len(self._groups)

    def share(self, claims: Iterable[int]) -> Iterator[Window | Skip]:
        packer = Packer(self.tally)
        for number in claims:
            for path in self._groups[number]:
                yield from self._file(packer, path)
        yield from packer.flush()

    def close(self) -> None:
        """Nothing was begun."""

    def told(self) -> None:
        """Nothing but what it has yielded."""

    def hear(self, told: None) -> None:
        """Nothing is told."""

    def _file(self, packer: Packer, path: str) -> Iterator[Window | Skip]:
        try:
            with open_blob(self.path_of(path), follow=path in self._followed) as stream:
                yield from packer.add(path, reader(stream))
        except OSError as error:
            yield Skip(shown(path), f"cannot be read: {error.strerror or 'read error'}")

    def _files(self) -> Iterator[str | Skip]:
        seen: set[str] = set()
        for path in self._paths:
            for item in self._walk(path):
                if isinstance(item, Skip) or item not in seen:
                    yield item
                if isinstance(item, str):
                    seen.add(item)

    def names(self) -> Iterator[str]:
        """The paths of the files."""
        return (item for item in self._files() if isinstance(item, str))

    def _walk(self, path: str) -> Iterator[str | Skip]:
        """The files below a path, or the path itself."""
        full = os.path.join(self.root, path)
        is_folder = os.path.isdir(full) and (path in self._followed or not os.path.islink(full))
        coming = [(path, is_folder)]
        while coming:  # folders may be nested deeper than calls
            path, is_folder = coming.pop()
            if not is_folder:
                yield path
                continue
            try:
                coming += reversed(self._children(path))
            except OSError as error:
                yield Skip(shown(path), f"folder cannot be read: {error.strerror or 'read error'}")

    def _children(self, folder: str) -> list[tuple[str, bool]]:
        """By name, what in a folder may hold blobs, and whether it is a folder. Raises OSError."""
        children = []
        with os.scandir(os.path.join(self.root, folder)) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                is_folder = entry.is_dir(follow_symlinks=False)
                if entry.name == ".git":
                    self._repositories.append(folder)
                elif is_folder or entry.is_symlink() or entry.is_file(follow_symlinks=False):
                    path = entry.name if folder == "." else os.path.join(folder, entry.name)
                    children.append((path, is_folder))
        return children

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        return {key: (Place(shown(key)),) for key in keys}

    def path_of(self, key: str) -> str:
        """Where a file of `windows`, or a folder of one, is to be opened."""
        return os.path.join(self.root, key)

    def mapped(self, key: str) -> mmap | None:
        """The bytes of a file of `windows`, looked at where they are; None when it cannot be."""
        try:
            with open_blob(self.path_of(key), follow=key in self._followed) as stream:
                return mmap(stream.fileno(), 0, access=ACCESS_READ)
        except (OSError, ValueError):
            return None

    def adds(self, place: Place, secret: bytes) -> bool:
        return True

    def former(self, place: Place) -> Sequence[str]:
        if self._renames is None:
            from leakguard.sources.git.renames import FileRenames  # asked about few files, if any

            self._renames = FileRenames(self.root)
        return self._renames.former(place)

    def notes(self) -> list[str]:
        return [
            f"the history of the git repository {shown(path)} was not scanned:"
            " give its path to scan it"
            for path in self._repositories
        ]


class StreamSource(Loose):
    """One stream that is read to its end, such as standard input."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.tally = Tally()
        self.root = ""
        self._stream = stream
        self._name = name

    def windows(self) -> Iterator[Window | Skip]:
        packer = Packer(self.tally)
        try:
            yield from packer.add(self._name, reader(self._stream))
        except OSError as error:
            yield Skip(self._name, f"cannot be read: {error.strerror or 'read error'}")
        yield from packer.flush()


class _Link(RawIOBase):
    """The target of a symbolic link as a stream: what git would store for it."""

    def __init__(self, path: str) -> None:
        self._rest = os.fsencode(os.readlink(path))

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _size(path: str) -> int:
    """Bytes; 0 for what cannot be asked: reading it will say why."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _groups(files: Iterable[tuple[str, int]]) -> list[list[str]]:
    """Files that follow one another, with about SHARED_GROUP_BYTES a group; largest group first."""
    groups: list[list[str]] = []
    sizes: list[int] = []
    for path, size in files:
        if not groups or sizes[-1] + size > limits.SHARED_GROUP_BYTES:
            groups.append([])
            sizes.append(0)
        groups[-1].append(path)
        sizes[-1] += size
    return [groups[at] for at in sorted(range(len(groups)), key=lambda at: (-sizes[at], at))]


def open_blob(path: str, *, follow: bool = False) -> RawIOBase:
    """A file's bytes, or a symbolic link's target. Raises OSError for what is neither."""
    mode = os.stat(path, follow_symlinks=follow).st_mode
    if stat.S_ISLNK(mode):
        return _Link(path)
    if not stat.S_ISREG(mode):
        raise OSError(None, "not a regular file")
    return open(path, "rb", buffering=0)


def reader(stream: BinaryIO | RawIOBase) -> ReadInto:
    """The stream as something that fills buffers."""

    def read(view: memoryview) -> int:
        return stream.readinto(view) or 0  # type: ignore[union-attr]

    return read


def shown(path: str) -> str:
    """A path with `/` between folders, whatever the platform."""
    return path.replace(os.sep, "/") if os.sep != "/" else path
