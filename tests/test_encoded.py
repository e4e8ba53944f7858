"""Tokens that are written in another way are found, once, with the way and the place."""

import gzip
import json
import zlib
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from quopri import encodestring
from urllib.parse import quote

import pytest

from leakguard import limits
from leakguard.decode import finders
from leakguard.encoded import Decoder
from leakguard.literals import fixed_texts
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Candidate, Piece, Report, Skip, Window
from leakguard.pipe import run
from leakguard.scanner import Scanner
from leakguard.sources.files import FilesSource
from tests.builtin import builtin_matcher
from tests.helpers import RULE, github_token, windows
from tests.tokens import slack_bot

TOKENS = {
    "github": github_token(3),
    "slack": slack_bot(2),
    "aws": "".join(("AKIA", "QYLPMN5HHHFPZAM2")),
}
RULE_OF = {
    "github": "github-classic-pat",
    "slack": "slack-bot-token",
    "aws": "aws-access-key-id",
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return builtin_matcher()


Found = list[Candidate | Skip]


def looked_at(matcher: Matcher, blobs: Mapping[str, bytes]) -> Found:
    """What the pipe makes of the blobs, before findings."""
    scanner, decoder, scratch = Scanner(matcher), Decoder(matcher), matcher.scratch()
    found: Found = []
    for window in windows(blobs):
        hits = matcher.hits(window, scratch)
        plain = list(scanner.candidates(window, hits))
        found += plain
        shown = [item for item in plain if isinstance(item, Candidate)]
        found += decoder.candidates(window, hits, shown)
    return found


def told(found: Found) -> list[tuple[str, str, int, int]]:
    """Rule, encoding, line and column."""
    return [
        (item.rule.id, item.encoding, item.span.line, item.span.column)
        for item in found
        if isinstance(item, Candidate)
    ]


def b64(data: bytes | str) -> str:
    return b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def letters(form: str) -> Callable[[str], str]:
    return lambda token: "".join(form % ord(letter) for letter in token)


def halves(between: str, mark: str = '"', at: int = 9) -> Callable[[str], str]:
    return lambda token: f"{mark}{token[:at]}{mark}{between}{mark}{token[at:]}{mark}"


def page(token: str) -> str:
    return "some words before the token, and more of them " * 3 + token + " and words behind" * 5


WAYS: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "base64": (b64, "base64"),
    "base64 of a file": (lambda t: b64(f"USER=ana\nTOKEN={t}\nEND=1\n"), "base64"),
    "base64, second alignment": (lambda t: b64(" " + t), "base64"),
    "base64, third alignment": (lambda t: b64("= " + t), "base64"),
    "base64url without padding": (
        lambda t: urlsafe_b64encode(f"??>>~ {t}".encode()).decode().rstrip("="),
        "base64",
    ),
    "wrapped base64": (lambda t: encodebytes(page(t).encode()), "base64"),
    "wrapped base64 in YAML": (
        lambda t: "data: |\n    " + encodebytes(page(t).encode()).decode().replace("\n", "\n    "),
        "base64",
    ),
    "wrapped base64 in JSON": (
        lambda t: json.dumps({"content": encodebytes(page(t).encode()).decode()}),
        "base64",
    ),
    "base64 in a header": (lambda t: "X: Encoded " + b64("ana:" + t), "base64"),
    "hex": (lambda t: t.encode().hex(), "hex"),
    "hex in capitals": (lambda t: "0x" + t.encode().hex().upper(), "hex"),
    "percent, all of it": (letters("%%%02x"), "percent"),
    "percent, what needs none": (
        lambda t: t.replace("_", "%5F").replace("-", "%2D").replace("AKI", "%41%4B%49"),
        "percent",
    ),
    "unicode escapes": (letters("\\u%04x"), "unicode escapes"),
    "hex escapes": (letters("\\x%02x"), "hex escapes"),
    "html, decimal": (letters("&#%d;"), "html"),
    "html, hex": (letters("&#x%X;"), "html"),
    "quoted-printable": (
        lambda t: encodestring(("x" * 50 + " y=" + t + " more words").encode()),
        "quoted-printable",
    ),
    "gzip": (lambda t: b64(gzip.compress(f"token={t}\n".encode())), "base64 > gzip"),
    "zlib": (lambda t: b64(zlib.compress(f"token={t}\n".encode())), "base64 > zlib"),
    "UTF-16": (lambda t: f"key {t}".encode("utf-16-le"), "utf-16"),
    "UTF-16, big end first": (lambda t: f"key\n{t}".encode("utf-16-be"), "utf-16"),
    "UTF-16 with its mark": (lambda t: f"key\n{t}".encode("utf-16"), "utf-16"),
    "UTF-32": (lambda t: f"key {t}".encode("utf-32-le"), "utf-32"),
    "UTF-32, big end first": (lambda t: f"key\n{t}".encode("utf-32-be"), "utf-32"),
    "UTF-32 with its mark": (lambda t: f"key\n{t}".encode("utf-32"), "utf-32"),
    "Python": (halves(" + "), "joined"),
    "JavaScript": (halves("+", "'"), "joined"),
    "template literals": (halves(" + ", "`"), "joined"),
    "Java": (halves("\n        + "), "joined"),
    "Go": (halves(" +\n\t"), "joined"),
    "C": (halves("\n    "), "joined"),
    "side by side": (halves(" "), "joined"),
    "Python over lines": (halves(" \\\n    ", "'"), "joined"),
    "PHP": (halves(" . ", "'"), "joined"),
    "shell quotes": (lambda t: f"T=\"{t[:9]}\"'{t[9:]}'", "joined"),
    "cut in the prefix": (halves(" + ", at=2), "joined"),
    "cut behind the prefix": (halves(" + ", at=4), "joined"),
    "shell continuation": (lambda t: f"export T={t[:12]}\\\n{t[12:]}", "continued line"),
    "base64 in base64": (lambda t: b64(b64(t)), "base64 > base64"),
    "UTF-16 in base64": (lambda t: b64(t.encode("utf-16-le")), "base64 > utf-16"),
    "hex in base64": (lambda t: b64(t.encode().hex()), "base64 > hex"),
    "base64 in hex": (lambda t: b64(t).encode().hex(), "hex > base64"),
    "base64 in gzip": (lambda t: b64(gzip.compress(b64(t).encode())), "base64 > gzip > base64"),
    "base64 in halves": (lambda t: halves("\n  + ", at=20)(b64(t)), "joined > base64"),
}


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("way", WAYS)
def test_token_is_found_once_however_it_is_written(matcher: Matcher, kind: str, way: str) -> None:
    write, encoding = WAYS[way]
    written = write(TOKENS[kind])
    data = written.encode() if isinstance(written, str) else written

    found = looked_at(matcher, {"a": data})

    assert [(rule, how) for rule, how, _, _ in told(found)] == [(RULE_OF[kind], encoding)]
    (item,) = found
    assert isinstance(item, Candidate)
    assert item.secret == TOKENS[kind].encode()
    assert item.written in data


