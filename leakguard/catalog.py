"""What the rules cover, as figures and as a page. Pure: rules in, text out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from leakguard.model import Rule

REGENERATE = "python -m leakguard rules docs --no-config --output docs/rules.md"
"""Writes the page that is kept in the repository."""

_LINK = re.compile(r"https?://[^\s,;)<>\"]+[^\s,;)<>\".:]")


def kinds_by_service(rules: Iterable[Rule]) -> dict[str, list[str]]:
    """The kinds of credential that are known of each service, both by name.

    A service is what a rule file names as its provider; rules of one family find one kind.
    """
    kinds: dict[str, set[str]] = {}
    for rule in rules:
        kinds.setdefault(rule.provider, set()).add(rule.family or rule.id)
    return {name: sorted(kinds[name]) for name in sorted(kinds, key=_order)}


def coverage(kinds: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """The figures for programs."""
    return {
        "services": len(kinds),
        "kinds": sum(map(len, kinds.values())),
        "by_service": dict(kinds),
    }


def rules_page(rules: Sequence[Rule]) -> str:
    """All rules as Markdown, by service, ending in a line end."""
    kinds = kinds_by_service(rules)
    count = sum(map(len, kinds.values()))
    lines = [
        "# Rules",
        "",
        f"{len(rules)} rules for {count} kinds of credentials of {len(kinds)} services."
        f" Written by `{REGENERATE}`: do not edit it.",
        "`leakguard rules show ID` says more of a rule.",
    ]
    ordered = sorted(rules, key=lambda rule: (*_order(rule.provider), rule.id))
    for service, group in groupby(ordered, key=lambda rule: rule.provider):
        lines += ["", f"## {_cell(service)}", "", *_table(list(group))]
    return "\n".join(lines) + "\n"


def _order(service: str) -> tuple[str, str]:
    return service.casefold(), service


def _table(rules: Sequence[Rule]) -> list[str]:
    head = [
        "| rule | severity | confidence | what an attacker can do | links |",
        "|" + " --- |" * 5,
    ]
    return head + [f"| {' | '.join(_row(rule))} |" for rule in rules]


def _row(rule: Rule) -> list[str]:
    return [
        f"{_cell(rule.name)}<br>`{_cell(rule.id)}`",
        rule.severity.label,
        rule.confidence.label,
        _cell(rule.impact) or "not said",
        ", ".join(_links(rule)) or "none",
    ]


def _links(rule: Rule) -> list[str]:
    """Where to revoke it, if the remedy names a page, and where its form is described."""
    revoke = [f"[revoke]({link})" for link in _LINK.findall(rule.remedy)[:1]]
    return revoke + [f"[source]({link})" for link in rule.references[:1]]


def _cell(text: str) -> str:
    """Text that cannot end a cell or begin a tag."""
    flat = " ".join(text.split())
    return flat.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
