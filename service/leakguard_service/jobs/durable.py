"""Steps that are remembered: a part that was done is not done again after its process died."""

from collections.abc import Callable
from typing import Any, TypeVar

from dbos import DBOS, StepOptions

from leakguard_service.errors import Hopeless, JobError, Later
from leakguard_service.jobs import trouble
from leakguard_service.jobs.plainjson import plain

Result = TypeVar("Result")


class DurableSteps:
    """Steps as DBOS keeps them, in the order in which they were asked for."""

    def run(self, name: str, part: Callable[[], Result]) -> Result:
        raised: list[Exception] = []

        def recorded() -> dict[str, Any]:
            try:
                return {"value": plain(part())}
            except Exception as error:
                raised.append(error)
                return {"error": _kept(error)}

        kept: dict[str, Any] = DBOS.run_step(StepOptions(name=name), recorded)
        if "error" not in kept:
            value: Result = kept["value"]
            return value
        if raised:
            raise raised[0]
        raise _given_back(kept["error"])


def _kept(error: Exception) -> dict[str, Any]:
    """What is kept of a failure: no text but our own."""
    kept: dict[str, Any] = {"kind": "error", "text": trouble.reason(error)}
    if isinstance(error, Later):
        return kept | {"kind": "later", "seconds": error.seconds, "waited": error.waited}
    if trouble.outage(error):
        return kept | {"kind": "later", "seconds": 0.0, "waited": True}
    return kept | {"kind": "hopeless"} if isinstance(error, Hopeless) else kept


def _given_back(kept: dict[str, Any]) -> JobError:
    """The failure of an earlier process that died before it could say so."""
    if kept["kind"] == "later":
        return Later(kept["text"], kept["seconds"], waited=kept["waited"])
    return Hopeless(kept["text"]) if kept["kind"] == "hopeless" else JobError(kept["text"])
