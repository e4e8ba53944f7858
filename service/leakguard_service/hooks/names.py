"""Names that come from outside and go to git, to URLs and into the database: only sound ones.

Refs: https://git-scm.com/docs/git-check-ref-format
"""

import re
from typing import Final

from leakguard_service.hooks.fields import Fields, Garbled
from leakguard_service.nouns import ForgeKind

REF_MOST: Final = 500
"""Characters of a ref: what the database's column holds; file systems end at 255 a component."""

_LEVELS_MOST: Final = 22
"""GitLab allows 20 levels of subgroups, within a group, and the project itself."""

_OID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BAD_IN_REF: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]|\.\.|@\{|//")
_COMPONENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_MARK: Final = re.compile(r"[A-Za-z0-9_.:=/+-]{1,200}")
_WORD: Final = re.compile(r"[A-Za-z0-9_ -]{1,60}")


def ref_ok(ref: str) -> bool:
    """Whether git would take it as the whole name of a ref below `refs/`."""
    if not ref.startswith("refs/") or len(ref) > REF_MOST or ref.endswith(("/", ".")):
        return False
    parts = ref.split("/")
    return (
        len(parts) > 2
        and not _BAD_IN_REF.search(ref)
        and not any(part.startswith(".") or part.endswith(".lock") for part in parts)
    )


def ref(fields: Fields, name: str = "ref", prefix: str = "") -> str:
    """A whole ref of a payload. `prefix` is put before one that is not whole."""
    given = fields.text(name, REF_MOST)
    whole = given if given.startswith("refs/") else prefix + given
    if not ref_ok(whole):
        raise Garbled(f"`{name}` is no name of a ref")
    return whole


def oid(fields: Fields, name: str, *, needed: bool = False) -> str:
    """An object id in hex; empty for zeros and, unless it is needed, for a missing one."""
    given = fields.maybe_text(name, 64).lower()
    if given.strip("0") == "" and not needed and (not given or _OID.fullmatch(given)):
        return ""
    if not _OID.fullmatch(given) or (needed and not given.strip("0")):
        raise Garbled(f"`{name}` is no object id")
    return given


def full_name(forge: ForgeKind, fields: Fields, name: str = "full_name") -> str:
    """`owner/name`; at GitLab with subgroups between."""
    given = fields.text(name)
    parts = given.split("/")
    most = _LEVELS_MOST if forge is ForgeKind.GITLAB else 2
    sound = all(_COMPONENT.fullmatch(part) and part not in (".", "..") for part in parts)
    if not 2 <= len(parts) <= most or not sound or given.startswith("-"):
        raise Garbled(f"`{name}` is no name of a repository")
    return given


def branch(fields: Fields, name: str) -> str:
    """The short name of a branch; empty when there is none."""
    given = fields.maybe_text(name, REF_MOST)
    if given and not ref_ok(f"refs/heads/{given}"):
        raise Garbled(f"`{name}` is no name of a branch")
    return given


def mark(fields: Fields, name: str) -> str:
    """An id of letters, digits and a few signs; empty when it is not there or something else."""
    given = fields.values.get(name)
    return given if isinstance(given, str) and _MARK.fullmatch(given) else ""


def is_mark(text: str) -> bool:
    """Whether a header's text can be an id."""
    return bool(_MARK.fullmatch(text))


def word(fields: Fields, name: str) -> str:
    """An action's or event's name; empty when it is not there."""
    given = fields.maybe_text(name, 60)
    if given and not is_word(given):
        raise Garbled(f"`{name}` is no name")
    return given


def is_word(text: str) -> bool:
    """Whether a header's text can be the name of an event."""
    return bool(_WORD.fullmatch(text))


def plain(text: str, most: int = 200) -> str:
    """People's names to be shown: without signs that are not printed, cut after `most`."""
    return "".join(sign for sign in text[: 4 * most] if sign.isprintable())[:most]
