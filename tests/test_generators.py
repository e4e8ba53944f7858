"""Random valid tokens of every form are found by their own rule, whatever stands around them.

A form that a rule tells by itself stands alone as a value; one that only its name tells stands
behind the shortest name that the rule asks for; a URL or a file stands whole. Rules whose form
proves nothing, so that filters, surroundings or the file decide (`generic`, `near`, `path`), are
left out. LEAKGUARD_TOKENS=50 is the long run.
"""

import os
import re
from collections.abc import Iterator
from itertools import groupby
from random import Random
from typing import NamedTuple

import pytest

from leakguard.model import Candidate, Rule
from leakguard.overlaps import strongest
from leakguard.ruleset import load_rules
from tests.builtin import builtin_matcher
from tests.finishers import is_valid, token
from tests.helpers import candidates
from tests.sampling import sample

RULES = {rule.id: rule for rule in load_rules()}
FORMS = [
    rule
    for rule in RULES.values()
    if not (rule.generic or rule.near or rule.path)
    and not (rule.partner and RULES[rule.partner.rule].generic)
]
TOKENS = int(os.environ.get("LEAKGUARD_TOKENS", "3"))
SURROUNDINGS = {
    "python": '{name} = "{value}"',
    "dotenv": "{name}={value}",
    "json": '{{"{name}": "{value}", "id": 7}}',
    "url": "https://api.acme.test/v1/items?{name}={value}&page=2",
    "header": "{name}: {value}",
    "yaml": 'service:\n  {name}: "{value}"\n  retries: 3',
}
CONNECTORS = (r"""\\?["']?[\])]?""", r"""(?:\\?["'\]]){0,2}""")
"""How, in a pattern, the part between a name and its value begins."""


PEM_END = "\n-----END"
"""Behind what stands whole: the body of a key ends here."""


class Planted(NamedTuple):
    rule: Rule
    secret: str
    text: str


def planted(rule: Rule, number: int) -> Iterator[tuple[str, Planted]]:
    """One random token of a rule in all surroundings, each with its key."""
    chance = Random(f"{rule.id} {number}")  # noqa: S311 - the same each time
    secret = token(rule, chance)
    assert is_valid(rule, secret)
    name, value = _name(rule, chance), secret
    if name is None:
        around = sample(rule.pattern, chance)
        name, value = "value", around.before + secret + (around.after or PEM_END)
    for kind, template in SURROUNDINGS.items():
        text = template.format(name=name, value=value)
        yield f"{rule.id} {number} {kind}", Planted(rule, secret, text + _partner(rule))


def _name(rule: Rule, chance: Random) -> str | None:
    """What to call the value: the rule's own name, any, or None where more must stand around."""
    for connector in CONNECTORS:
        head, found, _ = rule.pattern.partition(connector)
        if found and head.count("(") == head.count(")"):
            return sample(head + "(?P<secret>)", chance).before.strip()
    around = sample(rule.pattern, chance)
    return None if re.search(r"\w", around.before + around.after) else "value"


def _partner(rule: Rule) -> str:
    return f"\n{RULES[rule.partner.rule].examples[0]}" if rule.partner else ""


@pytest.fixture(scope="module")
def missed() -> dict[str, list[str]]:
    """The surroundings in which a rule's token was not found, by rule."""
    texts = dict(pair for rule in FORMS for n in range(TOKENS) for pair in planted(rule, n))
    found = candidates(builtin_matcher(), {key: p.text.encode() for key, p in texts.items()})
    by_key = {
        key: strongest(group)
        for key, group in groupby(sorted(found, key=lambda c: c.key), key=lambda c: c.key)
    }
    out: dict[str, list[str]] = {rule.id: [] for rule in FORMS}
    for key, plant in texts.items():
        if not any(_is(plant, item) for item in by_key.get(key, [])):
            out[plant.rule.id].append(key.partition(" ")[2])
    return out


def _is(plant: Planted, item: Candidate) -> bool:
    return item.rule.family == plant.rule.family and item.secret == plant.secret.encode("latin-1")


@pytest.mark.parametrize("name", [rule.id for rule in FORMS])
def test_random_valid_tokens_are_found_by_their_own_rule(
    missed: dict[str, list[str]], name: str
) -> None:
    assert missed[name] == []
