"""Connections to checked addresses only, each with an end in time.

httpx2 asks a network backend of httpcore2 for connections; this one resolves the host itself,
looks at all its addresses and connects to what it looked at. TLS is checked for the host's name.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from ssl import SSLContext
from typing import Any, Final

import httpcore2
import httpx2

from leakguard_service.forges import address

_CONNECT_SECONDS: Final = 10.0
_moment = threading.local()
"""`.end`: when the request of this thread must be over (time.monotonic)."""


def ends(at: float) -> None:
    """Sets when this thread's request must be over."""
    _moment.end = at


def _left(timeout: float | None) -> float:
    left: float = _moment.end - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time is over")
    return left if timeout is None else min(left, timeout)


class Guarded(httpcore2.NetworkBackend):
    """Connects to addresses that are allowed. Raises errors.Invalid for others."""

    def __init__(self, resolve: address.Resolver, private: bool) -> None:
        self._resolve = resolve
        self._private = private
        self._real = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = address.addresses(host, port, private=self._private, resolve=self._resolve)
        except OSError as error:
            raise httpcore2.ConnectError("the name has no address") from error
        last: Exception = httpcore2.ConnectError("the name has no address")
        for one in found:
            try:
                limit = min(_left(timeout), _CONNECT_SECONDS)
                stream = self._real.connect_tcp(one, port, limit, local_address, socket_options)
                return _Bounded(stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        raise last

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        raise httpcore2.ConnectError("sockets of this machine are not asked")

    def sleep(self, seconds: float) -> None:
        time.sleep(_left(seconds))


class _Bounded(httpcore2.NetworkStream):
    """A stream whose reads and writes end when the request's time is over."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        limit = _left(timeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@cache
def _tls() -> SSLContext:
    """The system's or certifi's roots; SSL_CERT_FILE and SSL_CERT_DIR name others."""
    return httpx2.create_ssl_context()


class Transport(httpx2.BaseTransport):
    """Sends requests through Guarded. Each has a connection of its own, closed at its end."""

    def __init__(self, resolve: address.Resolver, *, private: bool) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_tls(),
            max_connections=100,
            max_keepalive_connections=0,
            network_backend=Guarded(resolve, private),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, its body not yet read. Raises httpcore2's errors and errors.Invalid."""
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = self._pool.handle_request(sent)
        return httpx2.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer)
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
