"""Bytes of a file or member: read once from the front, or held whole where a format jumps."""

from collections.abc import Callable
from mmap import mmap

from leakguard import limits
from leakguard.artifacts.budget import Budget, LimitReached

Buffer = bytes | bytearray | memoryview | mmap
"""Bytes at hand. Slices of it are bytes but for a memoryview's: use `bytes(data[a:b])`."""

_STEP = 256 * limits.KIB


class Content:
    """The bytes of one member. Reading is forwards only; `head` and `whole` read nothing away."""

    def __init__(self, read: Callable[[int], bytes], budget: Budget) -> None:
        self._read = read
        """Gives at most so many bytes; nothing at the end. May raise any Exception."""
        self._budget = budget
        self._ahead = b""
        self._held: Buffer | None = None
        self._position = 0
        self._counted = 0
        """Bytes that the budget knows to be held."""

    @classmethod
    def of(cls, data: Buffer, budget: Budget) -> "Content":
        """Of bytes that are at hand already."""
        content = cls(lambda _: b"", budget)
        content._held = data
        return content

    def head(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end; they are read again afterwards."""
        if self._held is not None:
            return bytes(self._held[self._position : self._position + size])
        while len(self._ahead) < size and (part := self._more(size - len(self._ahead))):
            self._ahead += part
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; nothing at the end only."""
        if self._held is not None:
            data = bytes(self._held[self._position : self._position + size])
            self._position += len(data)
            return data
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        return self._more(size)

    def _more(self, size: int) -> bytes:
        """From the source. An error is told each time: a reader that failed once would say that
        there is no more, and a stream that was given up must not look like one that ended."""
        try:
            return self._read(size)
        except Exception as error:
            self._read = _raising(error)
            raise

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes. Raises EOFError when there are fewer, LimitReached for more."""
        if size > self._budget.allowance.whole_bytes:
            raise LimitReached(_too_large(self._budget))
        parts = []
        while size and (part := self.read(min(size, _STEP))):
            parts.append(part)
            size -= len(part)
        if size:
            raise EOFError
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Passes over `size` bytes, fewer at the end."""
        while size > 0 and (part := self.read(min(size, _STEP))):
            size -= len(part)

    def whole(self) -> Buffer:
        """All the bytes that were not read yet; they can still be read.

        Raises LimitReached for more than may be held, and what reading them raises.
        """
        if self._held is None:
            most, data = self._budget.allowance.whole_bytes, bytearray(self._ahead)
            try:
                while part := self._more(_STEP):
                    data += part
                    if len(data) > most:
                        raise LimitReached(_too_large(self._budget))
                self._budget.hold(len(data))
            except Exception:
                self._ahead = bytes(data)  # what came so far can still be read
                raise
            self._held, self._ahead, self._counted = data, b"", len(data)
        return memoryview(self._held)[self._position :] if self._position else self._held

    def copy(self) -> "Content":
        """The bytes that are held, to be read by somebody else as well."""
        return Content.of(self.whole(), self._budget)

    def release(self) -> None:
        """Gives up what `whole` held; nothing can be read any more."""
        if self._counted:
            self._budget.hold(-self._counted)
            self._held, self._counted = b"", 0

    def is_held(self) -> bool:
        """Whether the bytes are at hand, so that `whole` costs nothing."""
        return self._held is not None


def _raising(error: Exception) -> Callable[[int], bytes]:
    def read(_: int) -> bytes:
        raise error

    return read


def _too_large(budget: Budget) -> str:
    return f"larger than {budget.allowance.whole_bytes >> 20} MiB"
