"""From payloads to events; payloads that make no sense."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from leakguard_service.hooks.events import delivery_id, understand
from leakguard_service.hooks.fields import Garbled, parse
from leakguard_service.hooks.names import ref_ok
from leakguard_service.hooks.summary import from_json, to_json
from leakguard_service.nouns import Event, EventKind, ForgeKind, PushedRef, RepositoryRef
from tests.service.forges.schemas import model
from tests.service.hooks import payloads
from tests.service.hooks.payloads import ZEROS, Repo, sha

A, B = sha("a"), sha("b")
MAIN = "refs/heads/main"
APP = Repo()
GITHUB: Mapping[tuple[str, str], Any] = {
    ("ping", "WebhookPing"): payloads.github_ping(APP),
    ("push", "WebhookPush"): payloads.github_push(APP, MAIN, A, B, installation=9),
    ("pull_request", "WebhookPullRequestOpened"): payloads.github_pull_request(APP, 5, B),
    ("pull_request", "WebhookPullRequestSynchronize"): payloads.github_pull_request(
        APP, 5, B, action="synchronize", before=A
    ),
    ("installation", "WebhookInstallationCreated"): payloads.github_installation(9, repos=[APP]),
    ("installation", "WebhookInstallationDeleted"): payloads.github_installation(9, "deleted"),
    (
        "installation_repositories",
        "WebhookInstallationRepositoriesAdded",
    ): payloads.github_installation_repositories(9, added=[APP]),
    (
        "installation_repositories",
        "WebhookInstallationRepositoriesRemoved",
    ): payloads.github_installation_repositories(9, removed=[APP]),
    ("repository", "WebhookRepositoryRenamed"): payloads.github_repository_event(APP, "renamed"),
    ("repository", "WebhookRepositoryArchived"): payloads.github_repository_event(APP, "archived"),
    ("repository", "WebhookRepositoryDeleted"): payloads.github_repository_event(APP, "deleted"),
    ("check_run", "WebhookCheckRunRerequested"): payloads.github_check_run(APP, B),
    ("check_run", "WebhookCheckRunRequestedAction"): payloads.github_check_run(
        APP, B, button="will_revoke"
    ),
    ("check_suite", "WebhookCheckSuiteRequested"): payloads.github_check_suite(
        APP, B, action="requested"
    ),
    ("check_suite", "WebhookCheckSuiteRerequested"): payloads.github_check_suite(APP, B),
}
GITLAB: Mapping[str, Any] = {
    "Push Hook": payloads.gitlab_push(APP, MAIN, A, B),
    "Tag Push Hook": payloads.gitlab_push(APP, "refs/tags/v1", "", B),
    "Merge Request Hook": payloads.gitlab_merge_request(APP, 5, B, action="update", before=A),
    "System Hook": payloads.gitlab_update(APP, [(MAIN, A, B), ("refs/tags/v1", "", B)]),
    "Project Hook": payloads.gitlab_project_event(APP, "project_rename"),
}
GITEA: Mapping[str, Any] = {
    "push": payloads.gitea_push(APP, MAIN, A, B, secret="words"),  # noqa: S106 - no secret
    "create": payloads.gitea_ref(APP, "v1", B, "tag"),
    "delete": payloads.gitea_ref(APP, "old"),
    "pull_request": payloads.gitea_pull_request(APP, 5, B),
    "repository": {"action": "created", "repository": payloads.gitea_repository(APP)},
}
SAMPLES = (
    [("github", name, payload) for (name, _), payload in GITHUB.items()]
    + [("gitlab", name, payload) for name, payload in GITLAB.items()]
    + [("gitea", name, payload) for name, payload in GITEA.items()]
)


def read(forge: str, name: str, payload: Any) -> Event:
    return understand(ForgeKind(forge), {f"X-{forge}-Event": name}, payload)


@pytest.mark.parametrize(("name", "shape"), GITHUB)
def test_samples_are_as_github_describes_them(name: str, shape: str) -> None:
    """What stands in them has the published names and types; what is left out is left out."""
    payload = GITHUB[name, shape]
    try:
        TypeAdapter(model(shape)).validate_python(payload)
        wrong = []
    except ValidationError as error:
        errors = [one for one in error.errors() if one["type"] != "missing"]
        wrong = [one for one in errors if "UNSET" not in one["msg"]]  # "or is left out"

    assert wrong == []
    assert payload.keys() <= model(shape).model_fields.keys()


def test_a_push_of_github() -> None:
    payload = payloads.github_push(APP, MAIN, A, B, forced=True, installation=9)

    assert read("github", "push", payload) == Event(
        EventKind.PUSH,
        "push",
        repository=RepositoryRef("1", "acme/app", "main"),
        installation="9",
        pushes=(PushedRef(MAIN, A, B, forced=True),),
        sender="alice",
    )


@pytest.mark.parametrize("forge", list(ForgeKind))
@pytest.mark.parametrize("ref", [MAIN, "refs/tags/v1"])
def test_refs_are_made_and_deleted(forge: str, ref: str) -> None:
    name = "Push Hook" if forge == "gitlab" else "push"
    made = read(forge, name, payloads.push(forge, APP, ref, "", B))
    gone = read(forge, name, payloads.push(forge, APP, ref, A, ""))

    assert made.pushes == (PushedRef(ref, "", B),)
    assert gone.pushes == (PushedRef(ref, A, ""),)


def test_longer_object_ids_are_known() -> None:
    payload = payloads.github_push(APP, MAIN, "a" * 64, "b" * 64)
    assert read("github", "push", payload).pushes == (PushedRef(MAIN, "a" * 64, "b" * 64),)


def test_refs_that_gitea_names_without_their_beginning() -> None:
    assert read("gitea", "create", GITEA["create"]).pushes == (PushedRef("refs/tags/v1", "", B),)
    assert read("gitea", "delete", GITEA["delete"]).pushes == (PushedRef("refs/heads/old", "", ""),)


def test_all_refs_of_one_push_at_gitlab() -> None:
    assert read("gitlab", "System Hook", GITLAB["System Hook"]).pushes == (
        PushedRef(MAIN, A, B),
        PushedRef("refs/tags/v1", "", B),
    )


def test_a_merge_request_without_commits_is_not_looked_at() -> None:
    payload = payloads.gitlab_merge_request(APP, 5, B, action="update")
    assert read("gitlab", "Merge Request Hook", payload).kind is EventKind.OTHER


def test_a_button_of_a_check_run() -> None:
    payload = payloads.github_check_run(APP, B, button="used_in_tests", external_id="scan:7")
    event = read("github", "check_run", payload)

    assert event.kind is EventKind.ACTION
    assert event.details == {
        "head_sha": B,
        "head_branch": "main",
        "number": "",
        "check_run": "555",
        "external_id": "scan:7",
        "identifier": "used_in_tests",
    }


@pytest.mark.parametrize("action", ["created", "completed"])
def test_our_own_check_runs_are_not_looked_at(action: str) -> None:
    payload = payloads.github_check_run(APP, B, action=action)
    assert read("github", "check_run", payload).kind is EventKind.OTHER


def test_the_suite_that_github_makes_is_the_push_again() -> None:
    payload = payloads.github_check_suite(APP, B, action="requested")
    event = read("github", "check_suite", payload)
    assert (event.kind, event.pushes) == (EventKind.PUSH, (PushedRef(MAIN, sha("before"), B),))


def test_a_suite_without_branch_is_not() -> None:
    payload = payloads.github_check_suite(APP, B, action="requested", branch=None)
    assert read("github", "check_suite", payload).kind is EventKind.OTHER


def test_subgroups_are_for_gitlab() -> None:
    deep = Repo(full_name="corp/team/part/app")
    event = read("gitlab", "Push Hook", payloads.gitlab_push(deep, MAIN, A, B))

    assert event.repository
    assert event.repository.full_name == "corp/team/part/app"
    with pytest.raises(Garbled, match="full_name"):
        read("github", "push", payloads.github_push(deep, MAIN, A, B))


def test_a_delivery_of_gitea_is_not_one_of_github() -> None:
    headers = {"X-GitHub-Event": "push", "X-Gitea-Event": "push"}
    with pytest.raises(Garbled, match="/hooks/gitea"):
        understand(ForgeKind.GITHUB, headers, GITEA["push"])


@pytest.mark.parametrize(("forge", "name", "payload"), SAMPLES)
def test_events_are_kept_as_json(forge: str, name: str, payload: Any) -> None:
    event = read(forge, name, payload)

    kept = parse(payloads.body(to_json(event)))

    assert from_json(kept) == event
    assert event.kind is not EventKind.OTHER
    assert "Add settings" not in str(kept)
    assert "secret" not in str(kept)


@pytest.mark.parametrize(
    "name",
    [
        "acme",
        "acme/",
        "/app",
        "acme/../app",
        "acme/..",
        "./app",
        "-acme/app",
        "acme/app/x",
        "acme/a b",
        "acme/app\n",
        "acme/äpp",
        "acme@host/app",
        "acme/app?x",
        "https://evil.net/app",
        "a/" + "b" * 300,
    ],
)
def test_names_of_repositories_that_are_none(name: str) -> None:
    with pytest.raises(Garbled, match="full_name"):
        read("github", "push", payloads.github_push(Repo(full_name=name), MAIN, A, B))


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "refs/heads/",
        "refs/",
        "refs/main",
        "--upload-pack=touch x",
        "-h",
        "refs/heads/a b",
        "refs/heads/a..b",
        "refs/heads/.a",
        "refs/heads/a/.b",
        "refs/heads/a.lock",
        "refs/heads/a.lock/b",
        "refs/heads/a@{1}",
        "refs/heads/a\\b",
        "refs/heads/a~1",
        "refs/heads/a^",
        "refs/heads/a:b",
        "refs/heads/a?",
        "refs/heads/a*",
        "refs/heads/a[b",
        "refs/heads//a",
        "refs/heads/a/",
        "refs/heads/a.",
        "refs/heads/a\n",
        "refs/heads/a\x7f",
        "refs/heads/\ud800",
        "refs/heads/\0",
        "refs/heads/" + "a" * 500,
    ],
)
def test_refs_that_are_none(ref: str) -> None:
    assert not ref_ok(ref)
    with pytest.raises(Garbled, match="`ref`"):
        read("github", "push", payloads.github_push(APP, ref, A, B))


@pytest.mark.parametrize(
    "ref", ["refs/heads/ä/ö", "refs/heads/-x", "refs/heads/@", "refs/heads/a@b"]
)
def test_refs_that_are_some(ref: str) -> None:
    assert ref_ok(ref)


@pytest.mark.parametrize("oid", ["", "0" * 39, "g" * 40, "a" * 41, "a" * 39 + "\n", ZEROS + "0"])
def test_object_ids_that_are_none(oid: str) -> None:
    payload = payloads.github_push(APP, MAIN, A, B) | {"after": oid or 7}
    with pytest.raises(Garbled, match="`after`"):
        read("github", "push", payload)


@pytest.mark.parametrize("number", [0, -1, 1.0, True, "1", None, 2**63, [1]])
def test_ids_that_are_none(number: Any) -> None:
    payload = payloads.github_push(APP, MAIN, A, B)
    payload["repository"]["id"] = number
    with pytest.raises(Garbled, match=r"`repository\.id`"):
        read("github", "push", payload)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{\0}\0",
        b'{"a": NaN}',
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
    ],
)
def test_bodies_that_are_no_json(body: bytes) -> None:
    with pytest.raises(Garbled):
        parse(body)


def test_a_form_holds_the_payload() -> None:
    assert parse(b"payload=%7B%22a%22%3A+1%7D", form=True) == {"a": 1}
    for wrong in (b"", b"a=1", b"payload={}&payload={}", b"payload=%FF", b"a&" * 100):
        with pytest.raises(Garbled):
            parse(wrong, form=True)


def test_a_delivery_without_id_is_known_by_its_content() -> None:
    one = delivery_id(ForgeKind.GITHUB, {}, b"{}")
    assert one == delivery_id(ForgeKind.GITHUB, {}, b"{}")
    assert one != delivery_id(ForgeKind.GITHUB, {}, b"{ }")


@pytest.mark.parametrize("given", ["a b", "a" * 201, "\x00", "<b>"])
def test_ids_of_deliveries_that_are_none(given: str) -> None:
    with pytest.raises(Garbled):
        delivery_id(ForgeKind.GITHUB, {"X-GitHub-Delivery": given}, b"{}")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "ref", "number", "head", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to every value within a payload."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value)
    return [path] + [place for key, one in inner for place in places(one, (*path, key))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), sample=st.sampled_from(SAMPLES), new=ANY)
def test_any_value_anywhere_is_understood_or_refused(
    data: st.DataObject, sample: tuple[str, str, Any], new: Any
) -> None:
    forge, name, payload = sample
    payload = changed(payload, data.draw(st.sampled_from(places(payload))), new)
    try:
        event = read(forge, name, payload)
    except Garbled:
        return
    assert from_json(to_json(event)) == event
    assert all(ref_ok(pushed.ref) for pushed in event.pushes)
    str(to_json(event)).encode()  # nothing in it that no database takes
    assert "\0" not in str(to_json(event))
