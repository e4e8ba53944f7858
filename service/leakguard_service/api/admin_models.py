"""Connections, channels, people and settings as the API shows and takes them.

Secrets go in and do not come out, but for a token or webhook secret at the moment it is made.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from leakguard_service.api.finding_models import RowId
from leakguard_service.api.routes import LARGEST, Flag
from leakguard_service.db.tables import ApiToken, Channel, Connection
from leakguard_service.nouns import ForgeKind, Role
from leakguard_service.tenancy import ConnectionSettings
from leakguard_service.triage.connections import Draft, hook_path
from leakguard_service.triage.scopes import Scope
from leakguard_service.triage.tokens import DAYS

Value = (
    Flag
    | Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
    | Annotated[str, Field(max_length=2_000)]
    | list[str]
)
"""What a channel's setting can be."""

_Url = Annotated[str, Field(max_length=500)]
_Secret = Annotated[str, Field(max_length=20_000)]


class _Given(BaseModel):
    """What somebody gives; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class AccessDraft(_Given):
    """What it takes to read at a forge: a token, or an App's number and private key."""

    token: _Secret = ""
    app_id: Annotated[str, Field(max_length=100)] = ""
    private_key: _Secret = ""


class SettingsDraft(_Given):
    """How a connection's forge is answered; what is missing stays."""

    report: Flag | None = None
    sarif: Flag | None = None
    comment: Flag | None = None
    backfill: Flag | None = None
    organisations: list[Annotated[str, Field(max_length=200)]] | None = Field(
        default=None, max_length=200
    )
    app_slug: Annotated[str, Field(max_length=100, pattern="^[A-Za-z0-9-]*$")] | None = None


class ConnectionChange(_Given):
    """What to change; what is missing stays."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    web_url: _Url | None = Field(default=None, examples=["https://github.com"])
    api_url: _Url | None = None
    access: AccessDraft | None = None
    settings: SettingsDraft | None = None
    signing: _Secret | None = Field(default=None, description="GitLab's signing token.")
    enabled: Flag | None = None

    def draft(self) -> Draft:
        """As the service takes it."""
        settings = self.settings.model_dump(exclude_none=True) if self.settings else None
        access = self.access.model_dump() if self.access is not None else None
        return Draft(
            self.name, self.web_url, self.api_url, access, settings, self.signing, self.enabled
        )


class ConnectionDraft(ConnectionChange):
    """A new connection. Addresses that are missing are the forge's public ones."""

    forge: ForgeKind


class ConnectionModel(BaseModel):
    """A connection to a forge."""

    id: int
    forge: ForgeKind
    name: str
    hook_path: str = Field(description="Where the forge delivers to, below the service's address.")
    web_url: str
    api_url: str
    settings: ConnectionSettings
    has_access: bool
    has_signing: bool
    old_secret_until: datetime | None
    enabled: bool
    created_at: datetime
    delivered_at: datetime | None
    error: str

    @classmethod
    def of(cls, row: Connection) -> "ConnectionModel":
        """From the database."""
        return cls(
            id=row.id,
            forge=ForgeKind(row.forge),
            name=row.name,
            hook_path=hook_path(row),
            web_url=row.web_url,
            api_url=row.api_url,
            settings=ConnectionSettings.model_validate(row.settings),
            has_access=bool(row.access),
            has_signing=bool(row.signing),
            old_secret_until=row.old_secret_until,
            enabled=row.enabled,
            created_at=row.created_at,
            delivered_at=row.delivered_at,
            error=row.error,
        )


class NewConnectionModel(BaseModel):
    """A connection with its webhook secret, which is shown this once."""

    connection: ConnectionModel
    secret: str


class FilterDraft(_Given):
    """What a channel wants to hear of."""

    min_severity: Annotated[
        int, Field(ge=1, le=4, strict=True, description="1 low ... 4 critical.")
    ] = 1
    changes: list[Annotated[str, Field(max_length=40)]] = Field(default=[], max_length=20)
    repositories: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[], max_length=100, description="Globs of whole names, such as `acme/*`."
    )


class ChannelChange(_Given):
    """What to change; what is missing stays. `config` is given whole."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    config: dict[str, Value] | None = Field(default=None, max_length=20)
    filter: FilterDraft | None = None
    enabled: Flag | None = None


class ChannelNew(ChannelChange):
    """A new channel; `GET /channels/kinds` says what each kind has to be told."""

    kind: Annotated[str, Field(max_length=20, examples=["slack"])]


class ChannelModel(BaseModel):
    """A channel."""

    id: int
    kind: str
    name: str
    filter: dict[str, Any]
    enabled: bool
    created_at: datetime
    error: str

    @classmethod
    def of(cls, row: Channel) -> "ChannelModel":
        """From the database."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class KeyModel(BaseModel):
    """One setting of a kind of channel."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    form: str
    required: bool
    secret: bool
    hint: str


class KindModel(BaseModel):
    """A kind of channel."""

    kind: str
    label: str
    keys: list[KeyModel]


class SaidModel(BaseModel):
    """What came of it."""

    detail: str


class UserModel(BaseModel):
    """Somebody who may sign in."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    login: str
    name: str
    role: Role
    active: bool
    created_at: datetime
    seen_at: datetime | None


class UserDraft(_Given):
    """Somebody to invite."""

    login: Annotated[str, Field(min_length=1, max_length=320, examples=["ada@example.org"])]
    role: Role = Role.VIEWER
    name: Annotated[str, Field(max_length=200)] = ""


class UserChange(_Given):
    """What to change; what is missing stays."""

    role: Role | None = None
    active: Flag | None = None


class TokenDraft(_Given):
    """A token to make."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["nightly report"])]
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    role: Role = Role.VIEWER
    days: Annotated[int, Field(ge=1, le=DAYS, strict=True)] | None = Field(
        default=None, description="Good for so long; for ever when missing."
    )
    user_id: RowId | None = Field(default=None, description="Whose it is; nobody's when missing.")


class TokenModel(BaseModel):
    """A token, without its text."""

    id: int
    user_id: int | None
    name: str
    hint: str = Field(description="How it begins.")
    scopes: list[str]
    role: Role
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: ApiToken) -> "TokenModel":
        """From the database."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class NewTokenModel(BaseModel):
    """A token with its text, which is shown this once."""

    row: TokenModel
    token: str


class MeModel(BaseModel):
    """Who a token is."""

    kind: str = Field(description="`user` or `token`.")
    id: int | None
    name: str
    role: Role
    scopes: list[str]
