"""The tables that hold what is the tenant's: people, connections, repositories, findings.

Every row but a tenant's own has a `tenant_id`; every question must ask for it (see scope.py).
No column holds a secret that was found; of a repository's content only a few masked lines around a
finding (`Occurrence.context`), which go away with it.
Jobs, deliveries and scans are in work_tables.py.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from leakguard_service.db.types import Id, Moment, Text, now


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment, dict[str, Any]: JSON, list[str]: JSON}


def key() -> Mapped[int]:
    """A row's own number."""
    return mapped_column(Id, primary_key=True, autoincrement=True)


def of(table: str, *, null: bool = False, cascade: bool = True) -> Any:
    """A column that points to a row of another table."""
    rule = ("CASCADE" if cascade else "SET NULL") if not null else "SET NULL"
    return mapped_column(Id, ForeignKey(f"{table}.id", ondelete=rule), nullable=null, index=True)


class Tenant(Base):
    """One organisation. Nothing of one tenant is ever shown to another."""

    __tablename__ = "tenant"

    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(String(100), unique=True)
    identity_key: Mapped[str]
    """Sealed: the key of `Finding.identity`."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """See tenancy.TenantSettings."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class User(Base):
    """Somebody who signed in. Nobody registers: an admin invites by e-mail or login name."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("tenant_id", "login"),)

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    login: Mapped[str] = mapped_column(String(320))
    """E-mail address or login name, lower case: what the identity provider must say."""
    subject: Mapped[str | None] = mapped_column(String(500), unique=True)
    """`issuer|sub`, bound at the first sign-in; None until then."""
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(20), default="viewer")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime | None]


class ApiToken(Base):
    """A token for the API, or the first admin's way in. Only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    user_id: Mapped[int | None] = of("user_account", null=True)
    name: Mapped[str] = mapped_column(String(200))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))
    """Its first characters, to tell tokens apart."""
    scopes: Mapped[list[str]]
    """See api.scopes: `findings:read`, `findings:write`, `scans:write`, `admin` ..."""
    role: Mapped[str] = mapped_column(String(20), default="viewer")
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WebSession(Base):
    """A browser that is signed in. The cookie's value is not kept, only its hash."""

    __tablename__ = "web_session"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant_id: Mapped[int] = of("tenant")
    user_id: Mapped[int | None] = of("user_account", null=True)
    token_id: Mapped[int | None] = of("api_token", null=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class Connection(Base):
    """One forge, or one App or organisation at it, with what it takes to speak to it."""

    __tablename__ = "connection"

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    forge: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    hook: Mapped[str] = mapped_column(String(64), unique=True)
    """The end of its address: /hooks/{forge}/{hook}."""
    web_url: Mapped[str] = mapped_column(String(500))
    """`https://github.com`: clones come from here, and links lead here."""
    api_url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(default="")
    """Sealed: the webhook secret."""
    old_secret: Mapped[str] = mapped_column(default="")
    """Sealed: the one before, valid until `old_secret_until`."""
    old_secret_until: Mapped[datetime | None]
    signing: Mapped[str] = mapped_column(default="")
    """Sealed: GitLab's signing token."""
    access: Mapped[str] = mapped_column(default="")
    """Sealed JSON: `{"token": ...}` or `{"app_id": ..., "private_key": ...}`."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is reported how: see tenancy.ConnectionSettings."""
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    """What the forge last refused; empty when all is well."""


class Repository(Base):
    """A repository at a forge."""

    __tablename__ = "repository"
    __table_args__ = (
        UniqueConstraint("connection_id", "forge_id"),
        Index("ix_repository_tenant_name", "tenant_id", "full_name"),
    )

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    connection_id: Mapped[int] = of("connection")
    forge_id: Mapped[str] = mapped_column(String(64))
    full_name: Mapped[str] = mapped_column(Text(500))
    default_branch: Mapped[str] = mapped_column(Text(500), default="")
    private: Mapped[bool] = mapped_column(default=True)
    archived: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)
    """False when removed from the installation, deleted, or switched off by an admin."""
    installation: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    backfilled_at: Mapped[datetime | None]
    """When its whole history was first scanned."""
    scanned_at: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]
    next_scan_at: Mapped[datetime | None]
    scan_every_hours: Mapped[int] = mapped_column(default=0)
    """How often the whole history is scanned again; 0 for never."""
    error: Mapped[str] = mapped_column(Text, default="")
    """Why it could not be scanned the last time; empty when it could."""
    connection: Mapped[Connection] = relationship(lazy="joined")


