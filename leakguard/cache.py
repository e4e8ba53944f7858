"""The compiled rule set on disk, so that a hook starts in milliseconds.

One file holds the rules, their finders and the automaton. Its name is a hash of all that decides
its content: rule files, leakguard, Hyperscan, processor. Several processes may write at once (each
writes a file of its own and renames it); where nothing can be written, the rules are compiled anew.
Files of older rules are removed when there are many.
"""

import hashlib
import json
import os
import re
import struct
import sys
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, overload

import hyperscan
from hyperscan import _version

from leakguard import foreign
from leakguard.finder import Finder
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import (
    Allowlist,
    Check,
    Confidence,
    Foreign,
    Partner,
    Required,
    Rule,
    Severity,
)
from leakguard.ruleset import load_ruleset, rule_files
from leakguard.seekers import Plan
from leakguard.version import __version__

_LAYOUT = 8
"""Number of this module's file layout; another layout has another name."""

_HEADER = struct.Struct("<II")
"""CRC-32 of what follows, and the length of the JSON part in bytes."""

_FILES_AT_MOST = 8
"""Files that are kept, each some megabytes: for a few versions, and projects with rules."""

_STALE_SECONDS = 24 * 60 * 60
"""A file that was begun this long ago was given up: writing one takes less than a second."""

_NAME = re.compile(r"[0-9a-f]{40}\.rules(?P<begun>\.\d+\.tmp)?")
"""Our files: LEAKGUARD_CACHE_DIR may name a folder in which others lie."""

_DECIDING = (
    *("finder.py", "pattern.py", "pattern_text.py", "pattern_tree.py", "seekers.py"),
    *("context.py", "decode.py", "alphabets.py", "escapes.py", "literals.py"),
)
"""What decides what the automaton looks for. Read, not imported: a hook may need none of it."""

_UNSTORED = ("examples", "counterexamples", "references")
_NEEDED = ("impact", "pattern")
"""Empty in some rules of other tools."""


def matcher_for(
    extra: Sequence[Path] = (),
    gitleaks_default: Path | None = None,
    named: Sequence[Rule] = (),
) -> Matcher:
    """The matcher of the built-in rules and the files in `extra`, from the cache when it is there.

    `gitleaks_default` is what a gitleaks file extends with `useDefault`: see `load_ruleset`.
    `named` are rules made of the settings: canaries, names that must not be written.
    Raises RuleError as `load_rules` does, and for an example in `extra` that is not as it says.
    """
    files = [*extra, gitleaks_default] if gitleaks_default else extra
    path = cache_dir() / f"{_key(files, named)}.rules"
    matcher = _load(path)
    if matcher is None:
        from leakguard.examples import check_examples

        found = load_ruleset(*extra, gitleaks_default=gitleaks_default)
        check_examples([rule for rule in found.rules if rule.file in {file.name for file in extra}])
        matcher = load_matcher([*found.rules, *named])
        matcher.notes = found.notes
        _store(path, matcher, found.files)
    return matcher


def cache_dir() -> Path:
    """LEAKGUARD_CACHE_DIR, or a folder in the platform's place for caches. It need not exist."""
    if chosen := os.environ.get("LEAKGUARD_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "leakguard"


def _key(extra: Sequence[Path], named: Sequence[Rule] = ()) -> str:
    digest = hashlib.blake2b(digest_size=20)
    parts = (_LAYOUT, __version__, _version.__version__, sys.version_info[:2], *_processor())
    digest.update(repr(parts).encode())
    for module in _DECIDING:
        digest.update(Path(__file__).with_name(module).read_bytes())
    readers = sorted(Path(foreign.__path__[0]).glob("*.py")) if extra else []
    for path in (*rule_files(), *extra, *readers):
        digest.update(f"\0{path}\0{_state(path)}".encode(errors="surrogateescape"))
    for rule in named:
        digest.update(repr(rule).encode())
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, ...]:
    """What changes whenever a file does; reading all of them would take five times as long.

    The time of the last change of the file's entry cannot be set: installers set the other one.
    """
    try:
        state = path.stat()
    except OSError:
        return ()  # no cache file has this key: reading the rules will say what is wrong
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


def _machine() -> str:
    """The kind of processor. The module `platform` would cost a hook more time than all this."""
    return os.uname().machine if hasattr(os, "uname") else os.environ["PROCESSOR_ARCHITECTURE"]


def _processor() -> tuple[str, ...]:
    """What decides the automaton's code: a database does not run on a lesser processor."""
    flags = ""
    with suppress(OSError), open("/proc/cpuinfo", encoding="ascii", errors="replace") as stream:
        flags = next((line for line in stream if line.startswith(("flags", "Features"))), "")
    return sys.platform, _machine(), flags


