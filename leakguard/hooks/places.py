"""Where git looks for hooks: in a repository, for a user, for a machine; and who else is there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from leakguard.errors import SourceError
from leakguard.sources.git.command import Git, reason
from leakguard.sources.git.repository import Repository

_HOOKS_PATH: Final = "core.hooksPath"
_OURS: Final = ("leakguard", "hooks")
"""Folders of the place that is made when a user or a machine has none yet."""

LEFTHOOK_FILES: Final = tuple(
    f"{folder}{dot}lefthook{ending}"
    for folder in ("", ".config/")
    for dot in ("", ".")
    for ending in (".yml", ".yaml", ".toml", ".json", ".jsonc")
)
"""https://lefthook.dev/configuration/"""


class Scope(StrEnum):
    """For whom hooks are installed."""

    REPOSITORY = "repository"
    GLOBAL = "global"
    SYSTEM = "system"


class Manager(StrEnum):
    """Who writes the files that git starts."""

    GIT = "git"
    HUSKY = "husky"
    LEFTHOOK = "lefthook"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder in which git looks for hooks."""

    folder: Path
    """Absolute. For husky the folder with its scripts."""
    scope: Scope = Scope.REPOSITORY
    manager: Manager = Manager.GIT
    shared: bool = False
    """Whether it lies in a work tree, so that a team shares it: no path of this machine may be in
    it."""
    configured: str = ""
    """The scope of git's settings whose core.hooksPath names it: `local`, `global`; empty for the
    folder that git takes by itself."""
    root: Path | None = None
    """Top of the work tree."""
    starts: Path | None = None
    """Where git itself looks, if that is not `folder`: husky's own hooks start its scripts."""


def hooks_path(git: Git) -> tuple[str, str]:
    """core.hooksPath, without what leakguard itself gives to git, and the scope that sets it.

    Both are empty when it is not set. Raises SourceError when git is too old to say (2.26).
    """
    arguments = ("config", "--show-scope", "--type=path", "-z", "--get-all", _HOOKS_PATH)
    code, out, err = git.result(*arguments)
    if code > 1:  # 1: not set
        raise SourceError(f"git config failed in {git.folder}: {reason(err)}")
    fields = os.fsdecode(out).split("\0")
    pairs = [pair for pair in zip(fields[::2], fields[1::2], strict=False) if pair[0] != "command"]
    return (pairs[-1][1], pairs[-1][0]) if pairs else ("", "")


def place_in(repository: Repository) -> Place:
    """Where git looks for the hooks of a repository, be it a worktree's or bare.

    Raises SourceError as `hooks_path` does.
    """
    git, root = repository.git, Path(repository.root) if repository.root else None
    path, scope = hooks_path(git)
    if not path:
        common = os.fsdecode(git.output("rev-parse", "--git-common-dir")).removesuffix("\n")
        folder = Path(git.folder, common, "hooks")
    else:
        folder = Path(root or repository.git_dir, path)
    folder = Path(os.path.normpath(folder))
    if root and (husky := _husky(root, folder, scope)):
        return Place(husky, Scope.REPOSITORY, Manager.HUSKY, True, scope, root, folder)
    if root and lefthook_file(root):
        return Place(folder, manager=Manager.LEFTHOOK, configured=scope, root=root)
    shared = root is not None and folder.is_relative_to(root) and ".git" not in folder.parts
    return Place(folder, _scope_of(scope), shared=shared, configured=scope, root=root)


def _scope_of(configured: str) -> Scope:
    return Scope(configured) if configured in (Scope.GLOBAL, Scope.SYSTEM) else Scope.REPOSITORY


def _husky(root: Path, folder: Path, configured: str) -> Path | None:
    """husky's scripts: beside `_` since version 9, which core.hooksPath names, before in it.

    https://typicode.github.io/husky/how-to.html. Before the first `npm install` core.hooksPath
    names nothing yet.
    """
    husky = root / ".husky"
    if (folder.name == "_" and (folder / "h").exists()) or folder == husky / "_":
        return folder.parent
    return husky if husky.is_dir() and (folder == husky or not configured) else None


def lefthook_file(root: Path) -> Path | None:
    """lefthook's settings of a work tree."""
    return next((root / name for name in LEFTHOOK_FILES if (root / name).is_file()), None)


def place_for(scope: Scope, git: Git, environment: Mapping[str, str]) -> Place:
    """Where the hooks of a user or of a machine are: core.hooksPath of that scope, or a new folder.

    Raises SourceError as `hooks_path` does.
    """
    code, out, _ = git.result("config", f"--{scope}", "--type=path", "--get", _HOOKS_PATH)
    if not code:
        return Place(Path(os.fsdecode(out).removesuffix("\n")), scope, configured=scope)
    return Place(_new_folder(scope, environment), scope)


def own_folder(place: Place, environment: Mapping[str, str]) -> bool:
    """Whether a place for all repositories is the folder that leakguard made."""
    return place.folder == _new_folder(place.scope, environment)


def _new_folder(scope: Scope, environment: Mapping[str, str]) -> Path:
    """Beside git's own settings of that scope: git-config(1), "FILES"."""
    if scope is Scope.SYSTEM:
        return Path(environment.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig").parent.joinpath(
            *_OURS
        )
    home = environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(home).joinpath(*_OURS)


def set_hooks_path(git: Git, scope: Scope, folder: Path | None) -> None:
    """Lets git look in `folder` for the hooks of all repositories; None for as it was.

    Raises SourceError when git cannot write its settings.
    """
    change = ("--unset", _HOOKS_PATH) if folder is None else (_HOOKS_PATH, os.fspath(folder))
    git.output("config", f"--{scope}", *change)


def text_of(file: Path) -> str:
    """A hook's text; empty when there is none or it cannot be read."""
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""
