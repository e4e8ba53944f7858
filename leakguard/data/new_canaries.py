"""Makes canaries: believable, valid in form, and of nobody.

Names are put together of syllables to ones that nobody has; phone numbers are of the ranges that
regulators keep for films; IBANs have right check digits and a bank that does not exist.
"""

import random
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from leakguard.data.canaries import Canary

DOMAIN: Final = "example.net"
"""Reserved (RFC 2606): mail to it reaches nobody."""

_FIRST: Final = (
    ["Ab", "El", "Ma", "No", "Ri", "Sa", "Te", "Vi", "Yo", "Ze", "Lo", "Ka"],
    ["ral", "vie", "ndri", "lke", "mba", "sti", "rno", "ffe", "bri", "lva"],
    ["a", "in", "e", "o", "us", "is", "ette", "ian", "ka", "ro"],
)
_LAST: Final = (
    ["Bra", "Dre", "Fje", "Gro", "Hol", "Kve", "Mar", "Nor", "Pet", "Sch", "Tve", "Wes"],
    ["nck", "lva", "sser", "mme", "rgi", "ndo", "kst", "lle", "ppo", "dri"],
    ["strom", "hausen", "mark", "ford", "vik", "ovic", "eau", "kamp", "bury", "stra"],
)


class _Country(NamedTuple):
    phone: Callable[[random.Random], str]
    iban: Callable[[random.Random], str]


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def _iban(country: str, account: str) -> str:
    """With check digits by ISO 7064 MOD 97-10 (ISO 13616), in groups of four."""
    number = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    whole = f"{country}{98 - int(number) % 97:02}{account}"
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _german_iban(chance: random.Random) -> str:
    """Bank codes begin with 1 to 8 (Deutsche Bundesbank, "Bankleitzahlen"): none has a 9."""
    return _iban("DE", f"9{_digits(chance, 7)}{_digits(chance, 10)}")


def _british_iban(chance: random.Random) -> str:
    """No bank has this code of four letters."""
    return _iban("GB", f"XQZX{_digits(chance, 14)}")


def _french_iban(chance: random.Random) -> str:
    """Bank 99999, and the RIB's own key: 97 - (89 bank + 15 branch + 3 account) mod 97."""
    branch, account = _digits(chance, 5), _digits(chance, 11)
    key = 97 - (89 * 99999 + 15 * int(branch) + 3 * int(account)) % 97
    return _iban("FR", f"99999{branch}{account}{key:02}")


COUNTRIES: Final = {
    # Bundesnetzagentur, Mitteilung 148/2021: numbers for media productions.
    "DE": _Country(lambda chance: f"+49 30 23125 {_digits(chance, 3)}", _german_iban),
    # ARCEP, decision 2012-0856: 01 99 00.
    "FR": _Country(
        lambda chance: f"+33 1 99 00 {_digits(chance, 2)} {_digits(chance, 2)}", _french_iban
    ),
    # Ofcom, "Telephone numbers for use in TV and radio drama programmes".
    "GB": _Country(lambda chance: f"+44 1632 960{_digits(chance, 3)}", _british_iban),
}
"""By the code of ISO 3166."""


def new_canaries(
    count: int,
    *,
    country: str = "DE",
    domain: str = DOMAIN,
    planted: str = "",
    taken: Collection[str] = (),
    chance: random.Random | None = None,
) -> list[Canary]:
    """So many canaries, whose ids and phone numbers are not among `taken`."""
    chance = chance or random.SystemRandom()
    found: dict[str, Canary] = {}
    used = set(taken)
    while len(found) < count:
        canary = _made(COUNTRIES[country], domain, planted, chance)
        if used.isdisjoint((canary.id, canary.phone)):
            found[canary.id] = canary
            used |= {canary.id, canary.phone}
    return list(found.values())


def _made(country: _Country, domain: str, planted: str, chance: random.Random) -> Canary:
    first, last = ("".join(map(chance.choice, parts)) for parts in (_FIRST, _LAST))
    number = _digits(chance, 3)
    return Canary(
        id=f"{last.lower()}-{number}",
        name=f"{first} {last}",
        email=f"{first}.{last}{number}@{domain}".lower(),
        phone=country.phone(chance),
        iban=country.iban(chance),
        planted=planted,
    )
