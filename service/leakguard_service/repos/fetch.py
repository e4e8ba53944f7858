"""Asks a forge for its refs and brings commits into a copy, but for large blobs: see large.py."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Final

from leakguard_service.errors import Hopeless
from leakguard_service.forges.port import Access
from leakguard_service.repos.cache import remove_leftovers
from leakguard_service.repos.failures import failure, has_harmless_oddity, missing_name
from leakguard_service.repos.git import REMOTE, Call, check_access, local, local_result, remote
from leakguard_service.repos.model import HEADS, TAGS, Copy, Refs, is_oid, is_ref, local_name
from leakguard_service.repos.processes import Ended
from leakguard_service.repos.revisions import commits
from leakguard_service.settings import MIB, Settings

_LIST_SECONDS: Final = 120.0
_LINE_BYTES: Final = 1_200
"""A line of ls-remote: an id and a name as long as is_ref lets through."""

_AT_ONCE: Final = 500
"""Refs that one git fetches: it compares each with each that the forge has."""

_TRIES: Final = 4
"""Refs that may vanish one after the other before the forge is asked for all."""


def remote_refs(access: Access, settings: Settings) -> Refs:
    """The branches and tags that the forge has, at most `ref_count`: `cut` says if there are more.

    Raises Later and Hopeless.
    """
    check_access(access)
    call = Call(access, settings, _LIST_SECONDS, MIB, settings.ref_count * _LINE_BYTES)
    ended = remote(None, call, "ls-remote", "--quiet", "--heads", "--tags", "--refs", REMOTE)
    if ended.stopped != "output" and (ended.code or ended.stopped):
        raise failure(ended, access, settings, None)
    if not ended.out:
        _check_is_git(access, settings)
    refs = Refs()
    lines = ended.out.split(b"\n")
    refs.cut = ended.stopped == "output"
    for line in lines[:-1]:
        oid, _, name = line.decode(errors="surrogateescape").partition("\t")
        if len(refs) >= settings.ref_count:
            refs.cut = True
            break
        if is_oid(oid) and is_ref(name):
            refs[name] = oid
        else:
            refs.left_out += 1
    return refs


def _check_is_git(access: Access, settings: Settings) -> None:
    """Raises Hopeless when it is no git that says that there is nothing.

    git takes an empty page for the list of an old, plain web server: a proxy's must not pass for a
    repository that lost all its refs. Only git speaks in packets (gitprotocol-http(5)).
    """
    call = Call(access, settings, _LIST_SECONDS, MIB, trace=True)
    ended = remote(None, call, "ls-remote", "--quiet", "--heads", "--tags", "--refs", REMOTE)
    if not ended.out and not re.search(rb"packet: +git< ", ended.err):
        raise failure(ended._replace(code=1, err=b"fatal: not valid: "), access, settings, None)


def remote_head(access: Access, settings: Settings) -> str:
    """The whole name of the default branch; empty when HEAD names none that is there.

    Raises Later and Hopeless.
    """
    check_access(access)
    call = Call(access, settings, _LIST_SECONDS, MIB, settings.ref_count * _LINE_BYTES)
    ended = remote(None, call, "ls-remote", "--quiet", "--symref", REMOTE, "HEAD")
    if ended.stopped != "output" and (ended.code or ended.stopped):
        raise failure(ended, access, settings, None)
    first = ended.out.split(b"\n")[0].decode(errors="replace")
    name = first.partition("\t")[0].removeprefix("ref: ")
    return name if first.startswith("ref: ") and is_ref(name) else ""


def fetch(
    copy: Copy,
    access: Access,
    refs: Sequence[str],
    settings: Settings,
    *,
    prune: bool = False,
) -> tuple[str, ...]:
    """Brings refs (whole names, as at the forge) and commits (ids) and all that they reach.

    HEAD always comes along, since the settings of the default branch count. With `prune`, branches
    and tags that are not among `refs` leave the copy. Returns those that the forge does not have.
    Raises Later, Hopeless, and BrokenCopy when the copy is damaged.
    """
    check_access(access)
    names = [ref for ref in dict.fromkeys(refs) if is_ref(ref)]
    oids = [ref for ref in dict.fromkeys(refs) if is_oid(ref)]
    if len(names) + len(oids) != len(set(refs)):
        raise Hopeless("what was to be fetched has a name that git does not take")
    deadline = time.monotonic() + settings.fetch_seconds
    missing: list[str] = []
    for chunk in _chunks(["HEAD", *names]):
        missing += _named(copy, access, settings, chunk, deadline)
    for oid in sorted(set(oids) - commits(copy, oids)):
        missing += _by_id(copy, access, settings, oid, deadline)
    gone = [ref for ref in missing if ref != "HEAD"]
    if "HEAD" in missing:
        remote_refs(access, settings)  # raises when it is no git that has nothing
    forget(copy, [*missing, *(_others(copy, names) if prune else ())])
    return tuple(gone)


def forget(copy: Copy, refs: Sequence[str]) -> None:
    """Takes refs (named as at the forge) out of the copy: they are gone there."""
    names = [ref for ref in dict.fromkeys(refs) if is_ref(ref) or ref == "HEAD"]
    feed = "".join(f"delete {local_name(name)}\0\0" for name in names)
    if feed:
        local(copy, "update-ref", "--no-deref", "--stdin", "-z", feed=feed.encode())


def _others(copy: Copy, names: Sequence[str]) -> list[str]:
    """The branches and tags of the copy that are not among `names`, named as at the forge."""
    out = local(copy, "for-each-ref", "--format=%(refname)", HEADS, TAGS).decode()
    ours = (f"refs/heads/{name[len(HEADS) :]}" if name.startswith(HEADS) else name
            for name in out.splitlines())  # fmt: skip
    return sorted(set(ours) - set(names))


def _chunks(names: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield list(names[start : start + _AT_ONCE])


def _named(
    copy: Copy, access: Access, settings: Settings, names: list[str], deadline: float
) -> list[str]:
    """Fetches refs; returns those that are not there."""
    missing: list[str] = []
    cleared = False
    while names:
        specs = [f"+{name}:{local_name(name)}" for name in names]
        ended = _git_fetch(copy, access, settings, specs, deadline)
        gone = missing_name(ended)
        if gone in names:
            missing += _vanished(access, settings, names, gone, len(missing))
            names = [name for name in names if name not in missing]
        elif not cleared and b"cannot lock ref" in ended.err:
            cleared = True
            _clear_the_way(copy, names)
        elif ended.code or ended.stopped:
            raise failure(ended, access, settings, copy)
        else:
            break
    return missing


def _vanished(
    access: Access, settings: Settings, names: Sequence[str], gone: str, before: int
) -> list[str]:
    """The ref that git missed; when there were several already, all that are not there."""
    if before < _TRIES:
        return [gone]
    there = remote_refs(access, settings)
    asked = ("refs/heads/", "refs/tags/")
    absent = (name for name in names if name.startswith(asked) and name not in there)
    return list(dict.fromkeys((gone, *absent)))


def _by_id(copy: Copy, access: Access, settings: Settings, oid: str, deadline: float) -> list[str]:
    ended = _git_fetch(copy, access, settings, [f"+{oid}:refs/leakguard/commits/{oid}"], deadline)
    if not ended.code and not ended.stopped:
        return []
    if is_refused(ended):
        return [oid]
    raise failure(ended, access, settings, copy)


def is_refused(ended: Ended) -> bool:
    """Whether the forge does not hand out an object by its id: gone, or it never does."""
    return any(
        words in ended.err
        for words in (b"not our ref", b"unadvertised object", b"couldn't find remote ref")
    )


def _git_fetch(
    copy: Copy, access: Access, settings: Settings, specs: Sequence[str], deadline: float
) -> Ended:
    """A fetch that checks each object, or a second one that does not.

    git hands its list of harmless oddities (git.py, IGNORED) on only where nothing is filtered:
    a repository with one old commit of an odd time zone could not be fetched at all.
    """
    odd = copy.folder / "odd"
    ended = _run_fetch(copy, access, settings, specs, deadline, check=not odd.exists())
    if ended.code and has_harmless_oddity(ended):
        odd.touch()
        remove_leftovers(copy)
        ended = _run_fetch(copy, access, settings, specs, deadline, check=False)
    return ended


def _run_fetch(
    copy: Copy,
    access: Access,
    settings: Settings,
    specs: Sequence[str],
    deadline: float,
    *,
    check: bool,
) -> Ended:
    seconds = max(1.0, deadline - time.monotonic())
    return remote(
        copy,
        Call(access, settings, seconds, settings.repository_bytes, check=check),
        *("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"),
        *("--no-auto-maintenance", "--no-show-forced-updates", "--stdin"),
        *(f"--filter=blob:limit={settings.fetch_blob_mb}m", "--end-of-options", REMOTE),
        feed="".join(f"{spec}\n" for spec in specs).encode(),
    )


def _clear_the_way(copy: Copy, names: Sequence[str]) -> None:
    """Removes refs that stand in the way: `a` of `a/b`, which cannot both be at the forge."""
    out = local_result(copy, "for-each-ref", "--format=%(refname)").out.decode()
    wanted = {local_name(name) for name in names}
    above = {
        "/".join(parts[:count])
        for name in wanted
        for parts in (name.split("/"),)
        for count in range(3, len(parts))
    }
    blocking = [
        ref
        for ref in out.splitlines()
        if ref in above or any(ref.startswith(f"{name}/") for name in wanted)
    ]
    feed = "".join(f"delete {ref}\0\0" for ref in blocking)
    local(copy, "update-ref", "--no-deref", "--stdin", "-z", feed=feed.encode())
