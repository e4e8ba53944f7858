"""Looks at all that a hook needs, then proves each hook by a canary."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from leakguard.cache import cache_dir, matcher_for
from leakguard.config import check_rule_ids
from leakguard.errors import LeakguardError, SourceError
from leakguard.hooks import scripts
from leakguard.hooks.canary import try_hook
from leakguard.hooks.checks import (
    Hook,
    Problem,
    hook_of,
    is_pre_commits,
    pre_commit_ids,
    problem_of,
)
from leakguard.hooks.install import default_stages
from leakguard.hooks.places import Manager, Place, Scope, place_for, place_in, text_of
from leakguard.opening import named_for, plugins_for
from leakguard.organisation import settled
from leakguard.sources.git.command import Git
from leakguard.sources.git.repository import Repository, open_repository

GIT_LEAST: Final = (2, 31)
"""The oldest git that has all that leakguard asks of it: `--config-env` came last."""

_VERSION: Final = re.compile(r"(\d+)\.(\d+)")


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one thing."""

    name: str
    state: State
    text: str
    remedy: str = ""


def examine(folder: str, environment: Mapping[str, str]) -> Iterator[Result]:
    """All that a hook needs, from git on; then the hooks of the repository, or of the user."""
    first = [_git(folder), _cache()]
    yield from first
    if any(result.state is State.PROBLEM for result in first):
        return  # all that follows would fail, or take minutes
    yield _rules(folder)
    try:
        repository: Repository | None = open_repository(folder)
    except SourceError:
        repository = None
    try:
        yield from _hooks(repository, environment)
    except LeakguardError as error:
        yield Result("hooks", State.PROBLEM, f"{error}")


def _git(folder: str) -> Result:
    try:
        told = Git(folder).output("--version").decode().strip()
    except LeakguardError as error:
        return Result("git", State.PROBLEM, f"{error}", "install git, and see that it is on PATH")
    numbers = _VERSION.search(told)
    if numbers and tuple(map(int, numbers.groups())) >= GIT_LEAST:
        return Result("git", State.OK, told)
    least = ".".join(map(str, GIT_LEAST))
    return Result("git", State.PROBLEM, f"{told} is too old", f"install git {least} or newer")


def _rules(folder: str) -> Result:
    """Settings and rules, as a hook loads them."""
    try:
        config = settled([folder])
        matcher = matcher_for(config.rules, config.gitleaks_default, named_for(config))
        plugins = plugins_for(config)
        check_rule_ids(config, [*matcher.rules, *(plugins.rules if plugins else ())])
    except LeakguardError as error:
        return Result("rules", State.PROBLEM, f"{error}", "repair that: until then hooks stop all")
    return Result("rules", State.OK, f"{len(matcher.rules):,} rules")


def _cache() -> Result:
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Result(
            "cache",
            State.PROBLEM,
            f"{folder} cannot be written ({error.strerror}): each commit compiles all rules anew",
            "make it writable, or let LEAKGUARD_CACHE_DIR name another folder",
        )
    return Result("cache", State.OK, f"{folder}")


def _hooks(repository: Repository | None, environment: Mapping[str, str]) -> Iterator[Result]:
    """The hooks that are there, those that would be needed, and those that git does not start."""
    if repository is None:
        place = place_for(Scope.GLOBAL, Git("."), environment)
    else:
        place = place_in(repository)
        yield from _misplaced(repository, place)
    there = [stage for stage in scripts.STAGES if _fits(place, stage) and _is_there(place, stage)]
    hooks = {stage: hook_of(place, stage, environment) for stage in scripts.STAGES}
    protected = any(_is_meant(hooks[stage]) for stage in there)
    for stage in dict.fromkeys((*there, *default_stages(place))):
        if stage in there or not protected:
            yield _hook(hooks[stage])
        else:
            yield Result(stage, State.NOTE, "not installed", _how(stage))


def _is_meant(hook: Hook) -> bool:
    """Whether a hook is there for leakguard, even if it does not work."""
    return scripts.is_leakguards(hook.text) or problem_of(hook) is None


def _is_there(place: Place, stage: str) -> bool:
    file = place.folder / stage
    return file.exists() and scripts.FORWARD_MARK not in text_of(file)


def _fits(place: Place, stage: str) -> bool:
    """Whether git starts such a hook in such a repository."""
    return place.scope is not Scope.REPOSITORY or scripts.STAGES[stage].server == (not place.root)


def _how(stage: str) -> str:
    return f"run `leakguard install --hook {stage}`"


def _misplaced(repository: Repository, place: Place) -> Iterator[Result]:
    """Hooks of leakguard that git does not start: in a bare repository, or in another folder."""
    common = os.fsdecode(repository.git.output("rev-parse", "--git-common-dir")).strip("\n")
    usual = Path(os.path.normpath(Path(repository.git.folder, common, "hooks")))
    for stage in scripts.STAGES:
        if scripts.MARK not in text_of(usual / stage):
            continue
        if not _fits(place, stage):
            yield _never(stage, bare=place.root is None)
        elif usual not in (place.folder, place.starts) and not scripts.is_leakguards(
            text_of(place.folder / stage)
        ):
            yield _elsewhere(place, usual / stage, stage)


def _never(stage: str, *, bare: bool) -> Result:
    where = "a bare repository, in which nobody commits" if bare else "no server's repository"
    remedy = _how("pre-receive") if bare else f"run `leakguard uninstall --hook {stage}`"
    return Result(stage, State.PROBLEM, f"git never starts this hook here: this is {where}", remedy)


def _elsewhere(place: Place, file: Path, stage: str) -> Result:
    who = "husky" if place.manager is Manager.HUSKY else f"core.hooksPath, {place.configured}"
    return Result(
        stage,
        State.PROBLEM,
        f"{file} is never started: git looks for hooks in {place.starts or place.folder} ({who})",
        f"run `leakguard install --hook {stage}`, or `git config --unset core.hooksPath`",
    )


def _hook(hook: Hook) -> Result:
    """What is wrong with a hook's file; if nothing is, what it does with a canary."""
    if not hook.text:
        return Result(
            hook.stage,
            State.PROBLEM,
            f"there is no hook {hook.stage} in {hook.place.folder}",
            _how(hook.stage),
        )
    problem = problem_of(hook) or _proved(hook)
    if problem:
        return Result(hook.stage, State.PROBLEM, problem.what, problem.remedy)
    limit = _ONE_REF if hook.stage == "pre-push" and is_pre_commits(hook) else ""
    return Result(hook.stage, State.OK, f"{hook.file} stops a canary{limit}")


_ONE_REF: Final = "; pre-commit shows it only the first ref of a push"


def _proved(hook: Hook) -> Problem | None:
    root = hook.place.root
    ids = pre_commit_ids(root) if root else []
    skipped = ",".join(name for name in ids if not name.startswith("leakguard"))
    outcome = try_hook(hook.place, hook.stage, skipped)
    if outcome.stopped and outcome.passed:
        return None
    said = f": {outcome.output}" if outcome.output else ""
    if not outcome.passed:
        return Problem(f"{hook.file} stops what is harmless too{said}", "see what it says")
    return Problem(
        f"{hook.file} lets a canary through{said}",
        "see whether settings (LEAKGUARD_...) or another tool keep leakguard from looking",
    )
