"""The YAML of kingfisher and Nosey Parker -> rules.

https://github.com/mongodb/kingfisher/blob/main/docs/RULES.md and
https://github.com/praetorian-inc/noseyparker/blob/main/docs/RULES.md
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from leakguard.foreign.kingfisher_checks import check_of, requirements_of
from leakguard.foreign.lexer import Dialect
from leakguard.foreign.stand_ins import Translation
from leakguard.foreign.syntax import Translated
from leakguard.foreign.tables import Table
from leakguard.foreign.translation import (
    Notes,
    confidence_of,
    is_searchable,
    pattern_of,
)
from leakguard.model import Confidence, Foreign, Rule, Severity

_KEYS: Final = frozenset(
    (
        *("name", "id", "pattern", "path", "description", "references", "categories"),
        *("min_entropy", "confidence", "visible", "pattern_requirements"),
        *("examples", "negative_examples"),
    )
)
_UNASKED: Final = "leakguard asks no service"
_UNUSED: Final = {
    "depends_on_rule": "the other rule's value only serves to ask a service",
    "validation": _UNASKED,
    "revocation": _UNASKED,
    "tls_mode": _UNASKED,
    "prevalidated": _UNASKED,
    "authoritative": _UNASKED,
    "vectorscan_compatible": "every pattern is looked for in the same way",
    "betterleaks_filter": "leakguard has no such expressions",
}
_SEVERITIES: Final = {"identifier": Severity.LOW, "test": Severity.LOW, "hashed": Severity.MEDIUM}
"""By category of Nosey Parker; HIGH for others."""
_COMMENT: Final = re.compile(r"(\(\?#[^)]*\))|(\s\#[\sa-zA-Z]*$)", re.MULTILINE)
"""Both tools take these out of a pattern before anything else."""


def read_kingfisher(document: Mapping[str, object], file: Path) -> Translation:
    """The rules of a file. Raises RuleError for what the tools refuse too."""
    notes = Notes(file.name)
    table = Table(document, notes)
    table.tell_others(("rules",), {})
    rules: dict[str, Rule] = {}
    for item in table.tables("rules"):
        item.rule = item.text("id") or item.text("name")
        if not item.rule:
            raise notes.refuse("a rule has neither `id` nor `name`")
        if item.rule in rules:
            raise notes.refuse("another rule has this id as well", item.rule)
        item.tell_others(_KEYS, _UNUSED)
        if rule := _rule(item):
            rules[item.rule] = rule
    return Translation(rules=tuple(rules.values()), notes=tuple(notes))


def _rule(table: Table) -> Rule | None:
    notes, id_ = table.notes, table.rule
    found = _pattern(table)
    path = pattern_of(table.text("path"), notes, id_, Dialect.RUST) if "path" in table else None
    if found is None or ("path" in table and path is None):
        return None
    categories = table.texts("categories")
    levels = [_SEVERITIES[name] for name in categories if name in _SEVERITIES]
    return Rule(
        id=id_,
        name=table.text("name") or id_,
        provider=notes.file,
        impact=" ".join(table.text("description").split()),
        severity=min(levels, default=Severity.HIGH),
        confidence=_confidence(table),
        pattern=found.pattern,
        family=id_,
        path=path.pattern if path else "",
        entropy=table.number("min_entropy"),
        generic="generic" in categories,
        check=check_of(table, found),
        allowlists=requirements_of(table),
        foreign=Foreign(tool="kingfisher", hidden=not table.flag("visible", otherwise=True)),
        references=table.texts("references"),
        examples=table.texts("examples"),
        counterexamples=table.texts("negative_examples"),
        file=notes.file,
    )


def _confidence(table: Table) -> Confidence:
    label = table.text("confidence") or Confidence.MEDIUM.label
    if label.lower() not in {level.label for level in Confidence}:
        raise table.notes.refuse("`confidence` must be low, medium or high", table.rule)
    return confidence_of(label)


def _pattern(table: Table) -> Translated | None:
    """The pattern; its secret is the group TOKEN, else the first one that holds anything."""
    notes, id_ = table.notes, table.rule
    text = _COMMENT.sub("", table.text("pattern"))
    if not text.strip():
        raise notes.refuse("`pattern` is missing", id_)
    found = pattern_of(text, notes, id_, Dialect.RUST)
    if found is None or not is_searchable(found.pattern, notes, id_):
        return None
    names = {name.upper(): number for name, number in found.names.items()}
    unnamed = [n for n in range(1, found.groups + 1) if n not in found.names.values()]
    secret = names.get("TOKEN") or (unnamed[0] if unnamed else 0)
    if len(unnamed) > 1 and not names.get("TOKEN"):
        notes.add("has several groups: the first that is not empty is the secret", id_)
        secret = 0
    return pattern_of(text, notes, id_, Dialect.RUST, secret)
