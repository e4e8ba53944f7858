"""Makes random tokens valid: sets the checksums and payloads that structural checks look at.

A finisher takes a token of the right form and the parameters of its rule's check, and gives a token
that the check accepts.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from leakguard import seed_phrases
from leakguard.checksums import base62, checker
from leakguard.marvin import marvin32
from leakguard.model import Rule
from tests.sampling import sample

Finisher = Callable[..., str]

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_LOWER_FIRST = _BASE36 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CLIENT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~"
_PKCS8 = bytes.fromhex("308204bd020100300d06092a864886f70d0101010500048204a7")
_PROTECTED = bytes.fromhex("308205303057")
_OPENSSH = b"openssh-key-v1\0"


def token(rule: Rule, chance: Random) -> str:
    """A random token that the rule must accept."""
    secret = sample(rule.pattern, chance).secret
    if rule.check is None:
        return secret
    if rule.id in BY_RULE:
        return BY_RULE[rule.id](secret, chance)
    return BY_CHECK[rule.check.name](secret, chance, **rule.check.parameters)


def _crc_base62(
    secret: str, _: Random, skip: int = 0, digits: int = 6, first: str = "upper"
) -> str:
    total = zlib.crc32(secret[skip:-digits].encode())
    if first == "upper":
        return secret[:-digits] + base62(total, digits).decode()
    return secret[:-digits] + _digits(total, _LOWER_FIRST).rjust(digits, "0")


def _crc_hex(secret: str, _: Random, skip: int = 0, gap: int = 0, order: str = "big") -> str:
    raw = zlib.crc32(secret[skip : -8 - gap].encode()).to_bytes(4, order)  # type: ignore[arg-type]
    return secret[:-8] + (raw.hex().upper() if secret.startswith("AT") else raw.hex())


def _crc_base64(secret: str, _: Random, skip: int) -> str:
    raw = zlib.crc32(secret[skip:-6].encode()).to_bytes(4, "little")
    return secret[:-6] + base64.b64encode(raw).decode()[:6]


def _middle(secret: str, _: Random, skip: int, mark: str) -> str:
    half = secret[skip : secret.index(mark)]
    return secret[:skip] + half + mark + half[::-1]


def _gitlab_routable(secret: str, _: Random) -> str:
    body = secret[:-7]
    return body + _digits(zlib.crc32(body[body.index("gl") :].encode()), _BASE36).rjust(7, "0")


def _digits(number: int, alphabet: str) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        text = alphabet[digit] + text
    return text


def jwt(chance: Random, size: int = 32, **claims: Any) -> str:
    """A JSON Web Token with these claims and a signature of so many random bytes."""
    parts = {"alg": "HS256", "typ": "JWT"}, claims
    return ".".join(
        [
            *(_base64url(json.dumps(part, separators=(",", ":"))) for part in parts),
            _noise(chance, size),
        ]
    )


def _noise(chance: Random, size: int) -> str:
    return base64.urlsafe_b64encode(chance.randbytes(size)).rstrip(b"=").decode()


def _base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _json(secret: str, chance: Random, skip: int, key: str, end: str = "") -> str:
    value = {key: chance.randrange(10**9), "name": _noise(chance, 90)}
    body = base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
    tail = end + base64.b64encode(chance.randbytes(32)).decode().rstrip("=") if end else ""
    return secret[:skip] + body.rstrip("=") + tail


def _payload(**value: Any) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")))


def _slack(secret: str, chance: Random) -> str:
    ids = "-".join(str(chance.randrange(10**11, 10**12)) for _ in range(3))
    text = f"2-1-{ids}-{chance.randbytes(32).hex()}"
    return secret[: secret.index("-M") + 1] + _base64url(text)


def _basic(_: str, chance: Random) -> str:
    return base64.b64encode(f"deploy:{_noise(chance, 12)}".encode()).decode()


def _text(secret: str, chance: Random, pattern: str, skip: int = 0) -> str:
    text = sample(pattern, chance).secret.encode("latin-1")
    return secret[:skip] + base64.b64encode(text).decode()


def _macaroon(secret: str, chance: Random, skip: int, location: str) -> str:
    head = bytes((2, 1, len(location))) + location.encode() + b"\x02\x24"
    identifier = chance.randbytes(16).hex().encode() + b"-0000"[:4]
    raw = head + identifier[:36] + b"\0\0\x06\x20" + chance.randbytes(80)
    return secret[:skip] + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _azure(secret: str, chance: Random, seeds: str) -> str:
    """Search keys have letters and digits only: there another start is tried until it is so."""
    is_url, is_plain = "AzFu" in secret, "AzSe" in secret
    while True:
        raw = base64.b64decode(_padded(secret.translate(_STANDARD)))[:-4]
        text = base64.b64encode(_stamped(raw, seeds.split()[0])).decode()[: len(secret)]
        if not is_plain or text.isalnum():
            return text.translate(_URL_SAFE) if is_url else text
        secret = sample("[A-Za-z0-9]{8}", chance).secret + secret[8:]


_STANDARD = str.maketrans("-_", "+/")
_URL_SAFE = str.maketrans("+/", "-_")


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _stamped(raw: bytes, seed: str) -> bytes:
    return raw + marvin32(raw, seed.encode()).to_bytes(4, "little")


def _azure_redis(secret: str, _: Random) -> str:
    raw = base64.b64decode(secret)[:-4]
    return base64.b64encode(_stamped(raw, "Access00")).decode()


def _azure_annotated(secret: str, _: Random) -> str:
    total = _stamped(base64.b64decode(secret[:80]), "Default0")[-4:]
    room = 4 if len(secret) == 84 else 8
    return secret[:80] + base64.b64encode(total).decode()[:room]


def _azure_client(secret: str, _: Random) -> str:
    digits = _digits(marvin32(secret[:-3].encode(), b"AadPwd00"), _CLIENT).rjust(6, "a")
    return secret[:-3] + digits[:3]


def _azure_devops(_: str, chance: Random) -> str:
    raw, places = bytearray(chance.randbytes(32)), (22, 8, 7, 2)
    rest = bytes(byte for index, byte in enumerate(raw) if index not in places)
    total = (zlib.crc32(rest) ^ 0xE0B9692D).to_bytes(4, "little")
    for index, byte in zip(places, total, strict=True):
        raw[index] = byte
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _private_key(_: str, chance: Random, protected: str = "no") -> str:
    head = _PROTECTED if protected == "yes" else _PKCS8
    return _wrapped(head + chance.randbytes(1200))


def _protected_openssh(_: str, chance: Random) -> str:
    return _wrapped(_OPENSSH + b"\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt" + chance.randbytes(400))


def _openpgp(_: str, chance: Random) -> str:
    return _wrapped(b"\x95" + chance.randbytes(700))


def _wrapped(raw: bytes) -> str:
    text = base64.b64encode(raw).decode()
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64))


def _wireguard(_: str, chance: Random) -> str:
    raw = bytearray(chance.randbytes(32))
    raw[0] &= 0xF8
    raw[31] = raw[31] & 0x7F | 0x40
    return base64.b64encode(raw).decode()


def _bech32(secret: str, _: Random) -> str:
    human, _mark, data = secret.lower().rpartition("1")
    values = [*(ord(c) >> 5 for c in human), 0, *(ord(c) & 31 for c in human)]
    values += [_BECH32.index(c) for c in data[:-6]]
    total = _polymod([*values, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = "".join(_BECH32[total >> 5 * (5 - place) & 31] for place in range(6))
    return secret[:-6] + tail.upper()


def _polymod(values: list[int]) -> int:
    total = 1
    for value in values:
        top, total = total >> 25, (total & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            total ^= generator if top >> bit & 1 else 0
    return total


def _base58check(raw: bytes) -> str:
    total = hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    return _digits(int.from_bytes(raw + total, "big"), _BASE58)


def _extended_key(_: str, chance: Random) -> str:
    return _base58check(bytes.fromhex("0488ade4") + chance.randbytes(74))


def _wif(_: str, chance: Random) -> str:
    return _base58check(b"\x80" + chance.randbytes(32) + chance.choice((b"", b"\x01")))


def _nkey(secret: str, chance: Random) -> str:
    prefix = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(secret[1]) << 3
    raw = bytes((18 << 3 | prefix >> 5, (prefix & 31) << 3)) + chance.randbytes(32)
    whole = raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")
    return base64.b32encode(whole).decode().rstrip("=")


def _seed_phrase(_: str, chance: Random) -> str:
    words = Path(seed_phrases.__file__).with_name("bip39_english.txt").read_text().split()
    size = chance.choice((16, 20, 24, 28, 32))
    raw, bits = chance.randbytes(size), size // 4
    number = int.from_bytes(raw, "big") << bits | hashlib.sha256(raw).digest()[0] >> 8 - bits
    places = [number >> 11 * place & 2047 for place in reversed(range((size * 8 + bits) // 11))]
    return " ".join(words[place] for place in places)


BY_CHECK: Mapping[str, Finisher] = {
    "crc32-base62": _crc_base62,
    "crc32-hex": _crc_hex,
    "crc32-base64": _crc_base64,
    "middle-mark": _middle,
    "gitlab-routable": _gitlab_routable,
    "jwt": lambda _, chance: jwt(chance, sub=_noise(chance, 9)),
    "github-jwt": lambda secret, chance: secret[: secret.index("_eyJ") + 1] + jwt(chance, iss="7"),
    "json-payload": _json,
    "slack-configuration": _slack,
    "basic-auth": _basic,
    "base64-text": _text,
    "macaroon": _macaroon,
    "azure-key": _azure,
    "azure-redis-key": _azure_redis,
    "azure-annotated-key": _azure_annotated,
    "azure-client-secret": _azure_client,
    "azure-devops-pat": _azure_devops,
    "private-key": _private_key,
    "openpgp-secret-key": _openpgp,
    "wireguard-private-key": _wireguard,
    "bech32": _bech32,
    "nkey-seed": _nkey,
    "bip39": _seed_phrase,
}
"""A finisher for each structural check."""

BY_RULE: Mapping[str, Finisher] = {
    "bitcoin-extended-private-key": _extended_key,
    "bitcoin-private-key": _wif,
    "grafana-api-key": lambda _, chance: _payload(k=_noise(chance, 24), n="reader", id=1),
    "mapbox-secret-token": lambda _, chance: ".".join(
        ("sk", _payload(u="acme", a=chance.randbytes(12).hex()), _noise(chance, 16))
    ),
    "google-service-account-key": lambda secret, chance: _private_key(secret, chance).replace(
        "\n", r"\n"
    ),
    "private-key-encrypted-openssh": _protected_openssh,
    "kubernetes-service-account-token": lambda _, chance: jwt(
        chance, size=256, iss="kubernetes/serviceaccount", sub="system:serviceaccount:prod:deploy"
    ),
    "supabase-service-role-key": lambda _, chance: jwt(
        chance, iss="supabase", ref=_noise(chance, 15), role="service_role"
    ),
}
"""Rules whose pattern asks for more than the check does."""


def is_valid(rule: Rule, secret: str) -> bool:
    """Whether the rule's structural check accepts the token."""
    return rule.check is None or checker(rule.check)(secret.encode("latin-1"))
