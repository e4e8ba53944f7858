"""What a job works on: a repository with its connection, settings and forge, and its state."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from leakguard_service.db.scope import get
from leakguard_service.db.tables import Connection, Repository
from leakguard_service.errors import Hopeless, JobError, Later, NotThere
from leakguard_service.forges.port import Forge
from leakguard_service.jobs.port import Task
from leakguard_service.nouns import RepositoryRef
from leakguard_service.service import Service
from leakguard_service.tenancy import ConnectionSettings, TenantSettings
from leakguard_service.work.words import one_line

_ERROR_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """A repository as it was when the job began."""

    repository: Repository
    """Detached: for reading only."""
    ref: RepositoryRef
    connection: Connection
    """Detached."""
    answers: ConnectionSettings
    tenant: TenantSettings
    forge: Forge

    @property
    def id(self) -> int:
        """The repository's."""
        return self.repository.id

    @property
    def tenant_id(self) -> int:
        """Whose it is."""
        return self.repository.tenant_id

    @property
    def installation(self) -> str:
        """GitHub's id, empty elsewhere."""
        return self.repository.installation


def load(service: Service, task: Task) -> Target:
    """What the task is about. Raises Hopeless when it is gone or switched off."""
    with service.db.read() as session:
        try:
            return _loaded(service, session, task)
        except NotThere as error:
            raise Hopeless(f"{error}: it was removed") from error


def _loaded(service: Service, session: Session, task: Task) -> Target:
    repository = get(session, Repository, task.repository_id or 0, task.tenant_id)
    connection = get(session, Connection, repository.connection_id, task.tenant_id)
    name = repository.full_name
    if not connection.enabled:
        raise Hopeless(f"the connection {connection.name} of {name} is switched off")
    if not repository.enabled:
        raise Hopeless(f"{name} is switched off, or was removed from the installation")
    return Target(
        repository,
        repository_ref(repository),
        connection,
        ConnectionSettings.model_validate(connection.settings),
        service.tenant_settings(session, task.tenant_id),
        service.forge(service, connection),
    )


def repository_ref(repository: Repository) -> RepositoryRef:
    """The repository as its forge names it."""
    return RepositoryRef(
        repository.forge_id,
        repository.full_name,
        repository.default_branch,
        repository.private,
        repository.archived,
    )


@contextmanager
def asking(service: Service, connection: Connection) -> Iterator[None]:
    """Around calls to the forge: what it refuses is shown at the connection until it answers."""
    try:
        yield
    except JobError as error:
        say_connection(service, connection, str(error))
        raise
    if connection.error:
        say_connection(service, connection, "")


def say_connection(service: Service, connection: Connection, text: str) -> None:
    """Shows what is wrong with a connection; empty when all is well."""
    with service.db.write() as session:
        row = session.get(Connection, connection.id)
        if row is not None and row.tenant_id == connection.tenant_id:
            row.error = one_line(text, _ERROR_CHARACTERS)
            connection.error = row.error


def say_repository(service: Service, tenant_id: int, repository_id: int, text: str) -> None:
    """Shows why a repository could not be scanned; one that is switched off keeps that reason.

    A database that is away is no second error.
    """
    try:
        with service.db.write() as session:
            row = session.get(Repository, repository_id)
            if row is not None and row.tenant_id == tenant_id and row.enabled:
                row.error = one_line(text, _ERROR_CHARACTERS)
    except SQLAlchemyError:
        return


@contextmanager
def working(service: Service, task: Task) -> Iterator[None]:
    """Around a job of a repository: why it could not be done is shown there."""
    try:
        yield
    except JobError as error:
        waits = isinstance(error, Later) and error.waited
        if task.repository_id is not None and not waits:
            say_repository(service, task.tenant_id, task.repository_id, str(error))
        raise
    except Exception as error:
        if task.repository_id is not None:
            text = f"an unexpected error ended it: {type(error).__name__}"
            say_repository(service, task.tenant_id, task.repository_id, text)
        raise
