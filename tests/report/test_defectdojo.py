"""The report for DefectDojo: the keys that its generic parser allows, and asks for."""

import json
from collections.abc import Callable
from typing import Any

from leakguard.model import Report
from leakguard.report.defectdojo import to_defectdojo

from .samples import ALL, HOSTILE, LEAKS

REQUIRED = {"title", "severity", "description"}
ALLOWED = REQUIRED | {
    "active", "cwe", "date", "file_path", "impact", "line", "mitigation", "nb_occurences",
    "references", "scanner_confidence", "severity_justification", "static_finding",
    "unique_id_from_tool", "verified", "vuln_id_from_tool",
}  # fmt: skip
"""Those that are written, of the ones in `dojo/tools/generic/json_parser.py`: any other fails the
import."""


def findings(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(to_defectdojo(report))["findings"]
    return found


def test_leaks(golden: Callable[[str, str], None]) -> None:
    golden("leaks.defectdojo.json", to_defectdojo(LEAKS))


def test_hostile_names(golden: Callable[[str, str], None]) -> None:
    golden("hostile.defectdojo.json", to_defectdojo(HOSTILE))


def test_keys_are_those_that_the_parser_knows() -> None:
    for report in ALL:
        for finding in findings(report):
            assert finding.keys() >= REQUIRED
            assert finding.keys() <= ALLOWED
            assert finding["severity"] in ("Critical", "High", "Medium", "Low")
            assert len(finding["title"]) < 512


def test_what_was_silenced_is_not_active_and_says_why() -> None:
    reasons = [one["severity_justification"] for one in findings(LEAKS) if not one["active"]]

    assert reasons == ["comment on the line", "baseline"]
