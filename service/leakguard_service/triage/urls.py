"""Addresses of forges as people enter them, and where a forge's API is.

What they resolve to is checked at each connection (forges/address.py), not here.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from leakguard_service.errors import Invalid
from leakguard_service.nouns import ForgeKind

_PUBLIC: Final[Mapping[ForgeKind, str]] = {
    ForgeKind.GITHUB: "https://github.com",
    ForgeKind.GITLAB: "https://gitlab.com",
    ForgeKind.GITEA: "https://codeberg.org",
}

_API: Final[Mapping[ForgeKind, Callable[[str], str]]] = {
    ForgeKind.GITHUB: lambda web: _github_api(web),
    ForgeKind.GITLAB: lambda web: f"{web}/api/v4",
    ForgeKind.GITEA: lambda web: f"{web}/api/v1",
}
_CHARACTERS: Final = 500


def base_url(text: str, forge: ForgeKind, private: bool) -> str:
    """The address without a slash at its end; the forge's public one for none.

    http is taken only where private addresses are (`private`). Raises Invalid.
    """
    return checked_url(text, "web_url", private) if text.strip() else _PUBLIC[forge]


def api_url_of(text: str, web_url: str, forge: ForgeKind, private: bool) -> str:
    """The address of the API; what belongs to the forge's own address for none."""
    return checked_url(text, "api_url", private) if text.strip() else _API[forge](web_url)


def checked_url(text: str, field: str, private: bool) -> str:
    """An address of a host and a path, nothing else. Raises Invalid."""
    parts = _split(text.strip().rstrip("/"), field)
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise Invalid(f"{field} begins with https://", field)
    if parts.username or parts.password or "@" in parts.netloc:
        raise Invalid(f"{field} holds no name or password: they go into access", field)
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise Invalid(f"{field} ends before ? and #", field)
    return parts.geturl()


def _split(text: str, field: str) -> SplitResult:
    plain = text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    if not plain or len(text) > _CHARACTERS:
        raise Invalid(f"{field} is no address", field)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Invalid(f"{field} is no address", field) from None
    if not parts.hostname or port == 0 or ".." in parts.path.split("/"):
        raise Invalid(f"{field} is no address", field)
    return parts


def _github_api(web: str) -> str:
    """https://docs.github.com/en/enterprise-server/rest/enterprise-admin"""
    host = urlsplit(web).hostname or ""
    if host == "github.com":
        return "https://api.github.com"
    if host.endswith(".ghe.com"):
        return web.replace("https://", "https://api.", 1)
    return f"{web}/api/v3"
