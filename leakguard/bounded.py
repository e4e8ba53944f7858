"""Files that people name, read whole: a wrong one must not fill the memory."""

import os

from leakguard.errors import LeakguardError


def read_bounded(
    file: str | os.PathLike[str], most: int, what: str, error: type[LeakguardError]
) -> bytes:
    """The bytes of a file. Raises `error`, with `what` for its name, when it cannot be read or has
    more than `most` bytes."""
    try:
        with open(file, "rb") as stream:
            data = stream.read(most + 1)
    except OSError as reason:
        raise error(f"{what} cannot be read: {reason.strerror}") from reason
    if len(data) > most:
        raise error(f"{what} is larger than {most} bytes")
    return data
