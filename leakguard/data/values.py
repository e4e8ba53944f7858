"""What a value of customers' data is, and the one form in which it is compared."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from leakguard import limits

EMAIL: Final = "e-mail"
PHONE: Final = "phone"
IBAN: Final = "iban"
DOMAIN: Final = "domain"
NUMBER: Final = "number"
WORDS: Final = "words"

WORD: Final = re.compile(r"[^\W_]+")

_EMAIL = re.compile(r"[^\s@\"'<>(),;:\[\]]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,24}")
_PHONE = re.compile(r"\+?(?:\(?\d[\d ()./-]{5,24}\d)")
_IBAN = re.compile(r"[a-z]{2}\d\d[a-z0-9]{11,30}")
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,24})(?:[:/].*)?")
_NUMBER = re.compile(r"(?=[a-z-]*\d)[a-z0-9]+(?:-[a-z0-9]+)*")

_OTHER = re.compile(r"\D+")

_LEGAL: Final = frozenset(
    (
        "ab", "ag", "as", "asa", "bv", "co", "company", "corp", "corporation", "ev", "gbr", "gmbh",
        "inc", "incorporated", "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd", "mbh", "nv",
        "ohg", "oy", "oyj", "plc", "pte", "pty", "sa", "sarl", "sas", "sl", "spa", "srl", "ug",
    )
)  # fmt: skip
"""Words at the end of companies' names that are as often left out."""
_ARTICLES: Final = frozenset(("the", "der", "die", "das", "le", "la", "les"))
_LEAST_NUMBER = 6
_LEAST_PHONE = 8
_LEAST_WORDS = 2
_SHARE = 0.8


def plain(text: str) -> str:
    """As texts are compared: NFKC, without case."""
    text = text.casefold()
    return text if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def email(text: str) -> str:
    """An e-mail address; empty for what is none. Takes what `plain` gives, as all of these do."""
    text = text.strip()
    return text if _EMAIL.fullmatch(text) else ""


def phone(text: str) -> str:
    """The digits of a phone number, without the zeros or the plus of international ones."""
    text = text.strip()
    if not _PHONE.fullmatch(text):
        return ""
    digits = _OTHER.sub("", text).removeprefix("00")
    return digits if len(digits) >= _LEAST_PHONE else ""


def iban(text: str) -> str:
    """An account's number without spaces, if its check digits are right (ISO 13616)."""
    text = re.sub(r"[\s-]", "", text)
    if not _IBAN.fullmatch(text) or not text.isascii():
        return ""
    number = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
    return text if int(number) % 97 == 1 else ""


def domain(text: str) -> str:
    """The domain of an address in the web, without `www`."""
    found = _DOMAIN.fullmatch(text.strip())
    return found[1] if found else ""


def number(text: str) -> str:
    """A customer's number or the like: letters and digits, six at least, one of them a digit."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return ""
    bare = text.replace("-", "")
    return bare if len(bare) >= _LEAST_NUMBER else ""


def words(text: str) -> str:
    """A name's words; empty for a single one, which any text may hold by chance."""
    found = WORD.findall(text)
    if found and found[0] in _ARTICLES:
        del found[0]
    while found and found[-1] in _LEGAL:
        del found[-1]
    return " ".join(found[: limits.EDM_WORDS]) if len(found) >= _LEAST_WORDS else ""


NORMAL: Final[Mapping[str, Callable[[str], str]]] = {
    EMAIL: email,
    IBAN: iban,
    DOMAIN: domain,
    PHONE: phone,
    NUMBER: number,
    WORDS: words,
}
"""By type; `type_of` asks in this order."""


def type_of(values: Iterable[str]) -> str:
    """The type that most values of a column have; WORDS for what has none."""
    sample: Sequence[str] = [plain(value) for value in values if value.strip()]
    for name, normal in NORMAL.items():
        if sample and sum(bool(normal(value)) for value in sample) >= _SHARE * len(sample):
            return name
    return WORDS
