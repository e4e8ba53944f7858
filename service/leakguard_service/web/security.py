"""What protects every page: headers, the session's cookie, tokens of forms, a limit of sign-ins.

The policy of content follows CSP level 3 (https://www.w3.org/TR/CSP3/): nothing inline, nothing
from elsewhere. Forms are protected as OWASP's sheet on cross-site request forgery recommends: a
token bound to the session, and the Origin header (RFC 6454) where the browser sends one.
"""

import hashlib
import hmac
import time
from collections import OrderedDict, deque
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leakguard_service.settings import Settings

SIGN_INS: Final = 10
"""Failed sign-ins of one address in SIGN_IN_SECONDS: people mistype, machines guess."""

SIGN_IN_SECONDS: Final = 300.0
"""Seconds after which a failed sign-in is forgotten."""

ADDRESSES: Final = 10_000
"""Addresses whose failures are remembered; the longest unused are forgotten first."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action {forms};"
    " base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # `same-origin` tells other sites as little as `no-referrer`, but lets browsers name the
    # origin of our own forms: under `no-referrer` they send `Origin: null` (Fetch standard 3.2).
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)

_HSTS: Final = "max-age=31536000"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def content_policy(forge: str = "") -> str:
    """The policy of a page. `forge` is the origin of a forge that a form of it may be sent to."""
    return _POLICY.format(forms=f"'self' {forge}".strip())


class SecurityHeaders:
    """Adds the headers to every answer; what an answer says itself stays."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._https = settings.public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secure = self._https or scope.get("scheme") == "https"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), scope, secure)
            await send(message)

        await self._app(scope, receive, with_headers)


def add_headers(headers: MutableHeaders, scope: Scope, secure: bool) -> None:
    """Adds what is missing. For the answer to a broken page too, which goes past middleware."""
    headers.setdefault("Content-Security-Policy", content_policy())
    for name, value in _HEADERS:
        headers.setdefault(name, value)
    if secure:
        headers.setdefault("Strict-Transport-Security", _HSTS)
    if scope["path"].startswith("/static/"):
        headers["Cache-Control"] = _FOR_EVER if scope["query_string"] else "no-cache"


def is_https(request: Request, settings: Settings) -> bool:
    """Whether the browser speaks https to us, or to the proxy before us."""
    return settings.public_url.startswith("https://") or request.url.scheme == "https"


def cookie_name(request: Request, settings: Settings) -> str:
    """Of the session's cookie. `__Host-` binds it to this host, but needs https (RFC 6265bis)."""
    return "__Host-leakguard" if is_https(request, settings) else "leakguard"


def form_token(session: str) -> str:
    """What the forms of a session carry: made from its cookie, which no other site can read."""
    return hmac.new(session.encode(), b"leakguard form", hashlib.sha256).hexdigest()


def same_site(headers: Headers, settings: Settings) -> bool:
    """Whether the browser says that a page of ours sent the request, as far as it says anything."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    ours = {headers.get("host", "").lower(), urlsplit(settings.public_url).netloc.lower()}
    return bool(host := urlsplit(origin).netloc.lower()) and host in ours


def local_path(given: str, otherwise: str = "/") -> str:
    """`given` when it is a path of this site, else `otherwise`: nobody is led elsewhere."""
    odd = any(sign in given for sign in "\\\r\n\t\0") or len(given) > 2_000
    if odd or not given.startswith("/") or given.startswith("//"):
        return otherwise
    parts = urlsplit(given)
    return otherwise if parts.scheme or parts.netloc else given


class Attempts:
    """Counts failed sign-ins by address, in this process."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str, now: float | None = None) -> float:
        """Seconds until the address may try again; 0 when it may now."""
        moment = time.monotonic() if now is None else now
        failed = self._failed.get(address, deque())
        while failed and failed[0] <= moment - SIGN_IN_SECONDS:
            failed.popleft()
        return failed[0] + SIGN_IN_SECONDS - moment if len(failed) >= SIGN_INS else 0.0

    def failed(self, address: str, now: float | None = None) -> None:
        """Remembers one failure."""
        moment = time.monotonic() if now is None else now
        self._failed.setdefault(address, deque(maxlen=SIGN_INS)).append(moment)
        self._failed.move_to_end(address)
        while len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)
