import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.lzo import decompress
from tests.artifacts.fuzz import EXAMPLES, assert_survives
from tests.artifacts.make_squashfs import lzo

_BEFORE = b"\x19abcdefgh"
_END = b"\x11\0\0"


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        pytest.param(b"\x41\0x", b"hhhx", id="3 at distance 1, then a literal"),
        pytest.param(b"\x8c\0", b"efghe", id="5 at distance 4: repeats itself"),
        pytest.param(b"\x21\x0c\0", b"efg", id="3 at distance 4"),
        pytest.param(b"\x20\x01\0\0", b"h" * 34, id="a length that goes on"),
        pytest.param(b"\x20\0\x01\0\0", b"h" * 289, id="zeros in a length"),
        pytest.param(b"\x41\0x\x04\0", b"hhhxhx", id="2 behind a literal"),
        pytest.param(b"\x40\0\x01wxyz", b"hhhwxyz", id="4 literals behind a match"),
    ],
)
def test_copies_what_came_before(instructions: bytes, expected: bytes) -> None:
    assert decompress(_BEFORE + instructions + _END, 1000) == b"abcdefgh" + expected


def test_copies_from_far_away() -> None:
    data = bytes(range(200)) * 100
    begin = lzo(data).removesuffix(_END)

    assert decompress(begin + b"\0\0" + _END, 10**6) == data + data[-2049:][:3]
    assert decompress(begin + b"\x11\x04\0" + _END, 10**6) == data + data[-0x4001:][:3]


def test_gives_no_more_than_was_asked_for() -> None:
    assert decompress(_BEFORE + b"\x20" + bytes(1000) + b"\x01\0\0", 50) == b"abcdefgh" + b"h" * 42
    assert decompress(lzo(b"x" * 5000), 70) == b"x" * 70


@pytest.mark.parametrize("data", [b"", b"\x12", b"\x19abcdefgh\x21\x2c\0", b"\x19abc\x20\0"])
def test_damaged_data(data: bytes) -> None:
    with pytest.raises(ArtifactError, match="damaged LZO data"):
        decompress(data, 100)


@settings(max_examples=EXAMPLES * 4, deadline=None)
@given(st.binary(max_size=300))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: decompress(data, 10**6), data)
