"""Records in, an index out: a new one, one brought up to date, one without what is old."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from leakguard import limits
from leakguard.data.edm import COLUMN_BITS, SECTIONS, Column, Content, hasher, new_salt
from leakguard.data.values import NORMAL, WORDS, plain, type_of
from leakguard.errors import UsageError

Row = Sequence[str]

_SAMPLE = 1000
_BUCKETS = 256
_SHIFT = 56
"""The top byte of a hash says its bucket: sorting these one by one needs little memory."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records and values that were read."""

    records: int
    """In the index now."""
    added: int = 0
    seen: int = 0
    """That the index had already."""
    removed: int = 0
    values: int = 0
    """In the index now."""
    unfit: int = 0
    """Values that were left out: too short, of one word, or not of their column's type."""


def build(
    names: Sequence[str], rows: Iterable[Row], key: bytes, day: int
) -> tuple[Content, Counts]:
    """A new index of rows, whose types the first thousand say. Raises UsageError for no rows."""
    iterator = iter(rows)
    sample = list(islice(iterator, _SAMPLE))
    if not sample:
        raise UsageError("there are no records: an index needs some")
    columns = tuple(
        Column(name, type_of(row[at] for row in sample)) for at, name in enumerate(names)
    )
    empty = Content(columns, new_salt(), {name: array(code) for name, code in SECTIONS.items()})
    return update(empty, _both(sample, iterator), key, day)


def _both(sample: list[Row], rest: Iterator[Row]) -> Iterator[Row]:
    yield from sample
    yield from rest


def update(content: Content, rows: Iterable[Row], key: bytes, day: int) -> tuple[Content, Counts]:
    """The index with these records: new ones are added, known ones marked as seen on that day."""
    adding = _Adding(content, key, day)
    for row in rows:
        adding.add(row)
    adding.counts = replace(adding.counts, records=len(adding.records))
    return adding.finished()


class _Adding:
    """An index that grows. One thread."""

    def __init__(self, content: Content, key: bytes, day: int) -> None:
        self._content = content
        self._day = day
        self._hash = hasher(key, content.salt)
        self.records = array("Q", content.arrays["records"])
        self._days = array("I", content.arrays["days"])
        self._numbers = {digest: number for number, digest in enumerate(self.records)}
        self._values = _Buckets(
            zip(content.arrays["values"], content.arrays["owners"], strict=True)
        )
        self._firsts = set(content.arrays["firsts"])
        self._pairs = array("Q", content.arrays["pairs"])
        self.counts = Counts(records=0)

    def add(self, row: Row) -> None:
        values = [
            NORMAL[column.type](plain(text))
            for column, text in zip(self._content.columns, row, strict=True)
        ]
        given = sum(bool(text.strip()) for text in row)
        found = sum(map(bool, values))
        counts = replace(self.counts, unfit=self.counts.unfit + given - found)
        digest = self._hash("record", "\0".join(values))
        if not found:
            self.counts = counts
            return
        known = self._numbers.get(digest)
        if known is not None:
            self._days[known] = self._day
            self.counts = replace(counts, seen=counts.seen + 1)
            return
        number = self._numbers[digest] = len(self.records)
        if number >= limits.EDM_RECORDS:
            raise UsageError(f"an index holds {limits.EDM_RECORDS:,} records: make several")
        self.records.append(digest)
        self._days.append(self._day)
        self.counts = replace(counts, added=counts.added + 1)
        for at, text in enumerate(values):
            if text:
                self._value(self._content.columns[at].type, text, number << COLUMN_BITS | at)

    def _value(self, kind: str, text: str, owner: int) -> None:
        self._values.add(self._hash(kind, text), owner)
        if kind == WORDS:
            first, second, *more = text.split(" ")
            self._firsts.add(self._hash("first", first))
            if more:
                self._pairs.append(self._hash("pair", f"{first} {second}"))

    def finished(self) -> tuple[Content, Counts]:
        values, owners = self._values.ordered()
        arrays = {
            "values": values,
            "owners": owners,
            "firsts": array("Q", sorted(self._firsts)),
            "pairs": _distinct(self._pairs),
            "records": self.records,
            "days": self._days,
        }
        return replace(self._content, arrays=arrays), replace(self.counts, values=len(values))


class _Buckets:
    """Pairs of hash and owner, to be sorted."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        self._hashes = [array("Q") for _ in range(_BUCKETS)]
        self._owners = [array("I") for _ in range(_BUCKETS)]
        for value, owner in pairs:
            self.add(value, owner)

    def add(self, value: int, owner: int) -> None:
        self._hashes[value >> _SHIFT].append(value)
        self._owners[value >> _SHIFT].append(owner)

    def ordered(self) -> "tuple[array[int], array[int]]":
        """All by hash, then owner, without what too many records share; empties the buckets."""
        values, owners = array("Q"), array("I")
        for number in range(_BUCKETS):
            pairs = sorted(zip(self._hashes[number], self._owners[number], strict=True))
            self._hashes[number], self._owners[number] = array("Q"), array("I")
            start = 0
            for end in range(1, len(pairs) + 1):
                if end < len(pairs) and pairs[end][0] == pairs[start][0]:
                    continue
                if end - start <= limits.EDM_COMMON:
                    values.extend(pair[0] for pair in pairs[start:end])
                    owners.extend(pair[1] for pair in pairs[start:end])
                start = end
        return values, owners


def _distinct(numbers: "array[int]") -> "array[int]":
    return array("Q", sorted(set(numbers)))


def prune(content: Content, before: int) -> tuple[Content, Counts]:
    """The index without records that were last seen before a day, given in days since 1970.

    First words of names stay: they only say where a name might begin.
    """
    arrays = content.arrays
    kept = [number for number, day in enumerate(arrays["days"]) if day >= before]
    numbers = {old: new for new, old in enumerate(kept)}
    mask = (1 << COLUMN_BITS) - 1
    values, owners = array("Q"), array("I")
    for value, owner in zip(arrays["values"], arrays["owners"], strict=True):
        number = numbers.get(owner >> COLUMN_BITS)
        if number is not None:
            values.append(value)
            owners.append(number << COLUMN_BITS | owner & mask)
    changed: Mapping[str, array[int]] = {
        "values": values,
        "owners": owners,
        "records": array("Q", (arrays["records"][number] for number in kept)),
        "days": array("I", (arrays["days"][number] for number in kept)),
    }
    removed = len(arrays["days"]) - len(kept)
    counts = Counts(records=len(kept), removed=removed, values=len(values))
    return replace(content, arrays={**arrays, **changed}), counts
