"""What kind of repository a folder is, and its names: refs, revisions, branches."""

import os
from dataclasses import dataclass
from pathlib import Path

from leakguard.errors import SourceError, UsageError
from leakguard.sources.git.command import Git, reason

_FACTS = ("--is-shallow-repository", "--absolute-git-dir", "--show-toplevel")
"""Asked in one run of git: starting it is most of what a hook costs beside Python."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on disk. Paths are absolute."""

    git: Git
    git_dir: str
    root: str | None
    """Top of the work tree; None for a bare repository."""
    shallow: bool

    def partial(self) -> bool:
        """Whether objects may be missing because the clone left them out."""
        packs = Path(self.git_dir) / "objects" / "pack"
        if any(packs.glob("*.promisor")):
            return True
        return bool(self.git.result("config", "--get", "extensions.partialClone")[1])


def is_repository(path: str) -> bool:
    """Whether `path` itself is a work tree's top or a bare repository. Reads no git config."""
    if os.path.exists(os.path.join(path, ".git")):
        return True
    return all(os.path.exists(os.path.join(path, name)) for name in ("HEAD", "objects", "refs"))


def open_repository(path: str, *, hooked: bool = False) -> Repository:
    """The repository that `path` is in. Raises SourceError, in git's words, where there is none."""
    if not os.path.isdir(path):
        raise UsageError(f"{path}: there is no such folder")
    git = Git(path, hooked=hooked)
    code, out, err = git.result("rev-parse", *_FACTS)
    shallow, *lines = os.fsdecode(out).removesuffix("\n").split("\n")
    if not lines:
        raise SourceError(f"{path} cannot be scanned as a git repository: {reason(err)}")
    root = None
    if not code:  # in a bare repository git stops at the last question
        root = lines[1] if len(lines) == 2 else _top(git)
        lines = ["\n".join(lines).removesuffix(f"\n{root}")]
    git_dir = "\n".join(lines)
    return Repository(Git(root or git_dir, hooked=hooked), git_dir, root, shallow == "true")


def _top(git: Git) -> str:
    """The top of the work tree, of which it is known only that a path has a line break."""
    return os.fsdecode(git.output("rev-parse", "--show-toplevel")).removesuffix("\n")


def resolve_range(git: Git, text: str) -> list[str]:
    """The commit ids of a commit range such as `A..B`, as arguments for git.

    Raises UsageError when it names what does not exist, or is no commit.
    """
    code, out, err = git.result("rev-parse", "--revs-only", "--end-of-options", text)
    ids = out.decode(errors="replace").split()
    found = ids and not code and ".." in text
    if found and all(_is_commit(git, oid.removeprefix("^")) for oid in ids):
        return ids
    why = reason(err) if code else _unknown(git, text)
    raise UsageError(f"the commit range {text!r} does not exist in {git.folder}: {why}")


def _unknown(git: Git, text: str) -> str:
    """What is wrong with a commit range that git did not resolve without a word."""
    start, dots, end = text.partition("..")
    for name in (start, end.removeprefix(".")) if dots else ():
        if name and not _is_commit(git, name):
            return f"git knows no commit {name!r}"
    return "write it as A..B"


def _is_commit(git: Git, name: str) -> bool:
    """Whether a name stands for a commit, or for a tag of one."""
    options = ("--verify", "--quiet", "--end-of-options")
    return git.result("rev-parse", *options, f"{name}^{{commit}}")[0] == 0


def resolve_branch(repository: Repository, name: str) -> str:
    """The full name of a local or remote-tracking branch.

    Raises UsageError that names the branches most like it. GitPython reads the refs: it knows
    loose and packed ones, and only this rare request pays for its import.
    """
    from git import Repo

    with Repo(repository.git_dir) as repo:
        heads = {ref.path for ref in repo.references if _is_branch(ref.path)}
    for full in (name, f"refs/heads/{name}", f"refs/remotes/{name}"):
        if full in heads:
            return full
    short = {head.split("/", 2)[2] for head in heads}
    import difflib  # for this message only

    near = difflib.get_close_matches(name, short, n=3)
    branches = "1 branch" if len(short) == 1 else f"{len(short)} branches"
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {branches}"
    raise UsageError(f"there is no branch {name!r} in {repository.git.folder}: {hint}")


def _is_branch(ref: str) -> bool:
    return ref.startswith(("refs/heads/", "refs/remotes/"))
