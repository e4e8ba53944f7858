"""All evidence on one candidate: its value, its name, the line and the path."""

from typing import Final, NamedTuple

from leakguard.generic.early import text_of
from leakguard.generic.names import name_before, name_facts, resembles_name
from leakguard.generic.surroundings import file_facts, line_facts
from leakguard.generic.values import Facts, value_facts
from leakguard.model import Candidate, Rule

_SHOWN: Final = 512
"""Characters of a value that are looked at."""

PLACES: Final = {
    "generic-flag": "w_flag",
    "generic-command": "w_command",
    "generic-user-flag": "w_user_flag",
    "generic-sql-password": "w_sql",
    "generic-element": "w_element",
    "generic-sentence": "w_sentence",
    "generic-bearer": "w_bearer",
    "generic-otp-seed": "w_otp",
    "database-url": "w_url",
    "url-credentials": "w_url",
    "basic-authorization": "w_basic",
    "generic-password-plain": "w_plain",
    "generic-password-letters": "w_plain",
    "generic-secret-plain": "w_plain",
    "generic-secret-words": "w_plain",
    "generic-env-secret": "w_plain",
}
"""In what surroundings each rule finds its values."""
_ALL_PLACES: Final = ("w_quoted", *sorted(set(PLACES.values())))


class Seen(NamedTuple):
    """What of a candidate is judged; the versions of a file repeat it."""

    rule_id: str
    value: str
    before: bytes
    after: bytes
    previous: bytes


def seen(rule: Rule, secret: bytes, before: bytes, after: bytes, previous: bytes) -> Seen:
    """What is judged of what a rule found."""
    return Seen(rule.id, text_of(rule, secret)[:_SHOWN], before, after, previous)


def seen_of(candidate: Candidate) -> Seen:
    """What of a candidate is judged."""
    around = candidate.before, candidate.after, candidate.previous
    return seen(candidate.rule, candidate.secret, *around)


def evidence(what: Seen) -> dict[str, float]:
    """The facts of a candidate, all but those of its path."""
    before, after = _text(what.before), _text(what.after)
    name = name_before(before)
    facts = dict(value_facts(what.value))
    facts |= name_facts(name)
    facts |= line_facts(name.separator, before, after, _text(what.previous))
    facts["resembles_name"] = 0.0 if facts["weak"] else resembles_name(what.value, name.text)
    facts |= dict.fromkeys(_ALL_PLACES, 0.0)
    facts[PLACES.get(what.rule_id, "w_quoted")] = 1.0
    return facts


def evidence_of_path(path: str) -> Facts:
    """The facts of a path."""
    return file_facts(path)


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
