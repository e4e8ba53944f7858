"""What Python programs call: one function that scans, one that loads rules."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from leakguard.cache import matcher_for
from leakguard.data.seen import Data
from leakguard.examples import check_examples
from leakguard.matcher import load_matcher
from leakguard.model import Report, Rule
from leakguard.opening import opening_for
from leakguard.pipe import run
from leakguard.policy import ArtifactSettings, Policy
from leakguard.ruleset import load_ruleset
from leakguard.sources.select import Selection, pick_source


def scan(
    *paths: str | Path,
    rules: Sequence[Rule] | None = None,
    policy: Policy = Policy(),
    selection: Selection | None = None,
) -> Report:
    """Scans files, folders and git repositories (with their history) and says what leaks.

    No path means the working folder. `rules` stands in for the built-in ones, `policy` says what
    counts, `selection` chooses commits; with a selection, its own paths are ignored when any path
    is given. The report is sorted and holds no secret, only masked previews and fingerprints.
    Raises LeakguardError: UsageError for a path that does not exist, SourceError for a repository
    that cannot be read, RuleError for rules that cannot be used.
    """
    chosen = selection or Selection()
    if paths:
        chosen = replace(chosen, paths=tuple(str(path) for path in paths))
    matcher = matcher_for() if rules is None else load_matcher(rules)
    opening = opening_for(ArtifactSettings(), chosen.paths[0])
    return run(pick_source(chosen), matcher, policy, opening=opening, data=Data())


def load_rules(*extra: Path | str, builtin: bool = True) -> tuple[Rule, ...]:
    """The rules that come with leakguard and those of the files in `extra`, by id.

    The files may have another tool's form; `leakguard rules check` says what of it is not
    translated. A rule in `extra` replaces one of the same id that comes with leakguard.
    Raises RuleError for a file that cannot be used: an unknown key, a pattern that an engine
    refuses, an example that its rule does not find, an id that two files share.
    """
    names = {Path(file).name for file in extra}
    rules = load_ruleset(*extra, builtin=builtin).rules
    check_examples([rule for rule in rules if rule.file in names])
    return rules
