"""The labels of CredData (Samsung/CredData, meta/*.csv): which lines hold a credential."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NOT_SECRET = frozenset(
    {"UUID", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID", "Nonce", "Salt"}
    | {"AWS Client ID"}
)
"""Categories that are identifiers when they stand alone: neither wanted nor held against anyone."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled value. Lines count from 1, characters from 0."""

    repository: str
    path: str
    first: int
    last: int
    truth: str
    """T, F, or I for what is neither."""
    category: str
    start: int
    end: int
    """Characters of the value in a row of one line; -1 where it is the whole line."""


@dataclass(slots=True)
class Labels:
    """All rows, and those of each line."""

    rows: list[Row] = field(default_factory=list)
    of_line: dict[tuple[str, int], list[Row]] = field(default_factory=dict)


def read_labels(folder: Path) -> Labels:
    """The labels of the repositories that are built below `folder`/data."""
    labels = Labels()
    for row in _rows(folder):
        labels.rows.append(row)
        for line in range(row.first, row.last + 1):
            labels.of_line.setdefault((row.path, line), []).append(row)
    return labels


def _rows(folder: Path) -> Iterator[Row]:
    for meta in sorted((folder / "meta").glob("*.csv")):
        if not (folder / "data" / meta.stem).is_dir():
            continue
        with meta.open(newline="") as stream:
            for line in csv.DictReader(stream):
                yield _row(meta.stem, line)


def _row(repository: str, line: dict[str, str]) -> Row:
    truth, category = line["GroundTruth"], line["Category"]
    if truth == "T" and set(category.split(":")) <= NOT_SECRET:
        truth = "I"
    first, last = int(line["LineStart"]), int(line["LineEnd"])
    start, end = (int(line[key] or -1) for key in ("ValueStart", "ValueEnd"))
    if first != last or start < 0:
        start = end = -1
    path = line["FilePath"].removeprefix("data/")
    return Row(repository, path, first, last, truth, category, start, max(end, start + 4))
