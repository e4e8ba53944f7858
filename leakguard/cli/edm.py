"""`leakguard edm`: the index by which a scan knows one's own customers, without holding them."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leakguard.cli.output import check_writable, say, tell
from leakguard.errors import UsageError
from leakguard.report.wording import counted, size

if TYPE_CHECKING:
    from leakguard.data.edm import Content
    from leakguard.data.edm_build import Counts

_DAY = 24 * 60 * 60

_INDEX = click.Option(
    ["--index"],
    type=click.Path(path_type=Path, dir_okay=False),
    default="customers.edm",
    show_default=True,
    metavar="FILE",
    help="The index.",
)
_KEY_FILE = click.Option(
    ["--key-file"],
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Its key.  [default: leakguard/edm.key in your folder of settings; LEAKGUARD_EDM_KEY goes"
    " before both]",
)
_QUERY = click.Option(
    ["--query"],
    default="",
    metavar="SQL",
    help="Take the records that this query gives; SOURCE is then an address as SQLAlchemy has it,"
    " or an SQLite file.",
)


@click.group(
    "edm",
    epilog="""\b
Examples:
  leakguard edm build customers.csv --columns name,email,phone
  leakguard edm build postgresql://crm/main --query "SELECT name, email FROM customers"
  leakguard edm update customers.csv
  leakguard edm prune --days 90
""",
)
def edm() -> None:
    """Find your own customers in what is scanned: exact data match.

    An index holds keyed hashes of their values, nothing else. Name it as `indexes` under [data] in
    the settings; keep the key out of the repository. Whoever has both can try values.
    """


@edm.command(
    "build",
    params=[
        click.Argument(["source"], metavar="SOURCE"),
        click.Option(
            ["--columns"], default="", metavar="NAMES",
            help="The columns that count, between commas.  [default: all]",
        ),
        _QUERY, _INDEX, _KEY_FILE,
    ],
)  # fmt: skip
def build_(source: str, columns: str, query: str, index: Path, key_file: Path | None) -> None:
    """Make an index of the records in SOURCE: CSV, XLSX, Parquet, SQLite, or a query.

    Values are compared without case, spaces and legal forms. Names of one word are left out: any
    text may hold them. A key is made when there is none.
    """
    from leakguard.data.edm_build import build
    from leakguard.data.records import read_records

    check_writable(index)
    started = time.perf_counter()
    records = read_records(source, query, [name.strip() for name in columns.split(",") if name])
    key = _key(key_file, make=True)
    content, counts = build(records.names, records.rows, key, _today())
    _written(index, key, content, counts, started)
    say("".join(f"{column.name}: {column.type}\n" for column in content.columns))


@edm.command("update", params=[click.Argument(["source"]), _QUERY, _INDEX, _KEY_FILE])
def update_(source: str, query: str, index: Path, key_file: Path | None) -> None:
    """Add the records in SOURCE to the index, and mark those it has as seen today."""
    from leakguard.data.edm import read_index
    from leakguard.data.edm_build import update
    from leakguard.data.records import read_records

    started = time.perf_counter()
    key = _key(key_file)
    content = read_index(index, key)
    records = read_records(source, query, [column.name for column in content.columns])
    content, counts = update(content, records.rows, key, _today())
    _written(index, key, content, counts, started)


@edm.command(
    "prune",
    params=[
        click.Option(
            ["--days"], type=click.IntRange(0), required=True, metavar="N",
            help="Take out what no build or update has seen for so many days.",
        ),
        _INDEX, _KEY_FILE,
    ],
)  # fmt: skip
def prune_(days: int, index: Path, key_file: Path | None) -> None:
    """Take records out of the index that were not seen for some days."""
    from leakguard.data.edm import read_index
    from leakguard.data.edm_build import prune

    started = time.perf_counter()
    key = _key(key_file)
    content, counts = prune(read_index(index, key), _today() - days)
    _written(index, key, content, counts, started)


def _key(file: Path | None, *, make: bool = False) -> bytes:
    from leakguard.data.edm import default_key_file, load_key, make_key

    place = file or default_key_file(os.environ)
    if make and "LEAKGUARD_EDM_KEY" not in os.environ and not place.exists():
        tell(f"a new key is in {place}: keep it out of repositories, and give it to CI as a secret")
        return make_key(place)
    return load_key(file, os.environ)


def _today() -> int:
    return int(time.time()) // _DAY


def _written(index: Path, key: bytes, content: "Content", counts: "Counts", started: float) -> None:
    from leakguard.data.edm import write_index

    if not counts.records:
        raise UsageError(f"no records would be left in {index}: it is as it was")
    length = write_index(index, key, content)
    say("".join(f"{line}\n" for line in _told(index, counts, length, started)))


def _told(index: Path, counts: "Counts", length: int, started: float) -> Sequence[str]:
    changes = {"added": counts.added, "seen before": counts.seen, "removed": counts.removed}
    parts = ", ".join(f"{number:,} {what}" for what, number in changes.items() if number)
    seconds = time.perf_counter() - started
    lines = [
        f"{index}: {counted(counts.records, 'record')} ({parts or 'nothing changed'}),"
        f" {counted(counts.values, 'value')}, {size(length)}, {seconds:.1f} s"
    ]
    if counts.unfit:
        lines.append(
            f"{counts.unfit:,} values were left out: of one word, too short, or of no form"
        )
    return lines
