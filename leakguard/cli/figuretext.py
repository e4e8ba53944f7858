"""The figures of a baseline as text and as JSON."""

import json
from pathlib import Path

from leakguard.keeping import Figures
from leakguard.report.wording import visible


def figures_as_text(file: Path, found: Figures) -> list[str]:
    """Lines for people."""
    head = (
        f"{visible(str(file))}: {found.entries:,} entries, {found.without_note:,} without a note,"
        f" {found.ended:,} ended, {found.ending:,} end within 30 days"
    )
    return [head, *figure_lines(found)]


def figure_lines(found: Figures) -> list[str]:
    """What was decided, and how often each rule was right."""
    lines = ["", *(f"  {reason:16}{number:>8,}" for reason, number in found.reasons.items())]
    width = max((len(rule) for rule in found.rules), default=0)
    if found.rules:
        head = f"  {'rule':{width}}{'entries':>10}{'judged':>9}{'right':>8}{'precision':>12}"
        lines += ["", head]
    for rule, of in found.rules.items():
        share = "-" if of.precision is None else f"{of.precision:.0%}"
        counts = f"{of.entries:>10,}{of.judged:>9,}{of.right:>8,}{share:>12}"
        lines.append(f"  {visible(rule):{width}}{counts}")
    return lines


def figures_as_json(found: Figures) -> str:
    """One object for programs."""
    rules = {
        rule: {
            **of._asdict(),
            "precision": None if of.precision is None else round(of.precision, 4),
        }
        for rule, of in found.rules.items()
    }
    return json.dumps({**found._asdict(), "rules": rules}, indent=2) + "\n"
