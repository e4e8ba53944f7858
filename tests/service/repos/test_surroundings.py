"""What is shown around a finding has no secret in it, however it is written."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.matcher import Matcher
from leakguard.model import Confidence, Finding, Severity
from leakguard_service.repos.surroundings import (
    LEFT_OUT,
    LINE_CHARACTERS,
    MASK,
    Blob,
    Surroundings,
)
from tests.builtin import builtin_matcher
from tests.tokens import github_pat, gitlab_pat, google_api_key, slack_bot

MATCHER: Final[Matcher] = builtin_matcher()
SHOW: Final = Surroundings(MATCHER)

FINDING: Final = Finding(
    rule_id="slack-bot-token",
    name="Slack bot token",
    kind="secret",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    path="a",
    line=1,
    end_line=1,
    column=1,
    end_column=2,
    preview="",
    fingerprint="",
)


def shown(text: str | bytes, line: int = 1, end_line: int = 0, column: int = 1) -> str:
    data = text.encode() if isinstance(text, str) else text
    finding = replace(FINDING, line=line, end_line=end_line or line, column=column)
    return SHOW.of(Blob.of(data), finding)


def every(form: str) -> Callable[[str], str]:
    return lambda token: "".join(form % ord(letter) for letter in token)


TOKENS: Final = (github_pat, slack_bot, gitlab_pat, google_api_key)

WAYS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    lambda token: b64encode(token.encode()).decode(),
    lambda token: b64encode(f"= {token}".encode()).decode(),
    lambda token: b64encode(b64encode(token.encode())).decode(),
    lambda token: token.encode().hex(),
    every("%%%02x"),
    every("\\u%04x"),
    every("&#%d;"),
    lambda token: f'"{token[:9]}" + "{token[9:]}"',
    lambda token: f"{token}{token}",
    lambda token: f"https://ana:{token}@example.org/x?access_token={token}",
)

PASSWORDS: Final = ("hunt" + "er2", "s3c" + "r3t!", "Tr0ub4dor" + "&3", "rT9!k" + "Lm2#xQ")


def pieces(text: str) -> set[str]:
    """All eight characters of a secret that stand together."""
    return {text[start : start + 8] for start in range(max(1, len(text) - 7))}


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Some lines with secrets in them, and the secrets as they are written and as they are."""
    text, secrets = "", []
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.booleans()):
            token = draw(st.sampled_from(TOKENS))(draw(st.integers(0, 50)))
            written = draw(st.sampled_from(WAYS))(token)
            secrets += [token, written]
        else:
            written = draw(st.sampled_from(PASSWORDS))
            secrets.append(written)
            written = f'password = "{written}"'
        before = draw(st.sampled_from(["", "x = ", "value: ", 'log("', "# ", "é ", "a=1;"]))
        text += before + written + draw(st.sampled_from(["", '")', ";", " "]))
        text += draw(st.sampled_from(["\n", "\r\n", " ", " | "]))
    return text, secrets


@settings(max_examples=150, deadline=None)
@given(lines(), st.data())
def test_no_secret_can_be_seen(given_: tuple[str, list[str]], data: st.DataObject) -> None:
    text, secrets = given_
    line = data.draw(st.integers(1, text.count("\n") + 1))

    out = shown(text, line)

    assert not [secret for secret in secrets if secret in out]
    seen = {piece for secret in secrets for piece in pieces(secret) if piece in out}
    assert not {piece for piece in seen if any(letter.isdigit() for letter in piece)}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 12), st.integers(0, 12), st.integers(1, 4000))
def test_any_bytes_give_printable_lines_of_bounded_length(
    data: bytes, line: int, more: int, column: int
) -> None:
    out = shown(data, line, line + more, column)

    for shown_line in out.split("\n") if out else []:
        number, _, text = shown_line.partition("\t")
        assert int(number) > 0
        assert text.isprintable()
        assert len(text) <= LINE_CHARACTERS + 2


def test_words_stay_and_values_go() -> None:
    text = f'import slack\n\nuse = slack.connect(token="{slack_bot()}", retries=3)\nrun(use)\n'

    assert shown(text, 3) == (
        f"1\timport slack\n2\t\n3\tuse = slack.connect(token={MASK}, retries=3)\n4\trun(use)"
    )


def test_two_tokens_of_which_one_is_looked_at_are_both_masked() -> None:
    out = shown(f"a = {github_pat(1)} b = {gitlab_pat(2)}\n")

    assert out == f"1\ta = {MASK} b = {MASK}"


def test_what_is_below_the_threshold_of_reports_is_masked_too() -> None:
    out = shown(f'x = "{slack_bot()}"\npassword = "{PASSWORDS[0]}"\n')

    assert out.splitlines()[1] == f"2\tpassword = {MASK}"


def test_secret_in_another_form_beside_itself_is_masked() -> None:
    token = slack_bot(4)
    out = shown(f"{token}\n{b64encode(token.encode()).decode()}\n{token.encode().hex()}\n")

    assert out == f"1\t{MASK}\n2\t{MASK}\n3\t{MASK}"


def test_key_over_many_lines_shows_where_it_begins_and_no_more() -> None:
    body = [b64encode(bytes(range(n, n + 48))).decode() for n in range(20)]
    body[0] = "MIIEowIBAAKCAQEA" + body[0][16:]
    text = "\n".join(["key:", "-----BEGIN RSA PRI" + "VATE KEY-----", *body, "-----END"])

    out = shown(text, 3, 22)

    assert [row.partition("\t")[0] for row in out.split("\n")] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
    ]
    assert not [row for row in body if row[:12] in out]


def test_middle_of_a_secret_that_begins_far_before_is_masked() -> None:
    inner = "\n".join(b64encode(bytes([n]) * 48).decode() for n in range(65, 90))
    text = f"-----BEGIN RSA PRI{'VATE KEY-----'}\nMIIEowIBAAKCAQEA{'b' * 48}\n{inner}\nx\n"

    out = shown(text, 12)

    assert "QUFB" not in out
    assert set(out.replace(MASK, "").split()) <= {str(number) for number in range(30)} | {LEFT_OUT}


def test_long_line_is_cut_around_the_finding() -> None:
    token = slack_bot(7)
    left, right = "word " * 2000, " words" * 2000

    out = shown(f"before\n{left}{token}{right}\nafter\n", 2, column=len(left) + 1)

    number, _, text = out.partition("\t")
    assert number == "2"
    assert text.startswith(LEFT_OUT)
    assert MASK in text
    assert token[:8] not in text
    assert len(text) <= LINE_CHARACTERS + 2


def test_long_neighbour_is_left_out_with_what_is_behind_it() -> None:
    text = f"one\n{'x ' * 2000}\nkey = {slack_bot()}\nfour\n{'x ' * 2000}\n"

    assert shown(text, 3) == f"3\tkey = {MASK}\n4\tfour"


def test_letters_that_turn_text_around_are_not_shown() -> None:
    assert shown("a\u202eb \x1b[3m\x07c \u2028d\n") == "1\ta�b �[3m�c �d"


@pytest.mark.parametrize("line", [0, 9])
def test_line_that_is_not_there_gives_nothing(line: int) -> None:
    assert shown("one\ntwo\n", line) == ""


def test_text_of_two_bytes_a_letter_gives_nothing() -> None:
    assert shown(f"key {slack_bot()}".encode("utf-16-le")) == ""
