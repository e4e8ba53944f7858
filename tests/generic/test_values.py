"""Each form of a value is seen, and only where it is."""

import pytest

from leakguard.generic.values import decoded_password, entropy, value_facts

FORMS = {
    "template": "a${x}b",
    "reference": "settings.PASSWORD",
    "call": "get_key(x)",
    "path": "/run/secrets/key",
    "address": "https://corp.net",
    "email": "ana@corp.net",
    "file": "server.pem",
    "date": "2024-01-31",
    "uuid": "3f2b8c1e-0000-4000-8000-000000000000",
    "number": "12.5",
    "version": "1.2.3",
    "constant": "true",
    "digest": "sha256:00",
    "pattern": r"[a-z]+\d",
    "masked": "ab****",
    "hex": "00ff00ff00",
    "base64": "q8Zr3vN1xTk7==",
    "base32": "QZ2VK7XJQZ2VK7XJ",
    "kebab": "user-name",
    "snake": "user_name",
    "constant_name": "USER_NAME",
    "camel": "userName",
    "weak": "hunt" + "er2",
    "placeholder": "fake-value",
    "test_word": "test-1",
    "percent": "a%2Fb",
    "algorithm": "HMAC-SHA256",
}


@pytest.mark.parametrize(("form", "value"), FORMS.items(), ids=FORMS.keys())
def test_form(form: str, value: str) -> None:
    assert value_facts(value)[form] == 1
    assert value_facts("vq7" + "Tzkw2xJ!")[form] == 0


@pytest.mark.parametrize(
    "value", ["Passw0" + "rd!", "P@ss" + "w0rd", "Summer" + "2024!", "let" + "mein"]
)
def test_words_are_no_reason_against_a_weak_password(value: str) -> None:
    facts = value_facts(value)

    assert facts["weak"] == 1
    assert facts["known"] < 0.5
    assert facts["credential_word"] == 0


@pytest.mark.parametrize("value", ["password", "admin", "test123", "secret", "username1"])
def test_words_that_stand_in_for_a_password_are_not_weak_passwords(value: str) -> None:
    assert value_facts(value)["weak"] == 0


def test_keyboard_walk_is_seen() -> None:
    assert value_facts("qwertyuiop")["walk"] == 1
    assert value_facts("vq7" + "Tzkw2xJ")["walk"] < 0.3


def test_foreign_letters_are_counted() -> None:
    assert value_facts("пароль")["foreign"] == 1
    assert value_facts("parol")["foreign"] == 0


def test_entropy_is_bits_a_character() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


def test_password_of_a_header_is_decoded_and_anything_else_left() -> None:
    assert decoded_password("dXNlcjpwYXNz") == "pass"
    assert decoded_password("!!") == "!!"
    assert decoded_password("bm8gY29sb24=") == "bm8gY29sb24="
