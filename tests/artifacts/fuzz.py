"""Mutated files: whatever is in them, a parser ends with what it found or with an exception."""

import os
import time
from collections.abc import Callable, Iterable

from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("LEAKGUARD_FUZZ", "25"))
"""Mutations of each sample; LEAKGUARD_FUZZ=10000 is the long run."""

_SECONDS = 5.0
"""Of the processor: how busy the machine is does not count."""


@st.composite
def mutated(draw: st.DrawFn, samples: Iterable[bytes]) -> bytes:
    """One of `samples` with some bytes changed, cut out, doubled, or its end cut off."""
    data = bytearray(draw(st.sampled_from(list(samples))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.sampled_from((1, 2, 4, 8, 64, 1000)))
        match draw(st.sampled_from(("set", "flip", "cut", "double", "end", "number"))):
            case "set":
                data[at : at + length] = draw(st.binary(min_size=length, max_size=length))
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length]
            case "end":
                del data[at:]
            case "number":
                data[at : at + 4] = draw(
                    st.sampled_from((b"\xff" * 4, b"\0" * 4, b"\x7f" + b"\xff" * 3))
                )
    return bytes(data)


def assert_survives(parse: Callable[[bytes], object], data: bytes) -> None:
    """`parse` ends in time; any exception but a lack of memory is caught by the caller in the
    product, member by member, and fine here."""
    started = time.process_time()
    try:
        parse(data)
    except MemoryError:
        raise
    except Exception:  # noqa: S110
        pass
    assert time.process_time() - started < _SECONDS
