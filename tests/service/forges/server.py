"""A forge to test with: a real HTTP server that keeps state, and real git repositories."""

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.service.githttp import allowed, run_backend


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Answer:
    """What is sent back. `body` is JSON unless it is bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass
class Fault:
    """What is answered instead, and to which request."""

    answer: Answer
    match: str
    seconds: float
    times: int


@dataclass
class Repo:
    """A repository of the fake."""

    id: int
    full_name: str
    private: bool
    default_branch: str
    archived: bool
    installation: int
    bare: Path
    """The bare repository behind it."""

    @property
    def name(self) -> str:
        return self.full_name.rpartition("/")[2]

    @property
    def owner(self) -> str:
        return self.full_name.rpartition("/")[0]


class Refused(Exception):
    """The request gets this answer."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.answer = Answer(status, body)


Route = tuple[str, str, Callable[..., Answer]]


class Server:
    """Answers on 127.0.0.1 from the moment it is made; a context manager, or call `close`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._faults: list[Fault] = []
        self.lock = threading.RLock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fail_next(
        self,
        status: int = 500,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        match: str = "",
        seconds: float = 0.0,
        times: int = 1,
    ) -> None:
        """The next `times` requests whose `METHOD /path` contains `match` get this answer.

        With status 0 they get the right one, only `seconds` later.
        """
        answer = Answer(
            status, {"message": "told to fail"} if body is None else body, headers or {}
        )
        self._faults.append(Fault(answer, match, seconds, times))

    def said(self, method: str, ending: str) -> list[Call]:
        """The calls with this method whose path ends so."""
        return [one for one in self.calls if one.method == method and one.path.endswith(ending)]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request."""
        call = _read(handler)
        with self.lock:
            self.calls.append(call)
        answer = self._fault(call)
        if answer is None:
            try:
                with self.lock:
                    answer = self.answer(call)
            except Refused as refused:
                answer = refused.answer
        _send(handler, answer)

    def answer(self, call: Call) -> Answer:
        """What a request gets; called with the lock held."""
        raise NotImplementedError

    def _fault(self, call: Call) -> Answer | None:
        with self.lock:
            fits = [one for one in self._faults if one.match in f"{call.method} {call.path}"]
            if not fits:
                return None
            fault = fits[0]
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        time.sleep(fault.seconds)
        return fault.answer if fault.answer.status else None


class Forge(Server):
    """A forge with repositories. `folder` holds them; they are served at `/{full name}.git`."""

    prefix = ""
    """Where the REST API begins."""
    kind = ""

    def __init__(self, folder: Path, token: str = "") -> None:
        self.folder = folder
        self.repos: dict[int, Repo] = {}
        self.token = token or "-".join(("fake", self.kind, "words"))
        super().__init__()

    @property
    def web_url(self) -> str:
        return self.url

    @property
    def api_url(self) -> str:
        return self.url + self.prefix

    def add_repository(
        self,
        full_name: str = "acme/app",
        source: Path | None = None,
        *,
        private: bool = True,
        default_branch: str = "main",
        archived: bool = False,
        installation: int = 1,
    ) -> Repo:
        """A repository: a bare copy of `source`, else empty."""
        bare = self.folder / f"{full_name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        if source is None:
            command = ["git", "init", "-q", "--bare", "-b", default_branch, str(bare)]
        else:
            command = ["git", "clone", "-q", "--mirror", str(source), str(bare)]
        subprocess.run(command, check=True, capture_output=True)
        number = 1_000 + len(self.repos)
        repo = Repo(number, full_name, private, default_branch, archived, installation, bare)
        self.repos[number] = repo
        return repo

    def named(self, full_name: str) -> Repo:
        """The repository of this name; refuses with 404."""
        for repo in self.repos.values():
            if repo.full_name.lower() == unquote(full_name).lower():
                return repo
        raise Refused(404, {"message": "Not Found"})

    def may_clone(self, header: str, repo: Repo) -> bool:
        """Whether this Authorization header may read."""
        return not repo.private or allowed(header, self.token)

    def routes(self) -> Sequence[Route]:
        """Method, path below `prefix` as a regular expression, and what answers."""
        raise NotImplementedError

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        found = re.fullmatch(r"/(.+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)", path)
        if not found or path.startswith(self.prefix + "/"):
            return super().serve(handler)
        header = handler.headers.get("Authorization", "")
        try:
            repo = self.named(found.group(1))
        except Refused:
            return _send(handler, Answer(404, b"not found"))
        if not self.may_clone(header, repo):
            return _send(handler, Answer(401, b"", {"WWW-Authenticate": 'Basic realm="git"'}))
        below = f"/{repo.full_name}.git/{found.group(2)}"
        query = urlsplit(handler.path).query
        return run_backend(handler, self.folder, f"{below}?{query}" if query else below)

    def answer(self, call: Call) -> Answer:
        path = call.path.removeprefix(self.prefix)
        for method, pattern, reply in self.routes():
            found = re.fullmatch(pattern, path)
            if found and method == call.method:
                return reply(call, *found.groups())
        raise Refused(404, {"message": "Not Found"})


def page(
    call: Call, rows: Sequence[Any], key: str = "per_page", *, default: int = 30, most: int = 100
) -> tuple[list[Any], int, int]:
    """The rows of the page that is asked for, its number and the number of pages."""
    size = min(int(call.query.get(key, str(default))), most)
    number = int(call.query.get("page", "1"))
    pages = max(1, -(-len(rows) // size))
    return list(rows[(number - 1) * size : number * size]), number, pages


def _read(handler: BaseHTTPRequestHandler) -> Call:
    split = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    headers = {name.lower(): value for name, value in handler.headers.items()}
    return Call(handler.command, split.path, dict(parse_qsl(split.query)), headers, body)


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    data = answer.bytes()
    sent = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    try:
        handler.send_response(answer.status)
        for name, value in (sent | dict(answer.headers)).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)
    except OSError:
        handler.close_connection = True  # the client went away
