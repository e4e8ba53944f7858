"""What the service asks of a forge; github.py, gitlab.py and gitea.py answer.

All calls are synchronous and are made within jobs. They raise errors.Later (rate limit, 5xx, no
answer: with the seconds the forge asks for), errors.Hopeless (401, 403, 404, 410 and whatever
repeating cannot change). Error texts name host, method and status, never a token or body.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from leakguard_service.nouns import RepositoryRef


@dataclass(frozen=True, slots=True)
class Access:
    """How git reaches one repository."""

    url: str
    """`https://host/owner/name.git`, built from the connection, never from a payload."""
    header: str = ""
    """`Authorization: ...` for that host only; empty for public ones. Holds the token."""
    resolve: str = ""
    """For git's http.curloptResolve: the addresses that were checked for the URL's host, so that
    git asks no resolver itself."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One place to show at the forge. Lines and columns count from 1, columns are characters."""

    finding_id: int
    path: str
    line: int
    end_line: int
    column: int
    end_column: int
    title: str
    text: str
    """What it is, why it matters, what to do, and a link to the finding; no secret."""
    severity: int
    rule_id: str
    preview: str
    fingerprint: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said of one commit."""

    sha: str
    verdict: str
    """`clean`, `leaks`, `incomplete`, `failed`."""
    title: str
    summary: str
    """Markdown, at most 65,535 characters; no secret."""
    url: str
    """Of the page that shows it here."""
    marks: Sequence[Mark] = ()
    fails: bool = False
    """Whether the check fails: something is at least as severe as the tenant's threshold."""
    ref: str = ""


class Forge(Protocol):
    """One connection, spoken to."""

    def access(self, repository: RepositoryRef, installation: str) -> Access:
        """How to fetch; a token is made narrow and short-lived where the forge can."""

    def repositories(self) -> Iterator[tuple[RepositoryRef, str]]:
        """All that the connection reaches, each with its installation id (empty elsewhere)."""

    def repository(self, full_name: str, installation: str) -> RepositoryRef:
        """What the forge says of one repository now."""

    def report(
        self, repository: RepositoryRef, installation: str, outcome: Outcome, known: str
    ) -> str:
        """Tells the outcome of a commit: a check run with annotations, or a commit status.

        `known` is the id that an earlier call returned for this commit: that one is changed.
        Returns the forge's id of it.
        """

    def sarif(self, repository: RepositoryRef, installation: str, outcome: Outcome) -> str:
        """Uploads the marks as SARIF where the forge takes it; returns its id, else empty."""

    def comment(
        self,
        repository: RepositoryRef,
        installation: str,
        number: int,
        outcome: Outcome,
        known: str,
    ) -> str:
        """Writes or rewrites one comment on a pull request; returns its id."""

    def line_url(self, repository: RepositoryRef, commit: str, path: str, line: int) -> str:
        """Where a browser sees the line."""
