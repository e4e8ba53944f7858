"""From the settings to what a scan does: limits, whose builds are whose, plugins."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from leakguard import limits
from leakguard.artifacts.budget import Allowance
from leakguard.config import Config
from leakguard.data.seen import Data
from leakguard.errors import ConfigError
from leakguard.model import Rule
from leakguard.policy import ArtifactSettings, DataSettings, MarkerSettings
from leakguard.sources import Source
from leakguard.unpack import Opening

if TYPE_CHECKING:
    from leakguard.artifacts.ownership import Ownership
    from leakguard.data.edm_match import Seeker
    from leakguard.plugins import Plugins


def opening_for(settings: ArtifactSettings, path: str, *, hooked: bool = False) -> Opening | None:
    """How to open what a scan of `path` meets; None when the settings say not to.

    In a hook less time and fewer bytes are spent, unless the settings ask for even less. What
    belongs to whom is asked when the first build was met.
    """
    if not settings.open:
        return None
    most = settings.max_total_mb * limits.MIB
    allowance = Allowance(
        total_bytes=min(most, limits.ARTIFACT_HOOK_BYTES) if hooked else most,
        whole_bytes=settings.max_member_mb * limits.MIB,
        ratio=settings.max_ratio,
        depth=settings.max_depth,
        members=settings.max_members,
        seconds=min(settings.max_seconds, limits.ARTIFACT_HOOK_SECONDS)
        if hooked
        else settings.max_seconds,
    )
    return Opening(allowance, lambda: ownership_for(settings, path))


def named_for(config: Config) -> list[Rule]:
    """The rules for what the settings name: canaries, and what must not be written.

    Raises ConfigError for a file, a name or an entry that cannot be used.
    """
    rules: list[Rule] = []
    if config.data.canaries:
        from leakguard.data.canaries import canary_rules

        rules += canary_rules(config.data.canaries)
    if config.markers != MarkerSettings():
        from leakguard.data.markers import marker_rules

        rules += marker_rules(config.markers)
    return rules


def with_names(
    sources: Sequence[Source], config: Config, refs: Sequence[str] = ()
) -> Sequence[Source]:
    """The sources, and behind them the names in them, and of `refs`, where a name may leak."""
    if not config.markers.names and not config.markers.hashed and not config.data.canaries:
        return sources
    from leakguard.sources.names import NamesSource, branches, names_of

    root = sources[0].root if sources else ""
    return [*sources, NamesSource([*names_of(sources), *branches(refs)], root)]


def data_for(config: Config) -> Data:
    """How to look for customers' data. What the indexes hold is asked when the scan begins."""
    return Data(config.data, (lambda: _seekers(config.data)) if config.data.indexes else None)


def _seekers(settings: DataSettings) -> "list[Seeker]":
    """Raises ConfigError for an index or a key that cannot be used."""
    from leakguard.data.edm import load_key, read_index
    from leakguard.data.edm_match import Seeker

    key = load_key(settings.key_file, os.environ)
    return [Seeker(read_index(path, key), key) for path in settings.indexes]


def plugins_for(config: Config) -> "Plugins | None":
    """The plugins that are asked for; None for none. Raises RuleError as `Plugins` does."""
    if not config.detect_secrets_plugins:
        return None
    from leakguard.plugins import Plugins

    return Plugins(config.detect_secrets_plugins)


def ownership_for(settings: ArtifactSettings, path: str) -> "Ownership":
    """What the settings say of whose builds are whose, and what the repository of `path` says.

    Raises ConfigError when the file with the newest released version cannot be read or has none.
    """
    from leakguard.artifacts import identity, ownership
    from leakguard.learn import learned

    configured = ownership.ownership_of(
        identifiers=settings.identifiers,
        products=settings.products,
        signers=settings.signers,
        released=settings.released,
        allow=settings.allow,
        committable=settings.committable,
    )
    source = settings.released_from
    named = source in ("", identity.TAGS, identity.CHANGELOG)
    known = learned(path, source if named else "")
    if not named:
        version = identity.released_in_text(_text(source))
        if not version:
            raise ConfigError(
                f"{source}: `artifacts.released_from` names it, but it has no version"
            )
        released = {ownership.EVERY: version, **settings.released}
        configured = replace(configured, released=released)
    return ownership.completed(configured, known)


def _text(path: str) -> bytes:
    """The file that has the newest released version. Raises ConfigError when it cannot be read."""
    try:
        with open(os.path.expanduser(path), "rb") as stream:
            return stream.read(limits.LEARNED_BYTES)
    except OSError as error:
        raise ConfigError(
            f"{path}: `artifacts.released_from` cannot be read: {error.strerror}"
        ) from error
