"""Starting and stopping: `leakguard serve` and `leakguard worker`."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import structlog
import uvicorn

from leakguard.signals import Ended
from leakguard.version import __version__
from leakguard_service.app import create_app
from leakguard_service.crypto import keyring
from leakguard_service.db.engine import Database
from leakguard_service.db.migrate import migrate
from leakguard_service.errors import SettingsError
from leakguard_service.forges.table import forge_for
from leakguard_service.jobs.dbos_engine import DbosEngine, prepare
from leakguard_service.jobs.lock import hold
from leakguard_service.jobs.port import Handler, Steps, Task
from leakguard_service.ops import logs
from leakguard_service.ops.tracing import Tracing, tracing
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.triage import first
from leakguard_service.work.handlers import failed, handlers
from leakguard_service.work.timers import Timers

_LOG = structlog.get_logger("leakguard")


def build(settings: Settings) -> Service:
    """The parts, put together; the database is brought up to date first.

    Raises SettingsError when something is set up wrongly.
    """
    os.umask(0o077)  # what is written is the service's own
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"the data folder {settings.data_dir} cannot be made: {error.strerror};"
            " name another one in LEAKGUARD_DATA_DIR"
        ) from error
    db = Database(settings.url())
    migrate(db)
    prepare(db)
    return Service(settings, db, keyring(settings), DbosEngine(db, settings), forge_for)


def serve(settings: Settings, *, new_admin_token: bool = False) -> None:
    """Receives, answers, and does jobs too unless `settings.workers` is 0. Ends by a signal."""
    logs.set_up(settings)
    with _alone(settings):
        service = build(settings)
        _greet(service, new_admin_token)
        traces = tracing(settings)
        app = create_app(service, lambda: _working(service, traces), traces)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=10,
            )
        )
        with _ending():
            server.run()
        service.db.close()
    if not server.started:
        raise SettingsError(
            f"port {settings.port} of {settings.host} cannot be used: is another leakguard running?"
        )
    _leave(service)


def work(settings: Settings) -> None:
    """Does jobs until a signal comes. Needs PostgreSQL: SQLite has one process."""
    logs.set_up(settings)
    if not settings.database_url.get_secret_value():
        raise SettingsError(
            "a worker of its own needs PostgreSQL: set LEAKGUARD_DATABASE_URL; with SQLite,"
            " `leakguard serve` does the jobs itself"
        )
    service = build(settings)
    traces = tracing(settings)
    stop = _working(service, traces)
    with _ending():
        threading.Event().wait()
    stop()
    service.db.close()
    _leave(service)


def _working(service: Service, traces: Tracing) -> Callable[[], None]:
    """Starts the jobs and the timers; what comes back stops them."""
    if not service.settings.workers:
        return traces.close
    does = {kind: _traced(traces, handler) for kind, handler in handlers(service).items()}
    service.jobs.start(does, failed(service), service.settings.workers)
    timers = Timers(service)
    timers.start()
    _LOG.info("working", jobs_at_a_time=service.settings.workers)

    def stop() -> None:
        timers.stop()
        service.jobs.stop()
        traces.close()
        _LOG.info("stopped")

    return stop


def _leave(service: Service) -> None:
    """Ends the process where jobs still run in threads: Python would wait for them, and the next
    process takes them up."""
    if service.jobs.busy():
        _LOG.info("left_running_jobs")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _traced(traces: Tracing, handler: Handler) -> Handler:
    def traced(task: Task, steps: Steps) -> Mapping[str, Any] | None:
        with traces.span("job", kind=task.kind.value, attempts=task.attempts):
            return handler(task, steps)

    return traced


@contextmanager
def _ending() -> Iterator[None]:
    """A signal is how a service ends well."""
    try:
        yield
    except (KeyboardInterrupt, Ended):
        _LOG.info("ending")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """With SQLite only one process may serve a data folder."""
    with hold(settings.data_dir) if settings.url().startswith("sqlite") else nullcontext():
        yield


def _greet(service: Service, new_admin_token: bool) -> None:
    settings = service.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = settings.public_url or f"http://{host}:{settings.port}"
    token = first.new_admin_token(service) if new_admin_token else first.ensure_admin_token(service)
    out = sys.stdout
    out.write(f"leakguard {__version__} serves {address}, data in {settings.data_dir}\n")
    if token:
        out.write(
            f"\nAdmin token, shown this once:\n\n    {token}\n\n"
            f"Sign in with it at {address}/sign-in; it works as API token too. Lost it?"
            " `leakguard serve --new-admin-token` makes a new one.\n\n"
        )
    out.flush()
