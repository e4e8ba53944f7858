"""Speaks to a leakguard service over its API, with the standard library alone.

The token is sent to the server that was named and nowhere else: redirects are not followed, and
plain http only goes to this machine unless that was asked for.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from leakguard.errors import UsageError
from leakguard.version import __version__

_SECONDS: Final = 60
"""For one answer."""

_BYTES: Final = 256 * 1024 * 1024
"""Of one answer: a baseline of a million fingerprints."""

_PAGE: Final = 200
"""Rows asked for at once: the most that the API gives."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Query = Mapping[str, object]


class _NoRedirects(HTTPRedirectHandler):
    """A redirect could lead the token to another host."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """No further request: the redirect itself is the answer."""


class Server:
    """One service, asked with one token."""

    def __init__(self, url: str, token: str, *, insecure: bool = False) -> None:
        self._base = _base(url, insecure) + "/api/v1"
        self._token = _checked_token(token)
        self._opener = build_opener(_NoRedirects)

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON document at a path below /api/v1. Raises UsageError."""
        return self._ask("GET", path + _text(query or {}), None)

    def post(self, path: str, body: object) -> Any:
        """The answer to a JSON document. Raises UsageError."""
        return self._ask("POST", path, json.dumps(body).encode())

    def pages(self, path: str, query: Query, most: int | None) -> Iterator[Any]:
        """The items of a list, page by page, `most` at most; None for all."""
        after = ""
        while most is None or most > 0:
            limit = _PAGE if most is None else min(most, _PAGE)
            page = self.get(path, {**query, "limit": limit, "after": after})
            yield from page["items"]
            after = page["next"]
            most = None if most is None else most - len(page["items"])
            if not after:
                return

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "User-Agent": f"leakguard/{__version__}",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(self._base + path, body, headers, method=method)  # noqa: S310 - see _base
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return _document(answer.read(_BYTES + 1), self._base)
        except HTTPError as error:
            raise UsageError(_refusal(error, self._base)) from None
        except (URLError, OSError, HTTPException) as error:
            raise UsageError(f"{self._base} cannot be reached: {_reason(error)}") from None


def segment(text: object) -> str:
    """A value as one part of a path."""
    return quote(str(text), safe="")


def _base(url: str, insecure: bool) -> str:
    if not url:
        raise UsageError("which server? give --server or set LEAKGUARD_SERVER")
    try:
        parts = urlsplit(url.strip().rstrip("/"))
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, named = urlsplit(""), False
    if not named or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise UsageError("the server's address looks like https://leakguard.example.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not insecure:
        raise UsageError(
            f"{parts.hostname} is named with http://: everybody on the way could read the token;"
            " use https://, or --insecure if you mean it"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _checked_token(token: str) -> str:
    token = token.strip()
    if not token:
        raise UsageError("set LEAKGUARD_TOKEN to an API token of the service")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageError("LEAKGUARD_TOKEN holds what no token holds")
    return token


def _text(query: Query) -> str:
    given = {key: value for key, value in query.items() if value not in (None, "", (), [])}
    plain = {key: str(v).lower() if isinstance(v, bool) else v for key, v in given.items()}
    return "?" + urlencode(plain, doseq=True) if plain else ""


def _document(data: bytes, base: str) -> Any:
    if len(data) > _BYTES:
        raise UsageError(f"{base} answered with more than {_BYTES} bytes")
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise UsageError(f"{base} did not answer with JSON: is this a leakguard?") from None


def _refusal(error: HTTPError, base: str) -> str:
    """What the service said; of something else only the status."""
    if 300 <= error.code < 400:
        return f"{base} redirects (HTTP {error.code}): name the address it really has"
    try:
        said = json.loads(error.read(100_000)).get("detail")
    except (ValueError, AttributeError, OSError, HTTPException):
        said = None
    if isinstance(said, str) and said:
        return f"the service said: {said} (HTTP {error.code})"
    return f"{base} answered with HTTP {error.code}: is this a leakguard?"


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no answer within {_SECONDS} s"
    if isinstance(reason, ssl.SSLError):
        return f"its certificate or TLS is not accepted ({reason.reason or 'unknown'})"
    return str(getattr(reason, "strerror", None) or type(reason).__name__)
