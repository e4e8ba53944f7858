"""Plays the service with real processes: `leakguard serve` and workers, killed and started again.

Used by the end-to-end test, the load test and the faults (`python -m tests.service.faults`).
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from leakguard_service.settings import Settings
from tests.helpers import PATIENCE_SECONDS, ROOT
from tests.service.conftest import KEY


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Play:
    """One data folder or database, and the processes on it."""

    folder: Path
    database_url: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    module: str = "leakguard"
    """What is run; `tests.service.hasty` takes over sooner what dead workers did."""
    port: int = field(default_factory=free_port)
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Of the processes; nothing of the developer's own."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "service"))),
            "LEAKGUARD_CACHE_DIR": os.environ.get(
                "LEAKGUARD_CACHE_DIR", str(self.folder / "rules-cache")
            ),
            "LEAKGUARD_DATA_DIR": str(self.folder / "data"),
            "LEAKGUARD_DATABASE_URL": self.database_url,
            "LEAKGUARD_SECRET_KEY": KEY,
            "LEAKGUARD_ALLOW_PRIVATE_ADDRESSES": "true",
            "LEAKGUARD_PORT": str(self.port),
            "LEAKGUARD_PUBLIC_URL": self.url,
            "LEAKGUARD_LOG_LEVEL": "warning",
            **self.more,
        }

    def settings(self) -> Settings:
        """As the processes have them, for a look into the database from here."""
        names = {f"LEAKGUARD_{name.upper()}": name for name in Settings.model_fields}
        given = {
            names[key]: value for key, value in self.environment().items() if key in names and value
        }
        return Settings.model_validate(given)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """A `leakguard` with these arguments; its output goes to `log` in the folder."""
        with open(self.folder / "log", "a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module, *arguments],
                env=self.environment(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
            )
        self.processes.append(process)
        return process

    def serve(self, workers: int = 2) -> "subprocess.Popen[str]":
        """The server, ready to answer."""
        process = self.start("serve", "--workers", str(workers))
        self.wait_ready(process)
        return process

    def wait_ready(
        self, process: "subprocess.Popen[str]", seconds: float = 2 * PATIENCE_SECONDS
    ) -> None:
        """Until /readyz says yes. Raises AssertionError with the log when it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the service did not start:\n{self.log()}")

    def log(self) -> str:
        """What the processes said."""
        return (self.folder / "log").read_text()

    def token(self) -> str:
        """The admin token that the first start showed."""
        lines = [line.strip() for line in self.log().splitlines()]
        return next(line for line in lines if line.startswith("lgs_"))

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Status and text of one request. `body` is bytes, or becomes JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            given = {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, data, given)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def api(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """What the API answers to the admin. Raises AssertionError when it refuses."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        status, text = self.ask(method, f"/api/v1{path}", body, headers)
        assert status < 300, f"{method} {path}: {status} {text}"
        answer: dict[str, object] = json.loads(text) if text else {}
        return answer

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """SIGKILL: no chance to clean up."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.processes.remove(process)

    def stop(self) -> None:
        """Ends all processes, well if they can."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
