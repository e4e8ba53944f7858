"""Rule files in, rules out; refuses what is wrong with file, rule and reason.

Only this module knows the format of a rule file (TOML 1.0, one file a provider).
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from leakguard import checksums, limits
from leakguard.errors import RuleError
from leakguard.finder import finder
from leakguard.foreign.stand_ins import Translation, applied
from leakguard.model import Check, Confidence, Partner, Rule, Severity
from leakguard.pattern import PatternError, confirmer, search

SPLIT_MARK = "~~"
"""Stands inside the examples of a rule file, so that no scanner sees a whole token there."""

_TEXTS = ("id", "name", "impact", "pattern")
_OPTIONAL_TEXTS = ("family", "path", "remedy", "near", "words")
_LISTS = ("allow", "references", "examples", "counterexamples")
_OTHERS = ("severity", "confidence", "entropy", "check", "partner", "generic", "scored")
_KEYS = frozenset((*_TEXTS, *_OPTIONAL_TEXTS, *_LISTS, *_OTHERS))

_L = TypeVar("_L", Severity, Confidence)


def rules_dir() -> Path:
    """The folder of the rules that come with leakguard: in a wheel, or else in the checkout."""
    packaged = Path(__file__).parent / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "rules"


def rule_files() -> list[Path]:
    """The rule files that come with leakguard, by name.

    Raises RuleError when there are none.
    """
    folder = rules_dir()
    # As texts: to sort some hundred paths takes 6 ms.
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    files = [folder / name for name in names if name.endswith(".toml")]
    if not files:
        raise RuleError(f"no rule files in {folder}: leakguard is not installed properly")
    return files


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of a scan, and where they came from."""

    rules: tuple[Rule, ...]
    """By id."""
    notes: tuple[str, ...] = ()
    """What of other tools' files could not be translated, as sentences."""
    files: tuple[Path, ...] = ()
    """Files that were read besides those asked for."""


def load_rules(*extra: Path | str, builtin: bool = True) -> tuple[Rule, ...]:
    """The rules that come with leakguard and those of the files in `extra`, by id.

    A rule in `extra` replaces one of the same id that comes with leakguard.
    Raises RuleError for a file that cannot be read, an unknown key, a bad pattern, a missing
    example, a check or partner that does not exist, or an id that two files share.
    """
    return load_ruleset(*extra, builtin=builtin).rules


def load_ruleset(
    *extra: Path | str, builtin: bool = True, gitleaks_default: Path | None = None
) -> Ruleset:
    """As `load_rules`, with what is to be said of other tools' files among `extra`.

    `gitleaks_default` is a copy of gitleaks' own configuration, for files that extend it.
    """
    ours = _layer((file, parse_rules(read_rule_file(file), file.name)) for file in _ours(builtin))
    read = [(Path(file), read_rules(Path(file), gitleaks_default)) for file in extra]
    theirs = _layer((file, found.rules) for file, found in read)
    notes = [note for _, found in read for note in found.notes]
    for file, found in read:
        ours, missing = applied(found, ours)
        notes += (f"{file.name}: {text}" for text in missing)
    rules = ours | theirs
    _check_partners(rules)
    return Ruleset(
        rules=tuple(rules[key] for key in sorted(rules)),
        notes=tuple(notes),
        files=tuple(path for _, found in read for path in found.files),
    )


def _ours(builtin: bool) -> list[Path]:
    return rule_files() if builtin else []


def _layer(files: Iterable[tuple[Path, Iterable[Rule]]]) -> dict[str, Rule]:
    """The rules of several files by id. Raises RuleError for an id that two of them share."""
    layer: dict[str, Rule] = {}
    for file, rules in files:
        for rule in rules:
            if rule.id in layer:
                raise _error(file.name, rule.id, f"{layer[rule.id].file} has this id as well")
            layer[rule.id] = rule
    return layer


def read_rules(file: Path, gitleaks_default: Path | None = None) -> Translation:
    """The rules of a file, in our form or in that of another tool. Raises RuleError."""
    from leakguard.foreign.reading import read_foreign  # 10 ms that a hook need not spend

    data = read_rule_file(file)
    found = read_foreign(data, file, read_rule_file, gitleaks_default)
    return found or Translation(rules=tuple(parse_rules(data, file.name)))


