"""betterleaks' ignore files of both versions as entries."""

from leakguard.baselines.betterleaks import is_ignore, read_ignore
from leakguard.baselines.foreign import HMAC_SHA256, SHA256, Known

DIGEST = "0a" * 32


def test_a_hash_is_for_any_path() -> None:
    text = f"# values\n{DIGEST}  # of the docs\n{DIGEST.upper()}\n"

    found = read_ignore(text, keyed=False)

    assert found.entries == (Known("0a0a0a0a0a0a…", hash=SHA256, digest=DIGEST),)
    assert is_ignore(text.splitlines())


def test_with_a_key_the_hashes_are_keyed() -> None:
    (entry,) = read_ignore(DIGEST, keyed=True).entries

    assert entry.hash == HMAC_SHA256


def test_lines_of_version_1_are_those_of_gitleaks() -> None:
    found = read_ignore("a.py:jwt:3\nnonsense\n", keyed=False)

    assert (found.tool, found.entries[0].line) == ("betterleaks", 3)
    assert len(found.left_out) == 1
    assert not is_ignore(["a.py:jwt:3"])
