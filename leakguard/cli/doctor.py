"""`leakguard doctor`: whether the hooks work, and what is wrong if they do not."""

import os
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import click

from leakguard.cli.output import columns, say
from leakguard.exitcodes import ExitCode
from leakguard.report.wording import counted, one_line

if TYPE_CHECKING:
    from leakguard.hooks.doctor import Result

_INDENT: Final = " " * 23


@click.command(
    "doctor",
    params=[click.Argument(["path"], default=".", type=click.Path(exists=True, file_okay=False))],
    epilog="""\b
Examples:
  leakguard doctor
  leakguard doctor path/to/repository

\b
Exit codes:
  0  all is well
  2  something is wrong
""",
)
def doctor(path: str) -> None:
    """Prove that the hooks of a repository stop a leak, and say what is wrong if they do not.

    A scratch repository is made in which git starts the very same hooks on a made-up secret.
    Outside of a repository the hooks for all of yours are looked at.
    """
    from leakguard.hooks.doctor import State, examine

    results = list(examine(path, os.environ))
    say(as_text(results))
    wrong = any(result.state is State.PROBLEM for result in results)
    raise click.exceptions.Exit(ExitCode.ERROR if wrong else ExitCode.CLEAN)


def as_text(results: "Iterable[Result]") -> str:
    """A line for each thing, what to do about what is wrong, and one closing line."""
    from leakguard.hooks.doctor import State

    lines, problems = [], 0
    for result in results:
        problems += result.state is State.PROBLEM
        head = f"  {result.state:8} {result.name:11} "
        lines += _wrapped(head, result.text)
        lines += _wrapped(_INDENT, result.remedy) if result.remedy else []
    verdict = counted(problems, "problem") if problems else "the hooks work"
    return "".join(f"{line}\n" for line in [*lines, f"leakguard: {verdict}"])


def _wrapped(head: str, text: str) -> list[str]:
    room = max(columns() - len(_INDENT), 40)
    parts = textwrap.wrap(one_line(text), room, break_long_words=False, break_on_hyphens=False)
    return [
        (_INDENT if number else head.ljust(len(_INDENT))) + part
        for number, part in enumerate(parts)
    ]
