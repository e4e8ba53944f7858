"""gitleaks' allowlists, in their old form and their new one.

https://github.com/gitleaks/gitleaks#configuration
"""

import re
from collections.abc import Iterable
from typing import Final

from leakguard.foreign.tables import Table
from leakguard.foreign.translation import pattern_of
from leakguard.model import Allowlist

_KEYS: Final = frozenset(
    ("description", "condition", "commits", "paths", "regextarget", "regexes", "stopwords")
)
_CONDITIONS: Final = {"": False, "or": False, "||": False, "and": True, "&&": True}
_TARGETS: Final = ("secret", "match", "line")

_UNGROUPED: Final = re.compile(r"((?:\(\?[a-z]+\))?)\^(\w+(?:\|\w+)+)\$")
"""`^true|false|null$`: it means "begins with true, holds false or ends with null"."""


def allowlists_of(table: Table) -> list[Table]:
    """The allowlists of a rule or of a file. Raises RuleError when they come in both forms."""
    if "allowlist" in table and "allowlists" in table:
        reason = "`allowlist` is the old form of `allowlists`: use one of them"
        raise table.notes.refuse(reason, table.rule)
    return table.tables("allowlist") + table.tables("allowlists")


def read_allowlist(table: Table) -> Allowlist | None:
    """One allowlist; None, with a note, when it asks for nothing. Raises RuleError."""
    table.tell_others(_KEYS | {"targetrules"}, {})
    condition, target = table.text("condition").lower(), table.text("regextarget") or "secret"
    if condition not in _CONDITIONS:
        raise table.notes.refuse(f"`condition` is `{condition}`: use AND or OR", table.rule)
    if target not in _TARGETS:
        reason = f"`regexTarget` is `{target}`: use one of {', '.join(_TARGETS)}"
        raise table.notes.refuse(reason, table.rule)
    found = Allowlist(
        every=_CONDITIONS[condition],
        target=target,
        pattern=_either((_repaired(text, table) for text in table.texts("regexes")), table),
        words=tuple(dict.fromkeys(word.lower() for word in table.texts("stopwords"))),
        path=_either(table.texts("paths"), table),
        commits=tuple(dict.fromkeys(text.strip().lower() for text in table.texts("commits"))),
    )
    if not (found.pattern or found.words or found.path or found.commits):
        table.notes.add("an allowlist that allows nothing is left out", table.rule)
        return None
    return found


def _either(patterns: Iterable[str], table: Table) -> str:
    """One pattern for all of them."""
    found = [pattern_of(text, table.notes, table.rule) for text in patterns]
    texts = dict.fromkeys(item.pattern for item in found if item)
    return "|".join(f"(?:{text})" for text in texts)


def _repaired(text: str, table: Table) -> str:
    """The pattern as it was meant, where alternatives stand ungrouped between `^` and `$`."""
    found = _UNGROUPED.fullmatch(text)
    if found is None:
        return text
    repaired = f"{found[1]}^(?:{found[2]})$"
    table.notes.add(
        f"the allowlist pattern `{text}` allows whatever holds one of its words: it is read as"
        f" `{repaired}`",
        table.rule,
    )
    return repaired
