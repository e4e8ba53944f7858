"""Rules held to their own examples: each finds its examples and none of its counterexamples."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO

from leakguard.errors import RuleError
from leakguard.matcher import load_matcher
from leakguard.model import Candidate, Rule, Window
from leakguard.pattern import PatternError
from leakguard.scanner import Scanner
from leakguard.sources import Tally
from leakguard.sources.files import reader
from leakguard.sources.windows import Packer


def check_examples(rules: Sequence[Rule]) -> None:
    """Raises RuleError for the first example or counterexample that is not as it says."""
    for problem in wrong_examples(rules):
        raise RuleError(problem)


def wrong_examples(rules: Sequence[Rule]) -> Iterator[str]:
    """What examples and counterexamples say that is not so, as sentences, in the rules' order.

    A rule that needs others beside it is tried alone: its examples need not hold their secrets.
    Raises RuleError for a pattern that Hyperscan refuses.
    """
    texts = {
        f"{number} {key} {position}": text
        for number, rule in enumerate(rules)
        for key in ("examples", "counterexamples")
        for position, text in enumerate(getattr(rule, key), 1)
    }
    found = _found(_of(texts, "examples"), [_lenient(_alone(rule)) for rule in rules])
    found |= _found(_of(texts, "counterexamples"), [_alone(rule) for rule in rules])
    for name in texts:
        number, key, position = name.split()
        rule = rules[int(number)]
        if ((name, rule.id) in found) != (key == "examples"):
            kind = f"{key.removesuffix('s')} {position}"
            result = "is not found by it" if key == "examples" else "is found by it"
            yield f"{rule.file}: rule {rule.id}: {kind} {result}: correct the text or the rule"


def _of(texts: dict[str, str], key: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name.split()[1] == key}


def _alone(rule: Rule) -> Rule:
    foreign = rule.foreign and replace(rule.foreign, required=(), hidden=False)
    return replace(rule, partner=None, foreign=foreign)


def _lenient(rule: Rule) -> Rule:
    """Examples of other tools' rules are made up: the tools try the pattern on them, no more."""
    return replace(rule, entropy=0.0, check=None, allowlists=()) if rule.foreign else rule


def _found(texts: dict[str, str], rules: Sequence[Rule]) -> set[tuple[str, str]]:
    """Pairs of a text's name and the id of a rule that finds something in it."""
    if not texts:
        return set()
    try:
        matcher = load_matcher([rule for rule in rules if rule.pattern])
    except PatternError as error:
        raise RuleError(f"{error}") from error
    scanner, scratch = Scanner(matcher), matcher.scratch()
    found: set[tuple[str, str]] = set()
    for window in _windows(texts):
        for item in scanner.candidates(window, matcher.hits(window, scratch)):
            if isinstance(item, Candidate):
                found.add((item.key, item.rule.id))
    return found


def _windows(texts: dict[str, str]) -> Iterator[Window]:
    packer = Packer(Tally())
    for name, text in texts.items():
        items = packer.add(name, reader(BytesIO(text.encode())))
        yield from (item for item in items if isinstance(item, Window))
    yield from packer.flush()
