"""The heads of all branches, and HEAD: what they have, asked once."""

from contextlib import suppress
from functools import cached_property

from leakguard.errors import SourceError
from leakguard.sources.git.command import Git

_LISTING = ("--objects", "--in-commit-order", "--no-walk", "--missing=allow-any")


class Heads:
    """What the branch heads have, and HEAD where it has a commit; git is asked once."""

    def __init__(self, git: Git) -> None:
        self.git = git

    @cached_property
    def listing(self) -> list[bytes]:
        """Their commits and all that is in them, as `git rev-list --objects` lists it."""
        return self._asked(*_LISTING)

    @cached_property
    def checked_out(self) -> list[bytes]:
        """What HEAD has, as `git rev-list --objects` lists it."""
        return self.git.result("rev-list", *_LISTING, "HEAD", "--")[1].split(b"\n")[:-1]

    def prepare(self) -> None:
        """Asks what all places depend on. What git does not answer is asked again."""
        with suppress(SourceError):
            _ = self.listing, self.checked_out

    @cached_property
    def commits(self) -> list[str]:
        """Their ids."""
        return [oid.decode() for oid in self._asked("--no-walk")]

    @cached_property
    def reached(self) -> list[bytes]:
        """The ids of all commits that they reach."""
        return self._asked()

    def _asked(self, *options: str) -> list[bytes]:
        for head in (("HEAD", "--"), ("--",)):
            code, out, _ = self.git.result("rev-list", *options, "--branches", "--remotes", *head)
            if not code:
                break
        return out.split(b"\n")[:-1]
