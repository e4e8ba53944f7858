"""Figures for Prometheus, of all tenants together and without names.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import InstrumentedAttribute, Session

from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import Finding, Repository
from leakguard_service.db.types import now
from leakguard_service.db.work_tables import Delivery, Job, Notification, Worker

_SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; a delivery is to be answered within 0.25, and forges wait for 10."""


class Metrics:
    """What a process counts itself, and what it asks the database for when it is scraped."""

    def __init__(self, db: Database) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "leakguard_request_seconds",
            "Time to answer a request",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.registry.register(_Rows(db))


class _Rows(Collector):
    """Counts rows at the moment of the scrape: the same in every process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering asks no database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Gauges."""
        with self._db.read() as session:
            yield _counted(session, "jobs", "Jobs", Job.kind, Job.state)
            yield _counted(session, "deliveries", "Deliveries kept", Delivery.event, Delivery.state)
            yield _counted(session, "notifications", "Messages", Notification.state)
            yield _counted(session, "findings", "Findings", Finding.severity, Finding.state)
            yield _oldest(session)
            fresh = now() - timedelta(seconds=limits.LEASE_SECONDS)
            alive = sa.select(sa.func.count()).where(Worker.beat_at > fresh)
            yield _single("workers", "Workers that live", session.scalar(alive))
            failing = sa.select(sa.func.count()).where(
                Repository.enabled.is_(True), Repository.error != ""
            )
            yield _single("repositories_failing", "Not scanned", session.scalar(failing))


def _counted(
    session: Session, name: str, text: str, *columns: InstrumentedAttribute[Any]
) -> Metric:
    family = GaugeMetricFamily(f"leakguard_{name}", text, labels=[column.key for column in columns])
    for *values, count in session.execute(sa.select(*columns, sa.func.count()).group_by(*columns)):
        family.add_metric([_SEVERITIES.get(value, str(value)) for value in values], count)
    return family


def _oldest(session: Session) -> Metric:
    waiting = sa.select(sa.func.min(Job.created_at)).where(
        Job.state == "queued", sa.or_(Job.not_before.is_(None), Job.not_before < now())
    )
    since = session.scalar(waiting)
    seconds = (now() - since).total_seconds() if since else 0.0
    return _single("oldest_job_seconds", "How long the oldest job has waited", seconds)


def _single(name: str, text: str, value: float | None) -> Metric:
    return GaugeMetricFamily(f"leakguard_{name}", text, value=value or 0)
