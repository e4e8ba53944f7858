"""Rule files in, problems out: what is wrong with them, their examples included."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leakguard.errors import RuleError
from leakguard.examples import wrong_examples
from leakguard.model import Rule
from leakguard.ruleset import load_ruleset, read_rules


@dataclass(slots=True)
class Checked:
    """What there is to say of rule files. Problems and notes name file, rule and reason."""

    rules: list[Rule] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    """What of other tools' files is not translated."""


def checked(files: Sequence[Path], gitleaks_default: Path | None = None) -> Checked:
    """Reads the files, each by itself and then all of them with our own rules."""
    found = Checked()
    for file in files:
        try:
            found.rules += read_rules(file, gitleaks_default).rules
        except RuleError as error:
            found.problems.append(f"{error}")
    try:
        if not found.problems:
            found.notes = load_ruleset(*files, gitleaks_default=gitleaks_default).notes
        found.problems += wrong_examples(found.rules)
    except RuleError as error:
        found.problems.append(f"{error}")
    return found
