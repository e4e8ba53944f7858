"""Whatever is in a file, the walk through it ends: no exception of a member or a judge gets out."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts.budget import Budget
from leakguard.artifacts.model import Unread
from leakguard.artifacts.walk import Found, Text, walk
from tests.artifacts.fuzz import EXAMPLES, mutated
from tests.artifacts.make_archives import tar, zipped
from tests.artifacts.test_containers import FILES, MAKERS

_SECONDS = 5.0
_SAMPLES = {kind: make(FILES) for kind, make in MAKERS.items()}


@settings(max_examples=4 * EXAMPLES, deadline=None)
@given(st.sampled_from(sorted(_SAMPLES)).flatmap(lambda kind: mutated([_SAMPLES[kind]])))
def test_a_damaged_container_never_raises(data: bytes) -> None:
    started = time.process_time()

    names = read_all(data)

    assert time.process_time() - started < _SECONDS
    assert all(isinstance(name, str) for name in names)


def test_what_is_behind_a_damaged_member_is_read() -> None:
    broken = zipped({"a": b"x" * 1000})[:-30]

    assert "b" in read_all(tar({"a.zip": broken, "b": b"text"}))


def read_all(data: bytes) -> list[str]:
    """Names of all texts that can be read; a text that cannot is its reader's to report."""
    names = []
    for item in walk(data, Budget(), "sample.br"):
        assert isinstance(item, Text | Unread | Found)
        if isinstance(item, Text) and is_readable(item):
            names.append(item.name)
    return names


def is_readable(text: Text) -> bool:
    try:
        while text.content.read(1 << 20):
            pass
    except MemoryError:
        raise
    except Exception:
        return False
    return True
