"""Brings the large blobs that a fetch left at the forge: builds of apps are large."""

import time
from collections.abc import Container, Iterable, Sequence
from typing import Final

from leakguard.model import Skip
from leakguard.sources.git.versions import entries
from leakguard_service.forges.port import Access
from leakguard_service.repos.cache import remove_leftovers
from leakguard_service.repos.failures import failure, is_too_large
from leakguard_service.repos.fetch import is_refused
from leakguard_service.repos.git import REMOTE, Call, local, local_result, remote
from leakguard_service.repos.model import Copy
from leakguard_service.settings import MIB, Settings

_MOST: Final = 200
"""Large blobs that one scan brings, the newest first: each takes a request and up to minutes."""

_NAMING_SECONDS: Final = 60.0
"""For finding out the paths of what is not brought."""


def bring_large(
    copy: Copy, access: Access, revisions: Sequence[str], settings: Settings
) -> tuple[Skip, ...]:
    """Fetches the blobs that `revisions` reach (all refs, when empty) and the copy does not have.

    Those that cannot be had, or are larger than `artifact_mb`, come back as skips with their ids.
    Raises Later and Hopeless, when the forge cannot be reached.
    """
    refused = _remembered(copy, settings)
    missing = _missing(copy, revisions, refused)
    deadline = time.monotonic() + settings.fetch_seconds
    wanted = [oid for oid in missing if oid not in refused]
    reasons = {oid: refused[oid] for oid in missing if oid in refused}
    for oid in wanted[:_MOST]:
        if why := _bring(copy, access, settings, oid, deadline):
            reasons[oid] = why
            _remember(copy, settings, oid, why)
    rest = f"not fetched: there are {len(wanted)} large files, more than {_MOST}"
    reasons |= dict.fromkeys(wanted[_MOST:], rest)
    brought = [oid for oid in wanted[:_MOST] if oid not in reasons]
    for oid, why in _over(copy, settings, brought).items():
        reasons[oid] = why
        _remember(copy, settings, oid, why)
    paths = _paths(copy, revisions, reasons) if reasons else {}
    return tuple(
        Skip(paths.get(oid, f"object {oid[:12]}"), why, oid) for oid, why in reasons.items()
    )


def _missing(copy: Copy, revisions: Sequence[str], refused: Container[str]) -> list[str]:
    """The ids of what is reached and not here, or was refused before, newest first.

    Format: git-rev-list(1), --missing=print.
    """
    options = (
        "--objects",
        "--no-object-names",
        "--missing=print",
        *(() if revisions else ("--all",)),
        "--stdin",
    )
    out = local(copy, "rev-list", *options, feed=_fed(revisions))
    oids = ((line[:1] == b"?", line.lstrip(b"?").decode()) for line in out.split(b"\n"))
    return [oid for missing, oid in oids if missing or oid in refused]


def _fed(revisions: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in revisions).encode()


def _bring(copy: Copy, access: Access, settings: Settings, oid: str, deadline: float) -> str:
    """Fetches one object; returns why not, when that is for good."""
    seconds = max(1.0, deadline - time.monotonic())
    ended = remote(
        copy,
        Call(access, settings, seconds, settings.artifact_mb * MIB),
        *("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"),
        *("--no-auto-maintenance", "--filter=blob:none", "--end-of-options", REMOTE, oid),
    )
    if not ended.code and not ended.stopped:
        return ""
    remove_leftovers(copy)
    if is_too_large(ended):
        return _too_large(settings)
    if is_refused(ended):
        return "not fetched: the forge does not hand out this large file by itself"
    raise failure(ended, access, settings, copy)


def _too_large(settings: Settings) -> str:
    return f"not fetched: larger than {settings.artifact_mb} MB (LEAKGUARD_ARTIFACT_MB)"


def _over(copy: Copy, settings: Settings, oids: Sequence[str]) -> dict[str, str]:
    """Those that came but are larger than their packs were: a bomb is not read."""
    if not oids:
        return {}
    out = local_result(
        copy, "cat-file", "--batch-check=%(objectname) %(objectsize)", feed=_fed(oids)
    ).out
    pairs = (line.decode(errors="replace").split(" ") for line in out.splitlines())
    most = settings.artifact_mb * MIB
    why = f"not read: larger than {settings.artifact_mb} MB (LEAKGUARD_ARTIFACT_MB)"
    return {oid: why for oid, size in pairs if size.isdigit() and int(size) > most}


def _paths(copy: Copy, revisions: Sequence[str], oids: Iterable[str]) -> dict[str, str]:
    """A path of each blob, as far as that is found out in time."""
    wanted = frozenset(oids)
    out = local_result(
        copy, "log", "--raw", "-z", "-r", "-m", "--root", "--no-renames", "--no-abbrev",
        "--format=", *(() if revisions else ("--all",)), "--stdin",
        feed=_fed(revisions), seconds=_NAMING_SECONDS,
    ).out  # fmt: skip
    return {new: path for _, _, new, _, path in entries(out) if new in wanted}


def _remembered(copy: Copy, settings: Settings) -> dict[str, str]:
    """Why objects were not to be had: asking for them again would cost as much each time."""
    try:
        lines = (copy.folder / f"refused-{settings.artifact_mb}").read_text().splitlines()
    except OSError:
        return {}
    return {oid: why for oid, _, why in (line.partition(" ") for line in lines)}


def _remember(copy: Copy, settings: Settings, oid: str, why: str) -> None:
    with (copy.folder / f"refused-{settings.artifact_mb}").open("a") as stream:
        stream.write(f"{oid} {why}\n")
