"""A tenant to tell things, and where they go."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.conftest import make_service
from tests.service.forges.receivers import MailServer, Receiver
from tests.service.notify.world import World


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Any web hook."""
    with Receiver() as server:
        yield server


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server."""
    with MailServer() as server:
        yield server


@pytest.fixture
def world(service: Service) -> World:
    """A tenant of a service with an address and without a mail server."""
    settings = service.settings.model_copy(update={"public_url": "https://leaks.corp.example"})
    return World(make_service(settings, service.db))


@pytest.fixture
def mailing(service: Service, settings: Settings, mail_server: MailServer) -> World:
    """A tenant of a service with a mail server."""
    given = {
        "public_url": "https://leaks.corp.example",
        "smtp_url": SecretStr(f"{mail_server.url}?from=leakguard@corp.example"),
    }
    return World(make_service(settings.model_copy(update=given), service.db))
