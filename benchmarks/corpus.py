"""Brings the packages and repositories that the precision is measured on into a folder.

What is there already is not brought again, so an archive or a clone from elsewhere can be laid
into the folder beforehand. Nothing of a package is run: wheels and npm archives are unpacked only.
"""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measure import BenchmarkError, clean_environment

WHEEL_PLATFORMS: Final = ("any", "manylinux2014_x86_64", "manylinux_2_28_x86_64")
"""Whose wheels are asked for, so that all machines measure the same files."""
WHEEL_PYTHON: Final = "3.11"

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the list of packages."""

    registry: str
    """`pypi` or `npm`."""
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Repository:
    """One line of the list of repositories."""

    name: str
    """How verdicts and the table call it."""
    place: str
    """A URL to clone, or a folder that holds a repository."""


def read_packages(path: Path) -> list[Package]:
    """Raises BenchmarkError for a line of another form."""
    return [Package(*words) for words in _lines(path, 3)]


def read_repositories(path: Path) -> list[Repository]:
    """Raises BenchmarkError for a line of another form."""
    return [Repository(*words) for words in _lines(path, 2)]


def _lines(path: Path, words: int) -> Iterator[list[str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = line.partition("#")[0].split()
        if found and len(found) != words:
            raise BenchmarkError(f"line {number} of {path} must have {words} words")
        if found:
            yield found


def bring_package(package: Package, folder: Path, say: Say) -> Path:
    """The folder with its unpacked files. Raises BenchmarkError for what cannot be had."""
    if package.registry not in PACKERS:
        raise BenchmarkError(f"there is no registry {package.registry}: write pypi or npm")
    files = folder / "packages" / package.registry / package.name
    if not files.is_dir():
        unpack(_archive(package, folder / "archives" / package.registry, say), files)
    return files


def _archive(package: Package, folder: Path, say: Say) -> Path:
    pack, form = PACKERS[package.registry]
    folder.mkdir(parents=True, exist_ok=True)
    pattern = re.compile(form(package), re.IGNORECASE)
    if (there := _matching(folder, pattern)) is None:
        say(f"download {package.name} {package.version}")
        _run(pack(package), folder)
        there = _matching(folder, pattern)
    if there is None:
        raise BenchmarkError(f"no archive of {package.name} {package.version} came to {folder}")
    return there


def _matching(folder: Path, pattern: re.Pattern[str]) -> Path | None:
    return next((path for path in sorted(folder.iterdir()) if pattern.fullmatch(path.name)), None)


def _wheel_command(package: Package) -> list[str]:
    platforms = [word for name in WHEEL_PLATFORMS for word in ("--platform", name)]
    options = ["--no-deps", "--only-binary=:all:", "--python-version", WHEEL_PYTHON, *platforms]
    wanted = f"{package.name}=={package.version}"
    return ["pip", "download", "--quiet", *options, "--dest", ".", wanted]


def _wheel_name(package: Package) -> str:
    """Names of wheels: https://packaging.python.org/en/latest/specifications/binary-distribution-format/"""
    name = re.sub(r"[-_.]+", "[-_.]+", package.name)
    return rf"{name}-{re.escape(package.version)}-.*\.whl"


def _npm_command(package: Package) -> list[str]:
    return ["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]


def _npm_name(package: Package) -> str:
    """What `npm pack` calls its file: the scope comes before the name."""
    name = package.name.removeprefix("@").replace("/", "-")
    return re.escape(f"{name}-{package.version}.tgz")


PACKERS: Final = {"pypi": (_wheel_command, _wheel_name), "npm": (_npm_command, _npm_name)}
"""By registry: the command that brings an archive into the working folder, and a regular
expression for the archive's name."""


def unpack(archive: Path, files: Path) -> None:
    """Raises BenchmarkError for an archive that cannot be read or that leaves its folder."""
    part = files.with_name(f"{files.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        if archive.suffix == ".whl":
            shutil.unpack_archive(archive, part, "zip")
        else:
            shutil.unpack_archive(archive, part, "gztar", filter="data")
    except (OSError, shutil.ReadError, tarfile.TarError) as error:
        raise BenchmarkError(f"cannot unpack {archive}: {error}") from error
    part.rename(files)


def bring_repository(repository: Repository, folder: Path, say: Say) -> Path:
    """Where it lies: its own folder, or a bare clone. Raises BenchmarkError when it cannot be
    cloned."""
    if Path(repository.place).is_dir():
        return Path(repository.place)
    clone = folder / "repositories" / repository.name
    if not clone.is_dir():
        say(f"clone {repository.name}")
        clone.parent.mkdir(parents=True, exist_ok=True)
        command = ["git", "clone", "--quiet", "--bare", "--", repository.place, clone.name]
        _run(command, clone.parent)
    return clone


def _run(command: list[str], folder: Path) -> None:
    """Raises BenchmarkError with the last line of what a command that fails has to say."""
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, env=clean_environment()
        )
    except OSError as error:
        raise BenchmarkError(f"cannot start {command[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise BenchmarkError(f"{' '.join(command)} failed: {lines[-1]}") from error
