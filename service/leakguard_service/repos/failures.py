"""From what git says to what the service says, and whether trying again can help."""

import re
from typing import Final
from urllib.parse import urlsplit

from leakguard_service.errors import Hopeless, JobError, Later
from leakguard_service.forges.port import Access
from leakguard_service.repos.git import IGNORED, full, is_full, local_result, reason
from leakguard_service.repos.model import BrokenCopy, Copy
from leakguard_service.repos.processes import Ended
from leakguard_service.settings import MIB, Settings

_STATUS: Final = re.compile(rb"The requested URL returned error: (\d{3})")

_UNAUTHORISED: Final = (
    b"Authentication failed", b"could not read Username", b"could not read Password",
    b"terminal prompts disabled", b"Access denied",
)  # fmt: skip

_NETWORK: Final = (
    b"Could not resolve", b"Failed to connect", b"Couldn't connect", b"timed out", b"Connection",
    b"Operation too slow", b"early EOF", b"RPC failed", b"unexpected disconnect", b"hung up",
    b"SSL", b"Empty reply", b"transfer closed", b"GnuTLS",
)  # fmt: skip

_TOO_LARGE: Final = (b"died of signal 25", b"File too large", b"File size limit")

_FSCK: Final = re.compile(rb"error: object ([0-9a-f]{40,64}): (\w+):")


def missing_name(ended: Ended) -> str:
    """The ref that git did not find at the forge; empty when that is not why it ended."""
    found = re.search(rb"couldn't find remote ref (\S+)", ended.err) if ended.code else None
    return found[1].decode(errors="surrogateescape") if found else ""


def has_harmless_oddity(ended: Ended) -> bool:
    """Whether git refused an object for something that is no danger without a checkout."""
    found = _FSCK.search(ended.err)
    return found is not None and found[2].decode() in IGNORED


def failure(ended: Ended, access: Access, settings: Settings, copy: Copy | None) -> JobError:
    """The error to raise for a git that could not reach, list or fetch. Names host and path."""
    parts = urlsplit(access.url)
    where = f"{parts.hostname}{parts.path.removesuffix('.git')}"
    status = _STATUS.search(ended.err)
    for found in (
        _bounds(ended, where, settings, copy),
        _refusal(ended.err, where, int(status[1]) if status else 0),
        _content(ended.err, where),
    ):
        if found:
            return found
    why = reason(ended.err, access)
    if any(words in ended.err for words in _NETWORK):
        return Later(f"{where} could not be reached: {why}", 30)
    if copy and is_damaged(copy):
        return BrokenCopy(f"the copy of {where} is damaged: {why}")
    return Later(f"{where} could not be fetched: {why}", 60)


def _bounds(ended: Ended, where: str, settings: Settings, copy: Copy | None) -> JobError | None:
    """What our own limits stopped."""
    if ended.stopped == "time":
        seconds = settings.fetch_seconds
        return Later(f"fetching {where} took too long (LEAKGUARD_FETCH_SECONDS is {seconds})", 300)
    if ended.stopped:
        return Hopeless(f"{where} answers with too much to be listed")
    if is_too_large(ended):
        most = settings.repository_bytes // MIB
        return Hopeless(f"{where} is larger than {most} MiB: raise LEAKGUARD_REPOSITORY_BYTES")
    if b"out of memory" in ended.err or b"Cannot allocate memory" in ended.err:
        return Later(f"fetching {where} needs more memory than git may have here", 300)
    if copy and is_full(ended.err):
        return full(copy)
    return None


def is_too_large(ended: Ended) -> bool:
    """Whether git was stopped because it wrote a file beyond its limit."""
    return any(words in ended.err for words in _TOO_LARGE)


def _refusal(err: bytes, where: str, status: int) -> JobError | None:
    """What the forge refuses."""
    if status in (401, 403) or any(words in err for words in _UNAUTHORISED):
        number = f" (HTTP {status or 401})"
        return Hopeless(f"{where} may not be read with this token{number}: give it read access")
    if 300 <= status < 400 or b"unable to update url base from redirection" in err:
        return Hopeless(f"{where} was moved or renamed: it leads elsewhere, which is not followed")
    if status == 429:
        return Later(f"{where} asks to wait (HTTP 429)", 120, waited=True)
    if status >= 500:
        return Later(f"{where} has trouble (HTTP {status})", 60)
    if status in (404, 410) or re.search(rb"fatal: repository '[^'\n]*' not found", err):
        return Hopeless(f"{where} is not there, or this token may not know of it (HTTP 404)")
    if status:
        return Hopeless(f"{where} does not answer as git does (HTTP {status})")
    if b"is this a git repository?" in err or b"not valid: " in err:
        return Hopeless(f"{where} is no git repository")
    return None


def _content(err: bytes, where: str) -> JobError | None:
    """What is wrong with the objects."""
    if found := _FSCK.search(err):
        oid, what = found[1].decode()[:12], found[2].decode()
        return Hopeless(f"{where} has an object that git does not take: {oid} {what}")
    return None


def is_damaged(copy: Copy) -> bool:
    """Whether git finds something wrong with the copy. Reads all its trees: used when in doubt."""
    return bool(
        local_result(copy, "fsck", "--connectivity-only", "--no-dangling", partial=True).code
    )
