"""`leakguard scan`: looks for leaks and reports them."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from leakguard import limits
from leakguard.cli.config import CONFIG_OPTIONS, config_from
from leakguard.cli.output import (
    check_writable,
    columns,
    complain,
    is_colored,
    say,
    tell,
    write_file,
)
from leakguard.cli.progress import shown
from leakguard.config import Config, check_rule_ids, policy_of
from leakguard.exitcodes import for_verdict
from leakguard.model import Report
from leakguard.report import FORMATS
from leakguard.sources.stdin import standard_input

if TYPE_CHECKING:
    from leakguard.baselines import Baseline
    from leakguard.baselines.own import OwnBaseline
    from leakguard.sources.select import Selection


class _Input(click.File):
    """A file to read; `-` is standard input, and a usage error when that is closed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return standard_input() if value == "-" else super().convert(value, param, ctx)


_SELECTION_OPTIONS: Final[Sequence[click.Parameter]] = (
    click.Argument(["paths"], nargs=-1, metavar="[PATH]..."),
    click.Option(["--staged"], is_flag=True, help="Scan what is staged for the next commit."),
    click.Option(
        ["--range"], default="", metavar="A..B", help="Scan what the commits of a range bring in."
    ),
    click.Option(
        ["--since"],
        default="",
        metavar="DATE",
        help="Scan the commits since a date, as git has it.",
    ),
    click.Option(["--branch"], default="", metavar="NAME", help="Scan the history of one branch."),
    click.Option(
        ["--unreachable"], is_flag=True, help="Scan as well what no branch or tag reaches any more."
    ),
    click.Option(
        ["--no-git"], is_flag=True, help="Scan the files of a repository, not its history."
    ),
    click.Option(
        ["--files-from"],
        type=_Input("rb"),
        metavar="FILE",
        help="Scan the files named here, separated by NUL bytes; - reads standard input.",
    ),
)

_OUTPUT_OPTIONS: Final[Sequence[click.Parameter]] = (
    click.Option(
        ["--format", "format_"],
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="How to write the report.",
    ),
    click.Option(
        ["--output"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the report to this file instead of standard output.",
    ),
    click.Option(
        ["--show-suppressed"],
        is_flag=True,
        help="List in the text all that was silenced, and why; JSON, SARIF, HTML, CSV and JUnit"
        " always have it.",
    ),
    click.Option(
        ["--color"],
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Color the text; auto heeds NO_COLOR and FORCE_COLOR.",
    ),
    click.Option(
        ["--progress/--no-progress"],
        default=None,
        help="Show how far a long scan has come.  [default: when standard error is a terminal]",
    ),
)


@dataclass(frozen=True, slots=True)
class _Output:
    """How to report, and where."""

    format_: str
    output: Path | None
    show_suppressed: bool
    color: str
    progress: bool | None


@click.command(
    "scan",
    params=[*_SELECTION_OPTIONS, *_OUTPUT_OPTIONS, *CONFIG_OPTIONS],
    epilog="""\b
Examples:
  leakguard scan                                  this repository with its history
  leakguard scan --staged                         what the next commit would bring in
  leakguard scan --range origin/main..HEAD        what a push would bring in
  leakguard scan --no-git --exclude '*.lock' src/
  leakguard scan --format sarif --output leaks.sarif
  git ls-files -z | leakguard scan --files-from -
  docker logs app 2>&1 | leakguard scan -
""",
)
def scan(**given: Any) -> None:
    """Look for leaks in files, folders and git repositories.

    A PATH that is a git repository is scanned with its history, index and work tree; - is standard
    input. Without a PATH the working folder is scanned.
    """
    paths = given["paths"] or (".",)
    config = config_from(given, paths)
    output = _Output(**_taken(given, _OUTPUT_OPTIONS))
    if output.output:
        check_writable(output.output)
    from leakguard.sources.select import Selection

    selection = Selection(**_taken(given, _SELECTION_OPTIONS) | {"paths": paths})
    report = scanned(selection, config, output.progress)
    _write(report, output)
    raise click.exceptions.Exit(for_verdict(report.verdict))


def _taken(given: Mapping[str, Any], options: Sequence[click.Parameter]) -> dict[str, Any]:
    return {name: given[name] for option in options if (name := option.name)}


def scanned(
    selection: "Selection",
    config: Config,
    progress: bool | None,
    *,
    own: "OwnBaseline | None" = None,
    more: "Sequence[Baseline]" = (),
) -> Report:
    """Scans. `own` stands in for the repository's own baseline, `more` are added to the others."""
    from leakguard.cache import matcher_for
    from leakguard.opening import data_for, named_for, opening_for, plugins_for, with_names
    from leakguard.pipe import run
    from leakguard.sources.select import pick_source
    from leakguard.suppression import suppression_for

    policy = policy_of(config)
    suppression = suppression_for(policy, more, own)
    matcher = matcher_for(config.rules, config.gitleaks_default, named_for(config))
    plugins = plugins_for(config)
    check_rule_ids(config, [*matcher.rules, *plugins.rules] if plugins else matcher.rules)
    _note(matcher.notes)
    sources = with_names(pick_source(selection), config)
    with shown(progress) as show:
        opening = opening_for(config.artifacts, selection.paths[0])
        return run(sources, matcher, policy, show, opening, plugins, suppression, data_for(config))


def _note(notes: Sequence[str]) -> None:
    """Says what of other tools' rules is not as it was there, without drowning the report."""
    for note in notes[: limits.RULE_NOTES_SHOWN]:
        complain(f"note: {note}")
    if len(notes) > limits.RULE_NOTES_SHOWN:
        rest = len(notes) - limits.RULE_NOTES_SHOWN
        complain(f"note: and {rest} more: `leakguard rules check FILE` lists them")


def _write(report: Report, output: _Output) -> None:
    """The report goes to the file, then the closing line still to standard error."""
    if output.output is None:
        say(_rendered(report, output))
        return
    from leakguard.report.wording import closing

    write_file(output.output, _rendered(report, output))
    tell(closing(report))


def _rendered(report: Report, output: _Output) -> str:
    if output.format_ != "text":
        return FORMATS[output.format_](report)
    from leakguard.report.text import to_text

    stream = None if output.output else sys.stdout
    environment = {} if output.output else os.environ
    color = is_colored(output.color, stream, environment)
    return to_text(report, color=color, width=columns(), suppressed=output.show_suppressed)
