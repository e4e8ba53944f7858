"""Findings as the API shows them and takes actions on them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from leakguard.model import Confidence, Severity
from leakguard_service import limits
from leakguard_service.api.routes import LARGEST, Moment
from leakguard_service.db.tables import AuditEntry, Finding, Occurrence
from leakguard_service.nouns import Resolution, State
from leakguard_service.triage.facets import Facets
from leakguard_service.triage.filters import Kind
from leakguard_service.triage.lifecycle import Action, Move, possible

RowId = Annotated[int, Field(ge=1, le=LARGEST, strict=True)]
"""A row's number in a body."""


class SeverityName(StrEnum):
    """How bad it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class PersonModel(BaseModel):
    """A user."""

    id: int
    login: str
    name: str


class PlaceModel(BaseModel):
    """One place of a finding: lines of a file in a repository. Lines and columns count from 1."""

    id: int
    repository_id: int
    repository: str = Field(examples=["acme/app"])
    path: str = Field(examples=["src/settings.py"])
    line: int
    end_line: int
    column: int
    end_column: int
    commit: str = Field(description="That brought it; empty when it is not known.")
    author: str = Field(description="`Name <address>` of the commit; anybody can write any.")
    committed_at: datetime | None
    ref: str = Field(description="Whose push brought it.", examples=["refs/heads/main"])
    fingerprint: str = Field(
        description="As hooks and the command line know it where the repository has no baseline."
    )
    on_branch: bool = Field(description="Whether the head of a branch still holds it.")
    created_at: datetime

    @classmethod
    def of(cls, row: Occurrence) -> "PlaceModel":
        """From the database."""
        return cls(
            id=row.id,
            repository_id=row.repository_id,
            repository=row.repository.full_name,
            path=row.path,
            line=row.line,
            end_line=row.end_line,
            column=row.col,
            end_column=row.end_col,
            commit=row.commit,
            author=row.author,
            committed_at=row.committed_at,
            ref=row.ref,
            fingerprint=row.fingerprint,
            on_branch=row.on_branch,
            created_at=row.created_at,
        )


class FindingModel(BaseModel):
    """A secret, wherever it occurs, or an app build. The secret itself is nowhere stored."""

    id: int
    rule: str = Field(examples=["github-classic-pat"])
    name: str
    kind: Kind
    severity: SeverityName
    confidence: str
    preview: str = Field(description="Its first and last characters.")
    impact: str
    remedy: str
    reference: str
    state: State
    resolution: Resolution | None = Field(
        description="Why it is closed; while a review is pending, what was asked for."
    )
    until: datetime | None = Field(description="When a dismissal ends.")
    historical: bool = Field(description="Found by a scan of the past: nobody was told.")
    on_branch: bool
    assignee: PersonModel | None
    created_at: datetime
    opened_at: datetime = Field(description="Created, or reopened the last time.")
    closed_at: datetime | None
    seen_at: datetime
    place: PlaceModel | None = Field(description="The newest one; see `occurrences` for all.")
    moves: list[Move] = Field(description="The actions that its state allows.")

    @classmethod
    def of(cls, row: Finding, place: Occurrence | None) -> "FindingModel":
        """From the database."""
        state, user = State(row.state), row.assignee
        return cls(
            id=row.id,
            rule=row.rule_id,
            name=row.name,
            kind=Kind(row.kind),
            severity=SeverityName(Severity(row.severity).label),
            confidence=Confidence(row.confidence).label,
            preview=row.preview,
            impact=row.impact,
            remedy=row.remedy,
            reference=row.reference,
            state=state,
            resolution=Resolution(row.resolution) if row.resolution else None,
            until=row.until,
            historical=row.historical,
            on_branch=row.on_branch,
            assignee=PersonModel(id=user.id, login=user.login, name=user.name) if user else None,
            created_at=row.created_at,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            seen_at=row.seen_at,
            place=PlaceModel.of(place) if place else None,
            moves=sorted(possible(state)),
        )


class EntryModel(BaseModel):
    """One entry of the audit log: who did what to what, when."""

    id: int
    at: datetime
    actor_kind: str = Field(description="`user`, `token`, `forge` or `system`.")
    actor_id: int | None
    actor: str
    address: str = Field(description="Network address; shown in the audit log only.")
    action: str = Field(examples=["finding.dismissed"])
    subject: str = Field(examples=["finding"])
    subject_id: int | None
    details: dict[str, Any] = Field(description="Reason, comment, and `[from, to]` of changes.")

    @classmethod
    def of(cls, row: AuditEntry, *, address: bool) -> "EntryModel":
        """From the database; addresses of people are for whoever reads the whole log."""
        return cls(
            id=row.id,
            at=row.at,
            actor_kind=row.actor_kind,
            actor_id=row.actor_id,
            actor=row.actor,
            address=row.address if address else "",
            action=row.action,
            subject=row.subject,
            subject_id=row.subject_id,
            details=row.details,
        )


class ActionModel(BaseModel):
    """What to do to a finding."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"action": "resolve", "resolution": "revoked", "comment": "Revoked at GitHub."},
                {"action": "dismiss", "resolution": "used_in_tests"},
                {"action": "assign", "assignee_id": 7},
            ]
        },
    )

    action: Move
    resolution: Resolution | None = Field(
        default=None,
        description="`resolve` takes revoked, rotated, removed_before_merge; `dismiss` takes"
        " false_positive, used_in_tests, wont_fix.",
    )
    comment: str = Field(default="", max_length=limits.COMMENT_CHARACTERS)
    until: Moment | None = Field(
        default=None, description="When the dismissal ends; only with `wont_fix`."
    )
    assignee_id: RowId | None = None

    def action_of(self) -> Action:
        """As the service takes it."""
        return Action(self.action, self.resolution, self.comment, self.until, self.assignee_id)


class BulkModel(ActionModel):
    """What to do to many findings."""

    ids: list[RowId] = Field(min_length=1, max_length=limits.BULK_FINDINGS)


class RefusedModel(BaseModel):
    """A finding that was not changed."""

    id: int
    reason: str


class OutcomeModel(BaseModel):
    """What a bulk action did: each id is in one of the two."""

    done: list[FindingModel]
    refused: list[RefusedModel]


class ValueModel(BaseModel):
    """One value that a field of the filter could have."""

    model_config = ConfigDict(from_attributes=True)

    value: str
    label: str
    count: int


class FacetsModel(BaseModel):
    """How many findings each field could be narrowed to, under what else is filtered."""

    model_config = ConfigDict(from_attributes=True)

    state: list[ValueModel]
    severity: list[ValueModel]
    rule: list[ValueModel]
    repository: list[ValueModel]
    kind: list[ValueModel]
    assignee: list[ValueModel]
    resolution: list[ValueModel]

    @classmethod
    def of(cls, found: Facets) -> "FacetsModel":
        """From the query."""
        return cls.model_validate(found)
