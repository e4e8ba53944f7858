import pytest
from hypothesis import given, settings

from leakguard.artifacts import hermes
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import hermes as made

TEXTS = ["print", "a value", "größer → wide", "x" * 300, "→" * 300, ""]


@pytest.mark.parametrize("version", [84, 96, 97, 99])
def test_gives_every_string(version: int) -> None:
    bundle = made(TEXTS, version)

    assert list(hermes.strings(bundle)) == [text.encode() for text in TEXTS]
    assert list(hermes.strings(memoryview(bundle))) == [text.encode() for text in TEXTS]
    assert [kind.name for kind in kinds_of(bundle)] == ["hermes"]


def test_gives_printable_runs_behind_the_strings() -> None:
    bundle = made(["one", "two"]) + b"\0\0/home/alice/app.js\0\1\2short\0"

    assert list(hermes.strings(bundle)) == [b"one", b"two", b"/home/alice/app.js"]


def test_gives_printable_runs_when_the_table_is_not_found() -> None:
    bundle = bytearray(made(["first value", "second"]))
    bundle[60:64] = b"\xff\xff\xff\x7f"

    assert list(hermes.strings(bundle)) == [b"first valuesecond"]


def test_texts_that_overlap_cannot_be_a_bomb() -> None:
    bundle = bytearray(made([*["x" * 50_000] * 2, *["→"] * 60]))
    first = bundle.index(b"\0\0\0\xff")
    bundle[first + 8 : first + 8 + 4 * 59] = bundle[first : first + 4] * 59
    found = list(hermes.strings(bundle))

    assert found.count(b"x" * 50_000) > 20
    assert sum(len(text) for text in found) < 20 * len(bundle)


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([made(TEXTS), made(TEXTS, 99)]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: list(hermes.strings(data)), data)
