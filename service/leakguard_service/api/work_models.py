"""What the service does, as the API shows it: repositories, scans, deliveries, jobs, messages."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from leakguard_service.api.routes import Flag
from leakguard_service.db.tables import Repository
from leakguard_service.nouns import JobKind
from leakguard_service.triage.tenants import EVERY_HOURS_MOST


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class _Row(BaseModel):
    """Read from a row of the same names."""

    model_config = ConfigDict(from_attributes=True)


class RepositoryModel(_Row):
    """A repository and how far it was scanned."""

    id: int
    connection_id: int
    full_name: str = Field(examples=["acme/app"])
    default_branch: str
    private: bool
    archived: bool
    enabled: bool
    created_at: datetime
    backfilled_at: datetime | None = Field(description="Its whole history was first scanned.")
    scanned_at: datetime | None
    reconciled_at: datetime | None = Field(description="Its refs were last compared.")
    next_scan_at: datetime | None
    scan_every_hours: int = Field(description="0 for never.")
    error: str = Field(description="Why it could not be scanned; empty when it could.")
    web_url: str

    @classmethod
    def of(cls, row: Repository) -> "RepositoryModel":
        """From the database."""
        web_url = f"{row.connection.web_url}/{row.full_name}"
        columns = {name: getattr(row, name) for name in cls.model_fields if name != "web_url"}
        return cls(**columns, web_url=web_url)


class RepositoryChange(BaseModel):
    """What to change; what is missing stays."""

    model_config = ConfigDict(extra="forbid")

    enabled: Flag | None = None
    scan_every_hours: Annotated[int, Field(ge=0, le=EVERY_HOURS_MOST, strict=True)] | None = None


class QueuedModel(BaseModel):
    """What was asked for is done as jobs."""

    queued: int = Field(description="How many; what waits already is not queued again.")
    job: str = Field(default="", description="The id of a single one.")


class ScanModel(_Row):
    """One scan of a push or of a whole history."""

    id: int
    repository_id: int
    kind: str = Field(examples=["push"])
    ref: str
    before: str
    after: str
    verdict: str = Field(
        description="clean, leaks, incomplete, failed; empty while it runs.", examples=["clean"]
    )
    blobs: int
    bytes: int
    commits: int
    members: int = Field(description="Files inside archives and apps.")
    skipped: int
    found: int
    created: int
    suppressed: int
    notes: list[str]
    error: str
    started_at: datetime
    finished_at: datetime | None
    seconds: float


class SkipModel(_Row):
    """Something that a scan could not look at."""

    id: int
    path: str
    reason: str
    blob: str


class DeliveryModel(_Row):
    """One delivery of a forge, as it was understood."""

    id: int
    connection_id: int
    repository_id: int | None
    delivery_id: str
    event: str
    action: str
    summary: dict[str, Any]
    size: int = Field(description="Bytes.")
    state: str
    note: str
    copies: int = Field(description="How often it came.")
    received_at: datetime


class JobModel(_Row):
    """Something to do, or done."""

    id: str
    kind: JobKind
    repository_id: int | None
    delivery_id: int | None
    state: JobState
    attempts: int
    error: str
    result: dict[str, Any]
    created_at: datetime
    not_before: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class NotificationModel(_Row):
    """One message to one channel."""

    id: int
    channel_id: int
    finding_id: int | None
    scan_id: int | None
    change: str
    state: str = Field(description="queued, sending, sent, failed, unknown.")
    attempts: int
    error: str
    external: str = Field(description="Key of the issue that was made.")
    created_at: datetime
    sent_at: datetime | None


class DoneModel(BaseModel):
    """Whether something happened."""

    done: bool


class RuleModel(_Row):
    """What a rule finds. Its examples are left out: they look like secrets."""

    id: str
    name: str
    provider: str
    severity: str
    confidence: str
    family: str
    impact: str
    remedy: str
    references: list[str]
    pattern: str
