"""The nouns of the service: events of forges, states of findings, roles. No I/O."""

from dataclasses import dataclass, field
from enum import StrEnum


class ForgeKind(StrEnum):
    """Which forge a connection speaks to."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Gitea and Forgejo."""


class Role(StrEnum):
    """What a person or token may do; each may do what the one before may."""

    VIEWER = "viewer"
    TRIAGER = "triager"
    ADMIN = "admin"


class State(StrEnum):
    """Where a finding is in its life."""

    OPEN = "open"
    PENDING_REVIEW = "pending_review"
    """Somebody asked to dismiss it, and somebody else has to agree."""
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class Resolution(StrEnum):
    """Why a finding is closed. The first three resolve it, the others dismiss it."""

    REVOKED = "revoked"
    ROTATED = "rotated"
    REMOVED_BEFORE_MERGE = "removed_before_merge"
    FALSE_POSITIVE = "false_positive"
    USED_IN_TESTS = "used_in_tests"
    WONT_FIX = "wont_fix"

    @property
    def dismisses(self) -> bool:
        """Whether it says that nothing has to be done."""
        return self in (self.FALSE_POSITIVE, self.USED_IN_TESTS, self.WONT_FIX)


class Change(StrEnum):
    """What happened to a finding: what people are told of, and what its history shows."""

    CREATED = "created"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"
    DISMISSAL_REQUESTED = "dismissal_requested"
    DISMISSAL_DENIED = "dismissal_denied"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    COMMENTED = "commented"
    SEEN_AGAIN = "seen_again"
    GONE = "gone"
    """No branch head holds it any longer; its state stays."""


class JobKind(StrEnum):
    """What a job does; work/ has a module for each."""

    PUSH = "push"
    BACKFILL = "backfill"
    REPORT = "report"
    NOTIFY = "notify"
    RECONCILE = "reconcile"
    INVENTORY = "inventory"
    """Asks a forge which repositories a connection has."""


class EventKind(StrEnum):
    """What a delivery says, whatever the forge."""

    PING = "ping"
    PUSH = "push"
    PULL_REQUEST = "pull_request"
    INSTALLATION = "installation"
    REPOSITORY = "repository"
    RERUN = "rerun"
    """Somebody asks to check a commit again."""
    ACTION = "action"
    """Somebody pressed a button of a check run."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RepositoryRef:
    """A repository as its forge names it."""

    forge_id: str
    """The forge's own number: it stays when the repository is renamed."""
    full_name: str
    default_branch: str = ""
    private: bool = True
    archived: bool = False


@dataclass(frozen=True, slots=True)
class PushedRef:
    """One ref that moved. `before` and `after` are object ids; empty for none."""

    ref: str
    """Whole: `refs/heads/main`."""
    before: str
    after: str
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """A delivery, understood. Holds names and ids, never a commit's message or content."""

    kind: EventKind
    name: str
    """The forge's own word: `push`, `Tag Push Hook`."""
    action: str = ""
    repository: RepositoryRef | None = None
    repositories: tuple[RepositoryRef, ...] = ()
    """Those an installation got, or lost."""
    installation: str = ""
    """GitHub's installation id."""
    pushes: tuple[PushedRef, ...] = ()
    number: int = 0
    """Of the pull request."""
    sender: str = ""
    """Login of who did it."""
    details: dict[str, str] = field(default_factory=dict)
    """What else an action needs: `head_sha`, `external_id`, `identifier`."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, for the audit log."""

    kind: str
    """`user`, `token`, `forge` (somebody at the forge) or `system`."""
    name: str
    id: int | None = None
    role: Role = Role.VIEWER
    address: str = ""
    """Network address, where the request came from one."""


SYSTEM = Actor("system", "leakguard", role=Role.ADMIN)
"""The service itself."""


class Off(StrEnum):
    """Why a repository was switched off by what its forge said: `Repository.error` then.

    It is switched on again when the forge speaks of it again; one that an admin switched off is
    not.
    """

    DELETED = "The forge says that it was deleted."
    REMOVED = "It was removed from the App's installation."
    UNINSTALLED = "The App was uninstalled."
    SUSPENDED = "The App's installation is suspended."
    NOT_LISTED = "The forge no longer lists it for this connection."
