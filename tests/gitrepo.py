"""Real git repositories for tests: fixed identity, fixed dates, no configuration of the machine."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

NAME = "Ana Müller"
ADDRESS = "ana@example.org"
AUTHOR = f"{NAME} <{ADDRESS}>"

_START = 1_700_000_000
"""Date of the first commit, in seconds since 1970; each further one is an hour younger."""


def environment(seconds: int = _START) -> dict[str, str]:
    """What git sees: a date, an identity, and no settings but those of the repository."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": NAME,
        "GIT_AUTHOR_EMAIL": ADDRESS,
        "GIT_AUTHOR_DATE": f"{seconds} +0100",
        "GIT_COMMITTER_NAME": NAME,
        "GIT_COMMITTER_EMAIL": ADDRESS,
        "GIT_COMMITTER_DATE": f"{seconds} +0100",
    }


@dataclass
class GitRepo:
    """A repository in a folder of its own. Every commit is one hour younger than the last."""

    path: Path
    seconds: int = field(default=_START)

    def git(self, *args: str | bytes | Path, feed: bytes | None = None) -> str:
        """Runs git; its output without the last line break. Raises CalledProcessError."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=environment(self.seconds),
            input=feed,
            stdin=subprocess.DEVNULL if feed is None else None,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")

    def write(self, path: str, content: str | bytes = "") -> None:
        """Writes a file of the work tree, and the folders it is in."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def stage(self, files: dict[str, str | bytes]) -> None:
        """Writes files and adds them to the index."""
        for path, content in files.items():
            self.write(path, content)
        self.git("--literal-pathspecs", "add", "--force", "--", *files)

    def commit(self, message: str = "change", files: dict[str, str | bytes] | None = None) -> str:
        """Commits the index, after staging `files`; the id of the commit."""
        if files:
            self.stage(files)
        self.seconds += 3600
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", message)
        return self.head()

    def head(self, name: str = "HEAD") -> str:
        """The object id of a revision."""
        return self.git("rev-parse", "--verify", name)

    def blob(self, content: str | bytes) -> str:
        """Writes a blob that nothing refers to; its id."""
        data = content.encode() if isinstance(content, str) else content
        return self.git("hash-object", "-w", "--stdin", feed=data)


def make_repository(path: Path, *options: str) -> GitRepo:
    """A new repository with the branch `main`, without a commit. `options` are of `git init`."""
    path.mkdir(parents=True, exist_ok=True)
    repo = GitRepo(path)
    repo.git("init", "--quiet", "--initial-branch=main", "--template=", *options)
    return repo
