"""`leakguard install`, `leakguard uninstall`: hooks of git, for a repository, a user, a machine."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from leakguard.cli.output import say
from leakguard.errors import UsageError

if TYPE_CHECKING:
    from leakguard.hooks.places import Place
    from leakguard.sources.git.command import Git

_STAGES: Final = ("pre-commit", "commit-msg", "pre-push", "pre-receive", "update")

_OPTIONS: Final[Sequence[click.Parameter]] = (
    click.Option(
        ["--global", "global_"], is_flag=True, help="For all repositories of yours on this machine."
    ),
    click.Option(["--system"], is_flag=True, help="For all repositories of everybody."),
    click.Option(
        ["--hook", "stages"],
        type=click.Choice(_STAGES),
        multiple=True,
        help="This hook; may be given several times.  [default: pre-commit and pre-push, in a bare"
        " repository pre-receive]",
    ),
)


@click.command(
    "install",
    params=list(_OPTIONS),
    epilog="""\b
Examples:
  leakguard install                               pre-commit and pre-push, this repository
  leakguard install --hook commit-msg             commit messages too
  leakguard install --global                      all repositories of yours
  leakguard install --hook pre-receive            on a server, in the bare repository
""",
)
def install(**given: Any) -> None:
    """Let git call leakguard: install hooks in this repository.

    A hook that is there already is kept and goes on to run. core.hooksPath, worktrees, husky and
    lefthook are honoured. `leakguard doctor` proves that the hooks work.
    """
    from leakguard.hooks.install import default_stages
    from leakguard.hooks.install import install as put

    git, place = _place(given)
    stages = given["stages"] or default_stages(place)
    say("".join(f"{line}\n" for line in put(place, stages, git)))


@click.command(
    "uninstall",
    params=list(_OPTIONS),
    epilog="""\b
Examples:
  leakguard uninstall
  leakguard uninstall --hook pre-push
  leakguard uninstall --global
""",
)
def uninstall(**given: Any) -> None:
    """Take leakguard's hooks out again; a hook that was there before comes back."""
    from leakguard.hooks.install import HOOK_NAMES
    from leakguard.hooks.install import uninstall as take_out

    git, place = _place(given)
    done = take_out(place, given["stages"] or HOOK_NAMES, git, os.environ)
    if not done:
        raise UsageError(f"{place.folder}: there is no hook of leakguard to take out")
    say("".join(f"{line}\n" for line in done))


def _place(given: dict[str, Any]) -> "tuple[Git, Place]":
    """git, and where it looks for the hooks that are meant. Raises UsageError, SourceError."""
    from leakguard.hooks.places import Scope, place_for, place_in
    from leakguard.sources.git.command import Git
    from leakguard.sources.git.repository import open_repository

    if given["global_"] and given["system"]:
        raise UsageError("--global does not go with --system: give one of them")
    if given["global_"] or given["system"]:
        git = Git(".")
        return git, place_for(Scope.GLOBAL if given["global_"] else Scope.SYSTEM, git, os.environ)
    repository = open_repository(".")
    place = place_in(repository)
    if place.scope is not Scope.REPOSITORY:
        raise UsageError(
            f"git looks for the hooks of all repositories in {place.folder} (core.hooksPath,"
            f" {place.scope}), not in this one: give --{place.scope}"
        )
    return repository.git, place
