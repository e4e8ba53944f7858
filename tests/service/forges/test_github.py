"""GitHub: check runs, statuses, tokens, repositories, comments, code scanning."""

import time
import traceback
from pathlib import Path

import jwt
import pytest
from limits import RateLimitItemPerMinute

from leakguard_service.db.tables import Connection
from leakguard_service.errors import Hopeless, JobError, Later
from leakguard_service.forges import github_app, pace, table
from leakguard_service.forges.github import GitHub
from leakguard_service.forges.http import Refused
from leakguard_service.nouns import RepositoryRef
from leakguard_service.service import Service
from tests.helpers import git, repository
from tests.service.fakeforge import FakeGitHub, FakeGitLab, Repo
from tests.service.forges.conftest import SHA, mark, outcome, ref, speak
from tests.service.githttp import allowed


@pytest.fixture
def repo(github: FakeGitHub) -> Repo:
    return github.add_repository("acme/app")


@pytest.fixture
def app(github: FakeGitHub, service: Service, tenant_id: int) -> GitHub:
    forge = speak(service, github.connect(service, tenant_id))
    assert isinstance(forge, GitHub)
    return forge


@pytest.fixture
def plain(github: FakeGitHub, service: Service, tenant_id: int) -> GitHub:
    forge = speak(service, github.connect(service, tenant_id, app=False))
    assert isinstance(forge, GitHub)
    return forge


