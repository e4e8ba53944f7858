"""The REST API, version 1: everything that the pages show and do, for programs.

Within a version fields are added and none is taken away or changes its meaning.
"""

from typing import Final

from fastapi import APIRouter, Depends, Request

from leakguard_service.api import admin, deliveries, findings, insight, people, repositories
from leakguard_service.api.scopes import Desk, Rates, Replay
from leakguard_service.service import Service

PREFIX: Final = "/api/v1"

_PARTS: Final = (
    findings.routes,
    repositories.routes,
    deliveries.routes,
    insight.routes,
    admin.routes,
    people.routes,
)


def router(service: Service, replay: Replay) -> APIRouter:
    """All routes. `replay` queues a delivery again: hooks.intake.replay for this service."""
    desk = Desk(service, replay, Rates(service.settings.requests_per_minute))

    async def at_desk(request: Request) -> None:
        request.state.desk = desk

    top = APIRouter(prefix=PREFIX, dependencies=[Depends(at_desk)])
    for part in _PARTS:
        top.include_router(part)
    return top
