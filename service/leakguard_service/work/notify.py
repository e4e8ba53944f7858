"""Sends one message."""

from collections.abc import Mapping
from typing import Any

from leakguard_service.jobs.port import Steps, Task
from leakguard_service.notify import outbox
from leakguard_service.service import Service


def notify(service: Service, task: Task, _steps: Steps) -> Mapping[str, Any]:
    """Does a notify job; what became of the message. The outbox itself sends it only once."""
    return {"state": outbox.deliver(service, int(task.arguments["notification"]))}
