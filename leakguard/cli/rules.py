"""`leakguard rules`: which rules there are, what one says, whether a rule file is right."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from leakguard.cli.config import FILE_OPTIONS, FORMAT_OPTION, config_from
from leakguard.cli.output import check_writable, say, write_file
from leakguard.cli.ruletrial import check, test
from leakguard.errors import UsageError
from leakguard.model import Rule, Severity
from leakguard.policy import ARTIFACT_RULES, DATA_RULES
from leakguard.report.wording import counted


@click.group(
    "rules",
    commands=[test, check],
    epilog="""\b
Examples:
  leakguard rules list --service slack
  leakguard rules show github-classic-pat
  leakguard rules test app.log
  leakguard rules check my-rules.toml
""",
)
def rules() -> None:
    """List, show, try and check the rules."""


@rules.command(
    "list",
    short_help="List the rules.",
    params=[
        FORMAT_OPTION,
        click.Option(
            ["--service", "--provider", "service"],
            metavar="NAME",
            help="Only the rules for this service.",
        ),
        click.Option(
            ["--severity"],
            multiple=True,
            type=click.Choice([level.label for level in Severity]),
            help="Only the rules of this severity; may be given several times.",
        ),
        *FILE_OPTIONS,
    ],
    epilog="""\b
Examples:
  leakguard rules list
  leakguard rules list --service github --severity critical
  leakguard rules list --format json | jq -r '.[].id'
""",
)
def list_(format_: str, service: str | None, severity: Sequence[str], **given: Any) -> None:
    """List the rules: id, severity, confidence, name."""
    from leakguard.cli.ruletext import document, rows

    chosen = _loaded(given)
    if service is not None:
        chosen = _of_service(chosen, service)
    if severity:
        chosen = [rule for rule in chosen if rule.severity.label in severity]
    if format_ == "json":
        say(json.dumps([document(rule) for rule in chosen], indent=2) + "\n")
    else:
        say("".join(rows(chosen)) if chosen else "")


def _loaded(given: Mapping[str, Any]) -> Sequence[Rule]:
    from leakguard.ruleset import load_ruleset

    config = config_from(given, ["."])
    return load_ruleset(*config.rules, gitleaks_default=config.gitleaks_default).rules


def _of_service(loaded: Iterable[Rule], name: str) -> list[Rule]:
    services = sorted({rule.provider for rule in loaded})
    chosen = [rule for rule in loaded if rule.provider.casefold() == name.casefold()]
    if not chosen:
        from difflib import get_close_matches

        close = get_close_matches(name, services) or services
        raise UsageError(f"there are no rules for `{name}`: use one of {', '.join(close)}")
    return chosen


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
    """Show one rule: what it finds, what a leak costs, and what to do about one.

    Examples are masked, so that no scanner takes them for secrets.
    """
    from leakguard.cli.ruletext import described, table

    if id_ in ARTIFACT_RULES:
        say(table(_of_builds(id_)))
        return
    if id_ in DATA_RULES:
        say(table(_of_data(id_)))
        return
    by_id = {rule.id: rule for rule in _loaded(given)}
    if id_ not in by_id:
        from difflib import get_close_matches

        close = " or ".join(f"`{name}`" for name in get_close_matches(id_, by_id))
        meant = f"did you mean {close}? " if close else ""
        raise UsageError(f"there is no rule `{id_}`: {meant}`leakguard rules list` lists them")
    say(described(by_id[id_]))


def _of_builds(id_: str) -> Mapping[str, object]:
    """What is said of builds is no rule with a pattern: `[artifacts]` in the settings decides."""
    from leakguard.builds import WORDS

    (words,) = (words for words in WORDS if words.rule_id == id_)
    return {"id": id_, "name": words.name, "kind": words.kind, "remedy": words.remedy}


def _of_data(id_: str) -> Mapping[str, object]:
    """Nor is what is said of customers' data: `[data]` in the settings decides."""
    from leakguard.disclosures import WORDS

    (words,) = (words for words in WORDS if words.rule_id == id_)
    return {"id": id_, "name": words.name, "kind": "data", "remedy": words.remedy}


@rules.command(
    "coverage",
    short_help="Count services and kinds of credentials.",
    params=[FORMAT_OPTION, *FILE_OPTIONS],
    epilog="""\b
Examples:
  leakguard rules coverage
  leakguard rules coverage --format json | jq .services
""",
)
def coverage_(format_: str, **given: Any) -> None:
    """Count the services that are known, and the kinds of credentials of each."""
    from leakguard.catalog import coverage, kinds_by_service

    kinds = kinds_by_service(_loaded(given))
    if format_ == "json":
        say(json.dumps(coverage(kinds), indent=2, ensure_ascii=False) + "\n")
        return
    width = max(map(len, kinds))
    lines = [f"{name:{width}}  {len(found):3}  {', '.join(found)}" for name, found in kinds.items()]
    total = sum(map(len, kinds.values()))
    say("\n".join([*lines, f"{counted(len(kinds), 'service')}, {counted(total, 'kind')}"]) + "\n")


@rules.command(
    "docs",
    short_help="Write a page of all rules.",
    params=[
        click.Option(
            ["--output"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Write the page to this file instead of standard output.",
        ),
        *FILE_OPTIONS,
    ],
    epilog="""\b
Examples:
  leakguard rules docs --output rules.md
""",
)
def docs(output: Path | None, **given: Any) -> None:
    """Write all rules as a page of Markdown, by service."""
    from leakguard.catalog import rules_page

    page = rules_page(_loaded(given))
    if output is None:
        say(page)
        return
    check_writable(output)
    write_file(output, page)
