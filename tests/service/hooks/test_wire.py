"""The receiver behind a real server: what only shows on the wire."""

import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI

from leakguard_service import limits
from leakguard_service.db.work_tables import Delivery
from leakguard_service.hooks.receiver import router
from leakguard_service.service import Service
from tests.service.conftest import add_connection, add_tenant, make_service
from tests.service.hooks import payloads
from tests.service.hooks.desk import rows
from tests.service.hooks.payloads import Repo, sha

PATIENCE = 10.0
HEAD = "POST /hooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def port(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with small limits: 1,000 bytes, half a second."""
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.5)
    add_connection(service, add_tenant(service))
    small = service.settings.model_copy(update={"delivery_bytes": 1_000})
    app = FastAPI()
    app.include_router(router(make_service(small, service.db)))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def answer(port: int, *pieces: bytes, pause: float = 0.0) -> int:
    """Sends bytes as they are; the status of the answer, 0 when there was none."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as to:
        try:
            for piece in pieces:
                to.sendall(piece)
                time.sleep(pause)
        except OSError:
            pass  # refused before all was sent
        found = re.match(rb"HTTP/1\.1 ([0-9]{3}) ", to.recv(1_000))
        return int(found[1]) if found else 0


def chunk(size: int) -> bytes:
    return f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"


CHUNKED = (HEAD + "Transfer-Encoding: chunked\r\n\r\n").encode()


def test_a_body_without_end_is_cut_off(port: int) -> None:
    assert answer(port, CHUNKED, chunk(900), chunk(900)) == 413


def test_a_large_body_is_refused_before_it_is_sent(port: int) -> None:
    assert answer(port, (HEAD + "Content-Length: 1001\r\n\r\n").encode()) == 413
    assert answer(port, (HEAD + f"Content-Length: {'9' * 30}\r\n\r\n").encode()) in (400, 413)


def test_a_body_that_drips_is_not_waited_for(port: int) -> None:
    begun = time.monotonic()

    assert answer(port, CHUNKED, *[chunk(1)] * 8, pause=0.1) == 408
    assert time.monotonic() - begun < PATIENCE / 2


def test_a_body_that_never_comes_is_not_waited_for(port: int) -> None:
    assert answer(port, (HEAD + "Content-Length: 5\r\n\r\n").encode()) == 408


def test_two_lengths_are_none(service: Service, port: int) -> None:
    content = payloads.body(payloads.github_push(Repo(), "refs/heads/main", sha("a"), sha("b")))
    signed = payloads.signed("github", payloads.SECRET, content)
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())

    for lengths in (
        "Content-Length: 5\r\nContent-Length: 900\r\n",
        f"Content-Length: {len(content)}\r\nTransfer-Encoding: chunked\r\n",
    ):
        head = f"POST /hooks/github HTTP/1.1\r\nHost: x\r\n{lines}{lengths}\r\n".encode()
        assert answer(port, head, content) in (0, 400, 401, 413, 415)
    assert rows(service, Delivery) == []
