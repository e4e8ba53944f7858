"""What git or pre-commit hands a hook, turned into sources; the hook's own small command line.

Nothing heavy is imported here, nor what most commits do not need: a hook runs at every commit.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from leakguard import exitcodes
from leakguard.cache import matcher_for
from leakguard.config import KEYS, Config, check_rule_ids, policy_of
from leakguard.errors import LeakguardError, UsageError
from leakguard.opening import opening_for, plugins_for
from leakguard.organisation import settled
from leakguard.pipe import run
from leakguard.report.text import to_text
from leakguard.report.wording import one_line
from leakguard.settings import find_baseline
from leakguard.signals import Ended, endable
from leakguard.sources import Source
from leakguard.sources.git.command import Git
from leakguard.sources.git.repository import Repository, open_repository
from leakguard.sources.git.staged import IndexSource, StagedSource, index_entries
from leakguard.sources.stdin import standard_input


def pre_commit_sources(repository: Repository, files: Sequence[str]) -> list[Source]:
    """What a commit adds; and whole files, when pre-commit names some that it does not change.

    `pre-commit run --all-files` and `--files` name files without a commit under way. In a merge
    pre-commit names every file that differs from one of the two sides.
    """
    staged = StagedSource(repository)
    if staged.touched.issuperset(files):
        return [staged]
    from leakguard.sources.files import FilesSource

    indexed = frozenset(path for _, _, path in index_entries(repository.git))
    outside = [path for path in files if path not in indexed]
    return [staged, IndexSource(repository, frozenset(files) & indexed), FilesSource(outside)]


def pre_push_sources(
    repository: Repository, remote: str, environment: Mapping[str, str], stdin: Iterable[bytes]
) -> list[Source]:
    """The commits that a push sends and the remote does not have yet; nothing for deletions.

    Raises UsageError for lines that are not git's, SourceError for a ref that does not exist.
    """
    from leakguard.sources.git.history import Commits, HistorySource

    pushes = [_told_by_git(line) for line in stdin]
    if not pushes and "PRE_COMMIT" in environment:
        remote = environment.get("PRE_COMMIT_REMOTE_NAME", remote)
        pushes = [_told_by_pre_commit(environment)]
    there = _known(repository.git, remote)
    wanted: list[str] = []
    for new, old in pushes:
        if new.strip("0"):
            wanted += [_commit(repository.git, new)]
            there += [f"^{old}"] if old.strip("0") and _exists(repository.git, old) else []
    return [HistorySource(repository, Commits(revisions=(*wanted, *there)))] if wanted else []


def _told_by_pre_commit(environment: Mapping[str, str]) -> tuple[str, str]:
    """What is pushed and what it replaces, empty for nothing.

    pre-commit reads git's lines itself and tells only of the first ref that has new commits: who
    pushes several refs at once needs this hook without pre-commit. So does who wants the message
    of a tag looked at whose commit the remote has: pre-commit sees no new commits in such a push
    and does not start the hook at all. When a root commit is pushed it gives the ref's name, but
    no commits. See `_pre_push_ns` in
    https://github.com/pre-commit/pre-commit/blob/main/pre_commit/commands/hook_impl.py
    """
    new = environment.get("PRE_COMMIT_TO_REF") or environment.get("PRE_COMMIT_LOCAL_BRANCH")
    return new or "HEAD", environment.get("PRE_COMMIT_FROM_REF", "")


def _told_by_git(line: bytes) -> tuple[str, str]:
    """What is pushed and what it replaces, from a line on standard input: githooks(5), "pre-push".

    The first field may hold spaces: `git push origin 'HEAD@{1 day ago}:refs/heads/main'`.
    """
    try:
        _, new, _, old = os.fsdecode(line).rsplit(maxsplit=3)
    except ValueError as error:
        raise UsageError(
            f"standard input has {line!r}, no line of git's hook pre-push: let git call this hook"
        ) from error
    return new, old


def _known(git: Git, remote: str) -> list[str]:
    """What the remote is known to have, as boundaries."""
    prefix = f"refs/remotes/{remote}/" if remote else "refs/remotes/"
    return [f"^{oid}" for oid in git.lines("for-each-ref", "--format=%(objectname)", prefix)]


def _commit(git: Git, name: str) -> str:
    """The object id of a revision. Raises SourceError when it does not exist."""
    return git.lines("rev-parse", "--verify", "--end-of-options", name)[-1]


def _exists(git: Git, oid: str) -> bool:
    return git.result("cat-file", "-e", oid)[0] == 0


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the hook that the first argument names; returns the exit code of the process."""
    options = _options(sys.argv[1:] if argv is None else argv)
    with endable():
        try:
            return _run(options)
        except LeakguardError as error:
            _complain(str(error))
            return exitcodes.ExitCode.ERROR
        except KeyboardInterrupt:
            _complain("interrupted")
            return exitcodes.ExitCode.INTERRUPTED
        except Ended as ended:
            _complain(str(ended))
            return exitcodes.for_signal(ended.number)
        except Exception as error:
            # Its text could hold a secret, and exit code 1 would say that a leak was found.
            _complain(f"this is a bug in leakguard ({type(error).__name__}): please report it")
            return exitcodes.ExitCode.ERROR


def _complain(text: str) -> None:
    """Writes one line to standard error; nobody may be there to read it."""
    with suppress(OSError):
        print(f"leakguard: {one_line(text)}", file=sys.stderr, flush=True)


def _run(options: argparse.Namespace) -> int:
    flags = {key: value for key in KEYS if (value := getattr(options, key)) is not None}
    config = settled((".",), flags=flags, own_baseline=find_baseline((".",)))
    repository = open_repository(".", hooked=True)
    if options.stage == "pre-commit":
        sources = pre_commit_sources(repository, options.files)
    else:
        remote = options.files[0] if options.files else ""
        sources = pre_push_sources(repository, remote, os.environ, standard_input())
    return _scan(sources, config)


def _scan(sources: Sequence[Source], config: Config) -> int:
    matcher = matcher_for(config.rules, config.gitleaks_default)
    plugins = plugins_for(config)
    check_rule_ids(config, [*matcher.rules, *plugins.rules] if plugins else matcher.rules)
    opening = opening_for(config.artifacts, ".", hooked=True)
    report = run(sources, matcher, policy_of(config), opening=opening, plugins=plugins)
    if sys.stdout is not None:
        color = bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()
        text = to_text(report, color=color and not os.environ.get("NO_COLOR"))
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        print(text, end="")
    return exitcodes.for_verdict(report.verdict)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, and the files' names.

    pre-commit puts no `--` before the names: one such as `--exclude=*` must not pass for an option.
    """
    names = [text for text in arguments if text.startswith("-") and os.path.lexists(text)]
    rest = [text for text in arguments if text not in names]
    options = _parser().parse_intermixed_args(rest)
    options.files += names
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leakguard-hook",
        description="Called by git or pre-commit: stops a commit or a push that holds a secret.",
        allow_abbrev=False,
    )
    parser.add_argument("stage", choices=["pre-commit", "pre-push"])
    parser.add_argument("files", nargs="*", help="files, or the remote's name and address")
    for key, entry in KEYS.items():
        action = "append" if entry.separator else "store"
        parser.add_argument(entry.flag, dest=key, action=action, help="see `leakguard scan --help`")
    return parser


if __name__ == "__main__":
    sys.exit(main())
