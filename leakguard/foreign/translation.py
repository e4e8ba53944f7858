"""What all readers of other tools' files need: notes, patterns, levels."""

from collections.abc import Collection, Iterable, Iterator

from leakguard.errors import RuleError
from leakguard.finder import finder
from leakguard.foreign.lexer import Dialect, SyntaxProblem, Untranslatable
from leakguard.foreign.syntax import Translated, translate
from leakguard.model import Confidence, Severity
from leakguard.pattern import PatternError, confirmer


class Notes:
    """Collects the notes on one file. What is said of several rules is said once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._notes: dict[tuple[str, str], None] = {}

    def add(self, text: str, rule: str = "") -> None:
        """Takes a sentence on a rule, or on the file."""
        self._notes[text, rule] = None

    def refuse(self, reason: str, rule: str = "") -> RuleError:
        """The error for what makes the whole file unusable."""
        return RuleError(f"{self.file}: {f'rule {rule}: ' if rule else ''}{reason}")

    def __iter__(self) -> Iterator[str]:
        by_text: dict[str, list[str]] = {}
        for text, rule in self._notes:
            by_text.setdefault(text, []).append(rule)
        for text, rules in by_text.items():
            yield f"{self.file}: {_whose(rules)}{text}"


def _whose(rules: list[str]) -> str:
    if rules == [""]:
        return ""
    named = ", ".join(rules[:_NAMED])
    more = f" and {len(rules) - _NAMED} more" if len(rules) > _NAMED else ""
    return f"{'rule' if len(rules) == 1 else 'rules'} {named}{more}: "


_NAMED = 3
"""Rules that a note names before it only counts them."""


def pattern_of(
    text: str, notes: Notes, rule: str, dialect: Dialect = Dialect.GO, secret: int = 0
) -> Translated | None:
    """The pattern in our form; None, with a note, when only the other tool can look for it.

    Raises RuleError for one that the other tool refuses too.
    """
    try:
        found = translate(text, dialect, secret)
        confirmer(found.pattern)
    except SyntaxProblem as error:
        raise notes.refuse(
            f"`{text}` is no regular expression of {dialect.value}: {error}", rule
        ) from error
    except (Untranslatable, PatternError) as error:
        notes.add(f"a pattern is left out: {error}", rule)
        return None
    if found.by_bytes:
        notes.add("characters beyond ASCII in a class are compared byte by byte", rule)
    return found


def is_searchable(pattern: str, notes: Notes, rule: str, keywords: Collection[str] = ()) -> bool:
    """Whether a rule's pattern can be looked for; a note says why not, or that it takes long."""
    try:
        found = finder(pattern)
    except PatternError as error:
        notes.add(f"left out: {error}", rule)
        return False
    if found.fixed <= 1 and not keywords:
        notes.add("slow: it has neither fixed characters nor keywords, so all is searched", rule)
    return True


def severity_of(words: Iterable[str]) -> Severity:
    """The level that a tag names; HIGH when none does: other tools mostly have no levels."""
    labels = {level.label: level for level in Severity}
    return next((labels[word.lower()] for word in words if word.lower() in labels), Severity.HIGH)


def confidence_of(label: object) -> Confidence:
    """The level of a label; MEDIUM, which is shown, when there is none."""
    labels = {level.label: level for level in Confidence}
    return labels.get(str(label).lower(), Confidence.MEDIUM)
