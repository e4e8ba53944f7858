"""`leakguard baseline`: keeps the file that says what was decided about each finding."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import click

from leakguard.baselines.own import (
    Contents,
    OwnBaseline,
    Reason,
    anchored,
    empty,
    read,
    written,
)
from leakguard.cli.config import CONFIG_OPTIONS, FORMAT_OPTION, config_from
from leakguard.cli.figuretext import figures_as_json, figures_as_text
from leakguard.cli.output import complain, say, write_file
from leakguard.cli.scan import scanned
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode
from leakguard.keeping import Change, Terms, figures, pruned, updated
from leakguard.model import Report
from leakguard.report.wording import counted
from leakguard.settings import OWN_BASELINE

MERGE: Final = f"{OWN_BASELINE} merge=union"
"""The line of .gitattributes that lets git merge what two branches add."""

_PATH: Final = click.Argument(["path"], default=".", type=click.Path(exists=True, file_okay=False))

HOW: Final[Sequence[click.Parameter]] = (
    click.Option(
        ["--no-git"], is_flag=True, help="Scan the files of a repository, not its history."
    ),
    *(option for option in CONFIG_OPTIONS if option.name != "no_baseline"),
)
"""What is scanned, and by which settings."""

TERMS: Final[Sequence[click.Parameter]] = (
    click.Option(
        ["--note"], default="", metavar="TEXT", help="What the new entries say as to why."
    ),
    click.Option(
        ["--who"],
        default="",
        metavar="NAME",
        help="Who decides.  [default: git's user.email]",
    ),
    click.Option(
        ["--until"],
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help="The last day on which the new entries count; they report again after it.",
    ),
)
"""What new entries say beside their reason."""

REASON: Final = click.Option(
    ["--reason"],
    type=click.Choice([reason.value for reason in Reason if reason is not Reason.LEAK]),
    default=Reason.ACCEPTED.value,
    show_default=True,
    help="Why the new entries are no reason to stop.",
)


@click.group(
    "baseline",
    epilog="""\b
Examples:
  leakguard baseline create --note 'before the first scan' --until 2027-06-30
  leakguard baseline update --reason test
  leakguard baseline prune
  leakguard baseline stats
""",
)
def baseline() -> None:
    """Keep .leakguard-baseline.json: what was decided about each finding.

    Commit it. An entry holds for one secret at one path: on whatever line, and when git sees the
    file renamed. Another secret on the same line is reported. A scan uses the file by itself.
    """


@baseline.command("create", params=[_PATH, REASON, *TERMS, *HOW])
def create(path: str, **given: Any) -> None:
    """Write a baseline of all that a scan of PATH reports now, so that only new leaks are told.

    A line in .gitattributes lets git merge the baselines of two branches.
    """
    file = Path(path, OWN_BASELINE)
    if file.exists():
        raise UsageError(f"{file} is there already: `leakguard baseline update` adds to it")
    old = empty()
    report = reported(path, given, old)
    change = updated(old, report, terms_of(given, path), paths_from(path, given["no_git"]))
    save(file, change)
    add_attribute(Path(path))
    end(report)


@baseline.command("update", params=[_PATH, REASON, *TERMS, *HOW])
def update(path: str, **given: Any) -> None:
    """Add what a scan of PATH reports, and follow files that were renamed."""
    file = Path(path, OWN_BASELINE)
    old = existing(file)
    report = reported(path, given, old)
    save(file, updated(old, report, terms_of(given, path), paths_from(path, given["no_git"])))
    end(report)


@baseline.command("prune", params=[_PATH, *HOW])
def prune(path: str, **given: Any) -> None:
    """Take out entries whose secret a scan of PATH does not find any more.

    In a git repository the whole history counts, unless --no-git is given.
    """
    file = Path(path, OWN_BASELINE)
    old = existing(file)
    report = reported(path, given, old)
    if report.skips:
        things = counted(len(report.skips), "thing")
        raise UsageError(
            f"{file}: {things} could not be looked at, so that nobody knows what is gone:"
            " `leakguard scan` lists them"
        )
    save(file, pruned(old, report))


@baseline.command("stats", params=[_PATH, FORMAT_OPTION])
def stats(path: str, format_: str) -> None:
    """Count the entries by reason and rule, and say how often each rule was right.

    A rule was right about what is a leak or revoked; false positives and made-up credentials of
    tests count against it. What was accepted says nothing about the rule.
    """
    file = Path(path, OWN_BASELINE)
    found = figures(existing(file).entries, today())
    if format_ == "json":
        say(figures_as_json(found))
    else:
        say("".join(f"{line}\n" for line in figures_as_text(file, found)))


def reported(path: str, given: Mapping[str, Any], contents: Contents) -> Report:
    """What a scan of PATH reports beside a baseline."""
    from leakguard.sources.select import Selection

    config = config_from({**given, "no_baseline": True}, [path])
    selection = Selection(paths=(path,), no_git=given["no_git"])
    return scanned(selection, config, None, own=OwnBaseline(contents, path))


def today() -> date:
    """The day on which entries end, in UTC."""
    return datetime.now(UTC).date()


def existing(file: Path) -> Contents:
    """The baseline in a file. Raises UsageError when there is none yet."""
    if not file.exists():
        raise UsageError(f"{file} does not exist: `leakguard baseline create` writes it")
    return read(str(file))


def terms_of(given: Mapping[str, Any], folder: str) -> Terms:
    """What the options say of new entries."""
    who = given["who"] or who_by_git(folder)
    reason = Reason(given.get("reason", Reason.ACCEPTED.value))
    until = given["until"]
    return Terms(reason, given["note"], who, until.date() if until else None)


def who_by_git(folder: str) -> str:
    """The address that git has for commits; empty for none."""
    from leakguard.sources.git.command import Git

    out = Git(folder).result("config", "--get", "user.email")[1]
    return out.decode(errors="replace").strip()


def paths_from(folder: str, no_git: bool) -> Callable[[str], str]:
    """From a path in a report of `folder` to the one that an entry has."""
    from leakguard.sources.git.repository import is_repository

    if not no_git and is_repository(folder):
        return str  # from the top of the repository
    return lambda path: anchored(path, "", os.path.realpath(folder))


def save(file: Path, change: Change) -> None:
    """Writes the baseline and says what has changed."""
    write_file(file, written(change.contents))
    done = [
        f"{number} {what}"
        for number, what in (
            (change.added, "added"),
            (change.moved, "moved with their files"),
            (change.removed, "removed"),
        )
        if number
    ]
    entries = len(change.contents.entries)
    number = "1 entry" if entries == 1 else f"{entries:,} entries"
    complain(f"{file}: {number}; {', '.join(done) or 'nothing has changed'}")


def add_attribute(folder: Path) -> None:
    """Asks git for union merges of the baseline, where there is git."""
    from leakguard.sources.git.repository import is_repository

    if not is_repository(str(folder)):
        return
    file = folder / ".gitattributes"
    old = file.read_text(errors="surrogateescape") if file.exists() else ""
    if MERGE in old.splitlines():
        return
    gap = "" if not old or old.endswith("\n") else "\n"
    try:
        file.write_text(f"{old}{gap}{MERGE}\n", errors="surrogateescape")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}: add `{MERGE}`") from error
    complain(f"{file}: added `{MERGE}`; commit it together with {OWN_BASELINE}")


def end(report: Report) -> None:
    """Ends the command as incomplete when something could not be looked at."""
    if report.skips:
        things = counted(len(report.skips), "thing")
        complain(f"{things} could not be looked at: `leakguard scan` lists them")
        raise click.exceptions.Exit(ExitCode.INCOMPLETE)
