"""Whether the process lives and whether it can do its work."""

import shutil
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from leakguard_service.db.engine import Database
from leakguard_service.settings import MIB, Settings

FREE_BYTES: Final = 200 * MIB
"""Less room than this for copies of repositories, and scans begin to fail."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was checked: `ok`, or what is wrong."""

    checks: dict[str, str]

    @property
    def ready(self) -> bool:
        """Whether all is well."""
        return all(text == "ok" for text in self.checks.values())


def readiness(db: Database, settings: Settings) -> Readiness:
    """Asks the database and looks at the disk. Raises nothing."""
    return Readiness({"database": _database(db), "disk": _disk(settings)})


def _database(db: Database) -> str:
    try:
        with db.read() as session:
            session.execute(sa.text("SELECT 1"))
    except Exception as error:  # any driver's: the answer is the same
        return f"cannot be asked: {type(error).__name__}"
    return "ok"


def _disk(settings: Settings) -> str:
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as error:
        return f"the data folder cannot be read: {error.strerror}"
    if free < FREE_BYTES:
        return f"only {free // MIB} MB are free in the data folder"
    return "ok"
