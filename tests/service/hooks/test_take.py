"""From a delivery to rows and jobs, through the receiver."""

import pytest

from leakguard_service.db.tables import Connection, Repository
from leakguard_service.db.work_tables import Delivery, Head, Job
from leakguard_service.jobs.names import push_job
from leakguard_service.nouns import PushedRef
from leakguard_service.service import Service
from tests.service.conftest import add_connection, add_repository, add_tenant
from tests.service.hooks import payloads
from tests.service.hooks.desk import client, deliver, rows
from tests.service.hooks.payloads import Repo, sha

A, B, C = sha("a"), sha("b"), sha("c")
MAIN = "refs/heads/main"


@pytest.fixture
def connection(service: Service) -> int:
    return add_connection(service, add_tenant(service))


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
def test_a_push_becomes_a_job(service: Service, forge: str) -> None:
    add_connection(service, add_tenant(service), forge)

    answer = deliver(client(service), payloads.push(forge, Repo(), MAIN, A, B), forge)

    assert answer.status_code == 202
    (repository,) = rows(service, Repository)
    (delivery,) = rows(service, Delivery)
    assert (repository.full_name, repository.forge_id) == ("acme/app", "1")
    assert repository.default_branch == "main"
    jobs = {job.kind: job for job in rows(service, Job)}
    assert jobs.keys() == {"push", "backfill"}
    assert answer.json() == {
        "delivery": delivery.id,
        "state": "queued",
        "jobs": [jobs["push"].id, jobs["backfill"].id],
    }
    assert jobs["push"].arguments == {
        "ref": MAIN,
        "before": A,
        "after": B,
        "forced": False,
        "number": 0,
    }
    assert jobs["push"].delivery_id == delivery.id
    assert (delivery.state, delivery.repository_id) == ("queued", repository.id)
    assert rows(service, Connection)[0].delivered_at is not None


def test_a_known_repository_is_not_scanned_from_the_beginning(
    service: Service, connection: int
) -> None:
    add_repository(service, connection)

    deliver(client(service), payloads.github_push(Repo(), MAIN, A, B))

    assert [job.kind for job in rows(service, Job)] == ["push"]


def test_a_connection_may_do_without_the_past(service: Service, connection: int) -> None:
    with service.db.write() as session:
        session.get_one(Connection, connection).settings = {"backfill": False}

    deliver(client(service), payloads.github_push(Repo(), MAIN, A, B))

    assert [job.kind for job in rows(service, Job)] == ["push"]


@pytest.mark.usefixtures("connection")
def test_thousands_of_commits_are_not_looked_at(service: Service) -> None:
    payload = payloads.github_push(Repo(), MAIN, A, B, commits=2_048)

    assert deliver(client(service), payload).status_code == 202
    assert "settings" not in str(rows(service, Delivery)[0].summary)


def test_a_deleted_branch_is_forgotten(service: Service, connection: int) -> None:
    repository = add_repository(service, connection)
    with service.db.write() as session:
        session.add(Head(repository_id=repository, ref=MAIN, oid=A))
        session.add(Head(repository_id=repository, ref="refs/heads/other", oid=A))

    answer = deliver(client(service), payloads.github_push(Repo(), MAIN, A, ""))

    assert (answer.json()["state"], rows(service, Job)) == ("done", [])
    assert [head.ref for head in rows(service, Head)] == ["refs/heads/other"]


@pytest.mark.usefixtures("connection")
def test_the_same_work_is_one_job(service: Service) -> None:
    to, payload = client(service), payloads.github_push(Repo(), MAIN, A, B)

    deliver(to, payload)
    second = deliver(to, payload)  # a second hook: another id

    assert (second.json()["state"], second.json()["jobs"]) == ("ignored", [])
    assert rows(service, Delivery)[1].note == "the same work is queued already"
    assert len(rows(service, Delivery)) == 2
    assert len(rows(service, Job)) == 2


