"""What comes of another tool's file, and what of it holds for our own rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from leakguard.model import Allowlist, Rule


@dataclass(frozen=True, slots=True)
class Translation:
    """Rules of our own form, and what could not be said in it."""

    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()
    """Sentences that name file and rule."""
    files: tuple[Path, ...] = ()
    """Files that were read besides."""
    for_all: tuple[Allowlist, ...] = ()
    """Allowlists for our own rules as well."""
    for_rules: Mapping[str, tuple[Allowlist, ...]] = field(default_factory=dict)
    """Allowlists for our own rules of these ids."""
    disabled: frozenset[str] = frozenset()
    """Our own rules of these ids are left out."""


_EVERYTHING: Final = Allowlist(pattern=r"[\x00-\xff]")
"""Silences a rule that others may still need as their partner."""


def applied(found: Translation, ours: Mapping[str, Rule]) -> tuple[dict[str, Rule], list[str]]:
    """Our rules as the file changes them, and sentences on changes to rules that we have not."""
    if not (found.for_all or found.for_rules or found.disabled):
        return dict(ours), []
    changed = {}
    for id_, rule in ours.items():
        silenced = (_EVERYTHING,) if id_ in found.disabled else ()
        more = (*found.for_all, *found.for_rules.get(id_, ()), *silenced)
        changed[id_] = replace(rule, allowlists=rule.allowlists + more)
    return changed, list(_missing(found, ours))


def _missing(found: Translation, ours: Mapping[str, Rule]) -> Iterator[str]:
    for id_ in found.for_rules:
        if id_ not in ours:
            yield f"rule {id_}: changes a default rule of gitleaks that none of ours stands in for"
