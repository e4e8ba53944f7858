"""What a value itself says: its alphabet, length and letters, and what else has that form."""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from leakguard.generic.lexicon import letters

Facts = Mapping[str, float]
"""Named evidence; a flag is 0 or 1."""

_FORMS: Final = {
    "template": r"[$#@%]\{|\{\{|\}\}|<%|%>|\$\(|^[$%&@]\w|^\{.*\}$|%\(\w+\)s|%[sdvq](?!\w)|\{\w*\}"
    r"|^<.*>$|^\[.*\]$|^:\w+$|__\w+__|\\[({]",
    "reference": r"^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_][\w$]*)+;?$",
    "call": r"[A-Za-z_]\w*\(|\)$|\w\[\w*\]?$",
    "path": r"^(?:/|\.{1,2}/|~/|[A-Za-z]:\\)|^[\w.-]+(?:/[\w.-]+)+$|[\\/][\w-]+\.\w{1,5}$",
    "address": r"^[a-z][a-z0-9+.-]*://|^www\.|^(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|local|edu)\b"
    r"|^\d{1,3}(?:\.\d{1,3}){3}",
    "email": r"^[\w.+-]+@[\w-]+\.[\w.]+$",
    "file": r"\.(?:json|ya?ml|toml|html?|java|properties|pem|key|crt|cer|p12|jks|pub|txt|conf|cfg"
    r"|ini|env|xml|md|py|js|ts|go|rb|php|css|svg|png|sh|log|csv|gz|zip|db|sql)$",
    "date": r"\b(?:19|20)\d\d[-/.]?[01]\d[-/.]?[0-3]\d|^\d{1,2}:\d\d|^\d{10}(?:\d{3})?$",
    "uuid": r"(?i)^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$",
    "number": r"^[-+]?[\d.,_]+(?:px|em|ms|s|%|[kKmMgG][bB]?)?$",
    "version": r"^[v^~]?\d+(?:\.\d+){1,3}(?:[-+.]\w+)*$",
    "constant": r"(?i)^(?:true|false|yes|no|on|off|null|none|nil|undefined|void|empty|default|string"
    r"|str|int|bytes|char|bool|boolean|object|any|required|optional|enabled|disabled|auto)[?;]?$",
    "digest": r"(?i)^(?:sha\d*|md5|\$2[aby]?|\$[156]|\$argon2\w*|pbkdf2\w*|bcrypt|\{sha\}|\{ssha\})[-:=$]",
    "pattern": r"\\[wdsbSWD]|\[\^|\[a-z|\(\?[:=!<]|\.\*|\]\+|\]\{|\$$",
    "masked": r"\*{3}|x{4}|X{4}|\.{3}|…|•|-{4}|_{4}|#{4}|(.)\1{5}",
    "hex": r"^(?:0x)?(?:[0-9a-f]{8,}|[0-9A-F]{8,})$",
    "base64": r"^[A-Za-z0-9+/_-]{10,}={0,2}$",
    "base32": r"^(?=.*[2-7])[A-Z2-7]{16,}=*$",
    "padded": r"[^=]={1,2}$",
    "kebab": r"^[a-z]+(?:-[a-z]+)+$",
    "snake": r"^[a-z]+(?:_[a-z]+)+$",
    "constant_name": r"^[A-Z][A-Z]*(?:_[A-Z0-9]+)+$",
    "camel": r"^[a-z]+(?:[A-Z][a-z]+)+$|^(?:[A-Z][a-z]+){2,}$",
    "dotted": r"^[\w-]+(?:\.[\w-]+)+$",
    "lower": r"^[a-z]+$",
    "upper": r"^[A-Z]+$",
    "title": r"^[A-Z][a-z]+$",
    "word_digits": r"^[A-Za-z]+\d{1,4}[!?.@#]?$",
    "strong_mix": r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[!-~]+$",
    "special": r"[!@#$%^&*?~]",
    "joined": r"^\w+(?:[:=]\w+)+$",
    "percent": r"%[0-9A-Fa-f]{2}",
    "escape": r"\\[xu0-7ntr]",
    "ellipsis_end": r"[:…?]$",
    "bytes": r"^(?:0x[0-9a-fA-F]{2}|\d{1,3}),",
    "algorithm": r"(?i)^(?:aes|rsa|hmac|sha|md5|des|ecdsa|ed25519|ssh|x509|hs|rs|es|ps)[-_/]?\d*(?:[-_/]\w+)*$",
}
_PATTERNS: Final = {name: re.compile(pattern) for name, pattern in _FORMS.items()}

