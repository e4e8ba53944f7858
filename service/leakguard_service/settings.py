"""How the service is set up: environment variables that begin with LEAKGUARD_, and defaults.

What belongs to a tenant (connections, channels, policy) is in the database and set in the browser.
"""

from pathlib import Path
from typing import Final

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB: Final = 1024 * 1024


class Settings(BaseSettings):
    """Everything that is set from outside. A variable's name is LEAKGUARD_ and the field's."""

    model_config = SettingsConfigDict(env_prefix="LEAKGUARD_", extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=lambda: user_data_path("leakguard", appauthor=False))
    """Database, keys and copies of repositories."""
    database_url: SecretStr = SecretStr("")
    """`postgresql+psycopg://...`; empty for SQLite in `data_dir`."""
    secret_key: SecretStr = SecretStr("")
    """Keys that encrypt what the database holds, newest first, by commas: each the 32 bytes of a
    Fernet key in URL-safe base64. Empty for a file `secret.key` in `data_dir`."""
    public_url: str = ""
    """Where browsers and forges reach the service; empty for what a request says."""
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = Field(default=2, ge=0, le=64)
    """Jobs at a time in this process; 0 when other processes do them."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses, by commas, whose X-Forwarded-For and X-Forwarded-Proto count."""

    allow_private_addresses: bool = False
    """Whether forges and receivers of notifications may have loopback or private addresses."""
    allowed_hosts: str = ""
    """Hosts, by commas, that may be reached besides the forges' own; empty for any public one."""

    delivery_bytes: int = 25 * MIB
    """Largest delivery: GitHub sends none larger."""
    deliveries_per_minute: int = 3_000
    """Of one address; more are answered with 429."""
    requests_per_minute: int = 600
    """Of one token or session, to the API and the pages."""

    cache_bytes: int = 20 * 1024 * MIB
    """All copies of repositories together; the longest unused go first."""
    repository_bytes: int = 8 * 1024 * MIB
    """The largest file git may write, and the largest copy that is kept."""
    fetch_seconds: int = 900
    fetch_blob_mb: int = 5
    """Blobs above this size are fetched one by one, up to the limit for artifacts."""
    artifact_mb: int = 512
    """The largest blob that is fetched at all."""
    scan_seconds: int = 1_800
    scan_memory_mb: int = 4_096
    ref_count: int = 50_000
    """A repository with more refs is scanned at its branches' first ones only, and says so."""

    reconcile_seconds: int = 900
    """How often a repository's refs are compared with what was scanned."""
    history_days: int = 90
    """How long deliveries, jobs and notifications are kept."""
    session_hours: int = 12
    oidc_issuer: str = ""
    """Identity provider to sign in with, such as `https://gitlab.com` or a realm of Keycloak;
    `https://github.com` for GitHub's OAuth. Empty for signing in with tokens only."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    """Empty for a public client: PKCE is always used."""
    oidc_name: str = ""
    """What the button to sign in says; empty for the provider's host."""
    smtp_url: SecretStr = SecretStr("")
    """`smtp://user:password@host:587`, or `smtps://`; `?from=leakguard@corp.net` names the
    sender."""
    metrics_token: SecretStr = SecretStr("")
    """What Prometheus must send as bearer token for /metrics; empty for loopback only."""
    otlp_endpoint: str = ""
    """Where traces are sent by OTLP over HTTP, such as `http://collector:4318`; empty for nowhere.
    Needs the extra `otel`."""
    log_format: str = Field(default="auto", pattern="^(auto|json|text)$")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    def url(self) -> str:
        """The database's URL. Holds a password where PostgreSQL needs one."""
        given = self.database_url.get_secret_value()
        if not given:
            return f"sqlite:///{self.data_dir / 'leakguard.db'}"
        for prefix in ("postgres://", "postgresql://"):
            if given.startswith(prefix):
                return "postgresql+psycopg://" + given.removeprefix(prefix)
        return given
