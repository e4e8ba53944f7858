"""Which class speaks to which forge."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from leakguard_service.crypto import Keyring
from leakguard_service.db.tables import Connection
from leakguard_service.errors import Hopeless
from leakguard_service.forges import gitea, gitlab
from leakguard_service.forges.api import Api, host_of
from leakguard_service.forges.gitea import Gitea
from leakguard_service.forges.github import HEADERS, GitHub
from leakguard_service.forges.github_app import App
from leakguard_service.forges.gitlab import GitLab
from leakguard_service.forges.http import Client
from leakguard_service.forges.port import Forge
from leakguard_service.nouns import ForgeKind
from leakguard_service.settings import Settings
from leakguard_service.tenancy import ConnectionSettings


class Parts(Protocol):
    """What of the service is needed here."""

    @property
    def settings(self) -> Settings:
        """How the service is set up."""

    @property
    def keyring(self) -> Keyring:
        """What opens the connection's token."""


Maker = Callable[[Settings, Client, Connection, Mapping[str, Any]], Forge]


def forge_for(service: Parts, connection: Connection) -> Forge:
    """The connection's forge. Raises Hopeless when its access cannot be read.

    It may be kept as long as the connection is not changed, and used by many threads.
    """
    try:
        access = json.loads(service.keyring.open(connection.access) or "{}")
    except ValueError:
        raise Hopeless(f"the access of the connection {connection.name!r} is no JSON") from None
    own = {host_of(connection.web_url), host_of(connection.api_url)}
    client = Client(service.settings, own=own)
    return FORGES[ForgeKind(connection.forge)](service.settings, client, connection, access)


def _organisations(connection: Connection) -> tuple[str, ...]:
    return ConnectionSettings.model_validate(connection.settings or {}).organisations


def _github(
    settings: Settings, client: Client, connection: Connection, access: Mapping[str, Any]
) -> Forge:
    api = Api(client, connection.api_url.rstrip("/"), HEADERS)
    app = None
    if access.get("app_id"):
        app = App(api, str(access["app_id"]), str(access.get("private_key", "")))
    return GitHub(
        settings,
        api,
        connection.web_url.rstrip("/"),
        app,
        str(access.get("token", "")),
        tuple(one.lower() for one in _organisations(connection)),
    )


def _gitlab(
    settings: Settings, client: Client, connection: Connection, access: Mapping[str, Any]
) -> Forge:
    token = str(access.get("token", ""))
    api = Api(client, connection.api_url.rstrip("/"), gitlab.headers(token))
    web_url = connection.web_url.rstrip("/")
    return GitLab(settings, api, web_url, token, _organisations(connection))


def _gitea(
    settings: Settings, client: Client, connection: Connection, access: Mapping[str, Any]
) -> Forge:
    token = str(access.get("token", ""))
    api = Api(client, connection.api_url.rstrip("/"), gitea.headers(token))
    web_url = connection.web_url.rstrip("/")
    return Gitea(settings, api, web_url, token, _organisations(connection))


FORGES: Final[Mapping[ForgeKind, Maker]] = {
    ForgeKind.GITHUB: _github,
    ForgeKind.GITLAB: _gitlab,
    ForgeKind.GITEA: _gitea,
}
