"""Bars as inline SVG, for the page of html.py. Pure: rows in, text out."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

_ROW: Final = 24
"""Pixels from one bar to the next."""
_BAR: Final = 16
_LABEL: Final = 215
_BARS: Final = 125
_COUNT: Final = 45
_CHARACTERS: Final = 27
"""Of a label, at some 7 pixels each."""


class Row(NamedTuple):
    """A bar: what it is for, and how many."""

    label: str
    number: int


def bars(title: str, rows: Sequence[Row]) -> str:
    """A chart of horizontal bars with a title for readers of the screen, the longest as wide as
    there is room; labels and numbers stand beside them as text."""
    most = max((row.number for row in rows), default=1)
    width, height = _LABEL + _BARS + _COUNT, _ROW * len(rows)
    told = ", ".join(f"{row.label}: {row.number:,}" for row in rows)
    parts = [
        f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(f'{title}: {told}')}</title>",
        *_drawn(rows, most),
        "</svg>",
    ]
    return "".join(parts)


def _drawn(rows: Iterable[Row], most: int) -> Iterable[str]:
    for number, row in enumerate(rows):
        middle = number * _ROW + _ROW // 2
        width = max(2, round(_BARS * row.number / most))
        yield f'<text x="0" y="{middle}" dy="0.35em">{escape(_cut(row.label))}</text>'
        yield (
            f'<rect class="bar" x="{_LABEL}" y="{middle - _BAR // 2}" width="{width}"'
            f' height="{_BAR}" rx="2"/>'
        )
        yield f'<text x="{_LABEL + width + 6}" y="{middle}" dy="0.35em">{row.number:,}</text>'


def _cut(label: str) -> str:
    """The label with its middle left out when it is too long: both ends of a path say something."""
    if len(label) <= _CHARACTERS:
        return label
    half = (_CHARACTERS - 1) // 2
    return f"{label[:half]}…{label[-half:]}"
