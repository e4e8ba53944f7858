"""What people at the forge ask for: to check again, and what the buttons of check runs say."""

import pytest
from starlette.testclient import TestClient

from leakguard_service.db.tables import AuditEntry, Finding, Occurrence, Repository
from leakguard_service.db.work_tables import Delivery, ForgeReport, Job, Scan, ScanFinding
from leakguard_service.jobs.names import push_job
from leakguard_service.nouns import PushedRef
from leakguard_service.service import Service
from tests.service.conftest import add_connection, add_repository, add_tenant
from tests.service.hooks import payloads
from tests.service.hooks.desk import client, deliver, rows
from tests.service.hooks.payloads import Repo, sha

B = sha("b")
MAIN = "refs/heads/main"


@pytest.fixture
def repository(service: Service) -> int:
    return add_repository(service, add_connection(service, add_tenant(service)))


@pytest.fixture
def to(service: Service, repository: int) -> TestClient:
    assert repository
    return client(service)


def add_scan(service: Service, repository: int, state: str = "done", after: str = B) -> int:
    """A scan of a push, its job in some state; returns its id."""
    with service.db.write() as session:
        job = f"push:{repository}:{after}"
        session.add(Job(id=job, tenant_id=1, kind="push", repository_id=repository, state=state))
        row = Scan(tenant_id=1, repository_id=repository, job_id=job, kind="push", after=after)
        session.add(row)
        session.flush()
        return row.id


def add_finding(service: Service, repository: int, scan: int, name: str = "one") -> int:
    """A finding that the scan saw; returns its id."""
    with service.db.write() as session:
        row = Finding(
            tenant_id=1,
            identity=name,
            rule_id="slack",
            name="Slack token",
            kind="secret",
            severity=3,
            confidence=3,
            preview="xox...",
        )
        session.add(row)
        session.flush()
        place = Occurrence(
            tenant_id=1,
            finding_id=row.id,
            repository_id=repository,
            rule_id="slack",
            fingerprint=name,
            path="a.py",
            line=1,
            end_line=1,
            col=1,
            end_col=9,
        )
        session.add(place)
        session.flush()
        session.add(ScanFinding(scan_id=scan, occurrence_id=place.id, tenant_id=1))
        return row.id


def press(to: TestClient, button: str, external_id: str = "", **more: str) -> str:
    """Presses a button; returns the delivery's state."""
    payload = payloads.github_check_run(Repo(), B, button=button, external_id=external_id, **more)
    state: str = deliver(to, payload, event="check_run").json()["state"]
    return state


def states(service: Service) -> list[tuple[str, str | None]]:
    return [(row.state, row.resolution) for row in rows(service, Finding)]


def test_a_commit_is_checked_again(service: Service, to: TestClient, repository: int) -> None:
    add_scan(service, repository)

    answer = deliver(to, payloads.github_check_run(Repo(), B), event="check_run")

    assert answer.json()["jobs"] == [f"push:{repository}:{B}"]
    assert [job.state for job in rows(service, Job)] == ["queued"]


def test_what_still_runs_is_not_begun_again(
    service: Service, to: TestClient, repository: int
) -> None:
    add_scan(service, repository, "running")

    answer = deliver(to, payloads.github_check_suite(Repo(), B), event="check_suite")

    assert (answer.json()["state"], answer.json()["jobs"]) == ("ignored", [])
    assert [job.state for job in rows(service, Job)] == ["running"]


def test_a_commit_that_was_not_scanned_is(service: Service, to: TestClient) -> None:
    deliver(to, payloads.github_check_suite(Repo(), B, branch="new"), event="check_suite")

    (job,) = rows(service, Job)
    assert (job.arguments["ref"], job.arguments["after"]) == ("refs/heads/new", B)


def test_a_commit_of_no_branch_is_not(service: Service, to: TestClient) -> None:
    payload = payloads.github_check_suite(Repo(), B, branch=None)

    assert deliver(to, payload, event="check_suite").json()["state"] == "ignored"
    assert rows(service, Job) == []


@pytest.mark.parametrize("button", ["false_positive", "used_in_tests"])
def test_a_button_dismisses_what_its_check_shows(
    service: Service, to: TestClient, repository: int, button: str
) -> None:
    scan, other = add_scan(service, repository), add_scan(service, repository, after=sha("c"))
    add_finding(service, repository, scan, "one")
    add_finding(service, repository, scan, "two")
    add_finding(service, repository, other, "three")

    assert press(to, button, f"scan:{scan}") == "done"

    assert states(service) == [("dismissed", button), ("dismissed", button), ("open", None)]
    entries = [row for row in rows(service, AuditEntry) if row.action == "finding.dismissed"]
    assert {(row.actor_kind, row.actor) for row in entries} == {("forge", "alice")}


