"""gitleaks' TOML, betterleaks' as far as it is the same -> rules.

https://github.com/gitleaks/gitleaks#configuration, version 8.30; betterleaks 1 and 2 have keys of
their own, some of which say what gitleaks' do.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from leakguard.foreign.allowlists import allowlists_of, read_allowlist
from leakguard.foreign.gitleaks_files import Layers, Reader
from leakguard.foreign.stand_ins import Translation
from leakguard.foreign.tables import Table
from leakguard.foreign.translation import (
    Notes,
    confidence_of,
    is_searchable,
    pattern_of,
    severity_of,
)
from leakguard.model import Allowlist, Foreign, Required, Rule

_KEYS: Final = frozenset(
    (
        *("id", "description", "path", "regex", "secretgroup", "entropy", "keywords", "tags"),
        *("allowlist", "allowlists", "required", "skipreport"),
        *("valuegroup", "components", "confidence", "severity"),
    )
)
_UNUSED: Final = {
    "filter": "leakguard has no such expressions",
    "tokenefficiency": "leakguard does not count the tokens of language models",
    "specificity": "where rules overlap, leakguard reports the surest",
    "validate": "leakguard asks no service whether a secret works",
    "analyze": "leakguard asks no service what a secret opens",
    "revoke": "leakguard revokes nothing",
}
_FILE_KEYS: Final = frozenset(
    (
        *("title", "description", "extend", "rules", "allowlist", "allowlists"),
        *("minversion", "betterleaksminversion"),
    )
)
_FILE_UNUSED: Final = dict.fromkeys(("prefilter", "filter"), "leakguard has no such expressions")
_GENERIC: Final = "generic"
"""Part of the id of a rule that gives way to others on its line."""
_WITHIN: Final = re.compile(r"([-+]?)(\d+)([LC])")


def read_gitleaks(
    document: Mapping[str, object], file: Path, read: Reader, default: Path | None = None
) -> Translation:
    """The rules of a file and of those that it extends, which `read` gets.

    `default` is gitleaks' own configuration, which `useDefault` asks for; without it our own
    rules stand in, and the file's allowlists hold for them.
    Raises RuleError for what gitleaks refuses too, and for a file that cannot be read.
    """
    notes = Notes(file.name)
    table = Table(document, notes)
    table.tell_others(_FILE_KEYS, _FILE_UNUSED)
    allowlists_of(table)
    layers = Layers(file, notes, default, read)
    layers.add(table)
    for_all = _read(layers.allowlists)
    targeted = _targeted(layers, notes)
    rules, changes = _rules(layers, for_all, targeted)
    return Translation(
        rules=tuple(rules),
        notes=tuple(notes),
        files=tuple(layers.files),
        for_all=for_all if layers.uses_default else (),
        for_rules=changes,
        disabled=layers.disabled,
    )


def _read(tables: Sequence[Table]) -> tuple[Allowlist, ...]:
    return tuple(found for table in tables if (found := read_allowlist(table)))


def _targeted(layers: Layers, notes: Notes) -> dict[str, tuple[Allowlist, ...]]:
    """The allowlists that name their rules, by rule."""
    found: dict[str, tuple[Allowlist, ...]] = {}
    for table in layers.targeted:
        for id_ in table.texts("targetrules"):
            if id_ not in layers.rules and not layers.lacks_default:
                raise notes.refuse(f"`targetRules` names `{id_}`, which is no rule")
            found[id_] = found.get(id_, ()) + _read([table])
    return found


def _rules(
    layers: Layers, for_all: tuple[Allowlist, ...], targeted: dict[str, tuple[Allowlist, ...]]
) -> tuple[list[Rule], dict[str, tuple[Allowlist, ...]]]:
    """The rules, and allowlists for rules that are not in the file: ours may have their ids."""
    rules: list[Rule] = []
    for id_, table in layers.rules.items():
        table.tell_others(_KEYS, _UNUSED)
        own = _read(allowlists_of(table)) + targeted.pop(id_, ())
        if layers.lacks_default and not (table.text("regex") or table.text("path")):
            targeted[id_] = own
        elif rule := _rule(table, layers, (*for_all, *own)):
            rules.append(rule)
    return rules, targeted


def _rule(table: Table, layers: Layers, allowlists: tuple[Allowlist, ...]) -> Rule | None:
    """One rule; None, with a note, when only gitleaks can look for it."""
    id_, regex, path = table.rule, table.text("regex"), table.text("path")
    if not regex and not path:
        raise table.notes.refuse("`regex` and `path` are missing: it finds nothing", id_)
    required = _required(table, layers)
    pattern = _pattern(regex, table) if regex else ""
    where = pattern_of(path, table.notes, id_) if path else None
    if pattern is None or required is None or (path and where is None):
        return None
    keywords = (word.lower() for word in table.texts("keywords") if word)
    return Rule(
        id=id_,
        name=table.text("description") or id_,
        provider=layers.title,
        impact="",
        severity=severity_of((table.text("severity"), *table.texts("tags"))),
        confidence=confidence_of(table.values.get("confidence")),
        pattern=pattern,
        family=id_,
        path=where.pattern if where else "",
        entropy=table.number("entropy") if regex else 0.0,
        generic=_GENERIC in id_.lower(),
        allowlists=allowlists,
        foreign=Foreign(
            tool="gitleaks",
            keywords=tuple(dict.fromkeys(keywords)),
            required=required,
            hidden=table.flag("skipreport"),
        ),
        file=table.notes.file,
    )


def _pattern(regex: str, table: Table) -> str | None:
    group = int(table.number("secretgroup") or table.number("valuegroup"))
    found = pattern_of(regex, table.notes, table.rule, secret=group)
    if found is None:
        return None
    if group > found.groups:
        reason = f"`secretGroup` is {group}, but the pattern has {found.groups} groups"
        raise table.notes.refuse(reason, table.rule)
    keywords = table.texts("keywords")
    is_usable = is_searchable(found.pattern, table.notes, table.rule, keywords)
    return found.pattern if is_usable else None


def _required(table: Table, layers: Layers) -> tuple[Required, ...] | None:
    """What must stand beside; None, with a note, when it is a rule of gitleaks' own file."""
    found = []
    for item in table.tables("required") + table.tables("components"):
        id_ = item.text("id")
        if id_ not in layers.rules and not layers.lacks_default:
            raise table.notes.refuse(f"it requires `{id_}`, which is no rule", table.rule)
        if id_ not in layers.rules:
            table.notes.add(
                f"left out: it requires `{id_}`, a default rule of gitleaks", table.rule
            )
            return None
        if not item.flag("optional"):
            found.append(_distance(item, id_))
    return tuple(found)


def _distance(item: Table, id_: str) -> Required:
    """gitleaks' `withinLines` and `withinColumns`, betterleaks' `within = "5L,40C"`."""
    found: dict[str, int] = {}
    for sign, number, unit in _WITHIN.findall(item.text("within")):
        if sign:
            item.notes.add("`within` is taken to both sides", item.rule)
        found[unit] = max(found.get(unit, 0), int(number))
    if "withinlines" in item:
        found["L"] = int(item.number("withinlines"))
    if "withincolumns" in item:
        found["C"] = int(item.number("withincolumns"))
    return Required(id_, found.get("L"), found.get("C"))
