"""Texts of public packages: wheels, npm tarballs and folders."""

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 1 << 20
"""Larger members are data or bundles, and would weigh more than all else."""


def texts(package: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of each member of a package."""
    if package.is_dir():
        return _in_folder(package)
    return _in_zip(package) if zipfile.is_zipfile(package) else _in_tar(package)


def _in_folder(package: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(package.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.stat().st_size < MOST_BYTES:
            yield str(file.relative_to(package)), file.read_bytes()


def _in_zip(package: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            if not entry.is_dir() and entry.file_size < MOST_BYTES:
                yield entry.filename, archive.read(entry)


def _in_tar(package: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(package) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None and member.size < MOST_BYTES:
                yield member.name, stream.read()


def is_text(data: bytes) -> bool:
    """Whether the first 4 KiB hold no NUL."""
    return b"\0" not in data[:4096]
