"""The tests of tokens that carry JSON, a JWT, ids or a user and a password."""

import base64
import json

import pytest

from leakguard import payloads


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _jwt(**header: object) -> str:
    return ".".join((_base64(json.dumps(header)), _base64('{"iss": "7"}'), "c2ln" * 12))


def test_jwt_needs_an_algorithm_that_signs() -> None:
    tokens = [_jwt(alg="RS256"), _jwt(alg="none"), _jwt(alg=1), _jwt(typ="JWT"), "e30.e30"]

    assert [payloads.jwt(token.encode()) for token in tokens] == [True, False, False, False, False]


def test_github_jwt_stands_behind_the_id_of_the_app() -> None:
    token = "gh" + "s_4071_" + _jwt(alg="RS256")

    assert payloads.github_jwt(token.encode())
    assert not payloads.github_jwt(token.replace(".", "_").encode())


def test_json_payload_ends_at_the_last_separator() -> None:
    token = "sntr" + f"ys_{_base64(json.dumps({'iat': 1.5, 'org': 'acme'}))}_{'q7Lw' * 10}"

    assert payloads.json_payload(token.encode(), skip=7, key="iat", end="_")
    assert not payloads.json_payload(token.encode(), skip=7, key="url", end="_")
    assert not payloads.json_payload(token.encode(), skip=7, key="iat")


def test_json_payload_may_take_the_whole_rest() -> None:
    token = "op" + "s_" + _base64('{"signInAddress": "acme.1password.com"}')

    assert payloads.json_payload(token.encode(), skip=4, key="signInAddress")
    assert not payloads.json_payload(("op" + "s_" + _base64("[1]")).encode(), skip=4, key="a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2-2-4071938265104-5917302846591-6620193847562-7719283746501-" + "0f9a" * 16, True),
        ("3-1-4071938265104-5917302846591-6620193847562-" + "7be2" * 16, True),
        ("9-1-4071938265104-5917302846591-6620193847562-" + "7be2" * 16, False),
        ("just some words", False),
    ],
)
def test_slack_configuration_token_holds_ids(text: str, expected: bool) -> None:
    token = "xo" + "xe-1-" + _base64(text)

    assert payloads.slack_configuration(token.encode()) is expected


def test_slack_configuration_token_must_be_base64() -> None:
    assert not payloads.slack_configuration(b"xo" + b"xe-1-Mi0y*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("deploy:k4Jw-92", True), ("deploy:", False), (":k4Jw", False), ("a:\x01b", False)],
)
def test_basic_auth_needs_a_user_and_a_password(text: str, expected: bool) -> None:
    assert payloads.basic_auth(base64.b64encode(text.encode())) is expected


def test_basic_auth_must_be_text() -> None:
    assert not payloads.basic_auth(base64.b64encode(b"\xff\xfe:\xfd"))


@pytest.mark.parametrize(
    ("text", "expected"), [("tok:7f:1", True), ("tok:7f:", False), ("xtok:7f:1", False)]
)
def test_base64_text_must_match_as_a_whole(text: str, expected: bool) -> None:
    token = "pre" + _base64(text)

    assert payloads.base64_text(token.encode(), pattern="tok:[0-9a-f]+:[0-9]", skip=3) is expected


def test_base64_text_must_be_base64() -> None:
    assert not payloads.base64_text(b"dG*r", pattern=".*")


def _macaroon(location: str, identifier: bytes) -> bytes:
    raw = (
        bytes((2, 1, len(location))) + location.encode() + identifier + b"\0\0\x06\x20" + b"s" * 33
    )
    return b"py" + b"pi-" + base64.urlsafe_b64encode(raw).rstrip(b"=")


@pytest.mark.parametrize(
    ("location", "identifier", "expected"),
    [
        ("pypi.org", b"\x02\x05abcde", True),
        ("pypi.com", b"\x02\x05abcde", False),
        ("pypi.org", b"\x03\x05abcde", False),
        ("pypi.org", b"\x02\x7fabcde", False),
    ],
)
def test_macaroon_has_its_location_and_an_identifier(
    location: str, identifier: bytes, expected: bool
) -> None:
    token = _macaroon(location, identifier)

    assert payloads.macaroon(token, skip=5, location="pypi.org") is expected
    assert payloads.macaroon(token + b"_behind_it", skip=5, location="pypi.org") is expected


@pytest.mark.parametrize("text", [b"", b"AgEIcHlwaS5vcmc", b"*" * 40])
def test_what_ends_too_early_or_is_no_base64_is_no_macaroon(text: bytes) -> None:
    assert not payloads.macaroon(b"py" + b"pi-" + text, skip=5, location="pypi.org")


def test_unbase64_takes_both_alphabets() -> None:
    assert payloads.unbase64(b"-_8") == payloads.unbase64(b"+/8=") == b"\xfb\xff"
