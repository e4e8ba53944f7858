"""The repository's own baseline: what was decided about each finding, one entry a line.

    [{"leakguard-baseline": 1}
    ,{"key": "5b0c..."}
    ,{"fingerprint": "0a1b...", "rule": "jwt", "path": "src/a.py", "reason": "test", ...}
    ]

Every line but the first and the last stands for itself and has its comma in front. So any lines of
two versions, in any order, are a baseline: git's `merge=union`, which keeps the lines of both
branches, always merges it. Entries are sorted by fingerprint, which is random: where a forge does
not know `merge=union`, two branches seldom add neighbours. There are no dates of writing.

What such a merge leaves behind is settled when it is read: of two entries for one fingerprint the
stricter one counts, and of two keys, when two branches made the file, both do.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

from leakguard import limits
from leakguard.baselines import Decision, Subject
from leakguard.bounded import read_bounded
from leakguard.errors import ConfigError
from leakguard.fingerprint import Fingerprints

VERSION: Final = 1
KEY_BYTES: Final = 16
_HEAD: Final = "leakguard-baseline"
_FIELDS: Final = frozenset(("fingerprint", "rule", "path", "reason", "note", "who", "until"))


class Reason(StrEnum):
    """What was decided about a finding. All but `leak` silence it."""

    LEAK = "leak"
    """A leak that has to be dealt with: it goes on being reported, whatever else is said of it."""
    REVOKED = "revoked"
    """It was a credential; nobody takes it any more."""
    ACCEPTED = "accepted"
    """It is one, and may stay."""
    TEST = "test"
    """Made up for a test or for documentation."""
    FALSE_POSITIVE = "false-positive"
    """No credential at all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision about one secret at one path."""

    fingerprint: str
    rule: str
    """Id of the rule that told it."""
    path: str
    """From the folder of the baseline."""
    reason: Reason
    note: str = ""
    who: str = ""
    until: date | None = None
    """The last day on which it counts."""

    def has_ended(self, today: date) -> bool:
        """Whether the entry counts no more."""
        return self.until is not None and self.until < today

    def told(self) -> str:
        """The decision as a sentence's end: `test: of the parser (ana@corp.net)`."""
        by = ", ".join(filter(None, (self.who, f"until {self.until}" if self.until else "")))
        return f"{self.reason}{': ' if self.note else ''}{self.note}{f' ({by})' if by else ''}"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a baseline holds: keys in hex and entries, both sorted, each fingerprint once."""

    keys: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def empty() -> Contents:
    """A baseline without an entry, under a key of its own."""
    return Contents((os.urandom(KEY_BYTES).hex(),))


def contents_of(keys: Iterable[str], entries: Iterable[Entry]) -> Contents:
    """Keys and entries in order; of several entries with one fingerprint the strictest."""
    kept: dict[str, Entry] = {}
    for entry in entries:
        there = kept.get(entry.fingerprint)
        kept[entry.fingerprint] = min(there, entry, key=_strictest_first) if there else entry
    return Contents(tuple(sorted(set(keys))), tuple(kept[mark] for mark in sorted(kept)))


def _strictest_first(entry: Entry) -> tuple[bool, date, str]:
    return entry.reason is not Reason.LEAK, entry.until or date.max, _line(_table(entry))


def is_own(text: str) -> bool:
    """Whether a text means to be such a baseline."""
    return _HEAD in text.partition("\n")[0]


def parse(text: str) -> Contents:
    """The contents of a baseline's text. Raises ValueError that says what is wrong with it."""
    if "\n<<<<<<< " in text:
        raise ValueError("has conflict markers: keep the lines of both sides and take out the rest")
    document = json.loads(text)
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise ValueError("is no list of entries")
    if not document or document[0].get(_HEAD) != VERSION:
        raise ValueError(f'does not begin with {{"{_HEAD}": {VERSION}}}')
    rows = [item for item in document if _HEAD not in item]
    keys = [_key(item["key"]) for item in rows if "key" in item]
    if not keys:
        raise ValueError("has no key")
    return contents_of(keys, (_entry(item) for item in rows if "key" not in item))


def _key(text: object) -> str:
    if not isinstance(text, str) or len(bytes.fromhex(text)) != KEY_BYTES:
        raise ValueError(f"has a key that is not {2 * KEY_BYTES} hex digits")
    return text


