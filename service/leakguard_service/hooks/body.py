"""Reads a delivery's body: not too large, not too slow, not too many at a time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from leakguard_service import limits
from leakguard_service.settings import Settings

_RETRY_SECONDS: Final = 30


class Refused(Exception):
    """An answer other than 202. Its text is for the sender and says what to do."""

    def __init__(self, status: int, text: str, retry: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.retry = retry
        """Seconds after which to come again; 0 for what coming again does not cure."""


def busy(text: str) -> Refused:
    """It is our fault, and passes."""
    return Refused(503, text, _RETRY_SECONDS)


class Bodies:
    """All bodies of one process that are in memory."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.delivery_bytes
        self._all = max(limits.BODIES_BYTES, self._most)
        self._held = 0

    async def read(self, request: Request, held: "Hold") -> bytes:
        """The body as it came. Raises Refused: 408 too slow, 413 too large, 415 packed, 503."""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refused(415, "send the body without Content-Encoding")
        self._announced(request.headers.get("content-length", ""))
        try:
            async with asyncio.timeout(limits.BODY_SECONDS):
                return await self._stream(request, held)
        except TimeoutError:
            raise Refused(408, "the body did not come in time") from None
        except ClientDisconnect:
            raise Refused(400, "the body did not come whole") from None

    @contextmanager
    def hold(self) -> Iterator["Hold"]:
        """Counts what is read within it, and forgets that afterwards."""
        hold = Hold()
        try:
            yield hold
        finally:
            self._held -= hold.size

    async def _stream(self, request: Request, hold: "Hold") -> bytes:
        pieces = []
        async for piece in request.stream():
            hold.size += len(piece)
            self._held += len(piece)
            if hold.size > self._most:
                raise self._too_large()
            if self._held > self._all:
                raise busy("too many deliveries come at once")
            pieces.append(piece)
        return b"".join(pieces)

    def _announced(self, length: str) -> None:
        if not length:
            return
        if not (length.isascii() and length.isdigit()):
            raise Refused(400, "Content-Length is no number")
        if len(length) > len(str(self._most)) or int(length) > self._most:
            raise self._too_large()

    def _too_large(self) -> Refused:
        return Refused(413, f"a delivery may have {self._most} bytes")


class Hold:
    """How much one request holds, in bytes."""

    def __init__(self) -> None:
        self.size = 0
