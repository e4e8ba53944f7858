"""kingfisher's baselines of both versions as entries."""

import pytest
import yaml

from leakguard.baselines.foreign import KINGFISHER, Known
from leakguard.baselines.kingfisher import read_baseline

SECOND = """
version: 2
fingerprint_algorithm: kingfisher-v1
repositories:
- id: local:///src
  findings:
  - {path: c.txt, fingerprint: '140970117', rule_id: betterleaks.aws-access-token, line: 1}
  - {path: c.txt, fingerprint: '140970117', rule_id: betterleaks.aws-access-token, line: 1}
- id: local:///src/.git
  findings: []
"""
FIRST = """
ExactFindings:
  matches:
  - {filepath: ./c.txt, fingerprint: '00ff', linenum: 7, lastupdated: Mon}
"""


def test_second_version_is_known_by_its_fingerprints() -> None:
    found = read_baseline(yaml.safe_load(SECOND))

    label, rule = "c.txt:betterleaks.aws-access-token:1", "betterleaks.aws-access-token"
    known = Known(label, "c.txt", rule=rule, hash=KINGFISHER, digest="140970117", hint=1)
    assert found.entries == (known,)


def test_other_fingerprints_cannot_be_compared() -> None:
    found = read_baseline(yaml.safe_load(SECOND.replace("kingfisher-v1", "kingfisher-v9")))

    assert [(entry.line, entry.digest) for entry in found.entries] == [(1, "")]


def test_first_version() -> None:
    found = read_baseline(yaml.safe_load(FIRST))

    assert found.entries == (Known("./c.txt:?:7", "c.txt", 7),)


def test_what_has_no_place_is_left_out() -> None:
    findings = [{"path": "a"}, 1]
    document = {"fingerprint_algorithm": "x", "repositories": [{"findings": findings}]}

    found = read_baseline(document)

    assert found.left_out == ("an entry has no path or line",) * 2


@pytest.mark.parametrize("document", [{}, {"repositories": [1]}, {"ExactFindings": None}, "x"])
def test_what_is_no_baseline_is_an_error(document: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        read_baseline(document)