def _entry(row: Mapping[str, Any]) -> Entry:
    named = f"has an entry {str(row.get('fingerprint', '?'))[:32]}"
    if unknown := sorted(row.keys() - _FIELDS):
        raise ValueError(f"{named} with `{unknown[0]}`, which means nothing")
    missing = [name for name in ("fingerprint", "rule", "path", "reason") if not row.get(name)]
    if missing:
        raise ValueError(f"{named} without `{missing[0]}`")
    if not all(isinstance(value, str) for value in row.values()):
        raise ValueError(f"{named} with a value that is no text")
    if row["reason"] not in list(Reason):
        raise ValueError(f"{named} with a `reason` that is none of {', '.join(Reason)}")
    try:
        until = date.fromisoformat(row["until"]) if row.get("until") else None
    except ValueError as error:
        raise ValueError(f"{named} with an `until` that is no date as 2027-01-31") from error
    return Entry(**{**row, "reason": Reason(row["reason"]), "until": until})


def written(contents: Contents) -> str:
    """The text of a baseline."""
    rows: list[Mapping[str, Any]] = [{_HEAD: VERSION}, *({"key": key} for key in contents.keys)]
    rows += [_table(entry) for entry in contents.entries]
    return "[" + "\n,".join(map(_line, rows)) + "\n]\n"


def _table(entry: Entry) -> dict[str, Any]:
    """An entry without what it does not say."""
    table = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return {name: str(value) for name, value in table.items() if value}


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row)


def read(file: str) -> Contents:
    """The contents of a file. Raises ConfigError when it cannot be read or is no baseline."""
    return contents_in(file, bytes_of(file))


def bytes_of(file: str) -> bytes:
    """The bytes of a baseline, whoever made it. Raises ConfigError when it cannot be read."""
    return read_bounded(file, limits.BASELINE_BYTES, f"baseline {file}", ConfigError)


def contents_in(file: str, data: bytes) -> Contents:
    """The contents of a file's bytes. Raises ConfigError when these are no baseline."""
    try:
        return parse(data.decode())
    except json.JSONDecodeError as error:
        why = f"is no JSON in line {error.lineno}"
        raise ConfigError(f"baseline {file} {why}: take it from git again") from error
    except (ValueError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "is no text in UTF-8"
        raise ConfigError(f"baseline {file} {why}") from error


class OwnBaseline:
    """A baseline in use. For one scan."""

    def __init__(self, contents: Contents, folder: str, today: date | None = None) -> None:
        """`folder` is the one that the file lies in; its paths start there."""
        self.makers = [Fingerprints(bytes.fromhex(key)) for key in contents.keys]
        """The first one makes the fingerprints of a report."""
        self.entries = {entry.fingerprint: entry for entry in contents.entries}
        self.has_leaks = any(entry.reason is Reason.LEAK for entry in contents.entries)
        self._paths: dict[str, set[str]] = {}
        for entry in contents.entries:
            self._paths.setdefault(entry.rule, set()).add(entry.path)
        self._folder = os.path.realpath(folder)
        self._today = today or datetime.now(UTC).date()

    def path_of(self, subject: Subject) -> str:
        """The subject's path as entries have it: from the folder of the baseline."""
        return anchored(subject.place.path, subject.root, self._folder)

    def decides(self, subject: Subject) -> Decision | None:
        entry = self._at(subject, self.path_of(subject)) or self._renamed(subject)
        if entry is None:
            return None
        if entry.reason is Reason.LEAK:
            told = f"baseline: known as a {entry.told()}"
            return Decision("", told, entry.fingerprint, is_leak=True)
        if entry.has_ended(self._today):
            return Decision("", f"baseline: {entry.told()}, which has passed", entry.fingerprint)
        return Decision(f"baseline: {entry.told()}", "", entry.fingerprint)

    def _at(self, subject: Subject, path: str) -> Entry | None:
        for maker in self.makers:
            mark = maker.of(subject.family, subject.secret, path)
            if entry := self.entries.get(mark):
                return entry
        return None

    def _renamed(self, subject: Subject) -> Entry | None:
        """The entry that the file brought along from another name.

        git is asked for renames only when the very secret is known at another path.
        """
        others = {
            path: entry
            for path in self._paths.get(subject.rule_id, ())
            if (entry := self._at(subject, path))
        }
        if not others:
            return None
        for former in subject.former():
            if entry := others.get(anchored(former, subject.root, self._folder)):
                return entry
        return None


def anchored(path: str, root: str, folder: str) -> str:
    """A path below `root` (empty for the working folder) as one from `folder`, with `/`.

    As it is when it does not lie in `folder`, or names no file, as `<stdin>` does.
    """
    if path.startswith("<") or root == folder:
        return path
    outer, mark, inner = path.partition("!")
    full = os.path.normpath(os.path.join(os.path.realpath(root or "."), outer))
    below = folder.rstrip(os.sep) + os.sep
    if not full.startswith(below):
        return path
    return full.removeprefix(below).replace(os.sep, "/") + mark + inner


def entries_by(entries: Sequence[Entry], name: str) -> dict[str, list[Entry]]:
    """The entries by one of their fields, in order."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: str(getattr(entry, name))):
        groups.setdefault(str(getattr(entry, name)), []).append(entry)
    return groups
