"""Puts leakguard's hooks where git looks for them, beside what is there, and takes them out."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from leakguard.errors import SourceError, UsageError
from leakguard.hooks import lefthook, scripts
from leakguard.hooks.places import Manager, Place, Scope, own_folder, set_hooks_path, text_of
from leakguard.sources.git.command import Git

_RUNNABLE: Final = 0o755

HOOK_NAMES: Final = tuple(scripts.STAGES)


def default_stages(place: Place) -> tuple[str, ...]:
    """The hooks that fit: those of a server in a bare repository, else those of a developer."""
    bare = place.scope is Scope.REPOSITORY and place.root is None
    return ("pre-receive",) if bare else ("pre-commit", "pre-push")


def install(place: Place, stages: Sequence[str], git: Git) -> list[str]:
    """Installs the hooks; sentences on what was done. What was there goes on to be run.

    Raises UsageError when a hook is in the way, SourceError when a file cannot be written.
    """
    _check(place, stages)
    with _writing(place.folder):
        if place.manager is Manager.LEFTHOOK:
            return lefthook.install(place, stages)
        place.folder.mkdir(parents=True, exist_ok=True)
        if place.manager is Manager.HUSKY:
            return [_husky(place.folder / stage, stage) for stage in stages]
        told = [_native(place, stage) for stage in stages]
        if place.scope is not Scope.REPOSITORY:
            told += _for_all(place, git)
    return told


def _check(place: Place, stages: Sequence[str]) -> None:
    """Raises UsageError for what would never run, or must not."""
    for stage in stages:
        if place.manager is not Manager.GIT and scripts.STAGES[stage].server:
            raise UsageError(
                f"{stage} is a hook of servers, and {place.manager} has none: install it in the"
                " bare repository that is pushed to"
            )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """A block whose errors of the system are told as one sentence."""
    try:
        yield
    except OSError as error:
        name = error.filename or folder
        raise SourceError(f"{name} cannot be changed: {error.strerror}") from error


def _native(place: Place, stage: str) -> str:
    file = place.folder / stage
    kept = _keep(file)
    everywhere = place.scope is not Scope.REPOSITORY
    text = scripts.hook_text(
        stage, everywhere=everywhere, **({"python": ""} if place.shared else {})
    )
    _write(file, text)
    beside = f", which runs {file.name}{scripts.KEPT} too: what was there before" if kept else ""
    share = ": commit it for your team" if place.shared else ""
    return f"{stage}: {file}{beside}{share}"


def _keep(file: Path) -> bool:
    """Renames a hook of somebody else; whether there is one now. Raises UsageError for a second."""
    kept = file.with_name(file.name + scripts.KEPT)
    if not os.path.lexists(file) or scripts.MARK in text_of(file):
        return os.path.lexists(kept)
    if scripts.FORWARD_MARK in text_of(file):
        return False
    if os.path.lexists(kept):
        raise UsageError(
            f"{file} and {kept} are both hooks of others: delete the one that is not needed"
        )
    os.replace(file, kept)
    return True


def _husky(file: Path, stage: str) -> str:
    old = text_of(file)
    _write(file, scripts.with_block(old, stage), mode=None if old else _RUNNABLE)
    return f"{stage}: {file}, a script of husky's: commit it, leakguard must be on everybody's PATH"


def _for_all(place: Place, git: Git) -> list[str]:
    """A folder for all repositories hides their own hooks: each name needs one that hands on."""
    _hand_on(place, (*scripts.STAGES, *scripts.OTHER_HOOKS))
    if not place.configured:
        set_hooks_path(git, place.scope, place.folder)
    who = "you" if place.scope is Scope.GLOBAL else "everybody on this machine"
    return [f"git of {who} looks for hooks in {place.folder} (core.hooksPath)"]


def _hand_on(place: Place, names: Sequence[str]) -> None:
    for name in names:
        if not os.path.lexists(place.folder / name):
            _write(place.folder / name, scripts.forward_text(name))


def uninstall(
    place: Place, stages: Sequence[str], git: Git, environment: Mapping[str, str]
) -> list[str]:
    """Takes the hooks out again and puts back what was there; sentences on what was done.

    Raises SourceError when a file cannot be changed.
    """
    with _writing(place.folder):
        if place.manager is Manager.LEFTHOOK:
            return lefthook.uninstall(place)
        take_out = _out_of_husky if place.manager is Manager.HUSKY else _take_out
        told = [text for stage in stages if (text := take_out(place.folder / stage))]
        if place.scope is not Scope.REPOSITORY:
            told += _not_for_all(place, git, environment)
    return told


def _take_out(file: Path) -> str:
    if scripts.MARK not in text_of(file):
        return ""
    kept = file.with_name(file.name + scripts.KEPT)
    if os.path.lexists(kept):
        os.replace(kept, file)
        return f"{file.name}: what was there before is back"
    file.unlink()
    return f"{file.name}: taken out of {file.parent}"


def _out_of_husky(file: Path) -> str:
    text = text_of(file)
    rest = scripts.without_block(text)
    if rest == text:
        return ""
    if rest.strip():
        _write(file, rest, mode=None)
    else:
        file.unlink()
    return f"{file.name}: taken out of {file}"


def _not_for_all(place: Place, git: Git, environment: Mapping[str, str]) -> list[str]:
    """Takes the hooks that only hand on out too, once none of leakguard's is left."""
    names = (*scripts.STAGES, *scripts.OTHER_HOOKS)
    if any(scripts.MARK in text_of(place.folder / name) for name in names):
        _hand_on(place, names)
        return []
    for name in names:
        if scripts.FORWARD_MARK in text_of(place.folder / name):
            (place.folder / name).unlink()
    if not own_folder(place, environment) or not place.configured:
        return []
    set_hooks_path(git, place.scope, None)
    for folder in (place.folder, place.folder.parent):
        with suppress(OSError):  # somebody else has put something there
            folder.rmdir()
    return ["core.hooksPath is no longer set"]


def _write(file: Path, text: str, mode: int | None = _RUNNABLE) -> None:
    """Replaces a file in one step: git may start the hook meanwhile. None keeps the mode."""
    if mode is None:
        mode = file.stat().st_mode & 0o777
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    temporary.write_bytes(text.encode())
    temporary.chmod(mode)
    os.replace(temporary, file)