_PLACEHOLDER: Final = re.compile(
    r"(?i)example|change|placeholder|replace|redacted|removed|hidden|omitted|your|<.*>|_here\b|insert"
    r"|dummy|fake|sample|todo|x{4}|1234567890|0123456789|abcdef|deadbeef|foo|bar\b|baz|lorem|random"
    r"|enter|provide|specify|required|generate|paste|fill|update|invalid|wrong|incorrect|mock|stub|some"
    r"|whatever|anything|blah|asdf|unknown|missing|expired|another|different|valid"
)
_TEST: Final = re.compile(r"(?i)test|demo|spec|temp")
_CREDENTIAL_WORD: Final = re.compile(
    r"(?i)pass(?:w(?:or)?d|phrase)?|pwd|secret|token|key|api|auth|cred|user|login|admin|root|guest|client"
    r"|session|bearer|basic|private|public|access"
)
_WEAK: Final = re.compile(
    r"(?i)^(?:hunter2|(?:p[a@]ss?w[o0]rd|p[a@]ssw[o0]r[dt]|p[a@]\$\$w[o0]rd)(?<!password)[\d!@#$._-]{0,6}"
    r"|password[\d]{1,4}[!@#$]{1,2}|(?:letmein|qwerty|qwertz|azerty|iloveyou|trustno|monkey|dragon|sunshine"
    r"|princess|football|baseball|superman|batman|starwars|welcome|raspberry|changeit|zaq1zaq|1q2w3e4?r?5?t?"
    r"|q1w2e3r?4?|abc123|letmein)[\d!@#$._-]{1,6}|(?:letmein|iloveyou|1q2w3e4r5?t?|q1w2e3r4|abc123|toor)"
    r"|(?:spring|summer|autumn|winter)[_-]?20\d\d[!@#$]?)$"
)
"""Passwords that lists of the most used ones hold, in the spellings that people give them."""
_CHANCE: Final = letters("qzvkxj")
"""What is taken for the letters of a weak password: words are no reason against it."""
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz")
_NEXT: Final = frozenset(
    pair
    for row in _ROWS
    for pair in (*zip(row, row[1:], strict=False), *zip(row[::-1], row[-2::-1], strict=False))
)


def is_weak(value: str) -> bool:
    """Whether it is a password that many people use."""
    return _WEAK.match(value) is not None


def is_constant(value: str) -> bool:
    """Whether it is a word such as `true`, `none` or `default`."""
    return _PATTERNS["constant"].search(value) is not None


@lru_cache(8192)
def value_facts(value: str) -> Facts:
    """The evidence in a value alone."""
    length = len(value)
    weak = is_weak(value)
    spoken = _CHANCE if weak else letters(value)
    digits = sum(map(str.isdigit, value))
    facts = {
        "length": min(length, 200),
        "entropy": entropy(value),
        "known": spoken.known,
        "surprise": spoken.surprise,
        "longest": spoken.longest,
        "digits": digits / length,
        "upper_share": sum(map(str.isupper, value)) / length,
        "lower_share": sum(map(str.islower, value)) / length,
        "other_share": sum(not char.isalnum() for char in value) / length,
        "unknown_letters": min((1 - spoken.known) * spoken.total, 24),
        "kinds": sum(map(bool, (digits, re.search("[a-z]", value), re.search("[A-Z]", value))))
        + bool(re.search(r"[^A-Za-z0-9]", value)),
        "spaces": value.count(" "),
        "foreign": sum(char.isalpha() and not char.isascii() for char in value) / length,
        "switches": _switches(value) / length,
        "walk": _walk(value.lower()) / length,
        "placeholder": float(bool(_PLACEHOLDER.search(value))),
        "test_word": float(bool(_TEST.search(value))),
        "credential_word": 0.0 if weak else _credential_share(value),
        "weak": float(weak),
        "hash_length": float(length in (32, 40, 56, 64, 96, 128)),
        "key_length": float(length in (16, 20, 24, 32, 40, 48, 64)),
        "distinct": len(set(value)) / length,
    }
    facts |= {name: float(bool(pattern.search(value))) for name, pattern in _PATTERNS.items()}
    return facts


def entropy(text: str) -> float:
    """Shannon entropy of the characters, in bits a character."""
    shares = [text.count(char) / len(text) for char in set(text)]
    return -sum(share * math.log2(share) for share in shares)


def _switches(value: str) -> int:
    """How often letters, capitals, digits and others give way to one another."""
    kinds = [
        0 if char.islower() else 1 if char.isupper() else 2 if char.isdigit() else 3
        for char in value
    ]
    return sum(a != b for a, b in zip(kinds, kinds[1:], strict=False))


def _walk(lower: str) -> int:
    """Characters of the longest stretch along a row of the keyboard or the alphabet, or the same."""
    best = run = 1
    for pair in zip(lower, lower[1:], strict=False):
        run = run + 1 if pair in _NEXT or pair[0] == pair[1] else 1
        best = max(best, run)
    return best


def _credential_share(value: str) -> float:
    """Share of the value that is words such as `secret` and `password`."""
    return sum(len(word) for word in _CREDENTIAL_WORD.findall(value)) / len(value)


def decoded_password(value: str) -> str:
    """The password in the Base64 of `user:password` (RFC 7617); the value itself where it is none."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return value
    return text.partition(":")[2] or value
