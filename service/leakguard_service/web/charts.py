"""Charts as SVG, drawn by pygal, coloured as the pages are; for light and dark grounds.

They are images to the browser: no script runs in them, and their one style sheet is allowed by
their own policy. The numbers are in a table beside each chart.
"""

import sys
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

import pygal
from pygal.style import Style

from leakguard_service.triage.figures import Day

# pygal adds a finder for its maps, of a kind that Python 3.11 warns of at each later import that
# fails, and that later Pythons ignore. No map is drawn here.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "pygal"]

CONTENT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of a chart's own answer."""

LABELS: Final = 6
"""Dates below the axis, at most: more run into one another on a phone."""

_LIGHT: Final = "--ink:#535f70;--line:#e0e4ea;--area:#2b59d9;--opened:#d0456a;--closed:#1f8a5b"
_DARK: Final = "--ink:#a3afc0;--line:#2a323d;--area:#8fb0ff;--opened:#ff8ba6;--closed:#6cd6a3"
_FORM: Final = """
svg{background:none;font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
.background{fill:none}
.axis text,.axis text.major{fill:var(--ink);font-size:12px;font-family:inherit}
.axis.x text{text-anchor:middle}
.axis.y text{text-anchor:end}
.line{fill:none;stroke:none}
.axis .guide.line{stroke:var(--line);stroke-width:1}
.axis.x .line,.axis.x .guide.line{stroke:none}
.axis.y .axis.line,.axis.y>.guides:first-of-type .line{stroke:var(--line)}
.series .line{stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.area .serie-0 .line{stroke:none;fill:var(--area);fill-opacity:.14}
.area .serie-1 .line{stroke:var(--area);fill:none}
.bars .serie-0 .rect{fill:var(--opened)}
.bars .serie-1 .rect{fill:var(--closed)}
"""

_SVG: Final = "{http://www.w3.org/2000/svg}"
_UNWANTED: Final = frozenset({"script", "desc", "title"})
_UNSEEN: Final = frozenset({"tooltip", "tooltip-overlay", "text-overlay"})


def open_over_time(days: Sequence[Day], theme: str) -> bytes:
    """How many findings were open at the end of each day."""
    chart = pygal.Line(show_dots=False, classes=["area"], **_shape(theme))
    top = max((day.open for day in days), default=0)
    chart.y_labels = _steps(top)
    _dates(chart, [f"{day.day:%d %b}" for day in days])
    chart.add("area", [day.open for day in days], fill=True)
    chart.add("line", [day.open for day in days])
    return _drawn(chart)


def opened_and_closed(weeks: Sequence[tuple[str, int, int]], theme: str) -> bytes:
    """How many were opened and closed in each week."""
    chart = pygal.Bar(spacing=14, rounded_bars=2, classes=["bars"], **_shape(theme))
    top = max((max(opened, closed) for _, opened, closed in weeks), default=0)
    chart.y_labels = _steps(top)
    _dates(chart, [name for name, _, _ in weeks])
    chart.add("opened", [opened for _, opened, _ in weeks])
    chart.add("closed", [closed for _, _, closed in weeks])
    return _drawn(chart)


def weeks_of(days: Sequence[Day]) -> list[tuple[str, int, int]]:
    """First day, opened and closed of each seven days, the last ending with the last day."""
    found = []
    for end in range(len(days), 0, -7):
        week = days[max(0, end - 7) : end]
        sums = sum(day.opened for day in week), sum(day.closed for day in week)
        found.append((f"{week[0].day:%d %b}", *sums))
    return found[::-1]


def _shape(theme: str) -> dict[str, object]:
    return {
        "width": 480,
        "height": 190,
        "margin": 8,
        "js": (),
        "css": (f"inline:{_colours(theme)}{_FORM}",),
        "style": Style(font_family="sans-serif", label_font_size=12, major_label_font_size=12),
        "no_prefix": True,
        "show_legend": False,
        "show_minor_x_labels": False,
        "disable_xml_declaration": True,
        "no_data_text": "",
    }


def _colours(theme: str) -> str:
    if theme == "dark":
        return f":root{{{_DARK}}}"
    if theme == "light":
        return f":root{{{_LIGHT}}}"
    return f":root{{{_LIGHT}}}@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"


def _steps(top: int) -> list[int]:
    """Whole numbers for the axis, about four, round ones."""
    if top <= 4:
        return list(range(max(top, 1) + 1))
    for step in (2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000):
        if top <= 4 * step:
            break
    return [step * count for count in range(-(-top // step) + 1)]


def _dates(chart: pygal.Graph, names: Sequence[str]) -> None:
    """Names all of them, shows a few: the first and each so many after it."""
    every = max(1, -(-len(names) // LABELS))
    chart.x_labels = names
    chart.x_labels_major_every = every
    chart.truncate_label = -1


def _drawn(chart: pygal.Graph) -> bytes:
    root = chart.render_tree()
    _clean(root)
    root.attrib.pop("id", None)
    drawn: bytes = ElementTree.tostring(root, encoding="utf-8")
    return drawn


def _clean(node: ElementTree.Element) -> None:
    """Takes out scripts, remarks and what only scripts use."""
    for child in list(node):
        tag: object = child.tag  # a function, for remarks
        name = tag.removeprefix(_SVG) if isinstance(tag, str) else "script"
        if name in _UNWANTED or _UNSEEN & {*(child.get("class") or "").split()}:
            node.remove(child)
        else:
            _clean(child)