def test_a_branch_that_goes_back_is_done_again(service: Service, connection: int) -> None:
    repository = add_repository(service, connection)
    with service.db.write() as session:
        row = session.get_one(Repository, repository)
        done = push_job(row, PushedRef(MAIN, "", A))
        service.jobs.enqueue(session, done)
        session.get_one(Job, done.id).state = "done"
        session.add(Head(repository_id=repository, ref=MAIN, oid=B))

    answer = deliver(client(service), payloads.github_push(Repo(), MAIN, B, A, forced=True))

    assert answer.json()["jobs"] == [done.id]


@pytest.mark.usefixtures("connection")
def test_what_was_done_is_not_done_again(service: Service) -> None:
    to, payload = client(service), payloads.github_push(Repo(), MAIN, A, B)
    deliver(to, payload, delivery="one")
    _end(service, "done")

    again = deliver(to, payload, delivery="one")

    assert (again.status_code, again.json()["jobs"]) == (202, [])
    (delivery,) = rows(service, Delivery)
    assert (delivery.copies, delivery.note) == (2, "came 2 times")


@pytest.mark.usefixtures("connection")
def test_what_failed_is_queued_again(service: Service) -> None:
    to, payload = client(service), payloads.github_push(Repo(), MAIN, A, B)
    deliver(to, payload, delivery="one")
    _end(service, "failed")

    again = deliver(to, payload, delivery="one")

    assert [job.split(":")[0] for job in again.json()["jobs"]] == ["push"]
    assert rows(service, Delivery)[0].state == "queued"


@pytest.mark.usefixtures("connection")
def test_a_copy_does_not_bring_an_old_name_back(service: Service) -> None:
    to = client(service)
    old, new = Repo(full_name="acme/old"), Repo(full_name="acme/new")
    deliver(to, payloads.github_push(old, MAIN, A, B), delivery="one")
    deliver(to, payloads.github_repository_event(new, "renamed"), event="repository")

    deliver(to, payloads.github_push(old, MAIN, A, B), delivery="one")

    assert [row.full_name for row in rows(service, Repository)] == ["acme/new"]


@pytest.mark.usefixtures("connection")
def test_a_ping_is_answered(service: Service) -> None:
    answer = deliver(client(service), payloads.github_ping(Repo()), event="ping")

    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert rows(service, Repository) == []


@pytest.mark.usefixtures("connection")
def test_what_nobody_needs_is_ignored_and_shown(service: Service) -> None:
    answer = deliver(client(service), {"action": "created"}, event="star")

    assert (answer.status_code, answer.json()["state"]) == (202, "ignored")
    assert rows(service, Delivery)[0].note == "nothing is done for `star`"


def test_a_repository_that_is_switched_off_stays_so(service: Service, connection: int) -> None:
    repository = add_repository(service, connection)
    with service.db.write() as session:
        session.get_one(Repository, repository).enabled = False

    answer = deliver(client(service), payloads.github_push(Repo(), MAIN, A, B))

    assert answer.json()["state"] == "ignored"
    assert rows(service, Job) == []


@pytest.mark.parametrize(
    ("action", "repo", "expected"),
    [
        ("renamed", Repo(full_name="acme/new"), {"full_name": "acme/new"}),
        ("transferred", Repo(full_name="corp/app"), {"full_name": "corp/app"}),
        ("archived", Repo(archived=True), {"archived": True}),
        ("publicized", Repo(private=False), {"private": False}),
        ("edited", Repo(default_branch="trunk"), {"default_branch": "trunk"}),
        ("deleted", Repo(), {"enabled": False}),
    ],
)
def test_repositories_change(
    service: Service, connection: int, action: str, repo: Repo, expected: dict[str, object]
) -> None:
    add_repository(service, connection)

    payload = payloads.github_repository_event(repo, action)
    answer = deliver(client(service), payload, event="repository")

    assert answer.json()["state"] == "done"
    (row,) = rows(service, Repository)
    assert {name: getattr(row, name) for name in expected} == expected


@pytest.mark.usefixtures("connection")
def test_a_deleted_repository_that_was_not_known_stays_unknown(service: Service) -> None:
    payload = payloads.github_repository_event(Repo(), "deleted")

    assert deliver(client(service), payload, event="repository").status_code == 202
    assert rows(service, Repository) == []