AT_BORDERS: dict[str, Callable[[str], str]] = {
    "JSON in JSON": lambda t: json.dumps({"a": json.dumps({"log": "x\n" + t})}),
    "a string": lambda t: f'"first\\n{t}\\nlast"',
    "an escape": lambda t: f'"a\\u003d{t}"',
    "a query": lambda t: "https://x.test/?next=" + quote(f"https://y.test/?t={t}", safe=""),
}


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("where", AT_BORDERS)
def test_token_behind_an_escape_is_found_once(matcher: Matcher, kind: str, where: str) -> None:
    data = AT_BORDERS[where](TOKENS[kind]).encode()

    found = looked_at(matcher, {"a": data})

    assert [rule for rule, *_ in told(found)] == [RULE_OF[kind]]


def test_place_is_that_of_the_encoded_text(matcher: Matcher) -> None:
    first, second = TOKENS["github"], TOKENS["slack"]
    text = f"one\ntwo: {b64(first)} # three\n  é = '{letters('%%%02X')(second)}'\n"

    found = [
        item for item in looked_at(matcher, {"a": text.encode()}) if isinstance(item, Candidate)
    ]
    found.sort(key=lambda item: item.span.start)

    assert [(item.span.line, item.span.column) for item in found] == [(2, 6), (3, 8)]
    assert found[0].span.end_column == 6 + len(b64(first))
    assert found[0].after == b" # three"


@pytest.mark.parametrize("below", ["KEY: x", "KEY=x", "export KEY=x", "KEY = x", "call(x)", "a.b"])
def test_what_begins_the_next_line_is_no_part_of_whole_base64(matcher: Matcher, below: str) -> None:
    written = b64(TOKENS["slack"].rjust(60))

    (found,) = looked_at(matcher, {"a": f"x: {written}\n{below}\n".encode()})

    assert isinstance(found, Candidate)
    assert (found.written, found.span.end_line) == (written.encode(), 1)


def test_what_stands_there_plainly_too_is_not_told_again(matcher: Matcher) -> None:
    token = TOKENS["slack"]

    found = looked_at(matcher, {"a": f"{token}\n{b64(token)}\n".encode()})

    assert told(found) == [("slack-bot-token", "", 1, 1)]


def test_several_tokens_in_one_text_are_all_told(matcher: Matcher) -> None:
    text = "\n".join(f"T{number}={github_token(number)}" for number in range(5))

    report = scanned(matcher, b64(gzip.compress(text.encode())))

    assert [finding.encoding for finding in report.findings] == ["base64 > gzip"] * 5


def scanned(matcher: Matcher, text: str) -> Report:
    return run([_Memory(text.encode())], matcher)


class _Memory(FilesSource):
    """A source of one blob."""

    def __init__(self, data: bytes) -> None:
        super().__init__([])
        self._data = data

    def windows(self) -> Iterator[Window | Skip]:
        yield from windows({"a": self._data})


