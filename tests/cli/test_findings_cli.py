"""`leakguard findings` against a service that listens on 127.0.0.1."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
import uvicorn
from click.testing import CliRunner

from leakguard.baselines.service import ServiceBaseline
from leakguard.cli.main import cli, main
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base, Finding
from leakguard_service.nouns import Role
from leakguard_service.settings import Settings
from tests.service.api.world import EVERYTHING, make_app, token
from tests.service.conftest import KEY, make_service
from tests.service.triage.world import World, add_finding, add_user, finding, make_world, settle

Golden = Callable[[str, str], None]
Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class There:
    """A service that listens."""

    world: World
    url: str


@pytest.fixture
def there(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[There]:
    """A service with a token of ada's in the environment."""
    assert environment
    settings = Settings(data_dir=tmp_path / "data", secret_key=KEY, _env_file=None)
    settings.data_dir.mkdir()
    db = Database(settings.url())
    Base.metadata.create_all(db.engine)
    world = make_world(make_service(settings, db), "acme")
    ada = add_user(world, "ada", Role.ADMIN)
    text = token(world.service, world.tenant_id, user_id=ada)
    with listening(world) as url:
        monkeypatch.setenv("LEAKGUARD_SERVER", url)
        monkeypatch.setenv("LEAKGUARD_TOKEN", text)
        monkeypatch.setenv("no_proxy", "*")
        yield There(world, url)
    db.close()


