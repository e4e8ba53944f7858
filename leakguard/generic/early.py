"""Drops the hopeless by the value alone, before anything is worked out about its place."""

import re
from typing import Final

from leakguard.generic.lexicon import letters
from leakguard.generic.values import decoded_password, is_constant, is_weak
from leakguard.model import Rule

_WORDS_SHARE: Final = 0.8
"""Share of known words in its letters from which a value without digits is words and no secret: of
the training set's secrets, none is."""
_FEW_CHARACTERS: Final = 3

_REFERENCE: Final = re.compile(
    r"""(?x)
      \$[{(] | \{\{ | \}\} | <% | ~~          # ${X}, $(x), {{x}}, <%= x %>, an example of a rule file
    | ^ [<\[(] .* [>\])] $ | ^ \{ .* \} $     # <x>, [x], (x), {x}
    | ^ [$%@&] [A-Za-z_]\w* %? $              # $X, %X%, @x
    | % \( \w+ \) s | ^ % [sdvq]              # %(x)s, %s
    | ^ (?: ENC | vault | arn | ref | env | sops | op | ssm ) [:(\[]  # kept elsewhere
    | ^ AQ(?:IC)[A-Za-z0-9+/]                 # AWS KMS ciphertext
    """
)
_STAND_IN: Final = re.compile(
    r"(?i)\bexample\b|change-?me|your[_-]|_here\b|\*{4}|x{6}|\.{4}|-{5}|_{5}"
)
_NUMBER: Final = re.compile(r"^0x[0-9A-Fa-f]{1,16}$|^\d{4}-\d\d-\d\d[T ]\d\d:")
"""A number of up to eight bytes, or a moment in time (ISO 8601)."""
_FOREIGN_WORD: Final = re.compile(r"^[^\W\d_]+(?:[ .,:'*_-]+[^\W\d_]+)*[ .,:'*_-]*$")
_DOCUMENTED: Final = frozenset(
    # RFC 5849 (OAuth 1.0), its examples.
    "dpf43f3p2l4k3l03 kd94hf93k423kf44 hh5s93j4hdidpola hdhd0244k9j7ao03 nnch734d00sl2jdk"
    " pfkkdhi9sl3r4s00 hfdp7dh39dks9884 9djdj82h48djs9d2 kkk9d7dh3k39sjv7 j49sk3j29djd dh893hdasih9"
    " 74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D 74KNZJeDHnMBp0EMJ9ZHt/XKycU= bYT5CMsGcbgUdFHObYMEfcx6bsw%3D"
    " gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D"
    # RFC 6749 (OAuth 2.0), RFC 6750, RFC 7009.
    " gX1fBat3bV 7Fjfp0ZBr1KtDRbnfVdmIw 2YotnFZFEjr1zCsicMWpAA tGzv3JOkF0XG5Qx2TlKWIA SplxlOBeZQQYbYS6WxSbIA"
    " A3ddj3w mF_9.B5f-4.1JqM h480djs93hd8 45ghiukldjahdnhzdauz 8xLOxBtZp8"
    # One-time passwords: RFC 6238's seed, Google Authenticator's, pyotp's and passlib's.
    " GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ JBSWY3DPEHPK3PXP jbswy3dpehpk3pxp S3JDVB7QD2R7JPXX s3jdvb7qd2r7jpxx"
    # Azure's storage emulator, which everybody's copy has.
    " Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    # RFC 6455 (WebSocket).
    " dGhlIHNhbXBsZSBub25jZQ==".split()
)
"""Examples of standards and documents: copied everywhere, and nobody's secret."""


_RESULT: Final = re.compile(rb"\s*X?PASS:\s+$")
"""Before the name of a test in the logs of DejaGnu and Automake."""


def is_result(before: bytes) -> bool:
    """Whether what follows on the line is the name of a test that passed."""
    return _RESULT.match(before) is not None


def text_of(rule: Rule, secret: bytes) -> str:
    """The value that is judged: what a rule found, decoded where the rule says how."""
    text = secret.decode(errors="replace")
    decodes = rule.check is not None and rule.check.name == "basic-auth"
    return decoded_password(text) if decodes else text


def hopeless(rule: Rule, secret: bytes) -> str | None:
    """Why a value cannot be a secret wherever it stands, or None."""
    value = text_of(rule, secret)
    if len(value) < _FEW_CHARACTERS or not any(map(str.isalnum, value)):
        return "too short"
    if _REFERENCE.search(value):
        return "reference"
    if _STAND_IN.search(value):
        return "placeholder"
    if _NUMBER.search(value):
        return "number"
    if not value.isascii() and _FOREIGN_WORD.search(value):
        return "words"
    if value in _DOCUMENTED:
        return "documented example"
    if not any(map(str.isdigit, value)) and letters(value).known >= _WORDS_SHARE:
        return None if is_weak(value) else "words"
    return "constant" if is_constant(value) else None
