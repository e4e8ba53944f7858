"""A repository with hooks, and made-up tokens to leak in it. Only for the tests of the hook.

pre-commit takes the hooks from this checkout's own manifest; only how they are started is changed:
from the checkout instead of an environment that pip would have to fetch.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
HOOK = shlex.join([sys.executable, "-P", "-m", "leakguard.hook"])
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"))
}


def token(number: int = 0) -> str:
    """A made-up token with the right checksum, another one for each number below 62."""
    body = f"Kz9Pf34qY6Nb3wWD25RQ4F5ZR3qa7{_DIGITS[number]}"
    check, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return "gh" + "p_" + body + digits


def environment(home: Path, cache: Path) -> dict[str, str]:
    """Nobody's settings and no identity; bytecode of the hook is kept, but not in the checkout."""
    dropped = ("GIT_", "PRE_COMMIT", "LEAKGUARD_", "PYTHON", "FORCE_COLOR")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return kept | {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "LEAKGUARD_CACHE_DIR": str(cache),
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
    }


@dataclass
class HookRepo:
    """A repository in which hooks are installed."""

    path: Path
    env: dict[str, str]
    identity: dict[str, str] = field(default_factory=lambda: dict(_IDENTITY))

    def run(
        self, *args: str | bytes, stdin: str = "", cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Any command in the repository, its two outputs together in `stdout`."""
        return subprocess.run(
            args, cwd=cwd or self.path, env=self.env | self.identity, input=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="surrogateescape",
            check=False,
        )  # fmt: skip

    def git(self, *args: str | bytes, cwd: Path | None = None) -> str:
        """The output of a git that must not fail."""
        done = self.run("git", *args, cwd=cwd)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def write(self, name: str | bytes, content: str | bytes) -> None:
        """Writes a file; folders come with it."""
        path = os.path.join(os.fsencode(self.path), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)

    def stage(self, name: str | bytes, content: str | bytes) -> None:
        """Writes and stages a file."""
        self.write(name, content)
        self.git("add", "--force", "--", name)

    def save(self, name: str = "", content: str | bytes = "") -> str:
        """Stages a file, if one is named, and commits past the hook. The id of the commit."""
        if name:
            self.stage(name, content)
        self.git("commit", "--quiet", "--no-verify", "--allow-empty", "--message", f"save {name}")
        return self.git("rev-parse", "HEAD").strip()

    def commit(self, *args: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """A real commit through the installed hook."""
        return self.run("git", "commit", "--message", "a change", *args, cwd=cwd)

    def configure(self, manifest: Path, *args: str) -> None:
        """Names the manifest's two hooks, with arguments, as a user of pre-commit does."""
        revision = self.run("git", "-C", str(manifest), "rev-parse", "HEAD").stdout.strip()
        hooks = [
            {
                "id": name,
                "language": "system",
                "entry": f"{HOOK} {stage}",
                "args": list(args),
            }
            for name, stage in (("leakguard", "pre-commit"), ("leakguard-push", "pre-push"))
        ]
        repos = [{"repo": str(manifest), "rev": revision, "hooks": hooks}]
        self.write(".pre-commit-config.yaml", json.dumps({"repos": repos}))  # JSON is YAML


def make_manifest(folder: Path, env: dict[str, str]) -> Path:
    """A repository with this checkout's `.pre-commit-hooks.yaml`, for pre-commit to clone."""
    manifest = HookRepo(folder, env)
    folder.mkdir()
    manifest.git("init", "--quiet")
    shutil.copy(CHECKOUT / ".pre-commit-hooks.yaml", folder)
    manifest.git("add", ".")
    manifest.save()
    return folder


def make_template(folder: Path, manifest: Path, env: dict[str, str]) -> Path:
    """A repository in which pre-commit has installed itself, to be copied for each test."""
    folder.mkdir()
    repo = HookRepo(folder, env)
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.configure(manifest)
    types = ("--hook-type", "pre-commit", "--hook-type", "pre-push")
    done = repo.run(sys.executable, "-m", "pre_commit", "install", "--install-hooks", *types)
    assert done.returncode == 0, done.stdout
    return folder


def copy_of(template: Path, folder: Path, env: dict[str, str]) -> HookRepo:
    """A repository of one's own with one commit and nothing staged."""
    shutil.copytree(template, folder)
    repo = HookRepo(folder, env)
    repo.save("README", "nothing here\n")
    return repo


def install_natively(repo: HookRepo, stage: str, options: Sequence[str] = ()) -> None:
    """Puts leakguard where git itself looks for hooks, in place of pre-commit."""
    hook = repo.path / ".git" / "hooks" / stage
    hook.write_text(f'#!/bin/sh\nexec {HOOK} {stage} {shlex.join(options)} "$@"\n')
    hook.chmod(0o755)
