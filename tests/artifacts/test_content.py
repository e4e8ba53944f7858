import io
from collections.abc import Callable, Iterator

import pytest

from leakguard.artifacts.budget import Allowance, ArtifactError, Budget, LimitReached
from leakguard.artifacts.chunks import reading
from leakguard.artifacts.content import Content


def broken() -> Content:
    """A stream that gives four bytes, then an error, and then nothing, as generators do."""

    def chunks() -> Iterator[bytes]:
        yield b"text"
        raise ArtifactError("damaged")

    return Content(reading(chunks()), Budget())


def test_head_reads_nothing_away() -> None:
    content = Content(io.BytesIO(b"0123456789").read, Budget())

    assert content.head(4) == b"0123"
    assert content.read(2) == b"01"
    assert content.head(4) == b"2345"
    assert bytes(content.whole()) == b"23456789"


@pytest.mark.parametrize("look", [Content.whole, lambda it: it.head(9), lambda it: it.exactly(9)])
def test_a_stream_that_was_given_up_does_not_look_like_one_that_ended(
    look: Callable[[Content], object],
) -> None:
    content = broken()
    with pytest.raises(ArtifactError):
        look(content)

    with pytest.raises(ArtifactError):
        list(iter(lambda: content.read(100), b""))


def test_what_came_before_an_error_can_still_be_read() -> None:
    content = broken()
    with pytest.raises(ArtifactError):
        content.whole()

    assert content.read(100) == b"text"


def test_what_is_too_large_to_be_held_is_still_read_to_its_end() -> None:
    data = bytes(range(256)) * 8192
    content = Content(io.BytesIO(data).read, Budget(Allowance(whole_bytes=1 << 20)))
    with pytest.raises(LimitReached):
        content.whole()

    found = b""
    while part := content.read(100_000):
        found += part
    assert found == data


def test_less_than_asked_for_is_an_error() -> None:
    with pytest.raises(EOFError):
        Content.of(b"abc", Budget()).exactly(4)


def test_nothing_is_left_of_what_was_released() -> None:
    content = Content(io.BytesIO(bytes(100)).read, Budget())
    assert len(content.whole()) == 100

    content.release()

    assert content.read(1) == b""
