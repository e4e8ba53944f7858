"""The API's deliveries, jobs and notifications: what came in, is being done, went out."""

from typing import Annotated, Final

from fastapi import Path, Query

from leakguard_service import limits
from leakguard_service.api.routes import After, Limit, Listed, Number, OneOf, part, problems
from leakguard_service.api.scopes import DeliveriesRead, DeliveriesWrite, ScansWrite
from leakguard_service.api.work_models import (
    DeliveryModel,
    DoneModel,
    JobModel,
    JobState,
    NotificationModel,
)
from leakguard_service.db.scope import get, mine
from leakguard_service.db.work_tables import Delivery, Job, Notification
from leakguard_service.notify import outbox
from leakguard_service.nouns import JobKind
from leakguard_service.triage.audit import record
from leakguard_service.triage.cursors import Cursor, page_of
from leakguard_service.triage.texts import clean

routes: Final = part("deliveries and jobs")

_DELIVERIES: Final = Cursor("deliveries", (Delivery.received_at.desc(), Delivery.id.desc()))
_JOBS: Final = Cursor("jobs", (Job.created_at.desc(), Job.id.desc()))
_NOTIFICATIONS: Final = Cursor("notifications", (Notification.id.desc(),))
_State = Annotated[str, Query(max_length=20)]
_JobId = Annotated[str, Path(max_length=200, examples=["report:1:first"])]


@routes.get("/deliveries", operation_id="listDeliveries", responses=problems())
def deliveries(
    call: DeliveriesRead,
    connection: OneOf = None,
    repository: OneOf = None,
    state: _State = "",
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[DeliveryModel]:
    """Deliveries of forges, the newest first."""
    asked = mine(Delivery, call.tenant_id)
    if connection is not None:
        asked = asked.where(Delivery.connection_id == connection)
    if repository is not None:
        asked = asked.where(Delivery.repository_id == repository)
    if state:
        asked = asked.where(Delivery.state == clean(state))
    with call.service.db.read() as session:
        page = page_of(session, asked, _DELIVERIES, after, limit)
        items = [DeliveryModel.model_validate(row) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.get("/deliveries/{delivery_id}", operation_id="getDelivery", responses=problems(404))
def delivery(call: DeliveriesRead, delivery_id: Number) -> DeliveryModel:
    """One delivery."""
    with call.service.db.read() as session:
        return DeliveryModel.model_validate(get(session, Delivery, delivery_id, call.tenant_id))


@routes.post(
    "/deliveries/{delivery_id}/replay",
    operation_id="replayDelivery",
    status_code=202,
    responses=problems(404, 409),
)
def replay(call: DeliveriesWrite, delivery_id: Number) -> DoneModel:
    """Takes a delivery again, as if the forge had sent it now."""
    with call.service.db.write() as session:
        get(session, Delivery, delivery_id, call.tenant_id)
        return DoneModel(done=call.replay(session, call.tenant_id, delivery_id, call.actor))


@routes.get("/jobs", operation_id="listJobs", responses=problems())
def jobs(
    call: DeliveriesRead,
    repository: OneOf = None,
    kind: JobKind | None = None,
    state: JobState | None = None,
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[JobModel]:
    """Jobs, the newest first."""
    asked = mine(Job, call.tenant_id)
    if repository is not None:
        asked = asked.where(Job.repository_id == repository)
    if kind is not None:
        asked = asked.where(Job.kind == kind.value)
    if state is not None:
        asked = asked.where(Job.state == state.value)
    with call.service.db.read() as session:
        page = page_of(session, asked, _JOBS, after, limit)
        items = [JobModel.model_validate(row) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.get("/jobs/{job_id}", operation_id="getJob", responses=problems(404))
def job(call: DeliveriesRead, job_id: _JobId) -> JobModel:
    """One job."""
    with call.service.db.read() as session:
        return JobModel.model_validate(get(session, Job, clean(job_id), call.tenant_id))


@routes.post(
    "/jobs/{job_id}/again",
    operation_id="repeatJob",
    status_code=202,
    responses=problems(404),
)
def again(call: ScansWrite, job_id: _JobId) -> DoneModel:
    """Queues a job that has ended once more; nothing happens while it waits or runs."""
    with call.service.db.write() as session:
        row = get(session, Job, clean(job_id), call.tenant_id)
        done = call.service.jobs.again(session, row.id)
        if done:
            record(session, call.tenant_id, call.actor, "job.repeated", "job", None, {"id": row.id})
        return DoneModel(done=done)


@routes.post("/jobs/{job_id}/cancel", operation_id="cancelJob", responses=problems(404))
def cancel(call: ScansWrite, job_id: _JobId) -> DoneModel:
    """Ends a job that has not begun; nothing happens when it has."""
    with call.service.db.read() as session:
        key = get(session, Job, clean(job_id), call.tenant_id).id
    done = call.service.jobs.cancel(key)  # has a transaction of its own
    if done:
        with call.service.db.write() as session:
            record(session, call.tenant_id, call.actor, "job.cancelled", "job", None, {"id": key})
    return DoneModel(done=done)


@routes.get("/notifications", operation_id="listNotifications", responses=problems())
def notifications(
    call: DeliveriesRead,
    channel: OneOf = None,
    finding: OneOf = None,
    state: _State = "",
    after: After = "",
    limit: Limit = limits.PAGE,
) -> Listed[NotificationModel]:
    """Messages to channels, the newest first."""
    asked = mine(Notification, call.tenant_id)
    if channel is not None:
        asked = asked.where(Notification.channel_id == channel)
    if finding is not None:
        asked = asked.where(Notification.finding_id == finding)
    if state:
        asked = asked.where(Notification.state == clean(state))
    with call.service.db.read() as session:
        page = page_of(session, asked, _NOTIFICATIONS, after, limit)
        items = [NotificationModel.model_validate(row) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.post(
    "/notifications/{notification_id}/resend",
    operation_id="resendNotification",
    status_code=202,
    responses=problems(404, 409),
)
def resend(call: DeliveriesWrite, notification_id: Number) -> DoneModel:
    """Sends a message again that failed, or of which nobody knows whether it arrived."""
    with call.service.db.write() as session:
        outbox.resend(call.service, session, call.tenant_id, notification_id, call.actor)
        return DoneModel(done=True)
