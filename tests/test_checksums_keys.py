"""Checks of Azure keys, private keys and self-checking encodings: right and wrong ones."""

import base64
import binascii
import hashlib
import random
import string
import zlib

import pytest

from leakguard.encodings import base58check, bech32, nkey_seed
from leakguard.marvin import (
    azure_annotated_key,
    azure_client_secret,
    azure_devops_pat,
    azure_key,
    azure_redis_key,
    marvin32,
)
from leakguard.private_keys import openpgp_secret_key, private_key, wireguard_private_key

RANDOM = random.Random(7)  # noqa: S311 - fakes, no secrets
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PKCS1 = bytes.fromhex("308204a30201000282010100")
PKCS8 = bytes.fromhex("308204bd020100300d06092a864886f7")
SHORT = bytes.fromhex("30770201010420")
PROTECTED = bytes.fromhex("308205303057")
LETTERS = bytes.maketrans(b"+/", b"PF")
OPENSSH = b"openssh-key-v1\x00"


def body(head: bytes) -> bytes:
    return base64.b64encode(head + RANDOM.randbytes(200))


def stamped(size: int, seed: bytes) -> bytes:
    raw = RANDOM.randbytes(size - 4)
    return base64.b64encode(raw + marvin32(raw, seed).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("data", "folded"),
    [
        (b"", 0x30ED35C1 ^ 0x00CD3C7D),
        (b"\xaf", 0x48E73FC7 ^ 0x7D75DDC1),
        (b"\xe7\x0f", 0xB5F6E1FC ^ 0x485DBFF8),
        (b"\x37\xf4\x95", 0xF0B07C78 ^ 0x9B8CF7E8),
        (b"\x86\x42\xdc\x59", 0x7008F2E8 ^ 0x7E9CF556),
        (b"\x15\x3f\xb7\x98\x26", 0xE6C08C6D ^ 0xA2AFA997),
    ],
)
def test_marvin_gives_what_symcrypt_gives(data: bytes, folded: int) -> None:
    assert marvin32(data, bytes.fromhex("004fb61a001bdbcc")) == folded


def test_azure_key_fits_one_of_its_seeds() -> None:
    key = stamped(64, b"MastRW00")

    assert azure_key(key, seeds="MastRO00 MastRW00")
    assert azure_key(key.rstrip(b"="), seeds="MastRW00")
    assert not azure_key(key, seeds="Default0")


def test_azure_key_that_is_no_base64_is_none() -> None:
    assert not azure_key(b"a*", seeds="Default0")


def test_azure_redis_key_may_have_letters_for_the_signs_of_base64() -> None:
    keys = [stamped(32, b"Access00") for _ in range(1000)]
    plain = next(key for key in keys if b"+" in key[40:])
    body = plain[:40].translate(LETTERS)
    raw = base64.b64decode(body + plain[40:])[:-4]
    whole = base64.b64encode(raw + marvin32(raw, b"Access00").to_bytes(4, "little"))

    assert azure_redis_key(plain)
    assert azure_redis_key(whole.translate(LETTERS))
    assert not azure_redis_key(plain[::-1])
    assert not azure_redis_key(b"a*")


