"""`leakguard rules`: which rules there are, what one says, whether a rule file is right."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from leakguard.cli.config import FILE_OPTIONS, FORMAT_OPTION, config_from
from leakguard.cli.output import complain, say
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.model import Level, Rule
from leakguard.policy import ARTIFACT_RULES
from leakguard.report.wording import counted, one_line

_HIDDEN = ("examples", "counterexamples")
"""Not shown: they are made to look like secrets, and would trip whoever scans the output."""


@click.group(
    "rules",
    epilog="""\b
Examples:
  leakguard rules list
  leakguard rules show github-classic-pat
  leakguard rules check my-rules.toml
""",
)
def rules() -> None:
    """List, show and check the rules."""


@rules.command(
    "list",
    short_help="List the rules.",
    params=[
        FORMAT_OPTION,
        click.Option(["--provider"], metavar="NAME", help="Only the rules for this service."),
        *FILE_OPTIONS,
    ],
    epilog="""\b
Examples:
  leakguard rules list
  leakguard rules list --provider github
  leakguard rules list --format json | jq -r '.[].id'
""",
)
def list_(format_: str, provider: str | None, **given: Any) -> None:
    """List the rules: id, severity, confidence, name."""
    chosen = _loaded(given)
    if provider is not None:
        chosen = _of_provider(chosen, provider)
    if format_ == "json":
        say(json.dumps([_document(rule) for rule in chosen], indent=2) + "\n")
    else:
        say("".join(_rows(chosen)))


def _loaded(given: Mapping[str, Any]) -> Sequence[Rule]:
    from leakguard.ruleset import load_rules

    return load_rules(*config_from(given, ["."]).rules)


def _of_provider(loaded: Iterable[Rule], name: str) -> list[Rule]:
    providers = sorted({rule.provider for rule in loaded})
    chosen = [rule for rule in loaded if rule.provider.casefold() == name.casefold()]
    if not chosen:
        raise UsageError(f"there are no rules for `{name}`: use one of {', '.join(providers)}")
    return chosen


def _document(rule: Rule) -> dict[str, Any]:
    """A rule as JSON has it, with the keys of a rule file."""
    fields = {key: value for key, value in asdict(rule).items() if key not in _HIDDEN}
    return {key: v.label if isinstance(v, Level) else v for key, v in fields.items()}


def _rows(chosen: Sequence[Rule]) -> Iterator[str]:
    width = max(len(rule.id) for rule in chosen)
    for rule in chosen:
        levels = f"{rule.severity.label:8}  {rule.confidence.label:6}"
        yield f"{rule.id:{width}}  {levels}  {one_line(rule.name)}\n"


@rules.command(
    "show",
    short_help="Show one rule.",
    params=[click.Argument(["id_"], metavar="ID"), *FILE_OPTIONS],
    epilog="""\b
Examples:
  leakguard rules show github-classic-pat
""",
)
def show(id_: str, **given: Any) -> None:
    """Show one rule: what it finds, what a leak costs, and what to do about one."""
    if id_ in ARTIFACT_RULES:
        say(_table(_of_builds(id_)))
        return
    by_id = {rule.id: rule for rule in _loaded(given)}
    if id_ not in by_id:
        from difflib import get_close_matches

        close = " or ".join(f"`{name}`" for name in get_close_matches(id_, by_id))
        meant = f"did you mean {close}? " if close else ""
        raise UsageError(f"there is no rule `{id_}`: {meant}`leakguard rules list` lists them")
    say(_table({key: value for key, value in _document(by_id[id_]).items() if value}))


def _table(fields: Mapping[str, object]) -> str:
    width = max(map(len, fields))
    return "".join(f"{key:{width}}  {_shown(value)}\n" for key, value in fields.items())


def _of_builds(id_: str) -> Mapping[str, object]:
    """What is said of builds is no rule with a pattern: `[artifacts]` in the settings decides."""
    from leakguard.builds import WORDS

    (words,) = (words for words in WORDS if words.rule_id == id_)
    return {"id": id_, "name": words.name, "kind": "artifact", "remedy": words.remedy}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "  ".join(map(one_line, value))
    return one_line(json.dumps(value) if isinstance(value, dict) else str(value))


@rules.command(
    "check",
    short_help="Check rule files and their examples.",
    params=[
        click.Argument(
            ["files"], nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
        )
    ],
    epilog="""\b
Examples:
  leakguard rules check my-rules.toml
  leakguard rules check rules/*.toml
""",
)
def check(files: tuple[Path, ...]) -> None:
    """Check rule files: their form, and each example and counterexample against its rule.

    Exits 2 when there is a problem.
    """
    from leakguard.cli.rulecheck import checked

    found, problems = checked(files)
    for problem in problems:
        complain(problem)
    if problems:
        raise click.exceptions.Exit(ExitCode.ERROR)
    examples = sum(len(rule.examples) + len(rule.counterexamples) for rule in found)
    files_, rules_ = counted(len(files), "file"), counted(len(found), "rule")
    say(f"no problems in {files_} with {rules_} and {counted(examples, 'example')}\n")
