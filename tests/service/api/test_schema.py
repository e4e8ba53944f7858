"""What the API describes is what it does: schemathesis sends it all kinds of requests."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Base
from leakguard_service.settings import Settings
from tests.service.api.world import make_app, make_full, token
from tests.service.conftest import KEY, make_service

EXAMPLES = int(os.environ.get("LEAKGUARD_FUZZ", "3"))
"""Requests of each kind to each route; LEAKGUARD_FUZZ=100 is the long run."""

_OUTSIDE = "testChannel"
"""Would send messages to addresses that were made up."""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The API's own description, bound to one application with rows in it."""
    folder: Path = tmp_path_factory.mktemp("schema")
    chosen = Settings(data_dir=folder, secret_key=KEY, requests_per_minute=10**6, _env_file=None)
    db = Database(chosen.url())
    Base.metadata.create_all(db.engine)
    service = make_service(chosen, db)
    full = make_full(service, "ours")
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", make_app(service))
    text = token(service, full.world.tenant_id)
    schema.config.update(headers={"Authorization": f"Bearer {text}"})
    yield schema.exclude(operation_id=_OUTSIDE)
    db.close()


_EXCLUDED: list[Any] = [positive_data_acceptance]
"""What fits the description can still have no meaning: a span upside down, a cursor made up."""

_FEW = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_route_does_what_it_says(described: Any, mode: GenerationMode) -> None:
    """With requests that fit the description, and with others."""
    count = 0
    for result in described.get_all_operations():
        operation = result.ok()
        count += 1

        @given(case=operation.as_strategy(generation_mode=mode))
        @_FEW
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(excluded_checks=_EXCLUDED)

        with suppress(Unsatisfiable):  # a route that takes nothing cannot be asked wrongly
            ask()

    assert count > 45