@pytest.mark.usefixtures("connection")
def test_an_installation_asks_what_there_is(service: Service) -> None:
    to, repos = client(service), [Repo(1, "acme/a"), Repo(2, "acme/b")]

    deliver(to, payloads.github_installation(9, repos=repos), event="installation")

    assert [row.installation for row in rows(service, Repository)] == ["9", "9"]
    assert sorted(job.kind for job in rows(service, Job)) == ["backfill", "backfill", "inventory"]


@pytest.mark.usefixtures("connection")
def test_repositories_leave_an_installation_and_come_back(service: Service) -> None:
    to, event = client(service), "installation_repositories"
    one, two = Repo(1, "acme/a"), Repo(2, "acme/b")
    deliver(to, payloads.github_installation_repositories(9, added=[one, two]), event=event)

    deliver(to, payloads.github_installation_repositories(9, removed=[one]), event=event)
    assert [row.enabled for row in rows(service, Repository)] == [False, True]
    deliver(to, payloads.github_installation_repositories(9, added=[one]), event=event)
    assert [row.enabled for row in rows(service, Repository)] == [True, True]


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("action", ["deleted", "suspend"])
def test_an_installation_ends(service: Service, action: str) -> None:
    to = client(service)
    deliver(to, payloads.github_push(Repo(1), MAIN, A, B, installation=9))
    deliver(to, payloads.github_push(Repo(2), MAIN, A, B, installation=10))

    deliver(to, payloads.github_installation(9, action), event="installation")

    assert [row.enabled for row in rows(service, Repository)] == [False, True]


@pytest.mark.usefixtures("connection")
def test_a_long_list_is_asked_for(service: Service) -> None:
    many = [Repo(number, f"acme/r{number}") for number in range(1, 520)]

    payload = payloads.github_installation(9, repos=many)
    answer = deliver(client(service), payload, event="installation")

    assert answer.status_code == 202
    assert len(rows(service, Repository)) == 500
    assert len([job for job in rows(service, Job) if job.kind == "inventory"]) == 1


@pytest.mark.parametrize(
    ("forge", "event", "payload", "ref"),
    [
        (
            "github",
            "pull_request",
            payloads.github_pull_request(Repo(), 5, B),
            "refs/pull/5/head",
        ),
        (
            "gitlab",
            "Merge Request Hook",
            payloads.gitlab_merge_request(Repo(), 5, B),
            "refs/merge-requests/5/head",
        ),
        ("gitea", "pull_request", payloads.gitea_pull_request(Repo(), 5, B), "refs/pull/5/head"),
    ],
)
def test_pull_requests_are_scanned_by_their_head(
    service: Service, forge: str, event: str, payload: dict[str, object], ref: str
) -> None:
    add_repository(service, add_connection(service, add_tenant(service), forge))

    deliver(client(service), payload, forge, event=event)

    (job,) = rows(service, Job)
    assert job.arguments["ref"] == ref
    assert (job.arguments["after"], job.arguments["number"]) == (B, 5)


def test_gitlab_tells_of_many_refs_at_once(service: Service) -> None:
    add_repository(service, add_connection(service, add_tenant(service), "gitlab"))
    changes = [(f"refs/heads/b{number}", "", sha(str(number))) for number in range(501)]

    payload = payloads.gitlab_update(Repo(), changes)
    deliver(client(service), payload, "gitlab", event="System Hook")

    kinds = [job.kind for job in rows(service, Job)]
    assert (kinds.count("push"), kinds.count("reconcile")) == (500, 1)


def test_gitlab_does_not_say_whether_a_project_is_archived(service: Service) -> None:
    repository = add_repository(service, add_connection(service, add_tenant(service), "gitlab"))
    with service.db.write() as session:
        session.get_one(Repository, repository).archived = True

    deliver(client(service), payloads.gitlab_push(Repo(), MAIN, A, B), "gitlab")

    assert rows(service, Repository)[0].archived


def _end(service: Service, state: str) -> None:
    with service.db.write() as session:
        for job in rows(service, Job):
            session.get_one(Job, job.id).state = state if job.kind == "push" else "done"