def test_a_check_run_with_an_annotation(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    key = app.report(ref(repo), "1", outcome(1), "")
    run = github.run_for(SHA)
    assert str(run["id"]) == key
    assert (run["conclusion"], run["status"], run["name"]) == ("failure", "completed", "leakguard")
    assert run["external_id"] == SHA
    assert run["details_url"] == "https://leakguard.example/repositories/1"
    assert [one["identifier"] for one in run["actions"]] == [
        "false_positive",
        "used_in_tests",
        "will_revoke",
    ]
    (said,) = run["output"]["annotations"]
    assert (said["path"], said["start_line"], said["end_line"]) == ("src/file1.py", 1, 1)
    assert (said["start_column"], said["end_column"]) == (5, 25)
    assert said["annotation_level"] == "failure"


def test_120_annotations_are_three_requests(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    key = app.report(ref(repo), "1", outcome(120), "")
    run = github.run_for(SHA)
    sent = [*github.said("POST", "/check-runs"), *github.said("PATCH", f"/check-runs/{key}")]
    assert [len(call.json["output"]["annotations"]) for call in sent] == [50, 50, 20]
    assert len({one["path"] for one in run["output"]["annotations"]}) == 120
    assert run["conclusion"] == "failure"


def test_a_second_report_changes_and_adds_nothing(
    app: GitHub, github: FakeGitHub, repo: Repo
) -> None:
    key = app.report(ref(repo), "1", outcome(120), "")
    assert app.report(ref(repo), "1", outcome(120, title="again"), key) == key
    assert app.report(ref(repo), "1", outcome(120), "") == key, "the id was not stored"
    run = github.run_for(SHA)
    assert len(run["output"]["annotations"]) == 120
    assert app.report(ref(repo), "1", outcome(121), key) == key
    assert len(github.run_for(SHA)["output"]["annotations"]) == 121
    app.report(ref(repo), "1", outcome(0), key)
    run = github.run_for(SHA)
    assert (run["conclusion"], run["actions"]) == ("success", [])


def test_a_report_that_broke_off_goes_on(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    github.fail_next(500, match="PATCH")
    with pytest.raises(Later):
        app.report(ref(repo), "1", outcome(120), "")
    assert len(github.run_for(SHA)["output"]["annotations"]) == 50
    app.report(ref(repo), "1", outcome(120), "")
    run = github.run_for(SHA)
    assert len(run["output"]["annotations"]) == 120
    assert len({one["path"] for one in run["output"]["annotations"]}) == 120


def test_a_run_that_is_gone_is_made_again(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    assert app.report(ref(repo), "1", outcome(1), "123") == str(github.run_for(SHA)["id"])


def test_somebody_elses_run_is_left_alone(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    key = app.report(ref(repo), "1", outcome(1), "")
    github.check_runs[int(key)]["app"] = {"id": 1}
    assert app.report(ref(repo), "1", outcome(1), "") != key


def test_marks_beyond_the_limit(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    app.report(ref(repo), "1", outcome(510), "")
    run = github.run_for(SHA)
    assert len(run["output"]["annotations"]) == 500
    assert "10 more" in run["output"]["summary"]


def test_what_is_too_long_is_cut(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    long = mark(title="ö" * 300, text="ö" * 70_000, preview="ö" * 70_000, end_line=3)
    app.report(ref(repo), "1", outcome(1, marks=[long], title="t" * 300, summary="ö" * 70_000), "")
    run = github.run_for(SHA)
    assert len(run["output"]["summary"].encode()) <= 65_535
    assert "start_column" not in run["output"]["annotations"][0]


def test_what_is_in_an_archive_marks_the_archive(
    app: GitHub, github: FakeGitHub, repo: Repo
) -> None:
    inside = mark(path="dist/app.apk!/classes.dex", line=70, end_line=70)
    app.report(ref(repo), "1", outcome(1, marks=[inside]), "")
    (said,) = github.run_for(SHA)["output"]["annotations"]
    assert (said["path"], said["start_line"], "start_column" in said) == ("dist/app.apk", 1, False)
    assert "app.apk!/classes.dex" in said["raw_details"]


@pytest.mark.parametrize(
    ("verdict", "fails", "conclusion", "state"),
    [
        ("clean", False, "success", "success"),
        ("leaks", True, "failure", "failure"),
        ("leaks", False, "neutral", "success"),
        ("incomplete", False, "action_required", "error"),
        ("incomplete", True, "failure", "failure"),
        ("failed", False, "action_required", "error"),
        ("unheard of", False, "action_required", "error"),
    ],
)
def test_conclusions(
    app: GitHub,
    plain: GitHub,
    github: FakeGitHub,
    repo: Repo,
    verdict: str,
    fails: bool,
    conclusion: str,
    state: str,
) -> None:
    said = outcome(0, verdict=verdict, fails=fails)
    app.report(ref(repo), "1", said, "")
    assert github.run_for(SHA)["conclusion"] == conclusion
    plain.report(ref(repo), "", said, "")
    assert github.statuses[-1]["state"] == state


def test_a_token_sets_commit_statuses(plain: GitHub, github: FakeGitHub, repo: Repo) -> None:
    key = plain.report(ref(repo), "", outcome(2, title="many\nsecrets " + "x" * 200), "")
    status = github.statuses[-1]
    assert (str(status["id"]), status["context"], status["sha"]) == (key, "leakguard", SHA)
    assert status["description"].startswith("many secrets x")
    assert status["target_url"] == "https://leakguard.example/repositories/1"
    assert not github.check_runs
    plain.report(ref(repo), "", outcome(0, url=""), key)
    assert "target_url" not in github.statuses[-1]


def test_tokens_are_narrow_and_kept(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    for _ in range(3):
        app.access(ref(repo), "1")
        app.report(ref(repo), "1", outcome(), "")
    assert [(one.permissions, one.repository_ids) for one in github.issued] == [
        ({"contents": "read"}, (repo.id,)),
        ({"checks": "write"}, (repo.id,)),
    ]


def test_tokens_that_end_soon_are_not_used(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    github.token_seconds = 120
    app.access(ref(repo), "1")
    app.access(ref(repo), "1")
    assert len(github.issued) == 2


def test_tokens_belong_to_who_has_the_key(app: GitHub, repo: Repo) -> None:
    """Another tenant that names the same App without its key gets nothing."""
    app.access(ref(repo), "1")
    assert app.app
    thief = github_app.App(app.app.api, app.app.app_id, "no key")
    with pytest.raises(Hopeless, match="private key"):
        thief.token("1", {"contents": "read"}, (str(repo.id),))


def test_a_refused_token_is_forgotten(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    key = app.report(ref(repo), "1", outcome(1), "")
    note = app.comment(ref(repo), "1", 7, outcome(), "")
    for known in (key, ""):
        github.issued.clear()
        assert app.report(ref(repo), "1", outcome(1), known) == key
        assert app.comment(ref(repo), "1", 7, outcome(), note) == note
        assert app.sarif(ref(repo), "1", outcome(1))
    github.fail_next(401, match="check-runs", times=2)
    with pytest.raises(Refused):
        app.report(ref(repo), "1", outcome(1), key)


def test_no_such_installation(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    with pytest.raises(Hopeless, match="404"):
        app.access(ref(repo), "77")
    github.suspended.add(1)
    with pytest.raises(Hopeless, match="403"):
        app.access(ref(repo), "1")
    del github.permissions["checks"]
    github.suspended.clear()
    with pytest.raises(Hopeless, match="422"):
        app.report(ref(repo), "1", outcome(), "")


def test_an_unknown_installation_is_asked_for(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    app.report(ref(repo), "", outcome(), "")
    assert github.issued[0].installation == 1


def test_git_reads_with_the_token(
    app: GitHub, plain: GitHub, github: FakeGitHub, tmp_path: Path
) -> None:
    work = repository(tmp_path / "work", {"a": "b"})
    repo = github.add_repository("acme/code", source=work)
    other = github.add_repository("acme/other", source=work)
    for forge, installation in ((app, "1"), (plain, "")):
        access = forge.access(ref(repo), installation)
        assert access.url == f"{github.url}/acme/code.git"
        assert access.resolve == f"127.0.0.1:{github.port}:127.0.0.1"
        config = ("-c", f"http.extraHeader={access.header}")
        assert "refs/heads/main" in git(tmp_path, *config, "ls-remote", access.url)
    header = app.access(ref(repo), "1").header.removeprefix("Authorization: ")
    assert github.may_clone(header, repo)
    assert not github.may_clone(header, other), "the token is for one repository"
    assert allowed(header, github.issued[0].token)


@pytest.mark.parametrize(
    "name",
    ["", "app", "a/b/c", "../x", "a/..", "a/-b", "-a/b", "a/b?c", "a/b#", "a b/c", "a/b.git"],
)
def test_names_that_no_repository_has(app: GitHub, name: str) -> None:
    with pytest.raises(Hopeless):
        app.access(RepositoryRef("1", name), "1")
    with pytest.raises(Hopeless):
        app.report(RepositoryRef("1", name), "1", outcome(), "")
    with pytest.raises(Hopeless):
        app.repository(name, "1")


def test_ids_are_numbers(app: GitHub, repo: Repo) -> None:
    for known in ("../../user", "1/..", "abc", "1" * 30):
        with pytest.raises(Hopeless):
            app.report(ref(repo), "1", outcome(1), known)
    with pytest.raises(Hopeless):
        app.report(ref(repo), "1", outcome(sha="main"), "")
    with pytest.raises(Hopeless):
        app.access(ref(repo), "1/../2")


def test_repositories_of_all_installations(
    github: FakeGitHub, service: Service, tenant_id: int, tmp_path: Path
) -> None:
    for number in range(105):
        place, private = 1 + number % 2, number > 9
        name = f"acme/r{number}"
        github.repos[number] = Repo(number, name, private, "main", False, place, tmp_path)
    forge = speak(service, github.connect(service, tenant_id))
    found = dict(forge.repositories())
    assert len(found) == 105
    assert {one.full_name: place for one, place in found.items()}["acme/r3"] == "2"
    assert sum(one.private for one in found) == 95
    github.suspended.add(2)
    assert set(dict(forge.repositories()).values()) == {"1"}


def test_pages(github: FakeGitHub, service: Service, tenant_id: int, tmp_path: Path) -> None:
    for number in range(205):
        github.repos[number] = Repo(number, f"acme/r{number}", True, "main", False, 1, tmp_path)
    assert len(list(speak(service, github.connect(service, tenant_id)).repositories())) == 205
    plain = speak(service, github.connect(service, tenant_id, app=False))
    assert len(list(plain.repositories())) == 205
    asked = [call.query["page"] for call in github.said("GET", "/user/repos")]
    assert asked == ["1", "2", "3"]


def test_repositories_of_some_organisations(
    github: FakeGitHub, service: Service, tenant_id: int
) -> None:
    github.add_repository("acme/one")
    github.add_repository("other/two")
    plain = speak(service, github.connect(service, tenant_id, app=False, organisations=["Acme"]))
    assert [one.full_name for one, _ in plain.repositories()] == ["acme/one"]
    app = speak(service, github.connect(service, tenant_id, organisations=["nobody"]))
    assert not list(app.repositories())


def test_one_repository(app: GitHub, plain: GitHub, repo: Repo) -> None:
    for forge, installation in ((app, "1"), (app, ""), (plain, "")):
        assert forge.repository("acme/app", installation) == ref(repo)
        with pytest.raises(Hopeless, match="404"):
            forge.repository("acme/none", "1")


def test_a_comment_is_rewritten(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    said = outcome(1, title="2 secrets in `a` <b> [x](y) @all")
    key = app.comment(ref(repo), "1", 7, said, "")
    assert app.comment(ref(repo), "1", 7, outcome(summary="ö" * 70_000), key) == key
    (comment,) = github.comments.values()
    assert (comment["number"], len(comment["body"].encode()) <= 65_535) == (7, True)
    github.comments.clear()
    assert app.comment(ref(repo), "1", 7, said, key) != key
    (comment,) = github.comments.values()
    assert comment["body"].startswith("<!-- leakguard -->")
    assert r"\`a\` \<b\> \[x\]\(y\) \@all" in comment["body"]


def test_code_scanning(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    inside = mark(3, path="a b/ö.zip!/x", severity=1)
    said = outcome(2, marks=[mark(1), mark(2, severity=4), inside])
    assert app.sarif(ref(repo), "1", said)
    (upload,) = github.sarifs
    assert (upload["commit_sha"], upload["ref"]) == (SHA, "refs/heads/main")
    (run,) = upload["log"]["runs"]
    assert [one["level"] for one in run["results"]] == ["error", "error", "note"]
    assert run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "a%20b/%C3%B6.zip"
    }
    assert run["results"][0]["partialFingerprints"] == {"leakguard/v1": mark(2).fingerprint}
    assert app.sarif(ref(repo), "1", outcome(1, ref="")) == ""
    assert github.issued[-1].permissions == {"security_events": "write"}


def test_no_faster_than_github_allows(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    slow = GitHub(
        app.settings, app.api, app.web_url, app.app, paces=pace.Pace([RateLimitItemPerMinute(3)])
    )
    slow.report(ref(repo), "1", outcome(120), "")
    with pytest.raises(Later) as caught:
        slow.report(ref(repo), "1", outcome(sha="b" * 40), "")
    assert caught.value.waited
    assert 1 <= caught.value.seconds <= 60
    assert len(github.check_runs) == 1
    assert [str(one) for one in pace.GITHUB] == ["80 per 1 minute", "500 per 1 hour"]


def test_the_forge_says_that_it_is_too_fast(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 300)}
    github.fail_next(403, reset, match="POST /api/v3/repos")
    with pytest.raises(Later) as caught:
        app.report(ref(repo), "1", outcome(1), "")
    assert caught.value.waited
    assert caught.value.seconds == pytest.approx(300, abs=3)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b"null", b'{"id": "x"}', b'{"id": []}'])
def test_garbage_is_tried_again(
    app: GitHub, plain: GitHub, github: FakeGitHub, repo: Repo, body: bytes
) -> None:
    github.fail_next(201, body=body, match="statuses")
    with pytest.raises(Later):
        plain.report(ref(repo), "", outcome(), "")
    github.fail_next(200, body=body, match="access_tokens")
    with pytest.raises(Later):
        app.access(ref(repo), "1")
    github.fail_next(200, body=body, match="GET /api/v3/repos/acme/app")
    with pytest.raises(Later):
        app.repository("acme/app", "1")


def test_no_token_in_errors(app: GitHub, plain: GitHub, github: FakeGitHub, repo: Repo) -> None:
    app.access(ref(repo), "1")
    app.report(ref(repo), "1", outcome(), "")
    secrets = [one.token for one in github.issued] + [github.token, github.private_key[100:160]]
    for status in (401, 403, 404, 422, 429, 500, 200):
        for forge, installation in ((app, "1"), (plain, "")):
            times = 2 if status == 401 and forge is app else 1  # it tries with a new token
            github.fail_next(status, body={"echo": secrets}, match="/acme/app", times=times)
            text = ""
            try:
                forge.report(ref(repo), installation, outcome(1), "")
            except JobError:
                text = traceback.format_exc()
            assert text
            assert not [one for one in secrets if one in text]
            assert f"127.0.0.1:{github.port}" in text
    assert not [one for one in secrets if one in f"{app!r} {plain!r} {app.app!r}"]


def test_a_key_that_is_none(
    github: FakeGitHub, repo: Repo, service: Service, tenant_id: int
) -> None:
    github.private_key = "-----BEGIN words-----"
    forge = speak(service, github.connect(service, tenant_id))
    with pytest.raises(Hopeless, match="private key") as caught:
        forge.access(ref(repo), "1")
    assert "words" not in str(caught.value)


def test_the_apps_token(app: GitHub) -> None:
    assert app.app
    token = app.app.headers()["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["iat"] <= time.time() - 59
    assert time.time() + 420 < claims["exp"] <= time.time() + 540
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


def test_where_a_line_is_seen(app: GitHub, github: FakeGitHub, repo: Repo) -> None:
    url = app.line_url(ref(repo), SHA, "a b/ö?#.py", 7)
    assert url == f"{github.url}/acme/app/blob/{SHA}/a%20b/%C3%B6%3F%23.py#L7"


def test_access_that_cannot_be_read(service: Service, gitlab: FakeGitLab, tenant_id: int) -> None:
    number = gitlab.connect(service, tenant_id)
    with service.db.write() as session:
        row = session.get_one(Connection, number)
        row.access = service.keyring.seal("no json: words")
        with pytest.raises(Hopeless) as caught:
            table.forge_for(service, row)
    assert "words" not in str(caught.value)
