"""Runs git for the service: nothing of a forge or a repository reaches it but as data.

Each git has a clean environment and configuration of its own, limits of the system and a clock. A
token is in its environment only (git-config(1), GIT_CONFIG_COUNT), never in arguments, addresses
or files. Words of git that go into an error are cut and have no token.
"""

import base64
import binascii
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from leakguard_service.errors import Hopeless, Later, SettingsError
from leakguard_service.forges.port import Access
from leakguard_service.repos.address import Pinned, pinned
from leakguard_service.repos.model import BrokenCopy, Copy
from leakguard_service.repos.processes import Bounds, Ended, run
from leakguard_service.settings import MIB, Settings

REMOTE: Final = "forge"
"""What the remote is called; its address is given anew each time."""

_OLDEST: Final = (2, 38)
"""http.curloptResolve came with 2.37, `cat-file -z` with 2.38."""

_LOCAL_SECONDS: Final = 300.0
_REASON_CHARACTERS: Final = 300

IGNORED: Final = (
    "badDate", "badDateOverflow", "badEmail", "badFilemode", "badName", "badTagName",
    "badTimezone", "duplicateEntries", "emptyName", "fullPathname", "gitattributesBlob",
    "gitattributesLarge", "gitattributesLineLength", "gitattributesMissing",
    "gitattributesParse", "gitattributesSymlink", "gitignoreSymlink", "gitmodulesBlob",
    "gitmodulesLarge", "gitmodulesMissing", "gitmodulesName", "gitmodulesParse",
    "gitmodulesPath", "gitmodulesSymlink", "gitmodulesUpdate", "gitmodulesUrl", "hasDot",
    "hasDotdot", "hasDotgit", "largePathname", "mailmapSymlink", "missingEmail",
    "missingNameBeforeEmail", "missingSpaceBeforeDate", "missingSpaceBeforeEmail",
    "missingTaggerEntry", "multipleAuthors", "nulInCommit", "nulInHeader", "nullSha",
    "symlinkPointsToGitDir", "symlinkTargetBlob", "symlinkTargetLength",
    "symlinkTargetMissing", "treeNotSorted", "zeroPaddedDate", "zeroPaddedFilemode",
)  # fmt: skip
"""Complaints of git-fsck(1) that are no reason to refuse a repository here: old ones have odd dates
and modes, and what is a danger to a checkout has to be scanned, since there is none."""

_CONFIG: Final[Mapping[str, str]] = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.askPass": "",
    "core.alternateRefsCommand": "",
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.logAllRefUpdates": "false",
    "core.quotePath": "false",
    "core.warnAmbiguousRefs": "false",
    "core.packedGitLimit": "1g",
    "core.bigFileThreshold": "64m",
    "credential.helper": "",
    "protocol.allow": "never",
    "protocol.version": "2",
    "safe.bareRepository": "explicit",
    "transfer.bundleURI": "false",
    "transfer.credentialsInUrl": "die",
    "fetch.uriProtocols": "",
    "fetch.recurseSubmodules": "false",
    "fetch.showForcedUpdates": "false",
    "fetch.writeCommitGraph": "false",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pack.threads": "2",
    **{f"fetch.fsck.{name}": "ignore" for name in IGNORED},
}

_PARTIAL: Final[Mapping[str, str]] = {
    f"remote.{REMOTE}.promisor": "true",
    f"remote.{REMOTE}.partialCloneFilter": "blob:none",
}
"""What git would else write into the copy's configuration at the first fetch that filters. Each
fetch says its own filter."""


@dataclass(frozen=True, slots=True)
class Call:
    """How one git that reaches a forge is run."""

    access: Access
    settings: Settings
    seconds: float
    file_bytes: int
    output_bytes: int = 64 * MIB
    check: bool = True
    """Whether git checks the form of each object that comes (transfer.fsckObjects)."""
    trace: bool = False
    """Whether git writes what it hears (no headers) to its error output: for short answers only."""


def local(copy: Copy, *arguments: str, feed: bytes = b"", seconds: float = _LOCAL_SECONDS) -> bytes:
    """What git prints in a copy. Reaches no network, not even for objects that were left out.

    Raises BrokenCopy when git fails, Later when the disk is full or it takes too long.
    """
    ended = local_result(copy, *arguments, feed=feed, seconds=seconds)
    if ended.code or ended.stopped:
        raise local_error(copy, arguments[0], ended)
    return ended.out


def local_result(
    copy: Copy,
    *arguments: str,
    feed: bytes = b"",
    seconds: float = _LOCAL_SECONDS,
    partial: bool = False,
) -> Ended:
    """How git ended in a copy.

    With `partial` git knows that objects were left at the forge, and takes it for no damage. It
    would also ask the forge for each that is looked for: in vain, but that takes time.
    """
    config = {**_CONFIG, **_PARTIAL} if partial else _CONFIG
    environment = _environment(config) | {"GIT_ALLOW_PROTOCOL": ""}
    bounds = Bounds(seconds, file_bytes=1 << 40, output_bytes=512 * MIB)
    return _run(("git", f"--git-dir={copy.git_dir}", *arguments), environment, bounds, feed)


