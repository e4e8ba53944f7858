"""An organisation's settings: from a file, from git, by https; pinned, and fetched once."""

import hashlib
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from leakguard.errors import ConfigError
from leakguard.model import Severity
from leakguard.organisation import settled
from tests.gitrepo import make_repository
from tests.helpers import Run, github_token

TEXT = 'min_severity = "high"\nlocked = ["pragmas"]\n[[allow]]\npaths = ["docs/"]\n'
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


def high(place: str, *paths: str) -> bool:
    """Whether the settings at a place count."""
    flags = {"organisation": place}
    config = settled(paths or (".",), search=False, flags=flags, environment={})
    return config.min_severity is Severity.HIGH


def test_without_an_organisation_nothing_changes() -> None:
    assert settled((".",), search=False, environment={}).organisation is None


def test_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(TEXT)

    assert high(str(file))
    assert high(f"{file}#sha256={DIGEST.upper()}")


def test_file_that_is_not_what_was_pinned(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(TEXT)

    with pytest.raises(ConfigError) as caught:
        high(f"{file}#sha256={'0' * 64}")

    assert str(caught.value) == (
        f"{file}: its SHA-256 is {DIGEST}, not what --organisation pins: look at what has changed"
        " there, then pin the new one"
    )


def test_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--organisation names it for the organisation's settin"):
        high(str(tmp_path / "none"))
    (tmp_path / "bad").write_text("x")
    with pytest.raises(ConfigError, match="bad is not valid TOML"):
        high(str(tmp_path / "bad"))


def test_file_at_a_revision(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.commit("policy", {"a/policy.toml": TEXT})
    repo.git("tag", "v1")
    repo.commit("changed", {"a/policy.toml": "nonsense"})
    place = f"git:v1:a/policy.toml#sha256={DIGEST}"

    assert high(place, str(repo.path))
    with pytest.raises(ConfigError, match="fetch that revision, or name another one"):
        high(place.replace("v1", "v2"), str(repo.path))
    with pytest.raises(ConfigError, match="not what --organisation pins"):
        high(place.replace("v1", "main"), str(repo.path))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day, now = timedelta(days=1), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


class Server:
    """A server of settings with a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                if self.path == "/away":
                    self.send_response(302)
                    self.send_header("Location", "http://localhost/policy.toml")
                    self.end_headers()
                    return
                found = self.path == "/policy.toml"
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(TEXT.encode() if found else b"")

            def log_message(self, *_: Any) -> None:
                return

        self.certificate, key = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"https://localhost:{self.http.server_port}"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server(tmp_path)
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    monkeypatch.setenv("LEAKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


def test_address_is_fetched_once(server: Server) -> None:
    place = f"{server.url}/policy.toml#sha256={DIGEST}"

    assert high(place)
    assert high(place)
    assert server.asked == ["/policy.toml"]


def test_address_that_has_something_else_is_asked_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError, match=f"its SHA-256 is {DIGEST}, not what --organisation"):
            high(f"{server.url}/policy.toml#sha256={'0' * 64}")

    assert len(server.asked) == 2
    assert not (tmp_path / "cache" / "settings").exists()


def test_settings_file_does_not_reach_for_the_network(server: Server, tmp_path: Path) -> None:
    place = f"{server.url}/policy.toml#sha256={DIGEST}"
    file = tmp_path / ".leakguard.toml"
    file.write_text(f'organisation = "{place}"\n')

    with pytest.raises(ConfigError) as caught:
        settled((".",), file=file, environment={})

    assert str(caught.value) == (
        f"{file}: `organisation` names {server.url}/policy.toml, which was not fetched yet, and no"
        f" settings file may reach for the network: run `leakguard config show --organisation"
        f" '{place}'` once, or set LEAKGUARD_ORGANISATION"
    )
    assert server.asked == []
    assert high(place)
    assert settled((".",), file=file, environment={}).min_severity is Severity.HIGH


@pytest.mark.parametrize(
    ("path", "why"),
    [("/none", "Not Found"), ("/away", "it redirects to an address that is not https")],
)
def test_address_that_cannot_be_fetched(server: Server, path: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"{path} cannot be fetched: {why}"):
        high(f"{server.url}{path}#sha256={DIGEST}")


def test_certificate_that_nobody_knows_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(ConfigError, match="cannot be fetched: .*CERTIFICATE_VERIFY_FAILED"):
        high(f"{server.url}/policy.toml#sha256={DIGEST}")


def test_hook_and_command_line_heed_it(
    run: Run, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    repo = make_repository(tmp_path / "repo")
    policy = tmp_path / "policy.toml"
    policy.write_text(TEXT)
    repo.write(".leakguard.toml", 'organisation = "../policy.toml"\n')
    repo.stage({"docs/a.py": f"a = '{github_token(1)}'\n", "b.py": f"a = '{github_token(2)}'\n"})

    shown = run("config", "show", cwd=repo.path).stdout
    scan = run("scan", "--staged", "--show-suppressed", cwd=repo.path).stdout
    locked = run("scan", "--staged", "--pragmas", "heed", cwd=repo.path)
    hook = subprocess.run(
        [sys.executable, "-m", "leakguard.hook", "pre-commit"],
        cwd=repo.path,
        env=process_environment,
        capture_output=True,
        text=True,
    )

    rows = [line.split() for line in shown.splitlines()]
    named = f"{repo.path / '../policy.toml'}"
    assert ["min_severity", "high", os.path.normpath(named)] in rows
    assert ["allow", "path=docs/", os.path.normpath(named)] in rows
    assert "docs/a.py:1:6" in scan
    assert f"allowed by {policy}" in " ".join(scan.split())
    assert scan.startswith("b.py\n")
    assert locked.returncode == 2
    assert f"--pragmas: `pragmas` is locked by {policy}: leave it out" in locked.stderr
    assert (hook.returncode, hook.stdout.count("github-classic-pat")) == (1, 1)
