"""Who a delivery is from."""

import base64
import hashlib
import hmac

import pytest

from leakguard_service.hooks.verify import Forged, verify
from leakguard_service.nouns import ForgeKind
from tests.service.hooks.payloads import signed, signing_token, standard

BODY = b'{"ref": "refs/heads/main"}'
NOW = 1_800_000_000.0
KINDS = list(ForgeKind)


def check(
    forge: str,
    headers: dict[str, str],
    *,
    body: bytes = BODY,
    secrets: tuple[str, ...] = ("words",),
    signing: tuple[str, ...] = (),
    now: float = NOW,
) -> bool:
    try:
        verify(ForgeKind(forge), headers, body, secrets, signing, now)
    except Forged:
        return False
    return True


@pytest.mark.parametrize("forge", KINDS)
def test_the_right_secret_counts(forge: str) -> None:
    assert check(forge, signed(forge, "words", BODY))


def test_the_example_of_githubs_manual() -> None:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    assert check("github", headers, body=b"Hello, World!", secrets=("It's a Secret to Everybody",))


@pytest.mark.parametrize("forge", KINDS)
def test_wrong_secrets_do_not(forge: str) -> None:
    assert not check(forge, signed(forge, "other", BODY))
    assert not check(forge, {})
    assert not check(forge, signed(forge, "", BODY), secrets=("",))
    assert not check(forge, signed(forge, "words", BODY), secrets=())


@pytest.mark.parametrize("forge", ["github", "gitea"])
def test_another_body_does_not(forge: str) -> None:
    assert not check(forge, signed(forge, "words", BODY), body=BODY + b" ")


@pytest.mark.parametrize("forge", KINDS)
def test_both_secrets_count_while_they_change(forge: str) -> None:
    headers = signed(forge, "old words", BODY)
    assert check(forge, headers, secrets=("new words", "old words"))


def test_sha1_is_not_enough() -> None:
    digest = hmac.new(b"words", BODY, hashlib.sha1).hexdigest()
    assert not check("github", {"X-Hub-Signature": f"sha1={digest}"})
    assert not check("github", {"X-Hub-Signature-256": f"sha1={digest}"})


@pytest.mark.parametrize(
    ("forge", "name"), [("github", "x-hub-signature-256"), ("gitlab", "X-GITLAB-TOKEN")]
)
def test_a_header_that_comes_twice_does_not(forge: str, name: str) -> None:
    assert not check(forge, signed(forge, "words", BODY) | {name: "sha256=00"})


@pytest.mark.parametrize("value", ["", "sha256=", "sha256", "=", "ä" * 71, "\udcff", "0" * 100_000])
def test_signatures_that_are_none(value: str) -> None:
    for forge, name in [
        ("github", "X-Hub-Signature-256"),
        ("gitea", "X-Forgejo-Signature"),
        ("gitlab", "X-Gitlab-Token"),
    ]:
        assert not check(forge, {name: value})


def test_forgejo_does_not_fall_back() -> None:
    headers = signed("gitea", "words", BODY)
    assert not check("gitea", headers | {"X-Forgejo-Signature": "0" * 64})
    assert not check("gitea", headers | {"X-Gitea-Signature": "0" * 64})
    digest = headers["X-Gitea-Signature"]
    assert check("gitea", {"X-Forgejo-Signature": digest, "X-Gitea-Signature": "0" * 64})
    assert check("gitea", {"X-Hub-Signature-256": f"sha256={digest}"})


def test_a_secret_that_is_no_ascii_counts() -> None:
    sent = "wörter".encode().decode("latin-1")  # as a server decodes it
    assert check("gitlab", {"X-Gitlab-Token": sent}, secrets=("wörter",))


def gitlab(at: float = NOW, mark: str = "one", word: str = "words") -> dict[str, str]:
    return standard(signing_token(word), mark, BODY, at)


def test_gitlabs_signature_counts() -> None:
    assert check("gitlab", gitlab(), secrets=(), signing=(signing_token(),))


def test_the_example_of_the_standard() -> None:
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # leakguard:allow
    body, mark, at = b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
    headers = {
        "webhook-id": mark,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",  # leakguard:allow
    }
    token = "whsec" + "_" + base64.b64encode(key).decode()
    assert check("gitlab", headers, body=body, secrets=(), signing=(token,), now=at)


@pytest.mark.parametrize("late", [-301, 301, 10**9])
def test_an_old_signature_does_not(late: int) -> None:
    assert not check("gitlab", gitlab(), signing=(signing_token(),), now=NOW + late)


@pytest.mark.parametrize("moment", ["", "x", "-1", "1e9", "9" * 4_000, "١٨٠٠٠٠٠٠٠٠", " "])
def test_moments_that_are_none(moment: str) -> None:
    headers = gitlab() | {"webhook-timestamp": moment}
    assert not check("gitlab", headers, signing=(signing_token(),))


def test_a_signature_is_not_replaced_by_a_token() -> None:
    forged = {"webhook-signature": "v1,AAAA", "X-Gitlab-Token": "words"}
    assert not check("gitlab", forged, signing=(signing_token(),))
    assert not check(
        "gitlab", gitlab(word="other") | {"X-Gitlab-Token": "words"}, signing=(signing_token(),)
    )


def test_a_token_counts_where_nothing_is_signed() -> None:
    assert check("gitlab", {"X-Gitlab-Token": "words"}, signing=(signing_token(),))
    assert check("gitlab", gitlab() | {"X-Gitlab-Token": "words"})


def test_one_of_several_signatures_is_enough() -> None:
    headers = gitlab()
    headers["webhook-signature"] = "v2,AAAA v1,AAAA " + headers["webhook-signature"]
    assert check("gitlab", headers, signing=(signing_token(),))
    headers["webhook-signature"] = "v1,AAAA " * 8 + gitlab()["webhook-signature"]
    assert not check("gitlab", headers, signing=(signing_token(),))


def test_each_part_is_signed() -> None:
    for change in ({"webhook-id": "two"}, {"webhook-timestamp": str(int(NOW) + 1)}):
        assert not check("gitlab", gitlab() | change, signing=(signing_token(),))
