"""What must not be named: code names, lines that say whom a document is for; the rules for them.

A name is found in all spellings: in any case, its words joined or apart, with an ending, as a part
of `camelCase` and of `snake_case`. A hashed one is found by the shape of its words first, and what
has that shape is hashed: the settings then tell its first letters and its lengths, not the name.
"""

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

from leakguard import limits
from leakguard.checksums import name_digest
from leakguard.errors import ConfigError
from leakguard.model import Allowlist, Check, Confidence, Rule, Severity
from leakguard.policy import MarkerSettings
from leakguard.settings import OWN_FILE

PROVIDER: Final = "Markers"
CHECK: Final = "marker-digest"
"""The structural check of hashed names: see checksums.py."""

_PART = re.compile(r"[^\W_]+")
_LEAST: Final = 3
_SHOWN: Final = 2
"""First letters of a hashed name that its entry tells, so that it can be looked for."""
_SALT_BYTES: Final = 8
_ENTRY = re.compile(r"([a-z0-9]{2}):(\d{1,2}(?:\+\d{1,2})*):([0-9a-f]{16}):([0-9a-f]{64})")
_BETWEEN: Final = "[ _.-]?"
"""What may stand between the words of a name."""

CLASSIFICATION: Final = (
    "confidential", "strictly confidential", "company confidential", "proprietary and confidential",
    "confidential and proprietary", "private and confidential", "internal only",
    "internal use only", "for internal use only", "not for public release", "do not distribute",
    "top secret", "tlp:red", "tlp:amber", "tlp:amber+strict", "vertraulich", "streng vertraulich",
    "nur für den internen gebrauch", "nur für internen gebrauch", "streng geheim", "confidentiel",
    "usage interne uniquement", "diffusion restreinte", "confidencial", "uso interno", "riservato",
)  # fmt: skip
"""What documents say of themselves; the Traffic Light Protocol is FIRST's,
https://www.first.org/tlp/."""


_OWN_SETTINGS: Final = (Allowlist(path=rf"(?:^|/){re.escape(OWN_FILE)}$"),)
"""Where the names are written down on purpose."""


def marker_rules(settings: MarkerSettings) -> list[Rule]:
    """The rules for what the settings name. Raises ConfigError for what cannot be looked for."""
    if len(settings.names) + len(settings.hashed) > limits.MARKER_NAMES:
        raise ConfigError(f"`markers` has more than {limits.MARKER_NAMES} names")
    rules: list[Rule] = []
    for number, name in enumerate(settings.names, 1):
        rules += _of_name(f"marker-name-{number}", _parts(name))
    for number, entry in enumerate(settings.hashed, 1):
        rules.append(_of_hash(f"marker-hashed-{number}", entry))
    lines = [*settings.lines, *(CLASSIFICATION if settings.classification else ())]
    rules += [_of_line(f"marker-line-{number}", line) for number, line in enumerate(lines, 1)]
    return rules


def hashed(name: str, salt: bytes) -> str:
    """The entry of a name for `hashed`. Raises ConfigError for one that is too short."""
    parts = [part.lower() for part in _parts(name)]
    shape = "+".join(str(len(part)) for part in parts)
    return f"{parts[0][:_SHOWN]}:{shape}:{salt.hex()}:{name_digest(''.join(parts).encode(), salt)}"


def new_salt() -> bytes:
    """For one entry."""
    return os.urandom(_SALT_BYTES)


def _parts(name: str) -> list[str]:
    parts = _PART.findall(name)
    if sum(map(len, parts)) < _LEAST or len(parts[0]) < _SHOWN:
        raise ConfigError(f"a name under `markers` needs {_LEAST} letters: shorter ones are words")
    return parts


def _of_name(id_: str, parts: Sequence[str]) -> Iterator[Rule]:
    """Apart from other letters; behind a small letter; before a capital."""
    joined = _BETWEEN.join(map(_folded, parts))
    capital = "".join(_folded(part[:1].upper()) + _folded(part[1:].lower()) for part in parts)
    small = _folded(parts[0].lower()) + "".join(
        _folded(part[:1].upper()) + _folded(part[1:].lower()) for part in parts[1:]
    )
    border = r"[^A-Za-z\x80-\xff]"
    ending = r"(?:(?:'|\xe2\x80\x99)?s|es|n)?"  # also behind a typographic apostrophe
    apart = rf"(?:^|{border})(?P<secret>(?i:{joined}{ending}))(?:{border}|$)"
    yield _rule(id_, apart, "Name that must not be written", id_)
    inner = rf"[a-z0-9](?P<secret>{capital})(?:[^a-z]|$)"
    yield _rule(f"{id_}-inside", inner, "Name that must not be written", id_)
    front = rf"(?:^|[^A-Za-z])(?P<secret>{capital}|{small})[A-Z]"
    yield _rule(f"{id_}-in-front", front, "Name that must not be written", id_)


def _of_hash(id_: str, entry: str) -> Rule:
    match = _ENTRY.fullmatch(entry)
    if not match:
        raise ConfigError(
            "an entry of `markers.hashed` is none: `leakguard markers hash` makes them"
        )
    first, shape, salt, sha = match.groups()
    lengths = [int(length) for length in shape.split("+")]
    if lengths[0] < _SHOWN or min(lengths) < 1:
        raise ConfigError(
            "an entry of `markers.hashed` is none: `leakguard markers hash` makes them"
        )
    words = [f"(?i:{first})[A-Za-z0-9]{{{lengths[0] - _SHOWN}}}"]
    words += [f"[A-Za-z0-9]{{{length}}}" for length in lengths[1:]]
    pattern = rf"(?:^|[^A-Za-z0-9])(?P<secret>{_BETWEEN.join(words)})(?:[^A-Za-z0-9]|$)"
    check = Check(CHECK, {"salt": salt, "digest": sha})
    return _rule(id_, pattern, "Name that must not be written (hashed)", id_, check)


def _of_line(id_: str, line: str) -> Rule:
    """A line of its own, whatever marks a comment or a heading before and behind it."""
    words = r"[ _-]{1,3}".join(_folded(word) for word in re.split(r"[ _-]+", line.strip()))
    if sum(character.isalnum() for character in line) < _LEAST:
        raise ConfigError(f"a line under `markers` needs {_LEAST} letters: shorter ones are words")
    pattern = rf"(?m:^)[^A-Za-z0-9\n]{{0,20}}(?P<secret>(?i:{words}))[^A-Za-z0-9\n]{{0,20}}(?m:$)"
    return _rule(id_, pattern, "Line that says whom a document is for", "marker-line")


def _rule(id_: str, pattern: str, name: str, family: str, check: Check | None = None) -> Rule:
    return Rule(
        id=id_,
        family=family,
        name=name,
        provider=PROVIDER,
        impact="Your settings say that it must not be known: whoever reads it here knows it.",
        severity=Severity.HIGH if family != "marker-line" else Severity.MEDIUM,
        confidence=Confidence.HIGH,
        pattern=pattern,
        check=check,
        allowlists=_OWN_SETTINGS,
        remedy="Take it out, or use the name that is public. When it is in a history that others"
        " have, treat it as known.",
        kind="marker",
    )


def _folded(text: str) -> str:
    """For a pattern over UTF-8: letters as they are, a letter outside ASCII in both cases."""
    return "".join(_letter(character) for character in text)


def _letter(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else re.escape(character)
    forms = dict.fromkeys((character, character.lower(), character.upper()))
    return "(?:" + "|".join("".join(f"\\x{b:02x}" for b in it.encode()) for it in forms) + ")"
