"""Files that changed since a secret was found in them: does the version of a branch still hold it?

Only a scan can tell. So the versions that branches have now are put into a commit of their own,
which no ref names, and that is scanned: fingerprints are of path and secret, and stay the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from leakguard_service.errors import JobError
from leakguard_service.repos import scan
from leakguard_service.repos.git import local
from leakguard_service.repos.model import HEADS, TIP, BrokenCopy, Copy
from leakguard_service.service import Service
from leakguard_service.work import policy
from leakguard_service.work.policy import Range
from leakguard_service.work.target import Target

_LOG = structlog.get_logger("leakguard.work")

_QUESTIONS_MOST: Final = 20_000
"""Paths times branches that are looked up; beyond, all counts as still there."""

_REF: Final = "refs/leakguard/versions"
_WHO: Final = "committer leakguard <leakguard@localhost> 0 +0000"


@dataclass(frozen=True, slots=True)
class Version:
    """A path and the fingerprint of a secret there."""

    path: str
    fingerprint: str


def held(
    service: Service, target: Target, copy: Copy, asked: Sequence[Version]
) -> frozenset[Version]:
    """Those that a branch's version of the file still holds. What cannot be told counts as held.

    Raises BrokenCopy.
    """
    if not asked:
        return frozenset()
    heads = _heads(copy)
    if len(heads) * len(asked) > _QUESTIONS_MOST:
        return frozenset(asked)
    files = _files(copy, heads, sorted({_file(one.path) for one in asked}))
    if not files:
        return frozenset()
    try:
        seen, unread = _scanned(service, target, copy, files)
    except BrokenCopy:
        raise
    except JobError as error:
        _LOG.warning("rewritten files were not looked at", repository=target.id, why=str(error))
        return frozenset(asked)
    return frozenset(one for one in asked if one in seen or _file(one.path) in unread)


def _file(path: str) -> str:
    """The file of the tree: of what is in an archive, the archive."""
    return path.partition("!/")[0]


def _heads(copy: Copy) -> list[str]:
    out = local(copy, "for-each-ref", "--format=%(objectname)", HEADS, TIP).decode()
    return list(dict.fromkeys(out.split()))


def _files(copy: Copy, heads: Sequence[str], paths: Sequence[str]) -> list[tuple[str, str]]:
    """Path and blob of each version that branches have; each once."""
    pairs = [(path, f"{head}:{path}") for path in paths for head in heads if "\n" not in path]
    feed = "".join(f"{question}\0" for _, question in pairs).encode(errors="replace")
    out = local(copy, "cat-file", "-z", "--batch-check=%(objecttype) %(objectname)", feed=feed)
    answers = out.decode(errors="replace").split("\n")
    found = [
        (path, answer.removeprefix("blob "))
        for (path, _), answer in zip(pairs, answers, strict=False)
        if answer.startswith("blob ")
    ]
    return list(dict.fromkeys(found))


def _scanned(
    service: Service, target: Target, copy: Copy, files: Sequence[tuple[str, str]]
) -> tuple[frozenset[Version], frozenset[str]]:
    """What the versions hold, and which files could not be looked at."""
    commit = _commit(copy, files)
    request = policy.request(service, target, Range(after=commit))
    result = scan.scan(copy, request, service.settings)
    return (
        frozenset(Version(one.path, one.fingerprint) for one in result.findings),
        frozenset(_file(skip.path) for skip in result.skips),
    )


def _commit(copy: Copy, files: Iterable[tuple[str, str]]) -> str:
    """The id of the last of some commits that have the versions, one after the other.

    https://git-scm.com/docs/git-fast-import
    """
    rounds: list[dict[str, str]] = []
    for path, oid in files:
        place = next((one for one in rounds if path not in one), None)
        if place is None:
            rounds.append(place := {})
        place[path] = oid
    lines = [f"reset {_REF}", ""]
    for files_of_one in rounds:
        lines += [f"commit {_REF}", "mark :1", _WHO, "data 0"]
        lines += [f"M 100644 {oid} {_quoted(path)}" for path, oid in files_of_one.items()]
        lines.append("")
    lines += ["get-mark :1", f"reset {_REF}", f"from {'0' * len(next(iter(rounds[0].values())))}"]
    feed = "\n".join([*lines, "", "done", ""]).encode()
    out = local(copy, "fast-import", "--quiet", "--done", "--force", feed=feed)
    return out.decode().split()[-1]


def _quoted(path: str) -> str:
    """As fast-import reads it: in quotes, with bytes beyond ASCII in octal."""
    data = path.encode(errors="replace")
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in data
    )
    return f'"{plain}"'
