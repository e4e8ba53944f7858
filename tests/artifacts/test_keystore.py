"""Keystores: those with keys are named, trust stores are not."""

import pytest
from hypothesis import given, settings

from leakguard.artifacts import keystore
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_windows import make_keystore, make_pkcs12

JCEKS = b"\xce\xce\xce\xce"


@pytest.mark.parametrize("magic", [b"\xfe\xed\xfe\xed", JCEKS])
def test_a_java_keystore_with_a_key_is_internal(magic: bytes) -> None:
    found = keystore.describe(make_keystore(cn="Android Debug", magic=magic))
    assert found is not None
    assert (found.kind, found.name) == ("jks", "upload")
    assert (found.internal, found.app) == ("a keystore with a private key", False)
    assert found.signer is not None
    assert found.signer.subject == "CN=Android Debug"


def test_a_trust_store_is_nothing() -> None:
    assert keystore.describe(make_keystore(private=False)) is None


def test_a_secret_key_of_jceks_counts() -> None:
    data = bytearray(make_keystore(magic=JCEKS))
    data[11] = 1
    data[15] = 3
    found = keystore.describe(bytes(data))
    assert found is not None
    assert found.internal == "a keystore with a secret key"


def test_pkcs12_with_a_key_is_internal_and_without_one_says_nothing() -> None:
    found = keystore.describe(make_pkcs12())
    assert found is not None
    assert (found.kind, found.name, found.internal) == (
        "pkcs12",
        "upload",
        "a keystore with a private key",
    )
    trust = keystore.describe(make_pkcs12(private=False))
    assert trust is not None
    assert trust.internal == ""


def bouncy(kind: int, chain: int) -> bytes:
    certificate = b"\0\x05X.509\0\0\0\x02ab"
    entry = bytes([kind]) + b"\0\x03key" + bytes(8) + chain.to_bytes(4, "big") + certificate * chain
    body = certificate if kind == 1 else b"\0\0\0\x04data"
    return b"\0\0\0\x02\0\0\0\x14" + bytes(20) + b"\0\0\x04\0" + entry + body + b"\0" + bytes(20)


def test_a_keystore_of_bouncy_castle_is_known() -> None:
    found = keystore.describe(bouncy(4, 1))
    assert found is not None
    assert (found.kind, found.name, found.internal) == (
        "bks",
        "key",
        "a keystore with a private key",
    )
    assert keystore.describe(bouncy(1, 0)) is None
    assert keystore.describe(b"\0\0\0\x01\0\0\0\x14") is None


@pytest.mark.parametrize(
    ("data", "kind"), [(make_keystore(), "jks"), (make_pkcs12(), "pkcs12"), (bouncy(4, 1), "bks")]
)
def test_keystores_are_recognised_by_their_bytes(data: bytes, kind: str) -> None:
    assert [found.name for found in kinds_of(data)] == [kind]


@given(mutated([make_keystore(), make_keystore(magic=JCEKS), make_pkcs12(), bouncy(4, 2)]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_damaged_keystores_end_quietly(data: bytes) -> None:
    assert_survives(keystore.describe, data)


def test_the_debug_key_of_android_is_no_secret() -> None:
    build = keystore.describe(make_keystore(alias="androiddebugkey"))

    assert build is not None
    assert build.internal == ""
