"""`leakguard rules test` and `check`: rules tried on a file, rule files tried on their examples."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from leakguard import limits
from leakguard.cli.config import CONFIG_OPTIONS, FORMAT_OPTION, config_from
from leakguard.cli.output import complain, say, tell
from leakguard.config import policy_of
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.report.wording import counted
from leakguard.sources.stdin import standard_input

_ELSEWHERE = ("artifacts_open", "baseline", "detect_secrets_plugins")
"""Options of a scan that make no sense for one text."""


@click.command(
    "test",
    short_help="Try the rules on a file.",
    params=[
        click.Argument(["file"], metavar="FILE", type=click.Path(path_type=Path, allow_dash=True)),
        FORMAT_OPTION,
        *(option for option in CONFIG_OPTIONS if option.name not in _ELSEWHERE),
    ],
    epilog="""\b
Examples:
  leakguard rules test app.log
  leakguard rules test --rules my-rules.toml --confidence low -
""",
)
def test(file: Path, format_: str, **given: Any) -> None:
    """Say of each line of FILE which rules match there, and why what matches is not reported.

    Encoded text is looked into. Values are masked; - is standard input. Archives are not opened and
    plugins are not asked: `leakguard scan` does both.
    """
    from leakguard.cache import matcher_for
    from leakguard.cli.ruletext import explained
    from leakguard.explain import explain

    config = config_from(given, [str(file)])
    text = _read(file)
    matcher = matcher_for(config.rules, config.gitleaks_default)
    found = explain(matcher, text, file.as_posix(), policy_of(config))
    if format_ == "json":
        say(json.dumps([asdict(item) for item in found], indent=2) + "\n")
    else:
        say(explained(found))


def _read(file: Path) -> bytes:
    try:
        with standard_input() if file.name == "-" else file.open("rb") as stream:
            text = stream.read(limits.RULES_TEST_BYTES)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if len(text) == limits.RULES_TEST_BYTES:
        most = limits.RULES_TEST_BYTES // limits.MIB
        raise UsageError(f"{file} has {most} MiB or more: `leakguard scan` takes any size")
    return text


@click.command(
    "check",
    short_help="Check rule files and their examples.",
    params=[
        click.Argument(
            ["files"], nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
        ),
        click.Option(
            ["--gitleaks-default"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A copy of gitleaks' own gitleaks.toml, for rule files that extend it.",
        ),
    ],
    epilog="""\b
Examples:
  leakguard rules check my-rules.toml
  leakguard rules check rules/*.toml
  leakguard rules check .gitleaks.toml kingfisher-rules.yml
""",
)
def check(files: tuple[Path, ...], gitleaks_default: Path | None) -> None:
    """Check rule files: their form, and each example and counterexample against its rule.

    Of a file of another tool it says what is not translated. Exits 2 when there is a problem.
    """
    from leakguard.cli.rulecheck import checked

    found = checked(files, gitleaks_default)
    for note in found.notes:
        tell(f"note: {note}")
    for problem in found.problems:
        complain(problem)
    if found.problems:
        raise click.exceptions.Exit(ExitCode.ERROR)
    examples = sum(len(rule.examples) + len(rule.counterexamples) for rule in found.rules)
    files_, rules_ = counted(len(files), "file"), counted(len(found.rules), "rule")
    notes = f"; {counted(len(found.notes), 'note')}" if found.notes else ""
    say(f"no problems in {files_} with {rules_} and {counted(examples, 'example')}{notes}\n")
