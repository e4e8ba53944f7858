"""Reports of trufflehog (`--json`), which has no baselines. Pure: objects in, entries out.

https://github.com/trufflesecurity/trufflehog#8-scan-individual-files-or-directories
"""

from collections.abc import Iterable, Mapping
from typing import Any

from leakguard.baselines.foreign import SHA256, Found, Known, counted_once, sha256, slashed, texts


def read_report(rows: Iterable[Any]) -> Found:
    """The entries of a report, by file and the SHA-256 of what trufflehog calls the raw secret."""
    entries: list[Known] = []
    left_out: list[str] = []
    for row in rows:
        detector, raw = texts(row, "DetectorName", "Raw")
        place = _place(row)
        path, file = slashed(texts(place, "file")[0]), texts(place, "file")[0]
        if not file:
            left_out.append(f"{detector}: it is in no file")
        elif not raw:
            left_out.append(f"{file}: {detector}: the report does not have the secret")
        else:
            label = f"{file}: {detector}"
            entries.append(Known(label, path, rule=detector, hash=SHA256, digest=sha256(raw)))
    return Found("trufflehog", counted_once(entries), tuple(left_out))


def _place(row: Any) -> Mapping[str, Any]:
    """What `SourceMetadata.Data` says of the one source: `Git`, `Filesystem` ..."""
    data: Any = row
    for name in ("SourceMetadata", "Data"):
        data = data.get(name) if isinstance(data, dict) else None
    sources = list(data.values()) if isinstance(data, dict) else []
    return sources[0] if sources and isinstance(sources[0], dict) else {}
