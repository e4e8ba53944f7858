"""Says why a value is no secret: placeholders always, variables and words where the form is weak.

A filter takes what a rule's group `secret` matched and gives the reason to drop it, or None. It
sees no more than that: a value is dropped before anything is worked out about its place.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from leakguard.model import Rule

Filter = Callable[[bytes], str | None]

_LONG: Final = 100
"""Characters from which a secret holds short words by chance, so that only whole forms count."""

_PLACEHOLDER: Final = re.compile(
    rb"(?i)example|changeme|change[_-]me|placeholder|replace[_-]?(?:me|with|this)|redacted|censored"
    rb"|your[_-]|<your|_here\b|insert[_-]|dummy|x{5}|\*{4}|\.{4}|\.{3}$|-{6}|_{6}|1234567890|0123456789"
    rb"|abcdefghij|deadbeefdeadbeef|(?:0123|4567|89ab|cdef){4}|\bfoobar"
)

_REPEATED: Final = re.compile(rb"(.)\1{7}|(..)\2{5}|(...)\3{4}", re.DOTALL)


def is_placeholder(secret: bytes) -> str | None:
    """A stand-in that documentation uses: EXAMPLE, xxxxx, 1234567890, one character repeated."""
    if len(secret) >= _LONG:
        return None
    found = _PLACEHOLDER.search(secret) or _REPEATED.search(secret)
    return "placeholder" if found else None


_VARIABLE: Final = re.compile(
    rb"""(?x)
      ^ [$@%#&]? [{(\[<]                       # ${X}, #{x}, {{x}}, (x), <x>, [x]
    | ^ [$%] [A-Za-z_]\w* %? $                 # $X, %X%
    | \$ [{(] | \{\{ | \}\} | <%               # a reference or template anywhere in it
    | ^ [A-Za-z_][\w.:]* [(\[] | [)\]][;,]? $  # f(x), x[0]
    | ^ [A-Za-z_]\w* (?: (?:\.|->|::) [A-Za-z_]\w* )+ ;? $   # settings.PASSWORD
    | ^ (?P<mark> [#@%_]{2} ) .* (?P=mark) $   # ##X##, @@FILE:x@@
    | % [(\[]? \w* [)\]]? [sdvq] | \{ \w* \}   # %s, %(x)s, {x}
    | ^ (?: ENC | vault | secret | arn | ref | env | sops | op | ssm ) [:(\[]  # kept elsewhere
    | ^ AQ(?:IC)[A-Za-z0-9+/]                  # AWS KMS ciphertext
    """
)


def is_variable(secret: bytes) -> str | None:
    """A reference to a value that stands elsewhere: ${X}, {{ x }}, settings.X, get(x), %s."""
    return "variable" if _VARIABLE.search(secret) else None


_WORD: Final = rb"(?:[A-Z]?[a-z]*|[A-Z]{2,})"
_NAME: Final = rb"(?:[a-z]{2,})?(?:[A-Z]{1,4}[a-z]{2,})*[A-Z]{0,4}"
"""Of letters only: newPassword, CfnAPIKey, X. These two and the text between them match in one way
only: with two ways for a character, a value made for it would take for ever."""

_WORDS: Final = re.compile(
    rb"""(?x)
      ^ [^A-Za-z0-9]* $                                              # no word at all
    | ^ %(word)b (?: [-_ ./:,'*] %(word)b )* $                       # some-words
    | ^ [a-z]+ (?: [A-Z][a-z]+ )+ $ | ^ (?: [A-Z][a-z]+ ){2,} $      # camelCase
    | ^ %(name)b (?: [-_./:] %(name)b )+ $                           # my_newPassword, X-Cfn-APIKey
    | ^ [A-Z]+ [0-9]{0,2} (?: _ [A-Z]+ [0-9]{0,2} ){2,} $            # MYSQL_CACHING_SHA2_PASSWORD
    | ^ (?= .* [\x80-\xff] ) [A-Za-z\x80-\xff.,:'*_-]+ $            # a word of another language
    | ^ [A-Za-z_-]* (?: passw | secret | token | key | pwd | test | user | admin | guest ) [a-z_]*
        [0-9]{0,4} $                                                 # password1
    """
    % {b"word": _WORD, b"name": _NAME}
)


def is_words(secret: bytes) -> str | None:
    """Plain words or an identifier: `api-token-field`, `mySecretKey`, `password1`."""
    return "words" if _WORDS.search(secret) else None


_NO_SECRET: Final = re.compile(
    rb"""(?xi)
      ^ (?: /|\.{1,2}/|~/|[a-z]:\\ | [a-z][a-z0-9+.-]*:// | www\. )  # path or address
    | ^ [\d.,:+-]+ $                                               # number, date, version
    | ^ (?: [0-9a-f]{2} : ){5,} [0-9a-f]{2} $                      # fingerprint, hardware address
    | ^ (?: true | false | null | none | nil | undefined ) $
    | ^ (?: sha(?:1|256|384|512) | md5 ) [-:=]                      # hash with its name
    | ^ [\w./-]+ \. (?: [a-z]{2,4} | json | yaml | toml | html | java | properties ) $ # file, host
    | \\[wdsbnrtx] | \[\^ | \[a-z | \(\?[:=!<]                        # pattern or escape
    | \s
    """
)


def is_no_secret(secret: bytes) -> str | None:
    """A form that other things have: a path, an address, a number, a hash with its name."""
    return "no secret" if _NO_SECRET.search(secret) else None


def is_split(secret: bytes) -> str | None:
    """An example in a rule file: `~~` splits it, so that no scanner takes it for a token."""
    return "split example" if b"~~" in secret else None


ALWAYS: Final[Sequence[Filter]] = (is_placeholder,)
"""Filters for every rule."""

GENERIC: Final[Sequence[Filter]] = (is_split, is_placeholder, is_variable, is_words, is_no_secret)
"""Filters for rules whose form proves nothing."""


def rejected(rule: Rule, secret: bytes) -> str | None:
    """The first reason to drop what a rule matched, or None to keep it.

    A rule of another tool has its own allowlists, and is held to nothing else; what the settings
    name is what is looked for, whatever it looks like.
    """
    if rule.foreign or rule.kind != "secret":
        return None
    if rule.scored:
        from leakguard.generic.early import (
            hopeless,
        )  # its tables take 10 ms, most commits need none

        return hopeless(rule, secret)
    for reason in GENERIC if rule.generic else ALWAYS:
        why = reason(secret)
        if why is not None:
            return why
    return None
