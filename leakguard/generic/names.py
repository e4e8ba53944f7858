"""What the name before a value says: which kind of credential, or what merely sounds like one."""

import re
from collections import deque
from functools import lru_cache
from typing import Final, NamedTuple

from leakguard.generic.values import Facts

_KEYWORD: Final = re.compile(
    r"(?i)pass(?:word|wd|phrase|code|wort)?|pswd|pwd|psw|_pw\b|contrase|mot[_ -]?de[_ -]?passe|\bmdp\b"
    r"|senha|parola|пароль|密码|密碼|口令|パスワード|비밀번호|wachtwoord|kennwort|has(?:l|ł)o\b|heslo"
    r"|[şs]ifre|\bclave\b|secret|token|credential|ticket|geheim|segredo|key|auth|creds?\b|signature|otp\b"
    r"|cookie|session|salt|bearer|basic|identified"
)
_TAIL: Final = 160
"""Characters before a value that are looked at for its name."""
_IDENTIFIER_BEFORE: Final = re.compile(r"[\w.$-]*$")
_IDENTIFIER_AFTER: Final = re.compile(r"[\w.-]*")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+|\d+")

_KINDS: Final = {
    "n_password": r"passw|pwd|pswd|psw|_pw\b|contrase|passe|mdp|senha|parola|парол|密|口令|パス|비밀"
    r"|wachtw|kennw|has[lł]o|heslo|ifre|clave|identified",
    "n_pass": r"pass(?!w)",
    "n_phrase": r"passphrase|passcode",
    "n_secret": r"secret|geheim|segredo",
    "n_token": r"token|ticket|bearer",
    "n_strong_key": r"(?:api|access|private|encrypt\w*|aes|des|crypto|master|shared|hmac|consumer|client"
    r"|secret|signing|jwt|license|auth)[_.\-]?key",
    "n_key": r"key",
    "n_auth": r"auth(?!or(?!i))",
    "n_author": r"author(?!i)",
    "n_credential": r"cred",
    "n_otp": r"otp|authenticator",
    "n_cookie": r"cookie|session",
    "n_signature": r"signature|salt|nonce",
}
_NAME_KINDS: Final = {name: re.compile(f"(?i){pattern}") for name, pattern in _KINDS.items()}

_ABOUT: Final = frozenset(
    """
    id ids name names type types field fields path paths file files url uri urls link endpoint
    label title hint placeholder error errors err msg message text help description desc info
    expir expiry expires expiration ttl age timeout length len size min max count num number
    prefix suffix regex pattern format index column table bucket header headers param params
    parameter attr attribute property prop env var policy rule rules strength input output form
    button btn icon class style required enabled reset forgot change confirm validator
    validation valid invalid provider manager service store storage factory builder handler
    helper util utils callback method mode kind source status state event action algorithm alg
    scheme version encoding charset locale lang code map list array set get is has no not show
    hide toggle view page screen dialog prompt template module plugin usage limit cost price
    sale stream buffer parser tokenizer position start end offset line scope scopes grant realm
    domain role group user
    """.split()
)
_FALSE_KEY: Final = frozenset(
    """
    public primary foreign sort cache partition range hash index lookup unique composite group
    map dict translation message i18n storage data row column object item event press keyboard
    hot shortcut arrow up down enter escape tab shift ctrl alt modifier registry config setting
    settings option sub parent child node json xml value pair host known ssh pub routing topic
    queue bucket s3 redis tag label feature issue project jira next prev first last word words
    stone frame
    """.split()
)


class Name(NamedTuple):
    """The name of a value, and what stands between the two."""

    text: str
    keyword: str
    separator: str


@lru_cache(4096)
def name_before(before: str) -> Name:
    """The last name in a text that sounds like a credential."""
    tail = before[-_TAIL:]
    last = next(iter(deque(_KEYWORD.finditer(tail), 1)), None)
    if last is None:
        return Name("", "", tail[-12:])
    head = _IDENTIFIER_BEFORE.search(tail, 0, last.start())
    rest = _IDENTIFIER_AFTER.match(tail, last.end())
    start = head.start() if head else last.start()
    end = rest.end() if rest else last.end()
    return Name(tail[start:end], last[0].lower(), tail[end:])


@lru_cache(4096)
def name_facts(name: Name) -> Facts:
    """The evidence in a name."""
    words = [word.lower() for word in _WORD.findall(name.text)]
    at = max((i for i, word in enumerate(words) if _KEYWORD.search(word)), default=len(words) - 1)
    behind, ahead = words[at + 1 :], words[max(0, at - 3) : at]
    facts = {key: float(bool(found.search(name.text))) for key, found in _NAME_KINDS.items()}
    return facts | {
        "n_none": float(not name.text),
        "n_words": len(words),
        "n_behind": len([word for word in behind if not word.isdigit()]),
        "n_about_behind": float(any(word in _ABOUT for word in behind)),
        "n_about_ahead": float(any(word in _ABOUT for word in words[:at])),
        "n_false_key": float(any(word in _FALSE_KEY for word in ahead)),
        "n_capitals": float(name.text.isupper()),
        "n_dotted": float("." in name.text),
        "n_bare": float(len(words) == 1),
        "n_digest": float(
            bool(re.search(r"(?i)hash|sha\d|md5|digest|checksum|finger|etag", name.text))
        ),
        "n_setter": float(bool(words) and words[0] in ("set", "with")),
        "n_public": float("public" in words or "pub" in words),
    }


def resembles_name(value: str, name: str) -> float:
    """Share of the value's words that its own name has: `password = "my_password"`."""
    words = [word.lower() for word in _WORD.findall(value)]
    if not words:
        return 0.0
    lower = name.lower()
    return sum(len(word) for word in words if word in lower) / sum(map(len, words))