def test_parts_of_a_jwt_and_of_basic_credentials_are_told_with_the_whole(matcher: Matcher) -> None:
    token = TOKENS["github"]
    claims = urlsafe_b64encode(json.dumps({"sub": "ana", "t": token}).encode()).decode()
    head = b64('{"alg":"HS256","typ":"JWT"}')
    jwt = ".".join((head, claims.rstrip("="), "dBjftJeZ4CVP-mB92K27uhbUJU1pqwe"))
    basic = f"Authorization: Basic {b64('ana:' + token)}"

    assert len(scanned(matcher, f"{jwt}\n").findings) == 1
    assert len(scanned(matcher, f"{basic}\n").findings) == 1


def test_generic_rules_do_not_count_in_decoded_text(matcher: Matcher) -> None:
    word = "Tr0ub4dor" + "&3zz"
    text = f'password = "{word}"\napi_key = "{word[::-1]}x9"\n'

    assert scanned(matcher, text).findings
    assert not scanned(matcher, b64(text)).findings


def test_baseline_and_comment_see_an_encoded_secret_as_any_other(matcher: Matcher) -> None:
    token = TOKENS["slack"]

    plain, hidden = scanned(matcher, token), scanned(matcher, b64(token))
    allowed = scanned(matcher, b64(token) + "  # leakguard:allow")

    assert plain.findings[0].fingerprint == hidden.findings[0].fingerprint
    assert not allowed.findings
    assert len(allowed.suppressed) == 1


def test_token_in_a_large_blob_is_found_in_any_segment(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WINDOW_BYTES", 4000)
    monkeypatch.setattr(limits, "OVERLAP_BYTES", 600)
    monkeypatch.setattr(limits, "CONTEXT_BYTES", 100)
    for before in range(3000, 4200, 97):
        data = b"." * before + b"\n" + b64(TOKENS["github"]).encode() + b"\n" + b"." * 3000
        found = looked_at(matcher, {"a": data})
        assert told(found)[:1] == [("github-classic-pat", "base64", 2, 1)]
        assert set(told(found)) == {("github-classic-pat", "base64", 2, 1)}


def test_long_run_is_read_to_its_end(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECODE_STRETCH", 1000)
    text = "".join(f"line {number}, words\n" for number in range(500)) + TOKENS["slack"]

    found = looked_at(matcher, {"a": b64(text).encode()})

    assert [(rule, how) for rule, how, _, _ in told(found)] == [("slack-bot-token", "base64")]


def test_deeper_than_the_limit_is_not_read(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b64(b64(TOKENS["github"])).encode()
    monkeypatch.setattr(limits, "DECODE_DEPTH", 1)

    assert looked_at(matcher, {"a": data}) == []


def test_what_inflates_too_far_is_a_skip(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECODE_INFLATED", limits.MIB)
    bomb = b64(gzip.compress(bytes(3 * limits.MIB) + TOKENS["slack"].encode()))

    found = looked_at(matcher, {"a": bomb.encode()})

    assert found == [Skip("a", "encoded text (base64 > gzip) is read up to 1 MiB only")]


def test_more_encoded_text_than_is_read_is_a_skip(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DECODE_TOTAL", 10)

    found = looked_at(matcher, {"a": b64(TOKENS["github"]).encode()})

    assert found == [Skip("a", "encoded texts are not read: more than 0 MiB together")]


def test_same_stretch_in_many_blobs_is_told_in_each(matcher: Matcher) -> None:
    data = b64(TOKENS["github"]).encode()

    found = looked_at(matcher, {"a": data, "b": data})

    assert [item.key for item in found if isinstance(item, Candidate)] == ["a", "b"]


def test_too_many_matches_in_a_text_are_a_skip(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MATCHES_PER_PIECE", 3)
    text = "\n".join(github_token(number) for number in range(6))

    found = looked_at(matcher, {"a": b64(text).encode()})

    assert [item for item in found if isinstance(item, Skip)] == [
        Skip("a", "more than 3 matches of github-classic-pat")
    ]


def test_rule_of_a_user_is_found_encoded_too() -> None:
    own = load_matcher([replace(RULE, pattern=r"\b(?P<secret>acme_[a-f0-9]{20})\b")])
    token = "acme_" + "0f1e2d3c4b5a69788796"  # leakguard:allow

    found = looked_at(own, {"a": b64(f"key {token}").encode()})

    assert [item.secret for item in found if isinstance(item, Candidate)] == [token.encode()]
    assert list(finders(fixed_texts([RULE]), []))


def test_base64_of_any_text_is_read_where_it_is_a_named_value() -> None:
    named = replace(RULE, id="acme-key", pattern=r"(?P<secret>[0-9a-f]{32})", near="acme")
    own = load_matcher([RULE, named])
    thrice = b64(b64(b64("9 is a digit, tok_" + "0f1e2d3c4b5a")))

    found = looked_at(own, {"a": f'token: "{thrice}"'.encode()})

    assert told(found) == [("test-token", "base64 > base64 > base64", 1, 9)]


def test_window_without_marks_costs_nothing(matcher: Matcher) -> None:
    window = Window(b"text\n", 5, [Piece("a", 0, 4, 0, 4)])

    assert list(Decoder(matcher).candidates(window, [], [])) == []