def _load(path: Path) -> Matcher | None:
    """The matcher in a cache file; None when it is not there, not ours or not whole."""
    try:
        if hasattr(os, "getuid") and path.stat().st_uid not in (os.getuid(), 0):
            return None
        data = path.read_bytes()
        checksum, length = _HEADER.unpack_from(data)
        body = memoryview(data)[_HEADER.size :]
        if zlib.crc32(body) != checksum:
            return None  # cut off or damaged; whose file it is was looked at above
        document = json.loads(bytes(body[:length]))
        if any(_state(Path(file)) != tuple(state) for file, state in document["files"]):
            return None
        database = hyperscan.loadb(bytes(body[length:]), mode=hyperscan.HS_MODE_BLOCK)
        rules = _Rules(document["rules"])
        finders = [Finder(*found) if found else None for found in document["finders"]]
        plans = {number: Plan(*planned) for number, planned in document["plans"]}
    except (OSError, ValueError, struct.error, hyperscan.HyperscanError):
        return None
    except (KeyError, TypeError, AttributeError):  # whole, but of another leakguard
        return None
    matcher = Matcher(rules, finders, database, plans)
    matcher.notes = tuple(document["notes"])
    return matcher


def _store(path: Path, matcher: Matcher, files: Sequence[Path]) -> None:
    """Writes the cache file; a folder that cannot be written is no error.

    `files` are those that the rules' files extend: when one changes, the cache file is void.
    """
    if matcher.database is None:
        return
    rules = [json.dumps(_table(rule)) for rule in matcher.rules]
    finders = [astuple(found) if found else None for found in matcher.finders]
    document = json.dumps(
        {
            "rules": rules,
            "finders": finders,
            "plans": list(matcher.plans.items()),
            "notes": matcher.notes,
            "files": [(str(file.absolute()), _state(file)) for file in files],
        }
    ).encode()
    body = document + hyperscan.dumpb(matcher.database)
    data = _HEADER.pack(zlib.crc32(body), len(document)) + body
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, path)
        _tidy(path.parent)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


def _tidy(folder: Path) -> None:
    """Removes the oldest cache files, and what a process left that was stopped as it wrote one.

    Another process may do so too, or have a file open: what cannot be removed is left.
    """
    whole: list[tuple[float, Path]] = []
    for path in folder.iterdir():
        if name := _NAME.fullmatch(path.name):
            with suppress(OSError):
                written = path.stat().st_mtime
                if not name["begun"]:
                    whole.append((written, path))
                elif time.time() - written > _STALE_SECONDS:
                    path.unlink()
    for _, path in sorted(whole, reverse=True)[_FILES_AT_MOST:]:
        with suppress(OSError):
            path.unlink()


class _Rules(Sequence[Rule]):
    """Rules out of the cache, each made when it is asked for: a scan needs those that hit."""

    def __init__(self, documents: Sequence[str]) -> None:
        "".join(documents)  # raises TypeError for what is no text
        self._documents = documents
        self._made: dict[int, Rule] = {}

    def __len__(self) -> int:
        return len(self._documents)

    @overload
    def __getitem__(self, number: int) -> Rule: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Rule]: ...
    def __getitem__(self, number: int | slice) -> Rule | Sequence[Rule]:
        if isinstance(number, slice):
            return [self[index] for index in range(*number.indices(len(self)))]
        rule = self._made.get(number)
        if rule is None:
            rule = self._made[number] = _rule(json.loads(self._documents[number]))
        return rule


def _table(rule: Rule) -> dict[str, Any]:
    """What of a rule a scan needs; `_rule` makes the rule of it."""
    table = {key: value for key, value in asdict(rule).items() if value or key in _NEEDED}
    for key in _UNSTORED:
        table.pop(key, None)
    return table | {"references": rule.references[:1]}


def _rule(table: dict[str, Any]) -> Rule:
    if check := table.get("check"):
        table["check"] = Check(**check)
    if partner := table.get("partner"):
        table["partner"] = Partner(**partner)
    for key in ("allow", "references"):
        table[key] = tuple(table.get(key, ()))
    table["allowlists"] = tuple(Allowlist(**_tuples(t)) for t in table.get("allowlists", ()))
    if foreign := table.get("foreign"):
        foreign["required"] = [Required(**need) for need in foreign["required"]]
        table["foreign"] = Foreign(**_tuples(foreign))
    table["severity"] = Severity(table["severity"])
    table["confidence"] = Confidence(table["confidence"])
    return Rule(**table)


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    """JSON has lists for tuples."""
    return {k: tuple(value) if isinstance(value, list) else value for k, value in table.items()}
