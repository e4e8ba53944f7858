"""HTTP for jobs: guarded, bounded in time and size, and with errors that say what to do next.

Answers become errors.Later (rate limits, 5xx, no answer, garbage) or Refused, which is
errors.Hopeless (what repeating cannot change). Texts name host, method, what was asked for and
status: no path (those of web hooks are secrets), no token, nothing that was answered.
"""

import json as json_text
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpcore2
import httpx2

from leakguard_service import limits
from leakguard_service.errors import Hopeless, Invalid, Later
from leakguard_service.forges import address, transport
from leakguard_service.settings import Settings

for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # they log URLs and headers: secrets

_READ_SECONDS: Final = 15.0
_PAUSES: Final = (0.2, 0.5)
_REDIRECTS: Final = 3
_AGENT: Final = "leakguard"
_SOON: Final = 30.0
"""Seconds until something that failed on the other side is asked again."""
_TRANSIENT: Final = (408, 409, 425)
_SAFE: Final = ("GET", "HEAD")
_WORDS: Final = (b"rate limit", b"abuse detection")
"""What GitHub says in a 403 that has none of the headers."""


class Refused(Hopeless):
    """The other side answered with a status that repeating cannot change."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with a 2xx status."""

    status: int
    headers: Mapping[str, str]
    """Any case of letters finds a header."""
    content: bytes
    origin: str
    """`host: METHOD what`, for error texts."""

    def json(self) -> Any:
        """The body. Raises Later when it is no JSON: something stands in between, or is broken."""
        try:
            return json_text.loads(self.content)
        except (ValueError, RecursionError):
            raise Later(f"{self.origin} answered with something that is no JSON", _SOON) from None


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    target: address.Target
    headers: Mapping[str, str]
    content: bytes | None
    what: str
    deadline: float

    def __str__(self) -> str:
        return f"{self.target.name}: {self.method} {self.what}".rstrip()


class Client:
    """Asks. May be shared by threads; needs no closing.

    `own` are hosts that are allowed beside LEAKGUARD_ALLOWED_HOSTS: those of the connection.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        own: Collection[str] = (),
        resolve: address.Resolver = address.resolved,
    ) -> None:
        self._settings = settings
        self._own = frozenset(own)
        self._resolve = resolve

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        timeout: float = limits.ANSWER_SECONDS,
        allow_private: bool | None = None,
        what: str = "",
    ) -> Response:
        """The answer, when its status is 2xx. Raises Later or Hopeless.

        `timeout` is in seconds, for all. `what` names the resource in error texts, as a template:
        `/repos/{repository}`. Redirects are followed within the same origin only, by the rules of
        RFC 9110.
        """
        private = self._settings.allow_private_addresses if allow_private is None else allow_private
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **(headers or {})}
        if json is not None:
            content = json_text.dumps(json).encode()
            sent.setdefault("Content-Type", "application/json")
        there = self._target(url, private)
        asked = _Asked(method, there, sent, content, what, time.monotonic() + timeout)
        for _ in range(_REDIRECTS + 1):
            answer = self._tried(asked, private)
            if not 300 <= answer.status < 400:
                return _judged(asked, answer)
            asked = self._followed(asked, answer, private)
        raise Hopeless(f"{asked} redirects too often")

    def _target(self, url: str, private: bool) -> address.Target:
        try:
            return address.target(url, self._settings, own=self._own, private=private)
        except Invalid as error:
            raise Hopeless(str(error)) from None

    def _followed(self, asked: _Asked, answer: Response, private: bool) -> _Asked:
        location = answer.headers.get("location", "")
        try:
            url = str(asked.target.url.join(location))
        except (httpx2.InvalidURL, ValueError):
            url = ""
        if not location or not url:
            raise Hopeless(f"{asked} answered {answer.status}")
        there = self._target(url, private)
        if there.url.origin != asked.target.url.origin:
            raise Hopeless(f"{asked} redirects to another host, which is not followed")
        if asked.method not in _SAFE and answer.status not in (307, 308):
            raise Hopeless(f"{asked} answered {answer.status}")
        return _Asked(asked.method, there, asked.headers, asked.content, asked.what, asked.deadline)

    def _tried(self, asked: _Asked, private: bool) -> Response:
        """Connections are tried again, and so are requests that change nothing."""
        again: tuple[type[Exception], ...] = (httpcore2.ConnectError, httpcore2.ConnectTimeout)
        if asked.method in _SAFE:
            again += (httpcore2.ReadError, httpcore2.RemoteProtocolError)
        for number in range(limits.CONNECT_TRIES):
            try:
                return self._once(asked, private)
            except Invalid as error:
                raise Hopeless(str(error)) from None
            except again:
                if number + 1 == limits.CONNECT_TRIES:
                    break
                time.sleep(max(0.0, min(_PAUSES[number], asked.deadline - time.monotonic())))
            except httpcore2.TimeoutException:
                raise Later(f"{asked} did not answer in time", _SOON) from None
            except (
                httpcore2.ProtocolError,
                httpcore2.NetworkError,
                httpx2.HTTPError,
                OSError,
            ):
                break
        raise Later(f"{asked}: the connection failed", _SOON) from None

    def _once(self, asked: _Asked, private: bool) -> Response:
        transport.ends(asked.deadline)
        way = transport.Transport(self._resolve, private=private)
        with (
            httpx2.Client(transport=way, timeout=_READ_SECONDS, trust_env=False) as client,
            client.stream(
                asked.method, asked.target.url, headers=asked.headers, content=asked.content
            ) as answer,
        ):
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > limits.ANSWER_BYTES:
                    raise Hopeless(f"{asked} answered with more than {limits.ANSWER_BYTES} bytes")
            return Response(answer.status_code, answer.headers, bytes(body), str(asked))


def _judged(asked: _Asked, answer: Response) -> Response:
    status = answer.status
    if 200 <= status < 300:
        return answer
    if status == 429 or (status == 403 and _limited(answer)):
        seconds = _wait(answer.headers)
        raise Later(f"{asked}: rate limit, waiting {seconds:.0f} s", seconds, waited=True)
    if status >= 500 or status in _TRANSIENT:
        seconds = max(_SOON, min(_after(answer.headers) or 0.0, limits.WAIT_SECONDS[1]))
        raise Later(f"{asked} answered {status}", seconds)
    raise Refused(f"{asked} answered {status}", status)


def _limited(answer: Response) -> bool:
    """Whether a 403 is a rate limit:
    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    if "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0":
        return True
    start = answer.content[:2_000].lower()
    return any(word in start for word in _WORDS)


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds until asking makes sense: as the forge says, a minute if it says nothing."""
    shortest, longest = limits.WAIT_SECONDS
    after = _after(headers)
    if after is not None:
        return min(max(after, 1.0), longest)
    if headers.get("x-ratelimit-remaining") == "0":
        return min(max(_number(headers.get("x-ratelimit-reset", "")) - time.time(), 1.0), longest)
    return shortest


def _after(headers: Mapping[str, str]) -> float | None:
    """What Retry-After says, in seconds: RFC 9110, section 10.2.3, a number or a date."""
    text = headers.get("retry-after", "")
    if not text:
        return None
    if text.strip().isdecimal():
        return _number(text)
    try:
        return parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, OverflowError, OSError):
        return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return time.time() + limits.WAIT_SECONDS[0]