def local_error(copy: Copy, verb: str, ended: Ended) -> Later:
    """What to say of a git that failed in a copy."""
    if is_full(ended.err):
        return full(copy)
    if ended.stopped:
        return Later(f"git {verb} in the copy of repository {copy.repository_id} took too long", 60)
    why = reason(ended.err)
    return BrokenCopy(f"the copy of repository {copy.repository_id} is damaged: {verb}: {why}")


def remote(copy: Copy | None, call: Call, *arguments: str, feed: bytes = b"") -> Ended:
    """How a git ended that reaches the forge; REMOTE names it in the arguments.

    Raises Hopeless for an address that may not be reached, Later for one that is not known.
    """
    access, private = call.access, call.settings.allow_private_addresses
    pin = pinned(access.url, private=private, given=access.resolve)
    environment = _environment({**_CONFIG, **_remote_config(call, pin)})
    environment["GIT_ALLOW_PROTOCOL"] = pin.scheme
    if call.trace:
        environment["GIT_TRACE_PACKET"] = "1"
    bounds = Bounds(call.seconds, call.file_bytes, output_bytes=call.output_bytes)
    place = (f"--git-dir={copy.git_dir}",) if copy else ()
    return _run(("git", *place, *arguments), environment, bounds, feed)


def _remote_config(call: Call, pin: Pinned) -> dict[str, str]:
    config = {
        f"protocol.{pin.scheme}.allow": "always",
        f"remote.{REMOTE}.url": call.access.url,
        **_PARTIAL,
        "transfer.fsckObjects": "true" if call.check else "false",
        "http.followRedirects": "false",
        "http.proxy": "",
        "http.curloptResolve": pin.curl,
        "http.lowSpeedLimit": "1000",
        "http.lowSpeedTime": "60",
        "http.sslVerify": "true",
        "http.userAgent": "leakguard",
    }
    if call.access.header:
        config[f"http.{call.access.url}.extraHeader"] = call.access.header
    return config


def _environment(config: Mapping[str, str]) -> dict[str, str]:
    """All that a git has. Its home is no folder, so that there is no .netrc either."""
    names = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "XDG_CONFIG_HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CONFIG_COUNT": str(len(config)),
    }
    if authorities := os.environ.get("GIT_SSL_CAINFO") or os.environ.get("SSL_CERT_FILE"):
        names["GIT_SSL_CAINFO"] = authorities  # forges inside a network have their own
    for number, (key, value) in enumerate(config.items()):
        names[f"GIT_CONFIG_KEY_{number}"] = key
        names[f"GIT_CONFIG_VALUE_{number}"] = value
    return names


def _run(
    command: Sequence[str], environment: Mapping[str, str], bounds: Bounds, feed: bytes
) -> Ended:
    check_version()
    try:
        return run(command, environment, bounds, feed=feed)
    except OSError as error:
        raise Later(f"git cannot be started: {error.strerror}", 60) from None


@cache
def check_version() -> None:
    """Raises SettingsError when git is missing or too old to be run safely."""
    oldest = ".".join(map(str, _OLDEST))
    if not shutil.which("git"):
        raise SettingsError(f"git is not installed or not on PATH: install git {oldest} or newer")
    ended = run(("git", "version"), {"PATH": os.environ.get("PATH", os.defpath)}, Bounds(60))
    found = re.search(rb"(\d+)\.(\d+)", ended.out)
    if not found or (int(found[1]), int(found[2])) < _OLDEST:
        raise SettingsError(f"this git is too old: install git {oldest} or newer")


def is_full(err: bytes) -> bool:
    """Whether git says that the disk is full."""
    return b"No space left on device" in err or b"Disk quota exceeded" in err


def full(copy: Copy) -> Later:
    """The disk is full."""
    return Later(
        f"the disk with {copy.folder.parent} is full: make room, or lower LEAKGUARD_CACHE_BYTES",
        300,
    )


def reason(err: bytes, access: Access | None = None) -> str:
    """What git says is wrong: one short line without secrets. What the forge said is left out."""
    lines = [line.strip() for line in err.decode(errors="replace").splitlines()]
    own = [line for line in lines if line and not line.startswith(("remote:", "warning:"))]
    marked = [line for line in own if line.startswith(("fatal: ", "error: "))]
    line = (marked or own or ["no reason given"])[0]
    line = scrubbed(line.removeprefix("fatal: ").removeprefix("error: "), access)
    return "".join(c if c.isprintable() else "?" for c in line)[:_REASON_CHARACTERS]


def scrubbed(text: str, access: Access | None) -> str:
    """The text without the header's secrets, in any form, and without names in addresses."""
    for secret in _secrets(access.header) if access else ():
        text = text.replace(secret, "***")
    return re.sub(r"//[^/@\s]+@", "//", text)


def _secrets(header: str) -> list[str]:
    """All texts that hold a header's token, the longest first."""
    value = header.partition(":")[2].strip()
    found = {header, value, value.rpartition(" ")[2]}
    try:
        decoded = base64.b64decode(value.rpartition(" ")[2], validate=True).decode()
        found |= {decoded, decoded.partition(":")[2]}
    except (binascii.Error, UnicodeDecodeError):
        pass  # a bearer's token stands there as it is
    return sorted((text for text in found if len(text) > 3), key=len, reverse=True)


def check_access(access: Access) -> None:
    """Raises Hopeless when a header could be more than one."""
    if any(ord(character) < 32 for character in access.header + access.url):
        raise Hopeless("the forge's address or header has a control character")