def read_rule_file(path: Path) -> bytes:
    """The bytes of a rule file. Raises RuleError when it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            # A pipe has no size. Asking for the limit at once would cost a hook 8 MiB a file.
            data = stream.read(min(size or limits.RULE_FILE_BYTES, limits.RULE_FILE_BYTES) + 1)
    except OSError as error:
        raise RuleError(f"rule file {path} cannot be read: {error.strerror}") from error
    if len(data) > limits.RULE_FILE_BYTES:
        raise RuleError(f"rule file {path} is larger than {limits.RULE_FILE_BYTES} bytes")
    return data


def parse_rules(data: bytes, file: str) -> list[Rule]:
    """The rules of one file, in its order; `file` is its name for messages.

    Raises RuleError as `load_rules` does, but for what needs the other files.
    """
    import tomllib  # 5 ms that a hook with a compiled cache need not spend

    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"{file}: not valid TOML: {error}") from error
    unknown = sorted(document.keys() - {"provider", "rule"})
    if unknown:
        raise RuleError(f"{file}: unknown key `{unknown[0]}`: a file has `provider` and `[[rule]]`")
    provider = document.get("provider")
    tables = document.get("rule")
    if not isinstance(provider, str) or not provider:
        raise RuleError(f"{file}: `provider` is missing: name the service the rules belong to")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise RuleError(f"{file}: no `[[rule]]` in it")
    return [_rule(table, provider, file) for table in tables]


def _rule(table: Mapping[str, Any], provider: str, file: str) -> Rule:
    name = str(table.get("id", "(no id)"))
    for key in sorted(table.keys() - _KEYS):
        raise _error(file, name, f"unknown key `{key}`")
    for key in _TEXTS:
        if not isinstance(table.get(key), str) or not table[key]:
            raise _error(file, name, f"`{key}` is missing or not a text")
    for key in _OPTIONAL_TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise _error(file, name, f"`{key}` is not a text")
    texts: dict[str, Any] = {key: table.get(key, "") for key in (*_TEXTS, *_OPTIONAL_TEXTS)}
    lists: dict[str, Any] = {key: _texts(table, key, file, name) for key in _LISTS}
    lists |= {key: _joined(lists[key]) for key in ("examples", "counterexamples")}
    rule = Rule(
        **texts | {"family": texts["family"] or texts["id"]},
        **lists,
        provider=provider,
        severity=_level(Severity, table, "severity", file, name),
        confidence=_level(Confidence, table, "confidence", file, name),
        entropy=_entropy(table, file, name),
        check=_check(table, file, name),
        partner=_partner(table, file, name),
        generic=_flag(table, "generic", file, name) or _flag(table, "scored", file, name),
        scored=_flag(table, "scored", file, name),
        file=file,
    )
    _check_patterns(rule)
    _check_examples(rule)
    return rule


def _joined(examples: Iterable[str]) -> tuple[str, ...]:
    return tuple(example.replace(SPLIT_MARK, "") for example in examples)


def _texts(table: Mapping[str, Any], key: str, file: str, name: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise _error(file, name, f"`{key}` is not a list of texts")
    return tuple(value)


def _level(scale: type[_L], table: Mapping[str, Any], key: str, file: str, name: str) -> _L:
    labels = {level.label: level for level in scale}
    value = table.get(key)
    if not isinstance(value, str) or value not in labels:
        raise _error(file, name, f"`{key}` must be one of {', '.join(labels)}")
    return labels[value]


def _entropy(table: Mapping[str, Any], file: str, name: str) -> float:
    value = table.get("entropy", limits.CONTEXT_ENTROPY if table.get("near") else 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 8:
        raise _error(file, name, "`entropy` must be a number from 0 to 8 (bits per character)")
    return float(value)


def _flag(table: Mapping[str, Any], key: str, file: str, name: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise _error(file, name, f"`{key}` must be true or false")
    return value


def _check(table: Mapping[str, Any], file: str, name: str) -> Check | None:
    if "check" not in table:
        return None
    value = table["check"]
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise _error(file, name, "`check` must be a table with a `name`")
    check = Check(value["name"], {key: value[key] for key in value if key != "name"})
    try:
        checksums.checker(check)
    except ValueError as error:
        raise _error(file, name, f"`check`: {error}") from error
    return check


def _partner(table: Mapping[str, Any], file: str, name: str) -> Partner | None:
    if "partner" not in table:
        return None
    value = table["partner"]
    if not isinstance(value, dict) or value.keys() != {"rule", "lines"}:
        raise _error(file, name, "`partner` must be a table with `rule` and `lines`")
    if not isinstance(value["rule"], str) or type(value["lines"]) is not int or value["lines"] < 0:
        raise _error(file, name, "`partner` needs the id of a rule and a number of lines")
    return Partner(value["rule"], value["lines"])


def _check_patterns(rule: Rule) -> None:
    try:
        if "secret" not in confirmer(rule.pattern).names:
            raise _error(rule.file, rule.id, "`pattern` has no group named `secret`")
        if rule.partner is None and not rule.near:
            finder(rule.pattern)
        for pattern in (*rule.allow, *filter(None, [rule.path, rule.near, rule.words])):
            search(pattern)
    except PatternError as error:
        raise _error(rule.file, rule.id, f"{error}") from error


def _check_examples(rule: Rule) -> None:
    if rule.words and not rule.near:
        raise _error(rule.file, rule.id, "`words` goes with `near`")
    if rule.partner and rule.near:
        raise _error(rule.file, rule.id, "`partner` and `near` do not go together")
    for key, values in (("examples", rule.examples), ("counterexamples", rule.counterexamples)):
        if not values:
            raise _error(rule.file, rule.id, f"`{key}` is missing: give at least one")
    if not rule.references and not rule.generic:
        raise _error(rule.file, rule.id, "`references` is missing: cite where the form comes from")


def _check_partners(rules: Mapping[str, Rule]) -> None:
    for rule in rules.values():
        if rule.partner is None:
            continue
        partner = rules.get(rule.partner.rule)
        if partner is None:
            raise _error(rule.file, rule.id, f"`partner`: there is no rule `{rule.partner.rule}`")
        if partner.partner is not None:
            raise _error(rule.file, rule.id, f"`partner`: `{partner.id}` needs a partner itself")


def _error(file: str, rule: str, reason: str) -> RuleError:
    return RuleError(f"{file}: rule {rule}: {reason}")
