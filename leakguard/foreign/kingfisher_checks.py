"""kingfisher's `pattern_requirements` -> allowlists and structural checks.

"Character Requirements" and "Checksum Intelligence" in its docs/RULES.md.
"""

import re
from re import _constants as sre
from re import _parser as sre_parser
from typing import Any, Final

from leakguard import limits
from leakguard.foreign.classes import character
from leakguard.foreign.syntax import Translated
from leakguard.foreign.tables import Table
from leakguard.model import Allowlist, Check

_SPECIAL: Final = "!@#$%^&*()_+-=[]{}|;:'\",.<>?/\\`~"
"""What counts as special unless `special_chars` says another set."""
_COUNTED: Final = {"min_digits": "0-9", "min_uppercase": "A-Z", "min_lowercase": "a-z"}
_SPECIALS: Final = "min_special_chars"
_KEYS: Final = frozenset((*_COUNTED, _SPECIALS, "special_chars", "ignore_if_contains", "checksum"))
_LEFT_OUT: Final = "`checksum` is not translated: tokens are not checked by it"

_ACTUAL: Final = re.compile(
    r"\{\{\s*(?:MATCH\s*\|\s*suffix:\s*(?P<digits>\d+)|(?P<name>\w+))\s*\}\}"
)
_EXPECTED: Final = re.compile(
    r"\{\{\s*(?P<name>\w+)\s*\|\s*(?:(?P<hex>crc32_hex(?::\s*8)?)"
    r"|crc32\s*\|\s*base62:\s*(?P<digits>\d+))\s*\}\}"
)
_HEX_DIGITS: Final = 8


def requirements_of(table: Table) -> tuple[Allowlist, ...]:
    """What lets a match of a rule pass for no secret: too few characters of a kind, words in it."""
    found: list[Allowlist] = []
    for item in table.tables("pattern_requirements"):
        item.tell_others(_KEYS, {})
        special = item.text("special_chars") or _SPECIAL
        classes = _COUNTED | {_SPECIALS: "".join(character(ord(one), raw=True) for one in special)}
        patterns = [
            _fewer(int(item.number(key)), members)
            for key, members in classes.items()
            if item.number(key)
        ]
        words = (word.strip().lower() for word in item.texts("ignore_if_contains"))
        found.append(Allowlist(pattern="|".join(patterns), words=tuple(filter(None, words))))
    return tuple(item for item in found if item.pattern or item.words)


def _fewer(count: int, members: str) -> str:
    """A pattern of the texts with fewer characters of a class."""
    most = min(count, limits.REPEAT_MOST) - 1
    return f"(?-m:^)[^{members}]*(?:[{members}][^{members}]*){{0,{most}}}(?-m:$)"


def check_of(table: Table, pattern: Translated) -> Check | None:
    """The structural check that a `checksum` asks for; None, with a note, for one we have not."""
    for item in table.tables("pattern_requirements"):
        for checksum in item.tables("checksum"):
            found = _check(checksum, pattern)
            if found is None:
                table.notes.add(_LEFT_OUT, table.rule)
            return found
    return None


def _check(checksum: Table, pattern: Translated) -> Check | None:
    (actual,) = checksum.tables("actual") or [Table({}, checksum.notes)]
    given = _ACTUAL.fullmatch(actual.text("template").strip())
    wanted = _EXPECTED.fullmatch(checksum.text("expected").strip())
    if given is None or wanted is None:
        return None
    digits = _HEX_DIGITS if wanted["hex"] else int(wanted["digits"])
    spans = _spans(pattern)
    secret, body = spans.get("secret"), spans.get(wanted["name"].upper())
    if not secret or not body or not _ends_secret(given, spans, digits):
        return None
    if secret[1] - body[1] != digits:
        return None
    skip = body[0] - secret[0]
    if wanted["hex"]:
        return Check("crc32-hex", {"skip": skip})
    return Check("crc32-base62", {"skip": skip, "digits": digits})


def _ends_secret(given: re.Match[str], spans: dict[str, tuple[int, int]], digits: int) -> bool:
    """Whether the checksum that is compared is the last characters of the secret."""
    if given["digits"]:
        return int(given["digits"]) == digits
    end = spans["secret"][1]
    return spans.get(given["name"].upper()) == (end - digits, end)


def _spans(pattern: Translated) -> dict[str, tuple[int, int]]:
    """Where the groups are in a match, as far as all before them has one width."""
    tree = sre_parser.parse(pattern.pattern.encode())
    found: dict[int, tuple[int, int]] = {}
    _walk(tree, 0, found)
    named = {name.upper(): found[n] for name, n in pattern.names.items() if n in found}
    number = tree.state.groupdict.get("secret", 0)
    return named | ({"secret": found[number]} if number in found else {})


def _walk(tree: Any, start: int, found: dict[int, tuple[int, int]]) -> None:
    for item in tree:
        low, high = sre_parser.SubPattern(tree.state, [item]).getwidth()
        if item[0] is sre.SUBPATTERN:
            if item[1][0] is not None and low == high:
                found[item[1][0]] = start, start + low
            _walk(item[1][3], start, found)
        if low != high:
            return
        start += low
