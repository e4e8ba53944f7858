"""How entries of other tools are met: by hash, by line, by rules that are alike."""

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard.baselines import Subject
from leakguard.baselines.foreign import (
    BETTERLEAKS_KEY,
    HMAC_SHA256,
    KINGFISHER,
    SHA1,
    SHA256,
    Foreign,
    Found,
    Known,
    is_alike,
)
from leakguard.model import Place
from tests.helpers import github_token

SECRET = b"0f1e2d3c4b5a"
SUBJECT = Subject(
    "github-classic-pat", "github-classic-pat", SECRET, Place("src/a.py", commit="ab" * 20), 7
)
BY_LINE = Known("label", "src/a.py", 7, rule="github-pat")
BY_HASH = Known("label", "src/a.py", hash=SHA256, digest=hashlib.sha256(SECRET).hexdigest())


def accepts(entry: Known, subject: Subject = SUBJECT) -> bool:
    return Foreign(Found("gitleaks", (entry,))).decides(subject) is not None


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, True),
        ({"line": 8}, False),
        ({"path": "src/b.py"}, False),
        ({"rule": "slack-bot-token"}, False),
        ({"rule": "generic-api-key"}, True),
        ({"commit": "ab" * 20}, True),
        ({"commit": "cd" * 20}, False),
    ],
)
def test_entry_by_line(changes: dict[str, object], there: bool) -> None:
    assert accepts(replace(BY_LINE, **changes)) is there  # type: ignore[arg-type]


def test_entry_by_hash_is_for_its_secret_on_any_line() -> None:
    assert accepts(BY_HASH, replace(SUBJECT, line=99))
    assert not accepts(BY_HASH, replace(SUBJECT, secret=b"another"))
    assert not accepts(BY_HASH, replace(SUBJECT, place=Place("b.py")))
    assert accepts(replace(BY_HASH, path=""), replace(SUBJECT, place=Place("b.py")))


def test_entry_may_be_for_a_part_of_the_credential() -> None:
    whole = replace(SUBJECT, secret=b"the key", parts=(SECRET,))

    assert accepts(BY_HASH, whole)


def test_other_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BETTERLEAKS_KEY, "key")
    sha1 = hashlib.sha1(SECRET, usedforsecurity=False).hexdigest()
    keyed = hmac.new(b"key", SECRET, hashlib.sha256).hexdigest()

    assert accepts(replace(BY_HASH, hash=SHA1, digest=sha1))
    assert accepts(replace(BY_HASH, hash=HMAC_SHA256, digest=keyed))


def test_fingerprint_of_kingfisher_is_of_the_place_too() -> None:
    """What kingfisher 2.14 wrote of a token at bytes 15 to 55, in a file and in a history."""
    secret = github_token(1).encode()
    here = replace(SUBJECT, secret=secret, start=15, end=55)

    for mark in ("17026633894886037129", "14483426223243615989"):
        entry = replace(BY_HASH, hash=KINGFISHER, digest=mark)
        assert accepts(entry, here)
        assert not accepts(entry, replace(here, start=16, end=56))


def test_path_from_the_root_of_the_disk(tmp_path: Path) -> None:
    entry = replace(BY_HASH, path=str(tmp_path / "src" / "a.py"))

    assert accepts(entry, replace(SUBJECT, root=str(tmp_path)))
    assert not accepts(entry, replace(SUBJECT, root=str(tmp_path / "x")))


def test_what_was_met_is_known_afterwards() -> None:
    other = replace(BY_LINE, label="other", line=9)
    held = Foreign(Found("gitleaks", (BY_LINE, BY_HASH, other)))

    decision = held.decides(SUBJECT)

    assert decision is not None
    assert held.told == {decision.reason: BY_HASH}
    assert held.met == {BY_LINE, BY_HASH}
    assert held.unmet() == [other]


def test_second_entry_of_a_secret_is_no_difference() -> None:
    first, second = (replace(BY_HASH, hint=7, digest=d) for d in (BY_HASH.digest, "0" * 64))
    held = Foreign(Found("detect-secrets", (first, second)))
    held.decides(SUBJECT)

    assert held.unmet() == []


@pytest.mark.parametrize(
    ("theirs", "ours", "alike"),
    [
        ("github-pat", "github-classic-pat", True),
        ("betterleaks.aws-access-token", "aws-access-key-id", True),
        ("generic-api-key", "stripe-secret-key", True),
        ("Secret Keyword", "stripe-secret-key", True),
        ("", "stripe-secret-key", True),
        ("slack-webhook-url", "stripe-secret-key", False),
        ("Github", "github-classic-pat", True),
        ("jwt", "slack-bot-token", False),
    ],
)
def test_rules_that_may_mean_the_same(theirs: str, ours: str, alike: bool) -> None:
    assert is_alike(theirs, ours) is alike
