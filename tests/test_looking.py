"""Sources whose texts an index is asked about: large files, rows at borders, what is told."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.data.edm_build import build
from leakguard.data.edm_match import Seeker
from leakguard.data.seen import Data
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Finding, Report
from leakguard.pipe import run
from leakguard.policy import DataSettings
from leakguard.sources.files import FilesSource, StreamSource
from tests.data.customers import HEADER, Customer, as_csv, as_parquet, customers
from tests.helpers import RULE

KEY = bytes(32)
ROWS = customers(400)
FILLER = "INSERT INTO log VALUES (1,'nothing of interest happens here','%s');"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher([RULE])


def seekers() -> Sequence[Seeker]:
    return [Seeker(build(HEADER[:4], [row[:4] for row in ROWS], KEY, 1)[0], KEY)]


def scanned(matcher: Matcher, data: bytes, settings: DataSettings = DataSettings()) -> Report:
    source = StreamSource(BytesIO(data), "<stdin>")
    return run([source], matcher, data=Data(settings, seekers))


def records(report: Report) -> list[Finding]:
    return [it for it in report.findings if it.rule_id == "customer-records"]


def dump(rows: Sequence[Customer], between: str) -> bytes:
    """Some megabytes, the rows spread over them, and no line break but `between`."""
    parts = []
    for number, row in enumerate(rows):
        parts += [FILLER % (number * "x")] * 1000
        parts.append(FILLER.partition("(")[0] + str(tuple(row)) + ";")
    return between.join(parts).encode()


@pytest.mark.parametrize("between", ["\n", " "])
def test_every_record_of_a_large_file_is_met_wherever_it_is_cut(
    matcher: Matcher, between: str
) -> None:
    data = dump(ROWS[:50], between)
    assert len(data) > 2 * limits.WINDOW_BYTES

    (finding,) = records(scanned(matcher, data))

    assert "of 50 records several stand together" in finding.impact
    assert finding.line == (1001 if between == "\n" else 1)


def test_counting_stops_where_more_would_say_nothing(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EDM_ENOUGH", 100)

    (finding,) = records(scanned(matcher, as_csv(ROWS)))

    assert "or more" in finding.preview


def test_the_settings_say_how_many_values_are_a_leak(matcher: Matcher) -> None:
    data = "\n\n\n\n\n\n\n\n\n\n\n\n".join(row.email for row in ROWS[:4]).encode()

    assert not records(scanned(matcher, data))
    assert records(scanned(matcher, data, DataSettings(matches=4)))


def test_text_of_windows_is_read_and_binaries_are_not(matcher: Matcher) -> None:
    data = as_csv(ROWS[:10], ("Größe", *HEADER[1:])).decode().encode("cp1252")

    assert records(scanned(matcher, data))
    assert not records(scanned(matcher, b"\0" + data))


def test_a_file_that_is_too_large_to_be_judged_is_told(
    matcher: Matcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TABLE_WHOLE_BYTES", 100)
    (tmp_path / "a.parquet").write_bytes(as_parquet(ROWS))

    report = run([FilesSource(["."], root=str(tmp_path))], matcher, data=Data())

    assert report.notes == ("a.parquet: its rows were not looked at: it is too large",)
