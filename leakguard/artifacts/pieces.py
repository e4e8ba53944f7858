"""Members that stand one after the other in a stream, each with its size in front."""

from leakguard import limits
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.source import EARLY


class Piece:
    """The next `size` bytes of a content, read as a content of their own."""

    def __init__(self, content: Content, size: int, budget: Budget) -> None:
        self._content = content
        self._left = size
        self._budget = budget
        self._told = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes. Raises ArtifactError when the content ends before the piece."""
        wanted = min(size, self._left)
        data = self._content.read(wanted) if wanted > 0 else b""
        if wanted > 0 and not data:
            self._told = True
            raise ArtifactError(EARLY)
        self._left -= len(data)
        return data

    def finish(self, padding: int) -> None:
        """Passes over what was not read, and over `padding` bytes behind it.

        Raises ArtifactError when bytes are missing, unless `read` did.
        """
        while self._left and not self._told:
            self.read(limits.MIB)
            self._budget.look()
        self._content.skip(padding)


def fixed(content: Content, size: int) -> bytes:
    """The next `size` bytes, nothing at the end. Raises ArtifactError when there are fewer."""
    data = content.head(size)
    if data and len(data) < size:
        raise ArtifactError(EARLY)
    content.skip(size)
    return data


def text(content: Content, size: int) -> bytes:
    """A name or the like of `size` bytes. Raises ArtifactError when it is cut or too long."""
    if size > limits.ARTIFACT_METADATA_BYTES:
        raise ArtifactError("a name is too long")
    data = fixed(content, size)
    if len(data) < size:
        raise ArtifactError(EARLY)
    return data
