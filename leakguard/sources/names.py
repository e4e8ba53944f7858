"""Names as a source: paths of files, names of branches and tags; asked for when a name may leak."""

from collections.abc import Iterable, Iterator
from io import BytesIO

from leakguard.model import Skip, Window
from leakguard.sources import Source, Tally
from leakguard.sources.files import FilesSource, reader
from leakguard.sources.loose import Loose
from leakguard.sources.windows import Packer


class NamesSource(Loose):
    """Each name is a blob, whose path it is."""

    def __init__(self, names: Iterable[str], root: str = "") -> None:
        self.tally = Tally()
        self.root = root
        self._names = list(dict.fromkeys(names))

    def windows(self) -> Iterator[Window | Skip]:
        packer = Packer(Tally())  # names are no blobs that anybody counts
        for name in self._names:
            data = name.encode(errors="surrogateescape")
            yield from packer.add(name, reader(BytesIO(data)))
        yield from packer.flush()


def names_of(sources: Iterable[Source]) -> Iterator[str]:
    """The paths that the sources' files have or ever had, and the names of branches and tags.

    Asked for when a name may leak: in a large history it takes seconds.
    """
    from leakguard.sources.git.history import HistorySource
    from leakguard.sources.git.staged import IndexSource, StagedSource

    for source in sources:
        if isinstance(source, StagedSource):
            yield from sorted(source.touched)
        elif isinstance(source, HistorySource | IndexSource | FilesSource):
            yield from source.names()


def branches(names: Iterable[str]) -> Iterator[str]:
    """How the names of refs are told."""
    return (f"<branch {name}>" for name in names)
