"""The JUnit report: well-formed XML whose counts are right."""

from collections.abc import Callable
from xml.etree import ElementTree

from leakguard.report.junit import to_junit

from .samples import ALL, CLEAN, HOSTILE, LEAKS


def test_leaks(golden: Callable[[str, str], None]) -> None:
    golden("leaks.junit.xml", to_junit(LEAKS))


def test_clean(golden: Callable[[str, str], None]) -> None:
    golden("clean.junit.xml", to_junit(CLEAN))


def test_hostile_names(golden: Callable[[str, str], None]) -> None:
    golden("hostile.junit.xml", to_junit(HOSTILE))


def test_counts_are_those_of_the_cases() -> None:
    for report in ALL:
        suite = ElementTree.fromstring(to_junit(report))[0]  # noqa: S314 - it is our own text

        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases) > 0
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            there = [case for case in cases if case.find(kind) is not None]
            assert int(suite.attrib[name]) == len(there)
