"""Bars as SVG."""

from xml.etree import ElementTree

from leakguard.report.charts import Row, bars

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*rows: Row) -> ElementTree.Element:
    return ElementTree.fromstring(bars("By rule", rows))  # noqa: S314 - it is our own text


def test_longest_bar_has_all_the_room_and_the_others_their_share() -> None:
    widths = [float(bar.attrib["width"]) for bar in drawn(Row("a", 50), Row("b", 25)).iter("rect")]

    assert round(widths[0] / widths[1]) == 2


def test_numbers_stand_beside_the_bars_and_in_the_title() -> None:
    chart = drawn(Row("src/<a>", 1234))

    assert [text.text for text in chart.iter("text")] == ["src/<a>", "1,234"]
    assert chart.findtext("title") == "By rule: src/<a>: 1,234"


def test_long_label_keeps_both_ends() -> None:
    (label, _) = drawn(Row("services/payments/deploy/settings", 1)).iter("text")

    assert label.text == "services/paym…ploy/settings"


def test_few_are_still_seen_beside_many() -> None:
    bars_ = list(drawn(Row("a", 10**6), Row("b", 1)).iter("rect"))

    assert float(bars_[1].attrib["width"]) >= 2
