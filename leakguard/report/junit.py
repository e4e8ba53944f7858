"""A report as JUnit XML, which CI servers show as a list of tests.

There is no standard; the elements are those of
https://github.com/testmoapp/junitxml, which all known readers take.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from leakguard.model import Finding, Report, Skip, Suppressed
from leakguard.report.wording import (
    REVOKE,
    closing,
    in_order,
    one_line,
    short,
    skips_in_order,
    suppressed_in_order,
    visible,
)

_MILLISECONDS = 3
"""Decimal places of seconds."""


def to_junit(report: Report) -> str:
    """A leak is a failed test, what could not be looked at an error, what was silenced skipped.

    A scan that has nothing to say is one test that passed: servers take none for a mistake.
    """
    cases = [*_failures(report), *_errors(report), *_silenced(report)]
    if not cases:
        cases = [_case("leakguard", "no leaks", "")]
    counts = (
        f'tests="{len(cases)}" failures="{len(report.findings)}" errors="{len(report.skips)}"'
        f' skipped="{len(report.suppressed)}" time="{report.summary.seconds:.{_MILLISECONDS}f}"'
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="leakguard" {counts}>',
        f'  <testsuite name="leakguard" {counts}>',
        *cases,
        f"    <system-out>{escape(one_line(closing(report)))}</system-out>",
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _failures(report: Report) -> Iterator[str]:
    for finding in in_order(report.findings):
        told = quoteattr(one_line(f"{finding.name}: {finding.preview}"))
        text = escape("\n".join(_told(finding)))
        kind = quoteattr(finding.severity.label)
        yield _of(finding, f"<failure message={told} type={kind}>{text}</failure>")


def _told(finding: Finding) -> Iterable[str]:
    yield f"{visible(finding.path)}:{finding.line}:{finding.column}"
    if finding.commit:
        yield f"commit {short(finding.commit)} {one_line(finding.author or '')}".rstrip()
    yield from filter(None, (one_line(finding.impact), one_line(finding.remedy) or REVOKE))
    if finding.unheeded:
        yield f"not silenced by {one_line(finding.unheeded)}"
    yield f"fingerprint {visible(finding.fingerprint)}"


def _errors(report: Report) -> Iterator[str]:
    for skip in skips_in_order(report.skips):
        yield _skip(skip)


def _skip(skip: Skip) -> str:
    told = quoteattr(f"not looked at: {one_line(skip.reason)}")
    return _case(skip.path or "leakguard", "not looked at", f'<error message={told} type="skip"/>')


def _silenced(report: Report) -> Iterator[str]:
    for item in suppressed_in_order(report.suppressed):
        yield _suppressed(item)


def _suppressed(item: Suppressed) -> str:
    return _of(item.finding, f"<skipped message={quoteattr(one_line(item.reason))}/>")


def _of(finding: Finding, inside: str) -> str:
    return _case(finding.path, f"{finding.rule_id} {finding.line}:{finding.column}", inside)


def _case(path: str, name: str, inside: str) -> str:
    names = f"classname={quoteattr(visible(path))} name={quoteattr(visible(name))}"
    return f"    <testcase {names}>{inside}</testcase>" if inside else f"    <testcase {names}/>"
