"""The organisation's settings, which come before a repository's: where they lie, and fetching them.

    policy/leakguard.toml                               a file, from the folder of who names it
    https://policy.corp.net/leakguard.toml#sha256=...   fetched once, then in the cache
    git:origin/policy:leakguard.toml#sha256=...         a file at a revision of the repository here

What does not lie in a file is pinned by its SHA-256: nobody who can change it there can change what
is reported here. Only this module asks the network for anything, and only for an address that a
flag or a variable names: a scanned repository must not make anybody call somebody.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leakguard import limits
from leakguard.config import Config, load_config
from leakguard.errors import ConfigError, LeakguardError
from leakguard.setting_values import Pinned
from leakguard.settings import Settings, parsed_settings

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

_GIT: Final = "git:"
_HTTPS: Final = "https://"


def settled(paths: Sequence[str], **given: Any) -> Config:
    """The settings for a scan, those of the organisation included; takes what `load_config` takes.

    Raises ConfigError as that does, and when the organisation's settings cannot be had, are not
    what they were pinned as, or forbid what a nearer layer says.
    """
    config = load_config(paths, **given)
    if config.organisation is None:
        return config
    origin = config.origins["organisation"]
    asked = config.file is None or origin != str(config.file)
    settings = _fetched(config.organisation, paths, origin, asked=asked)
    return load_config(paths, organisation=settings, **given)


def _fetched(pinned: Pinned, paths: Sequence[str], origin: str, *, asked: bool) -> Settings:
    """The settings at a place; `asked` says that the user names it. Raises ConfigError."""
    data = _data(pinned, paths, origin, asked=asked)
    found = hashlib.sha256(data).hexdigest()
    if pinned.sha256 and found != pinned.sha256:
        raise ConfigError(
            f"{pinned.source}: its SHA-256 is {found}, not what {origin} pins: look at what has"
            " changed there, then pin the new one"
        )
    path = Path(os.path.abspath(pinned.source))
    if pinned.source.startswith((_GIT, _HTTPS)):
        return Settings(path, parsed_settings(data, pinned.source), label=pinned.source)
    return Settings(path, parsed_settings(data, pinned.source))


def _data(pinned: Pinned, paths: Sequence[str], origin: str, *, asked: bool) -> bytes:
    source = pinned.source
    if source.startswith(_HTTPS):
        return _cached(pinned, origin, asked=asked)
    if source.startswith(_GIT):
        return _from_git(source, paths)
    try:
        with open(source, "rb") as stream:
            return _bounded(stream.read(limits.RULE_FILE_BYTES + 1), source)
    except OSError as error:
        raise ConfigError(
            f"{source}: {origin} names it for the organisation's settings, but it cannot be read:"
            f" {error.strerror}"
        ) from error


def _bounded(data: bytes, source: str) -> bytes:
    if len(data) > limits.RULE_FILE_BYTES:
        raise ConfigError(f"{source} is larger than {limits.RULE_FILE_BYTES} bytes")
    return data


def _from_git(source: str, paths: Sequence[str]) -> bytes:
    """A file at a revision of the repository that is scanned. Nothing is fetched for it."""
    from leakguard.sources.git.command import Git

    revision = source.removeprefix(_GIT)
    folder = next((path for path in paths if os.path.isdir(path)), ".")
    git = Git(folder)
    try:
        oid = git.lines("rev-parse", "--verify", "--end-of-options", revision)[0]
        return _bounded(git.output("cat-file", "blob", oid), source)
    except LeakguardError as error:
        raise ConfigError(f"{source}: {error}: fetch that revision, or name another one") from error


def _cached(pinned: Pinned, origin: str, *, asked: bool) -> bytes:
    """What an address has, from the cache if it was fetched before: the hash says what it is."""
    from leakguard.cache import cache_dir

    url, sha256 = pinned
    file = cache_dir() / "settings" / f"{sha256}.toml"
    with suppress(OSError):
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
    if not asked:
        raise ConfigError(
            f"{origin}: `organisation` names {url}, which was not fetched yet, and no settings file"
            f" may reach for the network: run `leakguard config show --organisation '{pinned}'`"
            " once, or set LEAKGUARD_ORGANISATION"
        )
    data = _from_network(url)
    if hashlib.sha256(data).hexdigest() == sha256:
        _keep(file, data)
    return data


def _keep(file: Path, data: bytes) -> None:
    """Puts data into the cache in one step; a cache that cannot be written is none."""
    import tempfile  # for an address only

    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(name, file)


def _from_network(url: str) -> bytes:
    from http.client import HTTPException

    try:
        with _opener().open(url, timeout=limits.SETTINGS_SECONDS) as answer:
            return _bounded(answer.read(limits.RULE_FILE_BYTES + 1), url)
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise ConfigError(f"{url} cannot be fetched: {why}") from error


def _opener() -> "OpenerDirector":
    """What follows redirections to https only, and knows no other scheme."""
    from urllib import request
    from urllib.error import URLError

    class Redirects(request.HTTPRedirectHandler):
        def redirect_request(self, req: Any, fp: Any, *rest: Any) -> Any:
            if not rest[-1].startswith(_HTTPS):
                raise URLError("it redirects to an address that is not https")
            return super().redirect_request(req, fp, *rest)

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPSHandler(),
        Redirects(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
