"""A member that comes in pieces, read as a Content wants it."""

from collections.abc import Callable, Iterator


def reading(chunks: Iterator[bytes]) -> Callable[[int], bytes]:
    """A function that hands out `chunks` in a row, at most `size` bytes a call.

    It gives nothing at the end only; what `chunks` raises comes through.
    """
    ahead = memoryview(b"")

    def read(size: int) -> bytes:
        nonlocal ahead
        while not ahead:
            try:
                ahead = memoryview(next(chunks))
            except StopIteration:
                return b""
        part, ahead = ahead[:size], ahead[size:]
        return bytes(part)

    return read
