"""What a tenant has settled: policy, life cycle, how a connection's forge is answered."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TenantSettings(BaseModel):
    """Stored in `Tenant.settings`; what is missing has the default."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    policy: str = Field(default="", max_length=100_000)
    """Settings in the form of .leakguard.toml, for all repositories. A repository's own file
    counts as it is on the default branch, and adds to this."""
    repository_policy: bool = True
    """Whether repositories' own settings files count at all."""
    identity: Literal["secret", "repository"] = "secret"
    """One finding for each secret, or for each secret and repository."""
    reopen: bool = True
    """Whether a push that holds a revoked or rotated secret opens its finding again."""
    four_eyes: bool = False
    """Whether somebody else has to agree before a finding is dismissed."""
    notify_committer: bool = True
    """Whether who committed the secret gets an e-mail (needs LEAKGUARD_SMTP_URL)."""
    committer_domains: tuple[str, ...] = ()
    """Only addresses in these domains are written to; empty for none: strangers' commits are in
    many histories."""
    block_severity: int = Field(default=1, ge=1, le=4)
    """From which severity on a check fails."""


class ConnectionSettings(BaseModel):
    """Stored in `Connection.settings`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    report: bool = True
    """Check runs at GitHub with an App, commit statuses elsewhere."""
    sarif: bool = False
    comment: bool = False
    """On pull requests: seen by everybody who sees the pull request."""
    backfill: bool = True
    """Whether the history of a repository is scanned when it is first seen."""
    organisations: tuple[str, ...] = ()
    """Those whose repositories are listed; empty for all that the token reaches."""
    app_slug: str = ""
    """Name of the GitHub App, for links."""
