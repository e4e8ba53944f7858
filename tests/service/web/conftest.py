"""A service with demo data, made once for each file of tests."""

from collections.abc import Iterator

import pytest

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from tests.service.conftest import KEY, make_service


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on SQLite without data, for all tests of a file."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("web"),
        secret_key=KEY,
        allow_private_addresses=True,
        _env_file=None,
    )
    db = Database(settings.url())
    Base.metadata.create_all(db.engine)
    yield make_service(settings, db)
    db.close()
