"""Bare repositories over smart HTTP on 127.0.0.1: `git http-backend` behind a small server."""

import base64
import os
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

_CHUNK = 65_536

_UPLOAD_PACK: Mapping[str, str] = {
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "http.receivepack": "true",
    "safe.directory": "*",
}
"""As the forges serve: partial clones, and any object by its id."""


def run_backend(
    handler: BaseHTTPRequestHandler,
    folder: Path,
    path: str,
    config: Mapping[str, str] = _UPLOAD_PACK,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Answers a request through `git http-backend`; `path` begins with `/`, below `folder`."""
    split = urlsplit(path)
    body = _body(handler)
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "PATH_INFO": unquote(split.path),
        "QUERY_STRING": split.query,
        "REQUEST_METHOD": handler.command,
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_USER": "test",
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
        **_configured(config),
        **more,
    }
    process = subprocess.Popen(
        ["git", "http-backend"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin
    assert process.stdout
    with process:
        threading.Thread(target=_feed, args=(process, body), daemon=True).start()
        _answer(handler, process)
        process.kill()


def _configured(config: Mapping[str, str]) -> dict[str, str]:
    pairs = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return pairs


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)


def _feed(process: "subprocess.Popen[bytes]", body: bytes) -> None:
    assert process.stdin
    try:
        process.stdin.write(body)
        process.stdin.close()
    except (OSError, ValueError):
        return  # it ended before it read all


def _answer(handler: BaseHTTPRequestHandler, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout
    status, headers = 200, []
    while line := process.stdout.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    try:
        while chunk := process.stdout.read(_CHUNK):
            handler.wfile.write(chunk)
    except OSError:
        return  # the client went away


def allowed(header: str, token: str) -> bool:
    """Whether an Authorization header gives the token: as a bearer or as Basic's password."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        value = base64.b64decode(value).decode().partition(":")[2]
    return not token or (bool(value) and value == token)


class GitHttp:
    """Serves the bare repositories in `folder` as `{url}/name.git`; use it as a context manager.

    With a token, requests need it. `config` is given to the served git, `more` is added to its
    environment. `answers` maps a path's
    beginning to a status and headers that are sent instead; `requests` lists method and path of
    what was asked, `headers` the Authorization header of each.
    """

    def __init__(
        self,
        folder: Path,
        token: str = "",
        config: Mapping[str, str] | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
    ):
        self.requests: list[tuple[str, str]] = []
        self.headers: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.config = dict(_UPLOAD_PACK if config is None else config)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.requests.append((self.command, self.path))
                outer.headers.append(self.headers.get("Authorization", ""))
                for start, (status, headers) in outer.answers.items():
                    if self.path.startswith(start):
                        self._short(status, headers)
                        return
                if not allowed(self.headers.get("Authorization", ""), token):
                    self._short(401, {"WWW-Authenticate": 'Basic realm="git"'})
                else:
                    run_backend(self, folder, self.path, outer.config, more)

            do_POST = do_GET

            def _short(self, status: int, headers: Mapping[str, str]) -> None:
                _body(self)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "GitHttp":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
