"""What a name says of its value."""

import pytest

from leakguard.generic.names import name_before, name_facts, resembles_name


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ('db_password = "', "db_password"),
        ('"clientSecret": "', "clientSecret"),
        ("cfg.Net.SASL.Password = ", "cfg.Net.SASL.Password"),
        ('const apiKey: string = "', "apiKey"),
        ("user=ana password=", "password"),
        ("mysql -u root -p", ""),
    ],
)
def test_the_last_name_that_sounds_like_a_credential(before: str, name: str) -> None:
    assert name_before(before).text == name


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("password", "n_password"),
        ("mot_de_passe", "n_password"),
        ("passphrase", "n_phrase"),
        ("client_secret", "n_secret"),
        ("accessToken", "n_token"),
        ("api_key", "n_strong_key"),
        ("key", "n_key"),
        ("auth", "n_auth"),
        ("author", "n_author"),
        ("credential", "n_credential"),
        ("session", "n_cookie"),
        ("password_field", "n_about_behind"),
        ("LABEL_PASSWORD", "n_about_ahead"),
        ("cache_key", "n_false_key"),
        ("public_key", "n_public"),
        ("password_hash", "n_digest"),
        ("setPassword", "n_setter"),
        ("DB_PASSWORD", "n_capitals"),
    ],
)
def test_fact(name: str, fact: str) -> None:
    assert name_facts(name_before(f"{name}="))[fact] == 1


def test_an_author_is_no_login() -> None:
    assert name_facts(name_before("author="))["n_auth"] == 0
    assert name_facts(name_before("authorization="))["n_auth"] == 1


def test_a_value_that_repeats_its_name() -> None:
    assert resembles_name("my_password", "password") > 0.7
    assert resembles_name("vqtzkw", "password") == 0
    assert resembles_name("", "password") == 0
