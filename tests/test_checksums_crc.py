"""The checksums of the CRC-32 family, over tokens made here."""

import base64
import zlib
from collections.abc import Callable

import pytest

from leakguard import checksums
from leakguard.model import Check

_BODY = b"q7Lw2ZrT9bXk4VfHs0DnYc3MpJg8Ea"


def _is_valid(secret: bytes, name: str, **parameters: str | int) -> bool:
    return checksums.checker(Check(name, parameters))(secret)


def _base36(number: int) -> bytes:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
    return text.rjust(7, "0").encode()


def _routable(prefix: bytes) -> bytes:
    body = prefix + _BODY + b".01.0u"
    return body + _base36(zlib.crc32(body))


def test_base62_tail_is_the_crc_of_the_body() -> None:
    tail = checksums.base62(zlib.crc32(_BODY), 6)

    assert _is_valid(b"gh" + b"p_" + _BODY + tail, "crc32-base62", skip=4)
    assert not _is_valid(b"gh" + b"p_" + _BODY[::-1] + tail, "crc32-base62", skip=4)


def test_base62_is_padded_with_zeros() -> None:
    assert checksums.base62(61, 6) == b"00000z"
    assert checksums.base62(0, 2) == b"00"


@pytest.mark.parametrize("case", [bytes.upper, bytes.lower])
def test_hex_tail_covers_the_prefix_in_either_case(case: Callable[[bytes], bytes]) -> None:
    body = b"AT" + b"BB" + _BODY[:24]
    tail = b"%08x" % zlib.crc32(body)

    assert _is_valid(body + case(tail), "crc32-hex")
    assert not _is_valid(body[::-1] + case(tail), "crc32-hex")


def test_hex_tail_may_leave_out_prefix_and_separator() -> None:
    secret = b"zp" + b"ka_" + _BODY + b"_%08x" % zlib.crc32(_BODY)

    assert _is_valid(secret, "crc32-hex", skip=5, gap=1)
    assert not _is_valid(secret, "crc32-hex", skip=5)


def test_hex_tail_may_be_little_endian() -> None:
    secret = _BODY + zlib.crc32(_BODY).to_bytes(4, "little").hex().encode()

    assert _is_valid(secret, "crc32-hex", order="little")
    assert not _is_valid(secret, "crc32-hex", order="big")


@pytest.mark.parametrize("prefix", [b"gl" + b"pat-", b"acme-gl" + b"pat-"])
def test_routable_gitlab_token_may_have_a_prefix_of_its_instance(prefix: bytes) -> None:
    assert _is_valid(_routable(prefix), "gitlab-routable")


def test_routable_gitlab_token_may_stand_behind_other_words() -> None:
    token = _routable(b"gl" + b"pat-")

    assert _is_valid(b"my_" + token, "gitlab-routable")
    assert not _is_valid(token[:-1] + (b"0" if token[-1:] != b"0" else b"1"), "gitlab-routable")
    assert not _is_valid(token.replace(b".01.0u", b".01.0v"), "gitlab-routable")


def test_base62_may_have_lower_case_letters_first() -> None:
    prefix = b"ap" + b"ify_api_" + _BODY
    tail = checksums.base62(zlib.crc32(prefix), 6)

    assert _is_valid(prefix + tail.swapcase(), "crc32-base62", first="lower")
    assert not _is_valid(prefix + tail, "crc32-base62", first="lower")


def test_base64_tail_is_the_crc_low_byte_first() -> None:
    tail = base64.b64encode(zlib.crc32(_BODY).to_bytes(4, "little"))[:6]

    assert _is_valid(b"cf" + b"lt" + _BODY + tail, "crc32-base64", skip=4)
    assert not _is_valid(b"cf" + b"lt" + _BODY[::-1] + tail, "crc32-base64", skip=4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"sk-abMARKcd", True), (b"sk-abMARKcde", False), (b"sk-abcMARKd", False)],
)
def test_mark_must_stand_in_the_middle(text: bytes, expected: bool) -> None:
    assert _is_valid(text, "middle-mark", skip=3, mark="MARK") is expected


def test_mark_alone_is_no_token() -> None:
    assert not _is_valid(b"sk-MARK", "middle-mark", skip=3, mark="MARK")
    assert not _is_valid(b"sk-M", "middle-mark", skip=3, mark="MARK")
