"""What git, pre-commit or a coding assistant hands a hook; the hook's own small command line.

Nothing heavy is imported here, nor what most commits do not need: a hook runs at every commit.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from leakguard import exitcodes, limits
from leakguard.cache import matcher_for
from leakguard.config import KEYS, Config, check_rule_ids, policy_of
from leakguard.errors import LeakguardError, UsageError
from leakguard.hooks.commits import message_sources, pre_commit_sources
from leakguard.hooks.pushes import Pushed, sent, told_to_server
from leakguard.hooks.stopped import at_commit, at_message, at_push
from leakguard.model import Report, Verdict
from leakguard.opening import data_for, named_for, opening_for, plugins_for, with_names
from leakguard.organisation import settled
from leakguard.pipe import run
from leakguard.report.text import to_text
from leakguard.report.wording import one_line
from leakguard.settings import find_baseline
from leakguard.signals import Ended, endable
from leakguard.sources import Source
from leakguard.sources.git.repository import Repository, open_repository
from leakguard.sources.git.staged import StagedSource
from leakguard.sources.stdin import standard_input


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
    if options.stage == AGENT:
        return _agent(flags)
    config = _config((".",), flags)
    repository = open_repository(".", hooked=True)
    return STAGES[options.stage](repository, config, options.files)


def _config(paths: Sequence[str], flags: Mapping[str, object]) -> Config:
    return settled(paths, flags=flags, own_baseline=find_baseline(paths))


def _pre_commit(repository: Repository, config: Config, names: Sequence[str]) -> int:
    staged = StagedSource(repository)
    report = _scanned(pre_commit_sources(repository, staged, names), config)
    _show(report, lambda: at_commit(repository, staged, report.findings))
    return exitcodes.for_verdict(report.verdict)


def _commit_message(_repository: Repository, config: Config, names: Sequence[str]) -> int:
    report = _scanned(message_sources(*names[:1] or ("",)), config)
    _show(report, at_message)
    return exitcodes.for_verdict(report.verdict)


def _pre_push(repository: Repository, config: Config, names: Sequence[str]) -> int:
    remote = names[0] if names else ""
    pushes, sources = sent(repository, remote, os.environ, standard_input())
    report = _scanned(sources, config, [push.ref for push in pushes])
    _show(report, lambda: at_push(repository, pushes, report.findings))
    return exitcodes.for_verdict(report.verdict)


def _pre_receive(repository: Repository, config: Config, _names: Sequence[str]) -> int:
    pushes = [told_to_server(line) for line in standard_input() if line.strip()]
    return _receive(repository, config, pushes)


def _update(repository: Repository, config: Config, names: Sequence[str]) -> int:
    """One ref of a push: its name, what it was, what it will be."""
    try:
        ref, old, new = names
    except ValueError as error:
        raise UsageError("update takes a ref and two ids: let git call this hook") from error
    return _receive(repository, config, [Pushed(ref, new, old)])


def _receive(repository: Repository, config: Config, pushes: list[Pushed]) -> int:
    from leakguard.hooks.receive import Push, judge

    push = Push(repository, pushes, config.receive, os.environ)
    refs = [push.ref for push in pushes]
    answer = judge(push, lambda sources: _scanned(sources, config, refs))
    _write(answer.text)
    return answer.code


def _agent(flags: Mapping[str, object]) -> int:
    """Answers a coding assistant, which need not work in a repository."""
    from leakguard.hooks import agent

    protocol, event = agent.read_event(standard_input().read(limits.AGENT_EVENT_BYTES + 1))
    config = _config(agent.settings_paths(event), flags)
    text, complaint, code = agent.answer(protocol, event, _scanned(agent.sources_of(event), config))
    _write(text)
    if complaint:
        print(complaint, end="", file=sys.stderr)
    return code


AGENT: Final = "agent"
"""The one hook that is not git's."""

STAGES: Final[Mapping[str, Callable[[Repository, Config, Sequence[str]], int]]] = {
    "pre-commit": _pre_commit,
    "commit-msg": _commit_message,
    "pre-push": _pre_push,
    "pre-receive": _pre_receive,
    "update": _update,
}
"""What each hook does; returns the exit code of the process."""


def _scanned(sources: Sequence[Source], config: Config, refs: Sequence[str] = ()) -> Report:
    """Scans; `refs` are names that get known besides what is in the sources."""
    matcher = matcher_for(config.rules, config.gitleaks_default, named_for(config))
    plugins = plugins_for(config)
    check_rule_ids(config, [*matcher.rules, *plugins.rules] if plugins else matcher.rules)
    opening = opening_for(config.artifacts, ".", hooked=True)
    data = data_for(config)
    sources = with_names(sources, config, refs)
    return run(sources, matcher, policy_of(config), opening=opening, plugins=plugins, data=data)


def _show(report: Report, advice: Callable[[], Sequence[str]]) -> None:
    """Writes the report, and after a leak what to do about it."""
    if sys.stdout is None:
        return
    color = bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()
    text = to_text(report, color=color and not os.environ.get("NO_COLOR"))
    if report.verdict is Verdict.LEAKS:
        text += "\n" + "".join(f"{line}\n" for line in advice())
    _write(text)


def _write(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        print(text, end="")


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
        description="Called by git, pre-commit or a coding assistant: stops what holds a secret.",
        allow_abbrev=False,
    )
    parser.add_argument("stage", choices=[*STAGES, AGENT])
    parser.add_argument("files", nargs="*", help="what git or pre-commit gives")
    for key, entry in KEYS.items():
        action = "append" if entry.separator else "store"
        parser.add_argument(entry.flag, dest=key, action=action, help="see `leakguard scan --help`")
    return parser


if __name__ == "__main__":
    sys.exit(main())
