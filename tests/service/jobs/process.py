"""A worker as a process of its own: python -m tests.service.jobs.process URL FOLDER [options]."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.jobs import transact
from leakguard_service.jobs.dbos_engine import DbosEngine
from leakguard_service.jobs.lock import hold
from leakguard_service.settings import Settings
from tests.service.jobs import play


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lease", type=float, default=2.0)
    parser.add_argument("--beat", type=float, default=0.3)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--calm", type=float, default=0.0)
    given = parser.parse_args()
    vars(limits)["CALM_SECONDS"] = given.calm
    settings = Settings(data_dir=given.folder, _env_file=None)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with hold(
        given.folder / str(id(ended)) if not given.url.startswith("sqlite") else given.folder
    ):
        db = Database(given.url)
        transact.prepare(db)
        engine = DbosEngine(db, settings, lease=given.lease, beat=given.beat)
        book = play.Book(given.folder / "book")
        engine.start(play.handlers(book), play.failed(book), given.workers)
        sys.stdout.write("working\n")
        sys.stdout.flush()
        ended.wait()
        engine.stop()


if __name__ == "__main__":
    main()
