"""The CSV report: rows, and cells that no spreadsheet runs."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from leakguard.model import Report
from leakguard.report.as_csv import COLUMNS, to_csv

from .samples import ALL, CLEAN, HOSTILE, LEAKS, SLACK


def rows(report: Report) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(report), newline="")))


def test_leaks(golden: Callable[[str, str], None]) -> None:
    golden("leaks.csv", to_csv(LEAKS))


def test_hostile_names(golden: Callable[[str, str], None]) -> None:
    golden("hostile.csv", to_csv(HOSTILE))


def test_every_row_has_every_column() -> None:
    for report in ALL:
        head, *body = rows(report)

        assert tuple(head) == COLUMNS
        assert len(body) == len(report.findings) + len(report.suppressed) + len(report.skips)
        assert {len(row) for row in body} <= {len(COLUMNS)}
        assert all(cell.isprintable() for row in body for cell in row)


def test_clean_report_is_a_head() -> None:
    assert rows(CLEAN) == [list(COLUMNS)]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(name: str) -> None:
    (_, row) = rows(Report(findings=(replace(SLACK, path=name, name=name),)))

    assert row[4] == row[5] == f"'{name}"
