"""The window engine finds exactly what a plain scan of each blob with Python's `re` finds."""

import io
import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakguard import limits
from leakguard.matcher import Matcher, entropy, load_matcher
from leakguard.model import Candidate, Confidence, Rule, Severity, Skip
from leakguard.ruleset import load_rules
from leakguard.scanner import Scanner
from leakguard.sources import Tally
from leakguard.sources.windows import Packer

Found = set[tuple[str, str, int, int]]
"""Blob, rule, and start and end of the secret in bytes."""

PATTERNS = {
    "fixed": r"\btok_(?P<secret>[a-f0-9]{12})\b",
    "ranged": r"\b(?P<secret>rng-[a-z]{4,30})\b",
    "open": r"(?P<secret>open_[A-Za-z0-9]{6,})",
    "lead": r"(?i)[\w.-]{0,9}(?:key|secret) {0,3}[=:] {0,3}[\"'](?P<secret>[^\"'\s]{4,40})[\"']",
    "either": r"(?:aa|bbb)-(?P<secret>[0-9]{3}-\w+)!",
    "spread": r"BEGIN\n(?P<secret>(?:[a-z0-9]{1,20}\n){1,8})END",
    "line": r"^(?P<secret>top[0-9]{2})$",
    "long": r"\b(?P<secret>lng_[a-z]{100}Z)",
    "bare": r"(?P<secret>[0-9]{9})",
    "edges": r"(?:^|[\s,])edge=(?P<secret>[a-z\xe9.]{2,9})[\s;]",
    "loose": r"(?:\n|-)?loose:[ ]?(?P<secret>[a-z]{2}(?:.[a-z])?)(?:\n|$)",
    "broken": r"broken=(?P<secret>[^x]{3,12}?)\b[x;]",
}


def rule(identifier: str, pattern: str) -> Rule:
    return Rule(
        id=identifier,
        name=identifier,
        provider="test",
        impact="none",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        pattern=pattern,
    )


RULES = [rule(*item) for item in PATTERNS.items()]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher(RULES)


