"""Addresses of things at their forges, for links. Made from the connection's own address only."""

from urllib.parse import quote

from leakguard_service.db.tables import Connection, Occurrence, Repository
from leakguard_service.web.text import web_link

# GitHub: docs.github.com "Getting permanent links to files"; GitLab puts `/-/` before its pages;
# Gitea and Forgejo say `src/commit`.
_LINE = {
    "github": "blob/{commit}/{path}#L{line}",
    "gitlab": "-/blob/{commit}/{path}#L{line}",
    "gitea": "src/commit/{commit}/{path}#L{line}",
}
_COMMIT = {"github": "commit/{commit}", "gitlab": "-/commit/{commit}", "gitea": "commit/{commit}"}


def to_repository(repository: Repository) -> str:
    """Of the repository's page; empty when the connection's address is none for browsers."""
    return _under(repository.connection, repository.full_name)


def to_line(place: Occurrence) -> str:
    """Of the line as it was in its commit; of a member of an archive, the archive's own page."""
    if not place.commit:
        return ""
    path, inner, _ = place.path.partition("!/")
    form = _LINE.get(place.repository.connection.forge, _LINE["github"])
    rest = form.format(commit=quote(place.commit), path=quote(path), line=place.line)
    base = to_repository(place.repository)
    return f"{base}/{rest.partition('#')[0] if inner else rest}" if base else ""


def to_commit(repository: Repository, commit: str) -> str:
    """Of a commit's page; empty without one."""
    base = to_repository(repository)
    form = _COMMIT.get(repository.connection.forge, _COMMIT["github"])
    return f"{base}/{form.format(commit=quote(commit))}" if base and commit else ""


def _under(connection: Connection, path: str) -> str:
    base = web_link(connection.web_url.rstrip("/"))
    return f"{base}/{quote(path)}" if base else ""
