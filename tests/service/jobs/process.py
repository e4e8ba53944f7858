"""Workers as processes of their own, to be killed.

They are forked from one that has imported everything: to start Python and DBOS takes seconds.
"""

import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.jobs import transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.lock import hold
from leakguard_service.settings import Settings
from tests.helpers import ROOT
from tests.service.jobs import play


@dataclass(frozen=True, slots=True)
class Given:
    """Seconds and jobs at a time; much less than a service has, so that tests need not wait."""

    lease: float = 2.0
    beat: float = 0.3
    workers: int = 4
    calm: float = 0.0


def start(db: Database, folder: Path, given: Given) -> BaseProcess:
    """A process that works until it is killed. What it logs is in `workers.log` of the folder."""
    url = db.engine.url.render_as_string(hide_password=False)
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    _ensure_forkserver()
    process = context.Process(target=_work, args=(url, folder, given), daemon=True)
    process.start()
    return process


def _ensure_forkserver() -> None:
    """It takes the path of modules from its environment, when it is started."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "service")))
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _work(url: str, folder: Path, given: Given) -> None:
    with open(folder / "workers.log", "a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    vars(limits)["CALM_SECONDS"] = given.calm
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    settings = Settings(data_dir=folder, _env_file=None)
    with hold(folder if url.startswith("sqlite") else folder / str(os.getpid())):
        db = Database(url)
        transact.prepare(db)
        engine = DbosEngine(db, settings, lease=given.lease, beat=given.beat)
        book = play.Book(folder / "book")
        engine.start(play.handlers(book), play.failed(book), given.workers)
        ended.wait()
        engine.stop()
