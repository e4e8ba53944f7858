"""Judges a table by what its columns hold: whether it is one of customers, and how sure that is.

Each column gets the meaning that most of its values, or its name, give it. A table is told when it
says who (an organisation, a customer, an e-mail address) and something about them (how to reach
them, what they pay or use), for enough of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Final, NamedTuple

from leakguard.data import values
from leakguard.data.rows import Table

EMAIL, PHONE, IBAN, CARD = "e-mail addresses", "phone numbers", "IBANs", "card numbers"
NATIONAL, ORGANISATION, PERSON = "national ids", "organisations", "names of people"
METRIC, ADDRESS = "figures of business", "postal addresses"

_WEIGHTS: Final[Mapping[str, int]] = {
    EMAIL: 4,
    ORGANISATION: 3,
    IBAN: 4,
    CARD: 4,
    NATIONAL: 4,
    PHONE: 2,
    METRIC: 2,
    ADDRESS: 1,
    PERSON: 1,
}
"""What a column of a meaning adds to the score; see limits.TABLE_SCORE."""
_METRICS_MOST: Final = 2
_NAMED: Final = 1
"""What a table's own name adds, when it says customers or the like."""

_WHO: Final = frozenset((EMAIL, ORGANISATION))
_MORE: Final = frozenset((PHONE, IBAN, CARD, NATIONAL, METRIC))
_MONEY: Final = frozenset((IBAN, CARD, NATIONAL))

_SHARE: Final = 0.7
_SECTOR_SHARE: Final = 0.3
_DISTINCT: Final = 0.8
"""Least part of a column's values that are distinct where its name alone says what it is: in a list
of customers each stands once or a few times."""

_FAKE: Final = re.compile(
    r"@(?:[\w.-]+\.)?(?:example|test|invalid|localhost|local|fake|dummy|sample|domain|email|foo|bar"
    r"|acme|mail|company|yourdomain|mailinator)(?:\.\w+)*$|^(?:no-?reply|test|user|foo|admin)\d*@"
    r"|users\.noreply\.github\.com$"
)
_SECTOR: Final = re.compile(
    r"(?i)\b(?:inc|llc|ltd|limited|gmbh|ag|kg|corp|corporation|s\.?a\.?|s\.?r\.?l|plc|b\.?v|pty|oy|ab"
    r"|holdings?|bank|insurance|police|sheriff|department|ministry|county|university|hospital|clinic"
    r"|logistics|consulting|solutions|technologies|systems|partners|group|services|industries)\b\.?"
)
_HEADERS: Final[tuple[tuple[str, "re.Pattern[str]"], ...]] = (
    (
        ORGANISATION,
        re.compile(
            r"(?i)^(?:customer|client|kunde|account|company|firma|organi[sz]ation|org|agency"
            r"|tenant|reseller|subscriber|business)s?(?:[ _.-]?name)?$"
        ),
    ),
    (
        METRIC,
        re.compile(
            r"(?i)^(?:(?:num(?:ber)?|no|count|total|monthly|annual|active|paid)[ _-]?(?:of[ _-])?)?"
            r"(?:accounts?|seats?|search(?:es)?|api[ _-]?calls?|mrr|arr|licen[cs]es?"
            r"|subscriptions?|renewals?(?:[ _-]?date)?|plan|tier|contract[ _-]?(?:value|end|start)"
            r"|last[ _-]?(?:login|seen|order|invoice)|churn(?:ed)?|lifetime[ _-]?value|ltv|balance"
            r"|credit[ _-]?limit|invoices?|logins?|spend|umsatz|lizenzen|vertrag\w*)$"
        ),
    ),
    (
        PERSON,
        re.compile(
            r"(?i)^(?:first|last|full|given|sur|family|real|contact|vor|nach|display)?[ _.-]?name$"
            r"|^(?:contact|ansprechpartner|owner|fn|cn|profile\.real_name)$"
        ),
    ),
    (
        ADDRESS,
        re.compile(
            r"(?i)^(?:street|address|adr|stra(?:ss|ß)e|postal[ _-]?address|zip|plz|anschrift)"
        ),
    ),
)
_PHONE_HEADER: Final = re.compile(r"(?i)phone|mobile|tel\b|telefon|fax|cell|handy|^tel")
_TABLE_NAME: Final = re.compile(
    r"(?i)(?:\w{1,20}_)?(?:customer|client|kunde|subscriber|contact|lead|account|tenant)\w{0,6}"
)
_COLUMN_NAME: Final = re.compile(
    r"(?i)^(?:[a-z]+[ _.-])?(?:e?-?mail|(?:tele)?phone|mobile|tel|fax|iban|konto|pan|card|ssn|name"
    r"|fn|cn|org|o|organi[sz]ation|company|firma|customer|client|kunde|contact|address|adr|street"
    r"|plan|accounts?|seats?|searches|mrr|arr|balance|subject|from|full name|real_name)"
    r"(?:[ _.-](?:name|address|number|no|nr|id))?$"
)
_NAME_MOST: Final = 30
_NATIONAL_HEADER: Final = re.compile(
    r"(?i)\b(?:ssn|social.?security|steuer.?id|idnr|nino|national.?id|personnummer|pesel|bsn|cpf"
    r"|codice.?fiscale|dni|nif|insee|nir|tax.?id)\b"
)


class Verdict(NamedTuple):
    """A table of customers: what it holds."""

    table: Table
    score: int
    meanings: Mapping[str, str]
    """By meaning the column that has it; its number from 1 where its name may be data."""
    rows: int
    """Rows of the sample."""
    name: str = ""
    """Of the table, where it says no more than what is in it."""


