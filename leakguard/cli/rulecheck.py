"""Rule files in, problems out: whether each rule finds its examples and no counterexample."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from leakguard.errors import RuleError
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Candidate, Rule, Window
from leakguard.pattern import PatternError
from leakguard.ruleset import load_rules, parse_rules, read_rule_file
from leakguard.scanner import Scanner
from leakguard.sources import Tally
from leakguard.sources.files import reader
from leakguard.sources.windows import Packer


def checked(files: Sequence[Path]) -> tuple[list[Rule], list[str]]:
    """The rules of the files, and their problems as sentences that name file, rule and reason.

    A rule with a partner is tried without it: its examples need not hold the partner's secret.
    """
    rules: list[Rule] = []
    problems: list[str] = []
    for file in files:
        try:
            rules += parse_rules(read_rule_file(file), file.name)
        except RuleError as error:
            problems.append(f"{error}")
    try:
        if not problems:
            load_rules(*files)
        matcher = load_matcher([replace(rule, partner=None) for rule in rules])
    except (RuleError, PatternError) as error:
        return rules, [*problems, f"{error}"]
    return rules, problems + list(_wrong(rules, matcher))


def _wrong(rules: Sequence[Rule], matcher: Matcher) -> Iterator[str]:
    """What the examples and counterexamples say that is not so, in the order of the files."""
    texts = {
        f"{number} {key} {position}": text
        for number, rule in enumerate(rules)
        for key in ("examples", "counterexamples")
        for position, text in enumerate(getattr(rule, key), 1)
    }
    found = _found(texts, matcher)
    for name in texts:
        number, key, position = name.split()
        rule = rules[int(number)]
        if ((name, rule.id) in found) != (key == "examples"):
            kind = f"{key.removesuffix('s')} {position}"
            result = "is not found by it" if key == "examples" else "is found by it"
            yield f"{rule.file}: rule {rule.id}: {kind} {result}: correct the text or the rule"


def _found(texts: dict[str, str], matcher: Matcher) -> set[tuple[str, str]]:
    """Pairs of a text's name and the id of a rule that finds something in it."""
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