@pytest.fixture(scope="module")
def builtin() -> Matcher:
    return load_matcher([rule for rule in load_rules() if not (rule.partner or rule.near)])


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows so small that blobs of a few hundred bytes meet every border."""
    monkeypatch.setattr(limits, "WINDOW_BYTES", 1500)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 400)
    monkeypatch.setattr(limits, "CONTEXT_BYTES", 40)
    monkeypatch.setattr(limits, "MATCH_BYTES", 300)


def in_windows(matcher: Matcher, blobs: dict[str, bytes]) -> Found:
    scanner, scratch = Scanner(matcher), matcher.scratch()
    found = set()
    for window in packed(blobs):
        for item in scanner.candidates(window, matcher.hits(window, scratch)):
            assert isinstance(item, Candidate)
            found.add((item.key, item.rule.id, item.span.start, item.span.end))
            assert item.secret == blobs[item.key][item.span.start : item.span.end]
            assert_lines(item, blobs[item.key])
    return found


def packed(blobs: dict[str, bytes]) -> Iterator:  # type: ignore[type-arg]
    packer = Packer(Tally())
    for key, data in blobs.items():
        yield from packer.add(key, io.BytesIO(data).readinto)
    yield from packer.flush()


def assert_lines(item: Candidate, data: bytes) -> None:
    span = item.span
    for offset, line, column in (
        (span.start, span.line, span.column),
        (span.end, span.end_line, span.end_column),
    ):
        before = data[:offset]
        assert line == before.count(b"\n") + 1
        text = before[before.rfind(b"\n") + 1 :]
        assert column == sum(1 for byte in text if not 0x80 <= byte < 0xC0) + 1


def plainly(matcher: Matcher, blobs: dict[str, bytes]) -> Found:
    found = set()
    for number, rule in enumerate(matcher.rules):
        pattern = re.compile(rule.pattern.encode(), re.MULTILINE)
        for key, data in blobs.items():
            for match in pattern.finditer(data):
                if matcher.accepts(number, match["secret"]):
                    found.add((key, rule.id, *match.span("secret")))
    return found


SAMPLES = [
    "tok_0123456789ab",
    "rng-abcdefgh",
    "open_Ab3dEf9",
    "open_" + "Q7" * 60,
    'my.Secret = "hunt er"',
    "KEY='s3cr3t!'",
    "api-key: 'abcd'",
    "aa-123-x_y!",
    "bbb-999-zz!",
    "BEGIN\nabc\ndef0\nEND",
    "top42",
    "lng_" + "q" * 100 + "Z",
    "123456789",
    "edge=abc",
    "edge=ab;",
    ",edge=a.c\n",
    "loose:ab\n",
    "-loose: ab.c",
    "broken=a\nb;",
    "tok_0123456789abtok_0123456789ab",
    "1234567890123456789",
    "aa-123-x",
    "BEGIN\n",
    "\n",
    " ",
    "é",
    "\x00\xff\x80",
]

texts = st.lists(
    st.one_of(
        st.sampled_from([sample.encode("latin-1") for sample in SAMPLES]),
        st.binary(max_size=6).map(lambda data: data.replace(b"\x0b", b"")),
        st.integers(0, 700).map(lambda count: b"." * count),
        st.integers(0, 300).map(lambda count: b"a\n" * count),
    ),
    max_size=14,
).map(b"".join)


@given(st.lists(texts, min_size=1, max_size=6))
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.usefixtures("small_windows")
def test_windows_find_what_a_plain_scan_finds(matcher: Matcher, parts: list[bytes]) -> None:
    blobs = {str(number): data for number, data in enumerate(parts)}

    assert in_windows(matcher, blobs) == plainly(matcher, blobs)


@pytest.mark.parametrize("seed", range(8))
def test_planted_tokens_of_every_rule_are_found_at_every_border(
    builtin: Matcher, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same blobs at every run
    monkeypatch.setattr(limits, "WINDOW_BYTES", 64 * 1024)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 24 * 1024)
    examples = [e for rule in load_rules() if not rule.partner for e in rule.examples]
    blobs = {str(number): planted(chance, examples) for number in range(6)}

    found = in_windows(builtin, blobs)

    assert found == plainly_without_fakes(builtin, blobs)


def planted(chance: random.Random, examples: list[str]) -> bytes:
    """Examples between noise and fillers of all lengths, some longer than an overlap."""
    alphabet = bytes(byte for byte in range(256) if byte != 0x0B)
    parts = []
    for _ in range(chance.randrange(14)):
        filler = chance.choice([b"\n", b"", b" ", b"\n" * 50, b"." * chance.randrange(40_000)])
        noise = bytes(chance.choices(alphabet, k=chance.randrange(40)))
        parts += [noise, filler, chance.choice(examples).encode()]
    return b"".join(parts)


def plainly_without_fakes(matcher: Matcher, blobs: dict[str, bytes]) -> Found:
    """The plain scan, less what a rule of high confidence has refused in the same place."""
    generic = {rule.id for rule in matcher.rules if rule.generic}
    sure = {
        number: re.compile(rule.pattern.encode(), re.MULTILINE)
        for number, rule in enumerate(matcher.rules)
        if rule.id not in generic and rule.confidence is Confidence.HIGH
    }
    refused = [
        (key, *match.span("secret"))
        for number, pattern in sure.items()
        for key, data in blobs.items()
        for match in pattern.finditer(data)
        if not matcher.accepts(number, match["secret"])
    ]
    return {
        (key, name, start, end)
        for key, name, start, end in plainly(matcher, blobs)
        if name not in generic or not any(key == k and s < end and start < e for k, s, e in refused)
    }


def test_too_many_matches_are_a_skip_not_a_loss_of_memory(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MATCHES_PER_PIECE", 10)
    (window,) = packed({"many": b"top42\n" * 50})

    items = list(Scanner(matcher).candidates(window, matcher.hits(window, matcher.scratch())))

    assert [item for item in items if isinstance(item, Skip)] == [
        Skip("many", "more than 10 matches of line")
    ]
    assert len(items) == 11


def test_entropy_is_in_bits_per_byte() -> None:
    assert entropy(b"") == 0
    assert entropy(b"aaaa") == 0
    assert entropy(b"abab") == 1
    assert entropy(bytes(range(256))) == 8
