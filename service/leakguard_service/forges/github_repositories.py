"""Which repositories a GitHub connection reaches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leakguard_service.forges.api import Api, read
from leakguard_service.forges.github_app import App
from leakguard_service.forges.http import Refused
from leakguard_service.nouns import RepositoryRef


def installations(api: Api, app: App, organisations: Sequence[str]) -> Iterator[str]:
    """Ids of the App's installations that are not suspended, at these accounts (lower case) only
    when there are any."""
    for answer in api.pages("/app/installations", headers=app.headers()):
        for number, login, suspended in read(answer, lambda rows: [_place(one) for one in rows]):
            if not suspended and (not organisations or login in organisations):
                yield number


def _place(found: Any) -> tuple[str, str, bool]:
    login = str((found.get("account") or {}).get("login", "")).lower()
    return str(int(found["id"])), login, bool(found.get("suspended_at"))


def installed(api: Api, headers: Mapping[str, str]) -> Iterator[RepositoryRef]:
    """Those of the installation whose token the headers hold."""
    for answer in api.pages("/installation/repositories", headers=headers):
        yield from read(answer, lambda found: [ref(row) for row in found["repositories"]])


def reached(
    api: Api, headers: Mapping[str, str], organisations: Sequence[str]
) -> Iterator[RepositoryRef]:
    """Those of the organisations or users, else all that the token reaches."""
    if not organisations:
        yield from _listed(api, "/user/repos", headers, {})
    for name in organisations:
        try:
            yield from _listed(api, "/orgs/{owner}/repos", headers, {"owner": name})
        except Refused as error:
            if error.status != 404:
                raise
            yield from _listed(api, "/users/{owner}/repos", headers, {"owner": name})


def _listed(
    api: Api, template: str, headers: Mapping[str, str], values: Mapping[str, str]
) -> Iterator[RepositoryRef]:
    for answer in api.pages(template, headers=headers, values=values):
        yield from read(answer, lambda found: [ref(row) for row in found])


def ref(found: Any) -> RepositoryRef:
    """A repository as the API shows it."""
    return RepositoryRef(
        forge_id=str(int(found["id"])),
        full_name=str(found["full_name"]),
        default_branch=str(found.get("default_branch") or ""),
        private=bool(found.get("private", True)),
        archived=bool(found.get("archived", False)),
    )
