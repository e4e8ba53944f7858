"""What each filter drops and what it keeps."""

import pytest

from leakguard import filters
from leakguard.filters import is_no_secret, is_placeholder, is_variable, is_words, rejected
from tests.helpers import RULE, generic

DROPPED = {
    is_placeholder: (
        "AKIAIOSFODNN7" + "EXAMPLE",
        "changeme",
        "change-me-now",
        "placeholder",
        "replace_with_yours",
        "REDACTED",
        "your-api-key",
        "<your token>",
        "put_key_here",
        "insert-key",
        "dummykey42",
        "xxxxx1",
        "XXXXXX",
        "ab****cd",
        "abc....def",
        "------",
        "______",
        "a1234567890",
        "0123456789ab",
        "abcdefghijkl",
        "deadbeefdeadbeef",
        "01234567" * 2,
        "aaaaaaaa",
        "ababababab" + "ab",
        "abcabcabcabcabc",
        "49d3f3de9ed86c74b94ad6bd0...",
        ":censored:6:a5023f748d:",
    ),
    is_variable: (
        "${PASSWORD}",
        "$PASSWORD",
        "%PASSWORD%",
        "{{ password }}",
        "#{password}",
        "<password>",
        "[password]",
        "(password)",
        "pre-${x}-post",
        "a{{b}}c",
        "<%= x %>",
        "getenv(NAME",
        "os.environ[NAME]",
        "settings.PASSWORD",
        "this->password",
        "Config::PASSWORD;",
        "%s",
        "%(password)s",
        "pass-{name}-1",
        "ENC[abc",
        "vault:kv/data",
        "arn:aws:x",
        "op:item",
        "###ORACLE_PWD###",
        "@@FILE:/run/admin.properties@@",
        "%%TOKEN%%",
    ),
    is_words: (
        "",
        "--==--",
        "password",
        "api-token-field",
        "Enter your password",
        "some_words_here",
        "mySecretKey",
        "MySecretKey",
        "PASSWORD",
        "password1",
        "test2024",
        "admin",
        "my_newPassword",
        "X-DNSimple-Token",
        "aws-cdk-lib/aws-apigateway.CfnAPIKey",
        "MYSQL_CACHING_SHA2_PASSWORD",
        "Contrase\xf1a",
        "Wi-Fi\u30d1\u30b9\u30ef\u30fc\u30c9",
    ),
    is_no_secret: (
        "/etc/passwd",
        "./file",
        "~/file",
        "C:\\Users\\ana",
        "https://host/path",
        "www.host",
        "12345",
        "2024-01-31",
        "1.2.3",
        "true",
        "None",
        "undefined",
        "sha256-abc",
        "md5:abc",
        "26:83:8a:f8:4b:46:11:3c",
        "config.yaml",
        "api.host.com",
        r"\w+",
        "[^a]x",
        "(?:x)y",
        "two words",
    ),
}

KEPT = (
    "q8Zr3vN1xTk7Lw5YbD2mHs9P",
    "c9f2e71b04d8a63f5b2c",
    "rT9!kLm2#xQ",
    "hunter2!",
    "G7hwP2q_Zx8v",
    "Vd7Qm2xK9tRw4pZb6LsY1nGh8Jf3+/==",
    "p@ssw0rd$1",
    "Zm9v/YmFy+8Qx2",
    "L\xf6senord7",
    "VRT_9x_K2",
    "##wQ7-rT2",
    "aB-cD-eF-gH",
)


@pytest.mark.parametrize(
    ("reason", "secret"),
    [
        pytest.param(reason, secret, id=f"{reason.__name__}-{secret}")
        for reason, secrets in DROPPED.items()
        for secret in secrets
    ],
)
def test_dropped(reason: filters.Filter, secret: str) -> None:
    assert reason(secret.encode()) == reason.__name__.removeprefix("is_").replace("_", " ")


@pytest.mark.parametrize("secret", KEPT)
def test_kept(secret: str) -> None:
    assert {reason(secret.encode()) for reason in filters.GENERIC} == {None}
    assert rejected(generic(), secret.encode()) is None


def test_rule_with_a_form_of_its_own_is_judged_for_placeholders_only() -> None:
    for secret in (b"password", b"${X}", b"/etc/x"):
        assert rejected(RULE, secret) is None
        assert rejected(generic(), secret) is not None
    assert rejected(RULE, b"your-api-key") == "placeholder"


def test_long_secret_may_hold_a_placeholder_by_chance() -> None:
    key = b"q8Zr3vN1xTk7Lw5YbD2mHs9P" * 4

    assert is_placeholder(key + b"EXAMPLE") is None
    assert is_placeholder(key[:90] + b"EXAMPLE") == "placeholder"


def test_reason_of_the_first_filter_is_given() -> None:
    assert rejected(generic(), b"${your-key}") == "placeholder"


def test_no_filter_takes_long_for_a_hostile_secret() -> None:
    repeated = (b"a-", b"A-", b"Aa", b"a.", b"./:,'*", b"AAaa_", b"\\", b"{", b"##", b"\xc3\xa9.")
    for text in repeated:
        rejected(generic(), text * (10_000 // len(text)) + b"!1")
