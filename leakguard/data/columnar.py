"""Parquet and Avro files: a sample of their rows, read by the libraries of their makers."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import Any

from leakguard import limits
from leakguard.data.rows import Table


def columnar(data: bytes) -> Iterator[Table]:
    """The table of a file. Nothing for one that is damaged.

    Raises ImportError when the library is not there: `pip install 'leakguard[data]'`.
    """
    read = _parquet if data.startswith(b"PAR1") else _avro
    rows = read(data)
    try:
        sample = list(islice(rows, limits.TABLE_SAMPLE_ROWS))
    except ImportError:
        raise
    except Exception:
        return  # whatever a library raises for bytes that only begin like its own
    header = tuple(dict.fromkeys(str(key) for row in sample for key in row))
    if len(header) > 1:
        yield Table("", header, [tuple(_text(row.get(key)) for key in header) for row in sample])


def _parquet(data: bytes) -> Iterator[Mapping[str, Any]]:
    from pyarrow import parquet

    for batch in parquet.ParquetFile(BytesIO(data)).iter_batches(limits.TABLE_SAMPLE_ROWS):
        yield from batch.to_pylist()


def _avro(data: bytes) -> Iterator[Mapping[str, Any]]:
    import fastavro

    yield from (row for row in fastavro.reader(BytesIO(data)) if isinstance(row, dict))


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list | bytes) else str(value)
