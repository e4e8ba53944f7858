"""What `leakguard rules` prints of rules, in columns and without anything like a secret."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from leakguard.explain import Explanation
from leakguard.fingerprint import preview
from leakguard.model import Level, Rule
from leakguard.pattern import confirmer
from leakguard.report.wording import one_line, visible

_EXAMPLES = ("examples", "counterexamples")
_HIDDEN = (*_EXAMPLES, "allowlists", "foreign")
"""Not in lists: examples would trip whoever scans the output, the rest is the file's own."""

_TOKEN = re.compile(rb"[A-Za-z0-9+/_=.~-]{16,}")
"""What could be taken for a secret, besides what the rule itself finds."""


def document(rule: Rule) -> dict[str, Any]:
    """A rule as JSON has it, with the keys of a rule file."""
    fields = {key: value for key, value in asdict(rule).items() if key not in _HIDDEN}
    return {key: v.label if isinstance(v, Level) else v for key, v in fields.items()}


def rows(chosen: Sequence[Rule]) -> Iterator[str]:
    """A line for each rule: id, severity, confidence, name."""
    width = max(len(rule.id) for rule in chosen)
    for rule in chosen:
        levels = f"{rule.severity.label:8}  {rule.confidence.label:6}"
        yield f"{rule.id:{width}}  {levels}  {one_line(rule.name)}\n"


def described(rule: Rule) -> str:
    """All there is to say of one rule, its examples masked."""
    fields = {key: value for key, value in document(rule).items() if value}
    for key in _EXAMPLES:
        if texts := getattr(rule, key):
            fields[key] = tuple(masked(rule, text) for text in texts)
    if rule.foreign:
        fields |= {key: v for key, v in asdict(rule.foreign).items() if v}
        fields |= {"allowlists": str(len(rule.allowlists))} if rule.allowlists else {}
    return table(fields)


def table(fields: Mapping[str, object]) -> str:
    """A line for each field; one that has several values has a line for each."""
    width = max(map(len, fields))
    return "".join(
        f"{name:{width}}  {text}\n"
        for key, value in fields.items()
        for name, text in zip((key, *[""] * len(_texts(value))), _texts(value), strict=False)
    )


def _texts(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [one_line(str(item)) for item in value]
    return [one_line(json.dumps(value) if isinstance(value, dict) else str(value))]


def masked(rule: Rule, text: str) -> str:
    """A text with what the rule finds, and what else looks like a token, as previews."""
    data = text.encode()
    spans = []
    if rule.pattern:
        pattern = confirmer(rule.pattern)
        spans = [pattern.span(match) for match in pattern.regexp.finditer(data)]
    for start, end in reversed(spans):
        data = data[:start] + preview(data[start:end]).encode() + data[end:]
    return _TOKEN.sub(_shortened, data).decode(errors="replace")


def _shortened(found: re.Match[bytes]) -> bytes:
    has_digits = any(byte in b"0123456789" for byte in found[0])
    return preview(found[0]).encode() if has_digits else found[0]


def explained(found: Iterable[Explanation]) -> str:
    """A line for each match, by line of the file, and a closing one."""
    found = list(found)
    width = max((len(item.rule) for item in found), default=0)
    lines = [
        f"{item.line}:{item.column}  {item.rule:{width}}  {item.preview}  "
        + (f"dropped: {item.reason}" if item.reason else "reported")
        + (f", written as {item.encoding}" if item.encoding else "")
        for item in found
    ]
    reported = sum(not item.reason for item in found)
    closing = f"{reported} reported, {len(found) - reported} dropped"
    return "".join(f"{visible(line)}\n" for line in (*lines, closing))
