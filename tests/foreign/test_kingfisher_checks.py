import zlib
from pathlib import Path

import pytest

from leakguard.checksums import base62
from leakguard.foreign.stand_ins import Translation
from leakguard.model import Check

from .helpers import read, secrets

CHECKSUM = """
rules:
- id: acme
  pattern: '\\b({group})\\b'
  pattern_requirements:
    checksum:
      actual: {{ template: "{actual}", requires_capture: checksum }}
      expected: "{expected}"
      skip_if_missing: true
"""
GROUP = "acme_(?P<body>[a-z]{12})(?P<checksum>[0-9A-Za-z]{6})"
BASE62 = "{{ body | crc32 | base62: 6 }}"


def load(tmp_path: Path, group: str, actual: str, expected: str) -> Translation:
    text = CHECKSUM.format(group=group, actual=actual, expected=expected)
    return read(tmp_path, text, "acme.yml")


@pytest.mark.parametrize("actual", ["{{ checksum }}", "{{ MATCH | suffix: 6 }}"])
def test_checksum_in_base_62(tmp_path: Path, actual: str) -> None:
    found = load(tmp_path, GROUP, actual, BASE62)

    body = "abcdefghijkl"
    right = f"acme_{body}{base62(zlib.crc32(body.encode()), 6).decode()}"
    assert found.rules[0].check == Check("crc32-base62", {"skip": 5, "digits": 6})
    assert secrets(found.rules, f"{right} acme_{body}000000") == [("acme", right)]


def test_checksum_in_hex(tmp_path: Path) -> None:
    group = "(?P<body>[a-z]{4})(?P<checksum>[0-9a-f]{8})"

    found = load(tmp_path, group, "{{ CHECKSUM }}", "{{ BODY | crc32_hex }}")

    right = f"abcd{zlib.crc32(b'abcd'):08x}"
    assert found.rules[0].check == Check("crc32-hex", {"skip": 0})
    assert secrets(found.rules, f"{right} abcd01234567") == [("acme", right)]


@pytest.mark.parametrize(
    ("group", "actual", "expected"),
    [
        (GROUP, "{{ checksum }}", "{{ body | sha256 }}"),
        (GROUP, "{{ checksum | upcase }}", BASE62),
        (GROUP, "{{ MATCH | suffix: 5 }}", BASE62),
        (GROUP, "{{ body }}", BASE62),
        (GROUP, "{{ checksum }}", "{{ other | crc32 | base62: 6 }}"),
        (GROUP.replace("{12}", "{12,14}"), "{{ checksum }}", BASE62),
        (GROUP + "x", "{{ MATCH | suffix: 6 }}", BASE62),
    ],
)
def test_other_checksums_are_told(tmp_path: Path, group: str, actual: str, expected: str) -> None:
    found = load(tmp_path, group, actual, expected)

    assert found.rules[0].check is None
    assert "`checksum` is not translated: tokens are not checked by it" in found.notes[0]


@pytest.mark.parametrize(
    ("requirement", "refused"),
    [
        ("min_digits: 2", "abcdefg1"),
        ("min_uppercase: 1", "abcdefg1"),
        ("min_lowercase: 8", "abcdefg1"),
        ("min_special_chars: 1", "abcdefg1"),
        ('{min_special_chars: 1, special_chars: "%]"}', "abcdef-1"),
        ("ignore_if_contains: [' Demo ']", "abdemo12"),
    ],
)
def test_requirements(tmp_path: Path, requirement: str, refused: str) -> None:
    body = requirement if requirement.startswith("{") else f"{{{requirement}}}"
    text = f"rules:\n- id: a\n  pattern: 'k_(\\S{{8}})'\n  pattern_requirements: {body}"
    rules = read(tmp_path, text, "acme.yml").rules

    assert secrets(rules, f"k_{refused} k_aA1%bB2_ k_12345678")[:1] != [("a", refused)]
    assert ("a", "aA1%bB2_") in secrets(rules, "k_aA1%bB2_") or "lowercase: 8" in requirement