def judge(table: Table, least_rows: int, least_score: int) -> Verdict | None:
    """What a table is; None for one that is not told."""
    if len(table.rows) < least_rows:
        return None
    found: dict[str, str] = {}
    metrics = 0
    for number, name in enumerate(table.header):
        cells = [row[number].strip() for row in table.rows]
        meaning = _meaning(name.strip(), [cell for cell in cells if cell], least_rows)
        metrics += meaning == METRIC
        if meaning:
            found.setdefault(meaning, _shown(name, number))
    score = sum(_WEIGHTS[meaning] for meaning in found)
    score += _WEIGHTS[METRIC] * (min(metrics, _METRICS_MOST) - 1) if metrics else 0
    score += _NAMED if _TABLE_NAME.fullmatch(table.name) else 0
    if score < least_score or not _tells(found):
        return None
    named = table.name if _TABLE_NAME.fullmatch(table.name) else ""
    return Verdict(table, score, found, len(table.rows), named)


def _shown(name: str, number: int) -> str:
    """A column's name, if it is certainly one: a table without names begins with its data."""
    plain = len(name) <= _NAME_MOST and _COLUMN_NAME.search(name) and not _SECTOR.search(name)
    return name if plain else f"column {number + 1}"


def _tells(found: Mapping[str, str]) -> bool:
    """Whether somebody is named, and something is said about them."""
    who = _WHO & found.keys()
    money = _MONEY & found.keys()
    reached = len(who) > 1 or bool(_MORE & found.keys())
    return (bool(who) and reached) or (bool(money) and PERSON in found)


def _meaning(name: str, cells: Sequence[str], least: int) -> str:
    """What a column holds; empty when nobody can say."""
    distinct = set(cells)
    if len(cells) < least:
        return ""
    if len(distinct) >= least:
        for meaning, test in _BY_VALUE:
            if test(name, distinct):
                return meaning
    return _by_name(name, cells, distinct, least)


def _by_name(name: str, cells: Sequence[str], distinct: set[str], least: int) -> str:
    for meaning, pattern in _HEADERS:
        if not pattern.search(name):
            continue
        if meaning == METRIC:
            return meaning
        texts = [cell for cell in distinct if any(map(str.isalpha, cell))]
        if len(texts) >= max(least, _DISTINCT * len(cells)):
            return meaning
    return ""


def _most(cells: Iterable[str], test: Callable[[str], object], share: float = _SHARE) -> bool:
    found = [bool(test(cell)) for cell in cells]
    return sum(found) >= share * len(found)


def _emails(_name: str, cells: set[str]) -> bool:
    """Real ones: what is made up for documents and tests does not count."""
    if sum("@" in cell for cell in cells) < _SHARE * len(cells):
        return False
    plain = [values.plain(cell.rpartition("<")[2].rstrip(">")) for cell in cells]
    found = [cell for cell in plain if values.email(cell)]
    return len(found) >= _SHARE * len(cells) and not _most(found, _FAKE.search, 1 - _SHARE)


def _phones(name: str, cells: set[str]) -> bool:
    """Where the column's name does not say it, only international ones count."""
    named = bool(_PHONE_HEADER.search(name))
    return _most(cells, lambda cell: (named or cell.startswith("+")) and _is_phone(cell))


def _is_phone(cell: str) -> bool:
    try:
        import phonenumbers
    except ImportError:
        return bool(values.phone(values.plain(cell)))
    for region in (None,) if cell.startswith("+") else ("US", "DE", "GB", "FR"):
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(cell, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _ibans(_name: str, cells: set[str]) -> bool:
    return _most(cells, lambda cell: values.iban(values.plain(cell)))


def _cards(_name: str, cells: set[str]) -> bool:
    return _most(cells, _is_card)


def _is_card(cell: str) -> bool:
    """13 to 19 digits of a known issuer whose last one is right (ISO/IEC 7812-1, annex B)."""
    digits = re.sub(r"[ -]", "", cell)
    if not re.fullmatch(r"(?:4|5[1-5]|2[2-7]|3[47]|6(?:011|5))\d{11,17}", digits):
        return False
    doubled = (int(d) * (1 + at % 2) for at, d in enumerate(reversed(digits)))
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0


def _nationals(name: str, cells: set[str]) -> bool:
    """Asked only where a column's name says so: many numbers pass one of the checks by chance."""
    if not _NATIONAL_HEADER.search(name):
        return False
    return any(_most(cells, valid) for valid in _validators())


@lru_cache(1)
def _validators() -> tuple[Callable[[str], bool], ...]:
    """Of python-stdnum, when it is there; else the one form that has no check digit."""
    try:
        modules = [import_module(f"stdnum.{name}") for name in _NATIONAL]
    except ImportError:
        return (lambda text: bool(re.fullmatch(r"\d{3}-\d{2}-\d{4}", text)),)
    return tuple(module.is_valid for module in modules)


_NATIONAL: Final = (
    "us.ssn", "de.idnr", "gb.nhs", "fr.nir", "it.codicefiscale", "es.dni", "es.nie", "nl.bsn",
    "pl.pesel", "se.personnummer", "no.fodselsnummer", "fi.hetu", "dk.cpr", "br.cpf",
)  # fmt: skip
"""Modules of python-stdnum, each for one country's number of a person."""


def _organisations(_name: str, cells: set[str]) -> bool:
    named = [cell for cell in cells if len(cell) < 80 and _SECTOR.search(cell)]
    return len(named) >= _SECTOR_SHARE * len(cells)


_BY_VALUE: Final[tuple[tuple[str, Callable[[str, set[str]], bool]], ...]] = (
    (EMAIL, _emails),
    (IBAN, _ibans),
    (CARD, _cards),
    (NATIONAL, _nationals),
    (PHONE, _phones),
    (ORGANISATION, _organisations),
)