def test_azure_annotated_key_ends_in_base64_or_base_62() -> None:
    body = base64.b64encode(RANDOM.randbytes(60))
    total = marvin32(base64.b64decode(body), b"Default0").to_bytes(4, "little")
    number, digits = int.from_bytes(total, "big"), ""
    while number:
        number, digit = divmod(number, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    long = base64.b64encode(base64.b64decode(digits.ljust(6, "0") + "=="))

    for tail in (base64.b64encode(total)[:4], base64.b64encode(total), long[:4], long):
        assert azure_annotated_key(body + tail)
    assert not azure_annotated_key(body + base64.b64encode(total)[:5])
    assert not azure_annotated_key(body + b"AAA" + (b"A" if total[2:3] != b"\0" else b"B"))
    assert not azure_annotated_key(b"*" * 84)


def test_azure_client_secret_ends_in_its_checksum() -> None:
    start = b"Qx7" + b"8Q~" + b"k" * 31
    number, digits = marvin32(start, b"AadPwd00"), ""
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    wrong = "aaa" if digits[:3] != "aaa" else "bbb"

    assert azure_client_secret(start + digits[:3].encode())
    assert not azure_client_secret(start + wrong.encode())


@pytest.mark.parametrize("constant", [0xE0B9692D, 0x1019F92E])
def test_old_azure_devops_token_carries_a_crc(constant: int) -> None:
    raw = bytearray(RANDOM.randbytes(33))
    places = (22, 8, 7, 2)
    rest = bytes(byte for index, byte in enumerate(raw[:32]) if index not in places)
    for index, byte in zip(
        places, (zlib.crc32(rest) ^ constant).to_bytes(4, "little"), strict=True
    ):
        raw[index] = byte
    token = base64.b32encode(raw).decode().lower()[:52].encode()

    assert azure_devops_pat(token)
    assert not azure_devops_pat(token[:10] + (b"a" if token[10:11] != b"a" else b"b") + token[11:])


@pytest.mark.parametrize("text", [b"a1", b"ab"])
def test_what_is_no_base32_of_32_bytes_is_no_azure_devops_token(text: bytes) -> None:
    assert not azure_devops_pat(text)


@pytest.mark.parametrize("head", [PKCS1, PKCS8, SHORT, OPENSSH + b"\x00\x00\x00\x04none"])
def test_unprotected_private_key(head: bytes) -> None:
    assert private_key(body(head))
    assert not private_key(body(head), protected="yes")


@pytest.mark.parametrize("head", [PROTECTED, OPENSSH + b"\x00\x00\x00\x0aaes256-ctr"])
def test_private_key_with_a_passphrase(head: bytes) -> None:
    assert private_key(body(head), protected="yes")
    assert not private_key(body(head))


@pytest.mark.parametrize("text", [b"", b"abc", b"A" * 80, b"MIIEpAIBAAKC"[:5]])
def test_what_is_no_der_is_no_private_key(text: bytes) -> None:
    assert not private_key(text)


@pytest.mark.parametrize("joint", [b"\n", b"\\n", b"\\\\n", b'\\n" +\n    "', b"\\\n", b"\r\n  "])
def test_lines_of_a_private_key_may_be_joined_as_source_code_does(joint: bytes) -> None:
    whole = body(PKCS8)

    text = joint.join(whole[start : start + 16] for start in range(0, len(whole), 16))

    assert private_key(text)


@pytest.mark.parametrize("first", [0x94, 0x95, 0xC5])
def test_openpgp_packet_of_a_secret_key(first: int) -> None:
    assert openpgp_secret_key(body(bytes([first])))


@pytest.mark.parametrize("first", [0x99, 0xC6, 0x05])
def test_openpgp_packet_of_something_else(first: int) -> None:
    assert not openpgp_secret_key(body(bytes([first])))


def test_empty_text_is_no_openpgp_packet() -> None:
    assert not openpgp_secret_key(b"")


def test_wireguard_private_key_is_clamped() -> None:
    raw = bytearray(RANDOM.randbytes(32))
    raw[0], raw[31] = 0x48, 0x41

    assert wireguard_private_key(base64.b64encode(raw))
    raw[0] |= 1
    assert not wireguard_private_key(base64.b64encode(raw))
    assert not wireguard_private_key(b"a*")


@pytest.mark.parametrize(
    "text", [b"A12UEL5L", b"a12uel5l", b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"]
)
def test_bech32_test_vectors_of_bip_173(text: bytes) -> None:
    assert bech32(text)


@pytest.mark.parametrize(
    "text", [b"A12uEL5L", b"A1G7SGD8", b"pzry9x0s0muk", b"1pzry9x0s0muk", b"x1b4n0q5v"]
)
def test_what_bip_173_calls_invalid(text: bytes) -> None:
    assert not bech32(text)


def test_base58check_ends_in_a_hash() -> None:
    raw = b"\x80" + RANDOM.randbytes(33)
    number = int.from_bytes(raw + hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4], "big")
    text = ""
    while number:
        number, digit = divmod(number, len(BASE58))
        text = BASE58[digit] + text

    assert base58check(text.encode())
    assert not base58check(text[:-1].encode())
    assert not base58check(b"0OIl")


@pytest.mark.parametrize("role", [20, 0, 14, 13, 2, 23])
def test_nkey_seed(role: int) -> None:
    prefix = role << 3
    raw = bytes([18 << 3 | prefix >> 5, (prefix & 31) << 3]) + RANDOM.randbytes(32)
    good = base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).rstrip(b"=")
    bad = base64.b32encode(raw + b"\x00\x00").rstrip(b"=")

    assert nkey_seed(good)
    assert not nkey_seed(bad)
    assert not nkey_seed(b"S1")
