import re

import pytest

from leakguard.foreign.classes import POSIX, PROPERTIES, Members, character


@pytest.mark.parametrize("ranges", [*POSIX.values(), *PROPERTIES.values()])
def test_ranges_stand_in_brackets(ranges: str) -> None:
    members = re.compile(f"[{ranges}]".encode())

    assert any(members.match(bytes([code])) for code in range(256))


@pytest.mark.parametrize("code", range(128))
def test_ascii_character_means_itself(code: int) -> None:
    text = character(code, raw=False)

    assert re.fullmatch(text.encode(), bytes([code]))
    assert re.fullmatch(f"[{text}]".encode(), bytes([code]))


def test_character_beyond_ascii_is_a_byte_or_its_utf8() -> None:
    assert character(0xE9, raw=True) == r"\xe9"
    assert character(0xE9, raw=False) == "é"


def test_members_tell_of_the_line_end() -> None:
    plain, negated = Members(negated=False), Members(negated=True)
    plain.add_class(r"\s")
    negated.add(ord("a"), ord("z"), raw=False)

    assert plain.atom().has_newline
    assert negated.atom().has_newline
    assert Members(negated=False).atom().text == r"[^\x00-\xff]"
    assert Members(negated=True).atom().text == r"[\x00-\xff]"
