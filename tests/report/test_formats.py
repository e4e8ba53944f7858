"""What holds for every format."""

from dataclasses import replace

import pytest

from leakguard.report import FORMATS

from .samples import ALL, LEAKS, SECRET


def test_the_formats_that_users_may_ask_for() -> None:
    assert list(FORMATS) == [
        "text", "json", "jsonl", "sarif", "github",
        "html", "csv", "junit", "gitlab", "defectdojo", "markdown",
    ]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_can_be_written_and_sent(name: str) -> None:
    for report in ALL:
        text = FORMATS[name](report)

        assert text.endswith("\n")
        assert text.encode()
        assert SECRET not in text


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_findings_in_any_order_give_the_same_bytes(name: str) -> None:
    reordered = replace(
        LEAKS,
        findings=LEAKS.findings[::-1],
        skips=LEAKS.skips[::-1],
        suppressed=LEAKS.suppressed[::-1],
    )

    assert FORMATS[name](reordered) == FORMATS[name](LEAKS)
