"""A gitleaks file and those that it extends, merged as gitleaks does: config/config.go there."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from leakguard.errors import RuleError
from leakguard.foreign.tables import Table
from leakguard.foreign.translation import Notes

EXTENSIONS_MOST: Final = 2
"""Files behind one another that gitleaks reads."""

_REPLACED: Final = ("description", "entropy", "secretgroup", "valuegroup", "regex", "path")
_ADDED: Final = ("tags", "keywords", "allowlists", "allowlist")
_EXTEND_KEYS: Final = frozenset(("path", "usedefault", "disabledrules"))
_NO_URL: Final = {"url": "neither gitleaks nor leakguard fetches rules"}

Reader = Callable[[Path], bytes]


class Layers:
    """What a file and those behind it say, put together."""

    def __init__(self, file: Path, notes: Notes, default: Path | None, read: Reader) -> None:
        self.title = ""
        self.rules: dict[str, Table] = {}
        self.allowlists: list[Table] = []
        """Those for all rules."""
        self.targeted: list[Table] = []
        """Those that name their rules."""
        self.files: list[Path] = []
        self.uses_default = False
        self.lacks_default = False
        self.disabled: frozenset[str] = frozenset()
        self._file = file
        self._notes = notes
        self._default = default
        self._read = read

    def add(self, document: Table) -> None:
        """Takes the file itself and follows what it extends. Raises RuleError."""
        self.title = document.text("title") or self._file.name
        self.rules = self._layer(document, 0)

    def _layer(self, document: Table, depth: int) -> dict[str, Table]:
        rules = self._own(document)
        for table in document.tables("allowlist") + document.tables("allowlists"):
            if "targetrules" not in table:
                self.allowlists.append(table)
            elif depth:
                self._notes.add("`targetRules` counts in the first file only, as in gitleaks")
            else:
                self.targeted.append(table)
        for extend in document.tables("extend"):
            extend.tell_others(_EXTEND_KEYS, _NO_URL)
            base = self._base(extend, depth)
            rules = _merged(base, rules, self._notes)
        return rules

    def _own(self, document: Table) -> dict[str, Table]:
        rules: dict[str, Table] = {}
        for table in document.tables("rules"):
            id_ = table.text("id").strip()
            if not id_:
                raise self._notes.refuse("a rule has no `id`")
            if id_ in rules:
                self._notes.add("has the id of another rule: the last one counts", id_)
            table.rule = id_
            rules[id_] = table
        return rules

    def _base(self, extend: Table, depth: int) -> dict[str, Table]:
        """The rules behind a file, without those that it disables."""
        path, disabled = extend.text("path"), frozenset(extend.texts("disabledrules"))
        wants_default = extend.flag("usedefault")
        if path and wants_default:
            raise self._notes.refuse("`extend` has `path` and `useDefault`: use one of them")
        if not path and not wants_default:
            return {}
        if depth == EXTENSIONS_MOST:
            self._notes.add(f"`extend` is followed {EXTENSIONS_MOST} times, as in gitleaks")
            return {}
        self.uses_default |= wants_default
        if wants_default and self._default is None:
            self.lacks_default = True
            self.disabled |= disabled
            self._notes.add(
                "`useDefault`: gitleaks keeps its default rules in its program, so leakguard's own"
                " stand in for them; --gitleaks-default FILE names a copy of gitleaks.toml"
            )
            return {}
        file = self._default if wants_default and self._default else self._found(path)
        base = self._layer(self._document(file), depth + 1)
        return {id_: table for id_, table in base.items() if id_ not in disabled}

    def _found(self, path: str) -> Path:
        """Where an extended file is: beside the one that names it, else in the working folder."""
        beside = self._file.parent / path
        return beside if beside.exists() else Path(path)

    def _document(self, file: Path) -> Table:
        self.files.append(file)
        try:
            return Table(tomllib.loads(self._read(file).decode()), self._notes)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RuleError(f"{file}: not valid TOML: {error}") from error


def _merged(base: Mapping[str, Table], own: Mapping[str, Table], notes: Notes) -> dict[str, Table]:
    """The rules of both; a rule of `own` changes the one of its id in `base`."""
    merged = dict(own) | {id_: table for id_, table in base.items() if id_ not in own}
    for id_ in own.keys() & base.keys():
        values = dict(base[id_].values)
        for key in _REPLACED:
            if own[id_].values.get(key):
                values[key] = own[id_].values[key]
        for key in _ADDED:
            values[key] = _listed(base[id_], key) + _listed(own[id_], key)
        values["allowlists"] += values.pop("allowlist")
        merged[id_] = Table(values, notes, id_)
    return merged


def _listed(table: Table, key: str) -> list[object]:
    value = table.values.get(key) or []
    return list(value) if isinstance(value, list) else [value]
