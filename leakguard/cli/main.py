"""The command line's front door: the verbs, and what an error says and exits with."""

import os
import sys
import traceback
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError
from click.shell_completion import shell_complete

from leakguard.cli.audit import audit
from leakguard.cli.baseline import baseline
from leakguard.cli.canary import canary
from leakguard.cli.completion import COMPLETE_VARIABLE, completion
from leakguard.cli.config import config
from leakguard.cli.diff import diff
from leakguard.cli.doctor import doctor
from leakguard.cli.edm import edm
from leakguard.cli.explain import explain
from leakguard.cli.findings import findings
from leakguard.cli.hook import hook
from leakguard.cli.importing import import_
from leakguard.cli.inspect import inspect
from leakguard.cli.install import install, uninstall
from leakguard.cli.markers import markers
from leakguard.cli.output import complain
from leakguard.cli.redact import redact
from leakguard.cli.rules import rules
from leakguard.cli.scan import scan
from leakguard.cli.service import serve, worker
from leakguard.errors import LeakguardError
from leakguard.exitcodes import ExitCode, for_signal
from leakguard.signals import Ended, endable
from leakguard.version import __version__


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[
        scan,
        explain,
        inspect,
        install,
        uninstall,
        doctor,
        hook,
        redact,
        canary,
        edm,
        markers,
        rules,
        config,
        baseline,
        audit,
        import_,
        diff,
        completion,
        serve,
        worker,
        findings,
    ],
    epilog="""\b
Exit codes:
    0  clean: everything was looked at, no leaks
    1  leaks were found
    2  error: nothing can be said, see standard error
    3  incomplete: no leaks seen, but something could not be looked at
  130  interrupted; 128 + its number for another signal

\b
Examples:
  leakguard scan
  leakguard scan --staged
  leakguard rules show github-classic-pat
""",
)
@click.version_option(__version__, message="leakguard %(version)s")
def cli() -> None:
    """Find credentials before they leave: in commits, histories, folders and files."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the arguments of the process when none are given.

    Returns the exit code of the process (see exitcodes.py). Raises nothing: an error is one line
    on standard error, without what could hold a secret.
    """
    with endable():
        try:
            return _run(sys.argv[1:] if arguments is None else list(arguments))
        except Ended as ended:
            complain(str(ended))
            return for_signal(ended.number)
        except (Exception, KeyboardInterrupt) as error:
            return _told(error)


def _run(arguments: list[str]) -> int:
    if instruction := os.environ.get(COMPLETE_VARIABLE):
        return shell_complete(cli, {}, "leakguard", COMPLETE_VARIABLE, instruction)
    try:
        with cli.make_context("leakguard", arguments) as context:
            cli.invoke(context)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    return ExitCode.CLEAN


def _told(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt | click.Abort):
        complain("interrupted")
        return ExitCode.INTERRUPTED
    if isinstance(error, NoArgsIsHelpError):
        error.show()
    elif isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "leakguard"
        complain(f"{_sentence(error.format_message())} See `{command} --help`.")
    elif isinstance(error, LeakguardError | click.ClickException):
        complain(str(error))
    elif isinstance(error, BrokenPipeError):
        complain("a reader went away before everything was written (BrokenPipeError)")
    else:
        _bug(error)
    return ExitCode.ERROR


def _sentence(text: str) -> str:
    """The text with a full stop: what the system says of a file comes without one."""
    return text if text.endswith((".", "?", "!", ")")) else f"{text}."


def _bug(error: BaseException) -> None:
    """Names the type of an error only: its text or its variables could hold a secret."""
    if os.environ.get("LEAKGUARD_DEBUG") == "1":
        traceback.print_exception(error)
    complain(
        f"this is a bug in leakguard ({type(error).__name__}): please report the command;"
        " LEAKGUARD_DEBUG=1 shows where it happened, check that for secrets before you share it"
    )
