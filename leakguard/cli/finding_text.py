"""Findings of a service as the terminal shows them.

What they say came from repositories and people: nothing of it is obeyed by the terminal.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from leakguard.report.wording import visible


def as_json(document: object) -> str:
    """The document as the service gave it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _place(place: Mapping[str, Any] | None) -> str:
    if place is None:
        return "(no place)"
    return f"{place['repository']} {place['path']}:{place['line']}"


def as_table(items: Sequence[Mapping[str, Any]]) -> str:
    """A line for each finding: number, severity, state or reason, rule, newest place."""
    rows = [
        (
            str(item["id"]),
            item["severity"],
            item["resolution"] or item["state"],
            item["rule"],
            _place(item["place"]),
        )
        for item in items
    ]
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)] if shown else []
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in shown)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_page(finding: Mapping[str, Any]) -> str:
    """All there is to say of one finding."""
    facts = {
        "state": " ".join(filter(None, (finding["state"], finding["resolution"]))),
        "until": finding["until"] or "",
        "severity": finding["severity"],
        "rule": finding["rule"],
        "preview": finding["preview"],
        "assignee": (finding["assignee"] or {}).get("login", ""),
        "opened": finding["opened_at"],
        "closed": finding["closed_at"] or "",
        "impact": finding["impact"],
        "remedy": finding["remedy"],
        "see": finding["reference"],
    }
    lines = [f"{finding['id']}  {visible(finding['name'])}"]
    lines += [f"  {name:9} {visible(str(text))}" for name, text in facts.items() if text]
    lines.append("places")
    lines += [f"  {visible(_place(place))}" for place in finding["occurrences"]]
    lines.append("history")
    lines += [f"  {_event(entry)}" for entry in finding["history"]]
    return "".join(f"{line}\n" for line in lines)


def _event(entry: Mapping[str, Any]) -> str:
    what = entry["action"].removeprefix("finding.")
    said = entry["details"].get("comment")
    return visible(f"{entry['at']}  {what} by {entry['actor']}" + (f": {said}" if said else ""))
