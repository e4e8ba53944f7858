"""The tables that hold what the service did and has to do: deliveries, jobs, scans, messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from leakguard_service.db.tables import Base, Repository, key, of
from leakguard_service.db.types import Id, Text, now


class Delivery(Base):
    """One delivery of a forge. The payload is not kept, only what was understood of it."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("connection_id", "delivery_id"),
        Index("ix_delivery_list", "tenant_id", "received_at"),
    )

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    connection_id: Mapped[int] = of("connection")
    repository_id: Mapped[int | None] = of("repository", null=True)
    delivery_id: Mapped[str] = mapped_column(String(200))
    """The forge's own id; it stays the same when it delivers again."""
    event: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60), default="")
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The Event as JSON."""
    size: Mapped[int]
    """Bytes."""
    state: Mapped[str] = mapped_column(String(20), default="received")
    """`queued`, `ignored`, `done`, `failed`."""
    note: Mapped[str] = mapped_column(Text, default="")
    """Why it was ignored, or how many times it came again."""
    copies: Mapped[int] = mapped_column(default=1)
    received_at: Mapped[datetime] = mapped_column(default=now)


class Job(Base):
    """Something to do. The engine beneath has its own tables; this one is what people see.

    `id` says what is to be done, so that the same work is not queued twice:
    `push:{repository}:{hash of ref}:{after}`.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_list", "tenant_id", "created_at"),
        Index("ix_job_state", "state", "kind"),
    )

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    tenant_id: Mapped[int] = of("tenant")
    kind: Mapped[str] = mapped_column(String(20))
    repository_id: Mapped[int | None] = of("repository", null=True)
    delivery_id: Mapped[int | None] = of("delivery", null=True)
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Ids, refs and numbers only."""
    state: Mapped[str] = mapped_column(String(20), default="queued")
    """`queued`, `running`, `done`, `failed`, `cancelled`."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Times it was begun and did not end well by its own fault."""
    run: Mapped[int] = mapped_column(default=0)
    """Counts what the engine was given: each try has an id of its own there."""
    steps: Mapped[int] = mapped_column(default=0)
    """Steps of this run that were done when its process last died."""
    deaths: Mapped[int] = mapped_column(default=0)
    """Times its process died since a step was done; they are attempts, too."""
    worker_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Numbers."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    not_before: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    repository: Mapped[Repository | None] = relationship()


class Worker(Base):
    """A process that does jobs, and when it last said that it lives."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(default=now)
    beat_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Head(Base):
    """A ref whose commits were scanned, up to which."""

    __tablename__ = "head"

    repository_id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(Text(500), primary_key=True)
    oid: Mapped[str] = mapped_column(String(64))
    rules: Mapped[str] = mapped_column(String(64), default="")
    """The rule set it was scanned under: scan.rules."""
    scanned_at: Mapped[datetime] = mapped_column(default=now)


class Scan(Base):
    """One scan of one range or history: what was asked for and what was looked at."""

    __tablename__ = "scan"
    __table_args__ = (Index("ix_scan_repository", "repository_id", "started_at"),)

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    repository_id: Mapped[int] = of("repository")
    job_id: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`push`, `backfill`."""
    ref: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[str] = mapped_column(String(64), default="")
    after: Mapped[str] = mapped_column(String(64), default="")
    rules: Mapped[str] = mapped_column(String(64), default="")
    """Hash of the rule set and of leakguard's version."""
    verdict: Mapped[str] = mapped_column(String(20), default="")
    """`clean`, `leaks`, `incomplete`; empty while it runs; `failed` when it could not be done."""
    blobs: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(Id, default=0)
    commits: Mapped[int] = mapped_column(default=0)
    members: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    found: Mapped[int] = mapped_column(default=0)
    """Findings that this scan saw."""
    created: Mapped[int] = mapped_column(default=0)
    """Findings that were new with it."""
    suppressed: Mapped[int] = mapped_column(default=0)
    notes: Mapped[list[str]] = mapped_column(default=list)
    error: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)


class SkipSeen(Base):
    """Something that a scan could not look at."""

    __tablename__ = "skip_seen"

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    scan_id: Mapped[int] = of("scan")
    repository_id: Mapped[int] = of("repository")
    path: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    blob: Mapped[str] = mapped_column(String(64), default="")


class ScanFinding(Base):
    """Which occurrences a scan saw: what its check run annotates."""

    __tablename__ = "scan_finding"

    scan_id: Mapped[int] = mapped_column(Id, primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(Id, primary_key=True)
    tenant_id: Mapped[int] = of("tenant")


class ForgeReport(Base):
    """What a forge was told about a commit, so that a second try changes it and adds none."""

    __tablename__ = "forge_report"
    __table_args__ = (UniqueConstraint("repository_id", "sha", "kind"),)

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    repository_id: Mapped[int] = of("repository")
    scan_id: Mapped[int | None] = of("scan", null=True)
    sha: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    """`check_run`, `status`, `sarif`, `comment:{number}`."""
    external_id: Mapped[str] = mapped_column(String(64), default="")
    """The forge's own id of it."""
    conclusion: Mapped[str] = mapped_column(String(20), default="")
    posted_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")


class Notification(Base):
    """One message of one change of one finding (or one digest) to one channel.

    `sending` is written before the message goes out. A process killed in between leaves the row
    there: it is shown as `unknown` and not sent again by itself, so that nobody is told twice.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("channel_id", "cause"),
        Index("ix_notification_state", "state", "not_before"),
    )

    id: Mapped[int] = key()
    tenant_id: Mapped[int] = of("tenant")
    channel_id: Mapped[int] = of("channel")
    cause: Mapped[str] = mapped_column(String(100))
    """`audit:{id}` of the change, or `digest:{scan}`."""
    finding_id: Mapped[int | None] = of("finding", null=True)
    scan_id: Mapped[int | None] = of("scan", null=True)
    change: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    """`queued`, `sending`, `sent`, `failed`, `unknown`."""
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    external: Mapped[str] = mapped_column(Text, default="")
    """The key of the issue that was made, where one was."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    not_before: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
