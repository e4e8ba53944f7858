"""What a commit adds: its staged files and its message, as sources."""

from collections.abc import Sequence
from io import BytesIO

from leakguard import limits
from leakguard.bounded import read_bounded
from leakguard.errors import SourceError
from leakguard.sources import Source
from leakguard.sources.git.repository import Repository
from leakguard.sources.git.staged import IndexSource, StagedSource, index_entries

MESSAGE = "<commit message>"

_SCISSORS = b" ------------------------ >8 ------------------------\n"
"""Behind a comment character; git drops what follows, the difference that `commit -v` shows:
git-commit(1), "--cleanup"."""


def pre_commit_sources(
    repository: Repository, staged: StagedSource, files: Sequence[str]
) -> list[Source]:
    """What a commit adds; and whole files, when pre-commit names some that it does not change.

    `pre-commit run --all-files` and `--files` name files without a commit under way. In a merge
    pre-commit names every file that differs from one of the two sides.
    """
    if staged.touched.issuperset(files):
        return [staged]
    from leakguard.sources.files import FilesSource

    indexed = frozenset(path for _, _, path in index_entries(repository.git))
    outside = [path for path in files if path not in indexed]
    return [staged, IndexSource(repository, frozenset(files) & indexed), FilesSource(outside)]


def message_sources(file: str) -> list[Source]:
    """The message of a commit, which git has written to a file.

    Raises SourceError when the file cannot be read or is no message.
    """
    from leakguard.sources.files import StreamSource

    data = read_bounded(file, limits.MESSAGE_BYTES, f"the message {file}", SourceError)
    before, scissors, _ = data.partition(_SCISSORS)
    text = before[: before.rfind(b"\n") + 1] if scissors else data
    return [StreamSource(BytesIO(text), MESSAGE)]
