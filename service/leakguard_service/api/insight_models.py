"""Figures, baseline and saved views as the API shows them."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from leakguard_service.api.routes import Flag
from leakguard_service.db.tables import SavedView


class _Seen(BaseModel):
    """Read from a dataclass of the same names."""

    model_config = ConfigDict(from_attributes=True)


class DayModel(_Seen):
    """One day, in UTC."""

    day: date
    opened: int = Field(description="Created or reopened.")
    closed: int = Field(description="Resolved or dismissed.")
    open: int = Field(description="At the day's end.")


class ShareModel(_Seen):
    """How many open findings fall to one thing."""

    key: str
    label: str
    count: int


class FiguresModel(_Seen):
    """What happened in a span of days, and what is open now."""

    days: list[DayModel]
    states: dict[str, int]
    by_severity: list[ShareModel]
    by_rule: list[ShareModel]
    by_repository: list[ShareModel]
    resolved: int
    mean_seconds: float | None = Field(description="From opened to resolved; null for none.")


class AcceptedModel(BaseModel):
    """One fingerprint that was dismissed."""

    rule: str
    path: str
    reason: str
    until: datetime | None


class BaselineModel(BaseModel):
    """A file for `--baseline`."""

    version: int
    generator: str
    fingerprints: dict[str, AcceptedModel]


class ViewModel(BaseModel):
    """A filter of the list of findings that got a name."""

    id: int
    name: str
    query: str = Field(description="The query string of the list.")
    shared: bool = Field(description="Everybody's.")

    @classmethod
    def of(cls, row: SavedView) -> "ViewModel":
        """From the database."""
        return cls(id=row.id, name=row.name, query=row.query, shared=not row.owner)


class ViewDraft(BaseModel):
    """A filter to save."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["Critical, mine"])
    query: str = Field(default="", max_length=2_000, examples=["state=open&severity=critical"])
    shared: Flag = False
