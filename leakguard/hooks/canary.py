"""Proves a hook by a canary: a made-up secret that a repository made for it tries to take in.

The hook is the real one, started by git, from the folder in which git looks for it.
"""

import os
import secrets
import shutil
import string
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from leakguard import limits
from leakguard.checksums import base62
from leakguard.hooks.places import LEFTHOOK_FILES, Place
from leakguard.signals import TimedOut, deadline
from leakguard.sources.git.command import TrustingGit

_RULE: Final = "github-classic-pat"
_BODY: Final = 30
"""Characters of such a token before its checksum."""
_REFUSED: Final = "leakguard refuses this push"
_NOBODY: Final[Mapping[str, str]] = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "leakguard doctor"), ("EMAIL", "doctor@leakguard.invalid"))
}
_COPIED: Final = (
    ".pre-commit-config.yaml",
    *LEFTHOOK_FILES,
    *(name.replace("lefthook", "lefthook-local") for name in LEFTHOOK_FILES),
)
"""Settings of tools that run hooks; they have to lie in the repository."""


class Outcome(NamedTuple):
    """What became of a canary."""

    stopped: bool
    """Whether leakguard stopped it."""
    passed: bool
    """Whether what is harmless got through."""
    output: str
    """What the hook said of what went wrong."""


def try_hook(place: Place, stage: str, skipped: str = "") -> Outcome:
    """Lets git take in something harmless, then a canary. `skipped` are ids for pre-commit's SKIP.

    Raises SourceError when no scratch repository can be made.
    """
    with _scratch(place, skipped) as (git, server):
        try:
            with deadline(limits.CANARY_SECONDS):
                harmless = _attempt(git, server, stage, "nothing here")
                canary = _attempt(git, server, stage, f'token = "{_token()}"')
        except TimedOut:
            return Outcome(False, False, f"it takes longer than {limits.CANARY_SECONDS} s")
    stopped = bool(canary[0]) and (_RULE in canary[1] or _REFUSED in canary[1])
    said = canary[1] if harmless[0] == 0 else harmless[1]
    return Outcome(stopped, harmless[0] == 0, _last_line(said))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


@contextmanager
def _scratch(place: Place, skipped: str) -> Iterator[tuple[TrustingGit, str]]:
    """A repository with the hooks of `place`, and a bare one to push to, with them too."""
    folder = tempfile.mkdtemp(prefix="leakguard-doctor-")
    more = {**_NOBODY, "LEAKGUARD_CANARY": "1", "SKIP": skipped}
    try:
        git = TrustingGit(folder, more)
        git.output("init", "--quiet", "--template=", "work")
        git.output("init", "--quiet", "--template=", "--bare", "server.git")
        git = TrustingGit(os.path.join(folder, "work"), more)
        for config in (".git/config", "../server.git/config"):
            hooks = os.fspath(place.starts or place.folder)
            git.output("config", "--file", config, "core.hooksPath", hooks)
        for name in _COPIED:
            if place.root and (place.root / name).is_file():
                (Path(git.folder) / name).parent.mkdir(exist_ok=True)
                shutil.copy(place.root / name, Path(git.folder) / name)
        git.output("commit", *_PAST_HOOKS, "--allow-empty", "--message", "first")
        yield git, os.path.join(folder, "server.git")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_PAST_HOOKS: Final = ("--quiet", "--no-verify", "--no-gpg-sign")


def _attempt(git: TrustingGit, server: str, stage: str, text: str) -> tuple[int, str]:
    """Exit code and output of the command that has the hook look at a text."""
    message = text if stage == "commit-msg" else "a canary"
    (Path(git.folder) / "canary.txt").write_text(f"{text}\n", encoding="utf-8")
    git.output("add", "--force", "canary.txt")
    if stage in ("pre-commit", "commit-msg"):
        told = git.result("commit", "--no-gpg-sign", "--allow-empty", "--message", message)
    else:
        git.output("commit", *_PAST_HOOKS, "--allow-empty", "--message", message)
        past = () if stage == "pre-push" else ("--no-verify",)
        told = git.result("push", *past, server, "HEAD:refs/heads/main")
    code, out, err = told
    return code, (out + err).decode(errors="replace")


def _token() -> str:
    """A token that nobody issued, with a right checksum."""
    letters = string.ascii_letters + string.digits
    body = "".join(secrets.choice(letters) for _ in range(_BODY))
    return "gh" + "p_" + body + base62(zlib.crc32(body.encode()), 6).decode()
