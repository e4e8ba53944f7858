"""`leakguard redact`: takes secrets out of files of the work tree, after showing what changes."""

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leakguard.cli.config import FILE_OPTIONS, config_from
from leakguard.cli.output import complain, is_terminal, say
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.report.wording import counted, visible

if TYPE_CHECKING:
    from leakguard.config import Config
    from leakguard.matcher import Matcher
    from leakguard.model import Finding


@click.command(
    "redact",
    params=[
        click.Argument(["files"], nargs=-1, required=True, metavar="FILE..."),
        click.Option(["--yes", "-y"], is_flag=True, help="Write at once, without asking."),
        *FILE_OPTIONS,
    ],
    epilog="""\b
Examples:
  leakguard redact src/deploy.py
  leakguard redact --yes $(git diff --name-only --cached)

\b
Exit codes:
  0  no leak is left in the files
  1  leaks are left: nothing was written, or they cannot be taken out by a program
  2  error
""",
)
def redact(files: Sequence[str], yes: bool, **given: Any) -> None:
    """Take the secrets out of FILE: what uses them reads the environment instead.

    The change is shown, with the secrets masked, and written once you agree. In place of a secret
    comes what fits the language - os.environ["TOKEN"], process.env.TOKEN, ${TOKEN} - or else a
    placeholder. It does not revoke what was sent anywhere, nor change any commit.
    """
    from leakguard.cache import matcher_for

    config = config_from(given, files)
    matcher = matcher_for(config.rules, config.gitleaks_default)
    codes = [_code(file, yes, config, matcher) for file in files]
    raise click.exceptions.Exit(max(codes))


def _code(file: str, yes: bool, config: "Config", matcher: "Matcher") -> ExitCode:
    """Redacts one file. What cannot be changed is told, and is no reason to leave the others."""
    try:
        left = _redact(file, yes, config, matcher)
    except UsageError as error:
        complain(f"{error}")
        return ExitCode.ERROR
    return ExitCode.LEAKS if left else ExitCode.CLEAN


def _redact(file: str, yes: bool, config: "Config", matcher: "Matcher") -> int:
    """Redacts one file; how many leaks are left in it."""
    from leakguard.redact import applied, changes_for, difference, needed

    data = _read(file)
    findings = _findings(data, file, config, matcher)
    if not findings:
        say(f"{visible(file)}: no leaks\n")
        return 0
    changes = changes_for(data, file, findings)
    new = applied(data, file, changes)
    lines = [*difference(data, new, file, changes), "", *needed(file, changes)]
    say("".join(f"{visible(line)}\n" for line in lines))
    left = _findings(new, file, config, matcher)
    if left:
        complain(f"{file}: {counted(len(left), 'leak')} would be left: take them out by hand")
    if not _agreed(file, yes):
        return len(findings)
    _write(file, new)
    say(f"{visible(file)}: {counted(len(changes), 'secret')} taken out\n")
    return len(left)


def _read(file: str) -> bytes:
    """The file's bytes. Raises UsageError for what cannot be changed as a text."""
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"{file} is no text in UTF-8: take the secret out where it comes from")
    return data


def _findings(data: bytes, file: str, config: "Config", matcher: "Matcher") -> "list[Finding]":
    """The leaks that a scan of the file alone reports."""
    from leakguard.config import policy_of
    from leakguard.pipe import run
    from leakguard.sources.files import StreamSource, shown

    source = StreamSource(BytesIO(data), shown(file))
    return list(run([source], matcher, policy_of(config), opening=None).findings)


def _agreed(file: str, yes: bool) -> bool:
    """Whether to write; without a terminal to ask on, and without --yes, not."""
    import sys

    if yes:
        return True
    if not is_terminal(sys.stdin):
        complain(f"{file} was not changed: --yes writes without asking")
        return False
    return click.confirm(f"Write this to {visible(file)}?", default=False)


def _write(file: str, data: bytes) -> None:
    """Replaces the file's content in one step, with the mode it had; a link stays one."""
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.chmod(target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
