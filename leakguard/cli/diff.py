"""`leakguard diff`: what is new, gone and silenced between two JSON reports."""

from pathlib import Path
from typing import Any

import click

from leakguard import limits
from leakguard.bounded import read_bounded
from leakguard.cli.output import check_writable, say, write_file
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.report.difference import DIFFERENCE_FORMATS, difference, parse

_REPORT = click.Path(path_type=Path)


@click.command(
    "diff",
    params=[
        click.Argument(["old"], type=_REPORT),
        click.Argument(["new"], type=_REPORT),
        click.Option(
            ["--format", "format_"],
            type=click.Choice(list(DIFFERENCE_FORMATS)),
            default="text",
            show_default=True,
            help="How to write the difference.",
        ),
        click.Option(
            ["--output"],
            type=_REPORT,
            metavar="FILE",
            help="Write to this file instead of standard output.",
        ),
    ],
    epilog="""\b
Examples:
  leakguard scan --format json --output new.json
  leakguard diff old.json new.json
  leakguard diff --format markdown old.json new.json
""",
)
def diff(old: Path, new: Path, format_: str, output: Path | None) -> None:
    """Compare two JSON reports of leakguard: what is new, gone, silenced.

    Findings are the same when their fingerprints are, on whatever line. Ends with 1 when something
    is new, with 3 when nothing is but the newer scan could not look at everything.
    """
    if output:
        check_writable(output)
    found = difference(_read(old), _read(new))
    text = DIFFERENCE_FORMATS[format_](found)
    if output:
        write_file(output, text)
    else:
        say(text)
    if found.new:
        raise click.exceptions.Exit(ExitCode.LEAKS)
    raise click.exceptions.Exit(ExitCode.CLEAN if found.is_complete else ExitCode.INCOMPLETE)


def _read(file: Path) -> Any:
    data = read_bounded(file, limits.BASELINE_BYTES, f"report {file}", UsageError)
    try:
        return parse(data.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{file} is no JSON report of this leakguard: `leakguard scan --format json` writes one"
        ) from error
