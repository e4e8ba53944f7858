"""The order of versions: text in, something comparable out. See versions.py for which is which.

Sources: PEP 440, "Summary of permitted suffixes and relative ordering"; Semantic Versioning 2.0.0,
section 11; deb-version(7), "Sorting algorithm"; Maven, ComparableVersion (the order of its words).
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

Key = tuple[object, ...]
"""Keys of one way compare with one another."""

PYTHON: Final = re.compile(
    r"""v?(?:(?P<epoch>\d+)!)?(?P<numbers>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre_number>\d*))?
    (?:-(?P<again>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d*))?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d*))?
    (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""A version by PEP 440, also in the forms that it calls not normal."""

_LEAD = re.compile(r"\s*(?:version|release|rel)?[-_./ ]?v?[-_. =]?(?=\d)", re.IGNORECASE | re.ASCII)
_NUMBERS = re.compile(r"\d+(?:(?:\.|,\s?)\d+)*", re.ASCII)
_RUN = re.compile(r"([^\d]*)(\d*)", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_RELEASED: Final[Key] = (1,)
_RANKS: Final = {
    "a": 1, "alpha": 1, "b": 2, "beta": 2, "m": 3, "milestone": 3, "fc": 4, "cr": 4, "rc": 4,
    "snapshot": 5,
}  # fmt: skip
_PYTHON_RANKS: Final = {"a": 1, "b": 2}
_SERIAL: Final = 100_000
"""A number from here on is a build's or a day's: it has no order with versions such as 4.2."""
_SHORT: Final = 3
_LONG: Final = 4


class Version(NamedTuple):
    """What is compared, in this order but for the epoch, which goes first."""

    numbers: tuple[int, ...]
    """Without zeros at the end."""
    stage: Key
    """Pre-releases before releases before what follows upon them."""
    epoch: int | None = None
    revision: Key | None = None
    """Of the package, where it has one."""
    length: int = 0
    """Numbers that were written."""


def compare(first: Version, second: Version, *, short: bool = False) -> int | None:
    """Below, equal to or above 0 as the first comes before, with or after the second.

    None for those without an order. `short` leaves out a fourth number that only one of them has.
    """
    if _is_serial(first) != _is_serial(second):
        return None
    if first.epoch is None or second.epoch is None:
        first, second = first._replace(epoch=0), second._replace(epoch=0)
    if short and min(first.length, second.length) < _LONG:
        first, second = (_shortened(version) for version in (first, second))
    keys = [(version.epoch, version.numbers, version.stage) for version in (first, second)]
    if keys[0] == keys[1] and first.revision is not None and second.revision is not None:
        return (first.revision > second.revision) - (first.revision < second.revision)
    return (keys[0] > keys[1]) - (keys[0] < keys[1])


def numbers(text: str) -> tuple[int, ...]:
    """The numbers in a text, without zeros at the end."""
    return _stripped(int(digits) for digits in _DIGITS.findall(text))


def python(text: str) -> Version | None:
    """By PEP 440, but for the local part; None for another form."""
    lead = _LEAD.match(text)
    found = PYTHON.fullmatch(text[lead.end() :].strip()) if lead else None
    if found is None:
        return None
    post = found["again"] or (found["post"] and (found["post_number"] or "0"))
    dev: Key = (0, int(found["dev_number"] or 0)) if found["dev"] else _RELEASED
    pre: Key = _RELEASED
    if found["pre"]:
        label = found["pre"].lower()[0]
        pre = (0, _PYTHON_RANKS.get(label, 3), int(found["pre_number"] or 0))
    elif found["dev"] and not post:
        pre = (-1,)
    stage = (pre, int(post) if post else -1, dev)
    parts = found["numbers"].split(".")
    return Version(_stripped(map(int, parts)), stage, int(found["epoch"] or 0), None, len(parts))


def distribution(text: str) -> Version | None:
    """`epoch:upstream-revision` of deb and rpm; what follows `+` or `^` belongs to the revision."""
    head, colon, rest = text.strip().partition(":")
    epoch = int(head) if colon and _DIGITS.fullmatch(head) else None
    rest = rest if epoch is not None else text.strip()
    lead = _LEAD.match(rest)
    found = _NUMBERS.match(rest, lead.end()) if lead else None
    if found is None:
        return None
    upstream, dash, package = rest[found.end() :].rpartition("-")
    suffix = upstream if dash else package
    suffix, sign, more = re.match(r"([^+^]*)([+^]?)(.*)", suffix, re.DOTALL).groups()  # type: ignore[union-attr]
    revision = None
    if dash or sign:
        revision = (_weights(sign + more), _weights(package if dash else ""))
    parts = _DIGITS.findall(found[0])
    return Version(_stripped(map(int, parts)), _weights(suffix), epoch, revision, len(parts))


def plain(text: str, word: str, *, by_identifiers: bool = False) -> Version | None:
    """Numbers, and what follows them when `word` says that it makes a pre-release.

    Pre-releases go by the rank of the word and the numbers behind it, or by the identifiers as
    Semantic Versioning has them. Any other suffix names a rebuild or a variant and is left out.
    """
    lead = _LEAD.match(text)
    found = _NUMBERS.match(text, lead.end()) if lead else None
    if found is None:
        return None
    stage = _RELEASED
    if word:
        tail = text[found.end() :]
        by_rank = (_RANKS.get(word.lower().rstrip("0123456789"), 0), *numbers(tail))
        stage = (0, _identifiers(tail) if by_identifiers else by_rank)
    parts = _DIGITS.findall(found[0])
    return Version(_stripped(map(int, parts)), stage, None, None, len(parts))


def _identifiers(tail: str) -> Key:
    """Numbers before words, shorter before longer."""
    texts = tail.partition("+")[0].lstrip("-.").split(".")
    return tuple((0, int(t), "") if _DIGITS.fullmatch(t) else (1, 0, t) for t in texts)


def _weights(text: str) -> Key:
    """Runs of other characters and of digits, in turn; `~` comes before the end of a run."""
    runs = [(*map(_weight, other), 0) for other, _ in _RUN.findall(text)]
    digits = [int(number or 0) for _, number in _RUN.findall(text)]
    return (*zip(runs, digits, strict=True), ((0,), 0))


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 0x110000


def _is_serial(version: Version) -> bool:
    return bool(version.numbers) and version.numbers[0] >= _SERIAL


def _shortened(version: Version) -> Version:
    return version._replace(numbers=_stripped(version.numbers[:_SHORT]))


def _stripped(values: Iterable[int]) -> tuple[int, ...]:
    found = list(values)
    while found and not found[-1]:
        found.pop()
    return tuple(found)
