"""Text from elsewhere becomes one line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard_service.notify.text import first_sentence, line, path


@given(st.text(max_size=400), st.integers(10, 300))
def test_a_line_is_one_line(text: str, most: int) -> None:
    for said in (line(text, most), path(text, most)):
        assert len(said) <= most
        assert not any(unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs") for one in said)
        assert "\u202e" not in said


def test_the_end_of_a_path_is_kept() -> None:
    assert path("a/" * 300 + "secrets.env", 40).endswith("/secrets.env")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", ""),
        ("Delete it.", "Delete it."),
        ("Delete it on https://x.example/a.b. Then look.", "Delete it on https://x.example/a.b."),
        ("Rotate it,\n  e.g. in the console. Now.", "Rotate it, e.g. in the console."),
    ],
)
def test_the_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first
