"""Asks git what the advice for a stopped commit or push depends on. Imports that only then."""

import os
from collections.abc import Sequence
from typing import Final

from leakguard.hooks.pushes import Pushed
from leakguard.model import Finding
from leakguard.sources.git.repository import Repository
from leakguard.sources.git.staged import StagedSource

_BEGUN_IN: Final = "GIT_PREFIX"
"""What git tells its hooks of where it was started: the folder below the top; empty for the top."""

_PASSED_OVER: Final = (
    "leakguard's pre-commit hook is installed here: what leaks was committed with --no-verify,"
    " before that, or elsewhere."
)


def at_commit(
    repository: Repository, staged: StagedSource, findings: Sequence[Finding]
) -> list[str]:
    """What to do about leaks in what is staged."""
    from leakguard.hooks import advice, plans

    head = repository.git.result("rev-parse", "--verify", "-q", "HEAD^{commit}")
    leak = plans.leaking("", findings)
    below = bool(os.environ.get(_BEGUN_IN))
    return advice.at_commit(leak, staged=staged.changed, first=bool(head[0]), below=below)


def at_message() -> list[str]:
    """What to do about leaks in a commit's message."""
    from leakguard.hooks import advice, plans

    return advice.at_commit(plans.Leaking("", message=True), staged=(), first=False)


def at_push(
    repository: Repository, pushes: Sequence[Pushed], findings: Sequence[Finding]
) -> list[str]:
    """What to do about leaks in what is pushed, and whether a hook was passed over before."""
    from leakguard.hooks import advice, plans, scripts
    from leakguard.hooks.places import place_in, text_of

    found = plans.plans_for(repository.git, pushes, findings)
    lines = advice.at_push(found, below=bool(os.environ.get(_BEGUN_IN)))
    hook = text_of(place_in(repository).folder / "pre-commit")
    return [*lines, "", _PASSED_OVER] if scripts.is_leakguards(hook) else lines