class listening:
    """Runs the API in a thread; gives its address."""

    def __init__(self, world: World) -> None:
        config = uvicorn.Config(
            make_app(world.service), log_level="critical", lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            sleep(0.01)
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def steady(text: str) -> str:
    """Moments are not the same each time."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "(a moment)", text)


@pytest.mark.parametrize("verb", ["", "list", "show", "resolve", "dismiss", "assign", "baseline"])
def test_help(verb: str, golden: Golden) -> None:
    runner = CliRunner(env={"COLUMNS": "80"})

    result = runner.invoke(cli, ["findings", *verb.split(), "--help"], prog_name="leakguard")

    assert result.exit_code == 0
    golden(f"help-findings{'-' if verb else ''}{verb}.txt", result.output)


def test_list(there: There, capsys: Capture, golden: Golden) -> None:
    add_finding(there.world, "1")
    add_finding(there.world, "2", path="a\x1b[31m\nb.py", rule="slack-bot-token", severity=2)
    add_finding(there.world, "3", state="resolved", resolution="revoked")

    assert main(["findings", "list", "--order", "oldest"]) == 0

    golden("findings-list.txt", capsys.readouterr().out)


def test_list_is_filtered(there: There, capsys: Capture) -> None:
    numbers = [add_finding(there.world, mark, severity=int(mark)) for mark in "1234"]
    cases = [
        (["--severity", "high", "--severity", "critical"], numbers[2:]),
        (["--state", "resolved"], []),
        (["--repository", "acme/app"], numbers),
        (["--repository", str(there.world.repository_id), "--text", "SETTINGS"], numbers),
        (["--gone"], []),
        (["--on-branch", "--since", "2026-01-01", "--rule", "github-classic-pat"], numbers),
        (["--assignee", "none", "--limit", "2"], numbers[:2]),
        (["--limit", "0"], numbers),
    ]
    for flags, expected in cases:
        call = ["findings", "list", "--format", "json", "--order", "oldest", *flags]
        assert main(call) == 0, flags
        assert [item["id"] for item in json.loads(capsys.readouterr().out)] == expected


def test_a_list_is_asked_for_page_by_page(there: There, capsys: Capture) -> None:
    for mark in range(205):
        add_finding(there.world, str(mark))

    assert main(["findings", "list", "--limit", "0"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 205
    assert main(["findings", "list", "--limit", "203"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 203


def test_show(there: There, capsys: Capture, golden: Golden) -> None:
    number = add_finding(there.world, "1", remedy="Revoke it.", impact="Reads all.")
    assert main(["findings", "resolve", str(number), "--as", "revoked", "--comment", "Done."]) == 0
    capsys.readouterr()

    assert main(["findings", "show", str(number)]) == 0

    golden("findings-show.txt", steady(capsys.readouterr().out))


def test_findings_are_worked_off(there: There, capsys: Capture) -> None:
    one, two = (str(add_finding(there.world, mark)) for mark in "12")
    steps: list[tuple[list[str], str]] = [
        (["assign", one, two, "--to", "me"], f"{one}  open\n{two}  open\n"),
        (["comment", one, "--comment", "On it."], f"{one}  open\n"),
        (["resolve", one, "--as", "rotated"], f"{one}  resolved (rotated)\n"),
        (["dismiss", two, "--as", "wont_fix", "--until", "2099-01-01"], f"{two}  dismissed"),
        (["reopen", one, two], f"{one}  open\n{two}  open\n"),
        (["assign", one, "--to", "none"], f"{one}  open\n"),
    ]
    for arguments, expected in steps:
        assert main(["findings", *arguments]) == 0, arguments
        assert capsys.readouterr().out.startswith(expected)

    rows: list[Finding] = [finding(there.world, int(number)) for number in (one, two)]
    assert [row.assignee_id is None for row in rows] == [True, False]


def test_one_that_is_refused_is_an_error(there: There, capsys: Capture) -> None:
    one, two = (str(add_finding(there.world, mark)) for mark in "12")
    assert main(["findings", "resolve", two, "--as", "revoked"]) == 0
    capsys.readouterr()

    assert main(["findings", "resolve", one, two, "99", "--as", "revoked"]) == 2

    told = capsys.readouterr()
    assert told.out == f"{one}  resolved (revoked)\n"
    assert told.err == (
        f"leakguard: {two}: cannot resolve: it is resolved: reopen it first\n"
        "leakguard: 99: there is no finding 99\n"
    )


def test_four_eyes(there: There, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(there.world, four_eyes=True)
    number = str(add_finding(there.world, "1"))
    assert main(["findings", "dismiss", number, "--as", "false_positive"]) == 0
    assert capsys.readouterr().out == f"{number}  pending_review (false_positive)\n"

    assert main(["findings", "approve", number]) == 2
    assert "somebody else has to" in capsys.readouterr().err
    bob = add_user(there.world, "bob")
    other = token(there.world.service, there.world.tenant_id, EVERYTHING, user_id=bob)
    monkeypatch.setenv("LEAKGUARD_TOKEN", other)
    assert main(["findings", "approve", number]) == 0
    assert capsys.readouterr().out == f"{number}  dismissed (false_positive)\n"


def test_the_baseline_is_one_for_scans(there: There, tmp_path: Path, capsys: Capture) -> None:
    number = str(add_finding(there.world, "1"))
    assert main(["findings", "dismiss", number, "--as", "used_in_tests"]) == 0
    file = tmp_path / "base.json"

    assert main(["findings", "baseline", "--output", str(file), "--repository", "acme/app"]) == 0

    assert ServiceBaseline(json.loads(file.read_text())).accepted("f1", "src/settings.py") == (
        "used_in_tests"
    )
    capsys.readouterr()
    assert main(["findings", "baseline"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(file.read_text())
    assert main(["findings", "baseline", "--output", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "99"], "the service said: there is no finding 99 (HTTP 404)"),
        (["list", "--repository", "a/b"], "there is no repository named a/b: give its number"),
        (["list", "--since", "soon"], "(HTTP 422)"),
        (["assign", "1", "--to", "ada"], "--to is the number of a user, `me`, or `none`"),
        (["resolve", "1", "--as", "burnt"], "'burnt' is not one of"),
        (["resolve", "--as", "revoked"], "Missing argument"),
    ],
)
def test_what_is_wrong_is_one_line(
    there: There, capsys: Capture, arguments: list[str], message: str
) -> None:
    assert there.url
    assert main(["findings", *arguments]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert message in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("server", "text", "message"),
    [
        ("", "x", "which server? give --server or set LEAKGUARD_SERVER"),
        ("http://127.0.0.1:9", "", "set LEAKGUARD_TOKEN to an API token of the service"),
        ("http://127.0.0.1:9", "a b", "LEAKGUARD_TOKEN holds what no token holds"),
        ("http://127.0.0.1:9", "x", "127.0.0.1:9/api/v1 cannot be reached: Connection refused"),
        ("ftp://x", "x", "looks like https://"),
        ("https://a:b@x", "x", "looks like https://"),
        ("https://[", "x", "looks like https://"),
        ("http://leakguard.example", "x", "everybody on the way could read the token"),
    ],
)
def test_servers_and_tokens_that_are_none(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    server: str,
    text: str,
    message: str,
) -> None:
    assert environment
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("LEAKGUARD_TOKEN", text)

    assert main(["findings", "list", "--server", server]) == 2
    assert message in capsys.readouterr().err


class _Other(BaseHTTPRequestHandler):
    """Something else that speaks HTTP; remembers which tokens it was shown."""

    shown: list[str] = []

    def do_GET(self) -> None:
        self.shown.append(self.headers.get("Authorization", ""))
        elsewhere = "/away" in self.path
        self.send_response(302 if elsewhere else 200)
        if elsewhere:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/here")  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("path", "message"), [("/away", "redirects (HTTP 302)"), ("", "did not answer with JSON")]
)
def test_the_token_goes_nowhere_else(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    path: str,
    message: str,
) -> None:
    assert environment
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("LEAKGUARD_TOKEN", "words")
    _Other.shown = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Other) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        assert main(["findings", "list", "--server", url]) == 2
        server.shutdown()

    told = capsys.readouterr().err
    assert message in told
    assert "words" not in told
    assert _Other.shown == ["Bearer words"]


def test_a_process_of_its_own_without_the_service(there: There) -> None:
    number = add_finding(there.world, "1")
    code = (
        "import sys; missing = ['leakguard_service', 'httpx2', 'pydantic'];"
        " sys.modules.update(dict.fromkeys(missing));"
        " from leakguard.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "findings", "list"],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{number}  critical  open")