def test_a_promise_to_revoke_is_a_comment(
    service: Service, to: TestClient, repository: int
) -> None:
    add_finding(service, repository, add_scan(service, repository))

    press(to, "will_revoke")

    assert states(service) == [("open", None)]
    assert [row.action for row in rows(service, AuditEntry)] == ["finding.commented"]


def test_a_reported_check_is_known_by_its_commit(
    service: Service, to: TestClient, repository: int
) -> None:
    scan = add_scan(service, repository, after=sha("elsewhere"))
    add_finding(service, repository, scan)
    report = ForgeReport(
        tenant_id=1, repository_id=repository, scan_id=scan, sha=B, kind="check_run"
    )
    with service.db.write() as session:
        session.add(report)

    assert press(to, "false_positive", "anything") == "done"
    assert states(service) == [("dismissed", "false_positive")]


def test_a_check_may_be_of_one_finding(service: Service, to: TestClient, repository: int) -> None:
    scan = add_scan(service, repository)
    add_finding(service, repository, scan, "one")
    two = add_finding(service, repository, scan, "two")

    press(to, "false_positive", f"finding:{two}")

    assert [state for state, _ in states(service)] == ["open", "dismissed"]


def test_what_is_closed_stays_as_it_is(service: Service, to: TestClient, repository: int) -> None:
    add_finding(service, repository, add_scan(service, repository))
    press(to, "used_in_tests")

    assert press(to, "false_positive") == "done"

    assert states(service) == [("dismissed", "used_in_tests")]
    assert rows(service, Delivery)[1].note == "0 findings changed, 1 not"


@pytest.mark.parametrize("button", ["", "delete_all", "false_positive; x"])
def test_other_buttons_do_nothing(
    service: Service, to: TestClient, repository: int, button: str
) -> None:
    add_finding(service, repository, add_scan(service, repository))
    payload = payloads.github_check_run(Repo(), B, button=button or "x")
    payload["requested_action"]["identifier"] = button

    assert deliver(to, payload, event="check_run").status_code == 202
    assert states(service) == [("open", None)]


def test_findings_of_others_are_out_of_reach(
    service: Service, to: TestClient, repository: int
) -> None:
    """Neither another repository's scan nor another tenant's finding can be named."""
    with service.db.read() as session:
        connection = session.get_one(Repository, repository)
    elsewhere = add_repository(service, connection.connection_id, "acme/secret", "2")
    scan = add_scan(service, elsewhere)
    finding = add_finding(service, elsewhere, scan)

    for reference in (f"scan:{scan}", f"finding:{finding}", "scan:999", "finding:" + "9" * 18):
        press(to, "false_positive", reference)

    assert states(service) == [("open", None)]


def test_the_same_button_twice_is_one_press(
    service: Service, to: TestClient, repository: int
) -> None:
    add_finding(service, repository, add_scan(service, repository))
    payload = payloads.github_check_run(Repo(), B, button="will_revoke")

    for _ in range(2):
        deliver(to, payload, event="check_run", delivery="one")

    assert len(rows(service, AuditEntry)) == 1


def test_a_push_of_the_same_commit_is_the_job_that_is_done_again(
    service: Service, to: TestClient, repository: int
) -> None:
    with service.db.write() as session:
        row = session.get_one(Repository, repository)
        job = push_job(row, PushedRef(MAIN, "", B))
        service.jobs.enqueue(session, job)
        session.get_one(Job, job.id).state = "done"

    answer = deliver(to, payloads.github_check_run(Repo(), B), event="check_run")

    assert answer.json()["jobs"] == [job.id]


def test_another_repositorys_scan_is_not_begun_again(
    service: Service, to: TestClient, repository: int
) -> None:
    with service.db.read() as session:
        connection = session.get_one(Repository, repository).connection_id
    scan = add_scan(service, add_repository(service, connection, "acme/secret", "2"))

    payload = payloads.github_check_run(Repo(), B, external_id=f"scan:{scan}")
    deliver(to, payload, event="check_run")

    states_of = {job.repository_id: job.state for job in rows(service, Job)}
    assert states_of == {repository: "queued", repository + 1: "done"}