class Finding(Base):
    """One secret of one tenant, wherever it occurs; or one app build."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("tenant_id", "identity"),
        Index("ix_finding_list", "tenant_id", "state", "opened_at"),
        Index("ix_finding_rule", "tenant_id", "rule_id"),
        Index("ix_finding_until", "state", "until"),
    )

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    identity: Mapped[str] = mapped_column(String(64))
    """Keyed hash of rule family and secret (and repository, when the tenant wants it so)."""
    rule_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    """`secret` or `artifact`."""
    severity: Mapped[int]
    """1 low ... 4 critical: leakguard.model.Severity."""
    confidence: Mapped[int]
    preview: Mapped[str] = mapped_column(Text)
    """Masked."""
    impact: Mapped[str] = mapped_column(Text, default="")
    remedy: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20), default="open")
    resolution: Mapped[str | None] = mapped_column(String(40))
    """Why it is closed; while a review is pending, what was asked for."""
    until: Mapped[datetime | None]
    """When a dismissal ends and the finding opens again."""
    historical: Mapped[bool] = mapped_column(default=False)
    """Found by a scan of the past: nobody was told of it by itself."""
    on_branch: Mapped[bool] = mapped_column(default=True)
    """Whether the head of a branch still holds it."""
    assignee_id: Mapped[int | None] = of("user_account", null=True)
    requested_by: Mapped[str] = mapped_column(String(200), default="")
    """`kind:id` of who asked for the dismissal under review."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    """Created, or reopened the last time."""
    closed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(default=now)
    assignee: Mapped[User | None] = relationship()
    occurrences: Mapped[list["Occurrence"]] = relationship(
        back_populates="finding", order_by="Occurrence.id", passive_deletes=True
    )


class Occurrence(Base):
    """One place of a finding: a line of a blob at a path. The same blob elsewhere is the same."""

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("repository_id", "blob", "path", "line", "col", "rule_id", "finding_id"),
        Index("ix_occurrence_finding", "tenant_id", "finding_id"),
    )

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    finding_id: Mapped[int] = of("finding")
    repository_id: Mapped[int] = of("repository")
    rule_id: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    """leakguard's own, as hooks and the command line know it."""
    blob: Mapped[str] = mapped_column(String(64), default="")
    path: Mapped[str] = mapped_column(Text)
    line: Mapped[int]
    end_line: Mapped[int]
    col: Mapped[int]
    """Characters, from 1."""
    end_col: Mapped[int]
    commit: Mapped[str] = mapped_column(String(64), default="", index=True)
    author: Mapped[str] = mapped_column(Text, default="")
    """`Name <address>`."""
    committed_at: Mapped[datetime | None]
    ref: Mapped[str] = mapped_column(Text, default="")
    """The ref whose push brought it."""
    context: Mapped[str] = mapped_column(Text, default="")
    """Masked lines around it, `number<TAB>text`; empty where there is nothing to show."""
    on_branch: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finding: Mapped[Finding] = relationship(back_populates="occurrences")
    repository: Mapped[Repository] = relationship()


class AuditEntry(Base):
    """What was done by whom to what. Only ever added; a finding's history is what speaks of it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "tenant_id", "subject", "subject_id"),
        Index("ix_audit_entry_action", "tenant_id", "action", "at"),
    )

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(Id)
    actor: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(60))
    """`finding.dismissed`, `connection.created`, `session.started`."""
    subject: Mapped[str] = mapped_column(String(40))
    """`finding`, `connection`, `repository`, `user`, `token`, `channel`, `tenant`, `job`."""
    subject_id: Mapped[int | None] = mapped_column(Id)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Reason, comment, what changed from what to what."""


class SavedView(Base):
    """A filter of the list of findings that somebody gave a name."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("tenant_id", "owner", "name"),)

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    owner: Mapped[str] = mapped_column(String(200))
    """`kind:id` of the actor; empty for everybody's."""
    name: Mapped[str] = mapped_column(String(100))
    query: Mapped[str] = mapped_column(String(2000))
    """The query string of the list."""


class Channel(Base):
    """Where people are told: a Slack webhook, an e-mail address, a Jira project ..."""

    __tablename__ = "channel"

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    kind: Mapped[str] = mapped_column(String(20))
    """`slack`, `email`, `teams`, `webhook`, `jira`, `github_issue`, `committer`."""
    name: Mapped[str] = mapped_column(String(200))
    config: Mapped[str]
    """Sealed JSON: addresses and tokens; see notify/channels.py for the keys of each kind."""
    filter: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`min_severity`, `changes`, `repositories` (globs)."""
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str] = mapped_column(Text, default="")
    """What went wrong the last time; empty when all is well."""
