"""A push, from the job to the check at the forge, with real git and a forge over HTTP."""

import pytest

from leakguard_service.db.tables import Finding, Occurrence, Repository
from leakguard_service.db.work_tables import ForgeReport, Scan, ScanFinding
from leakguard_service.errors import Hopeless
from leakguard_service.nouns import SYSTEM, Off, PushedRef, Resolution
from leakguard_service.triage.actions import Action, apply
from tests.helpers import github_token
from tests.service.work.world import World

CONFIG = "deploy.py"


def leak(world: World, path: str = CONFIG, seed: int = 0) -> str:
    """Commits a token and pushes it; the commit."""
    world.tree.commit("deploy", {path: f"# {path}\n\nTOKEN = '{github_token(seed)}'\n"})
    return world.pushed()


def close(world: World, resolution: Resolution) -> None:
    """Closes the only finding."""
    finding = world.finding()
    name = "dismiss" if resolution.dismisses else "resolve"
    with world.service.db.write() as session:
        apply(
            world.service,
            session,
            SYSTEM,
            world.tenant_id,
            [finding.id],
            Action(name, resolution=resolution),
        )


def test_a_pushed_token_becomes_a_finding_and_a_failed_check(world: World) -> None:
    sha = leak(world)
    world.drain()

    finding = world.finding()
    assert (finding.state, finding.historical, finding.on_branch) == ("open", False, True)
    assert github_token() not in f"{finding.preview}{finding.identity}"
    assert world.places() == [(CONFIG, 3, True)]
    place = world.rows(Occurrence)[0]
    assert (place.commit, place.author) == (sha, "Ana Müller <ana@example.org>")
    assert place.committed_at is not None
    assert place.ref == "refs/heads/main"
    assert world.story(finding.id) == ["created"]
    assert world.heads()["refs/heads/main"] == sha

    run = world.forge.run_for(sha)
    assert run["conclusion"] == "failure"
    (annotation,) = run["output"]["annotations"]
    assert (annotation["path"], annotation["start_line"]) == (CONFIG, 3)
    assert f"https://leaks.example/findings/{finding.id}" in annotation["message"]
    assert github_token() not in str(run)
    (told,) = world.rows(ForgeReport)
    assert (told.kind, told.conclusion, told.sha) == ("check_run", "failure", sha)


def test_the_same_push_again_doubles_nothing(world: World) -> None:
    sha = leak(world)
    world.drain()
    job = world.job("push:").id
    for _ in range(2):
        world.again(job)
        world.drain()

    assert world.story(world.finding().id) == ["created"]
    assert len(world.rows(Occurrence)) == len(world.rows(ScanFinding)) == 1
    assert len(world.rows(Scan)) == len(world.rows(ForgeReport)) == 1
    assert world.scan().verdict == "leaks"
    assert world.check(sha) == "failure"


def test_the_same_commit_on_a_second_branch_stays_red(world: World) -> None:
    sha = leak(world)
    world.drain()
    world.tree.git("branch", "copy")
    world.pushed("refs/heads/copy")
    world.drain()

    assert len(world.rows(Scan)) == 2
    assert world.check(sha) == "failure"


def test_a_fix_is_green_and_the_finding_stays_open(world: World) -> None:
    leak(world)
    world.drain()
    world.tree.commit("fix", {CONFIG: "import os\n\nTOKEN = os.environ['TOKEN']\n"})
    fixed = world.pushed()
    world.drain()

    finding = world.finding()
    assert world.check(fixed) == "success"
    assert (finding.state, finding.on_branch) == ("open", False)
    assert world.places() == [(CONFIG, 3, False)]
    assert world.story(finding.id) == ["created", "gone"]


def test_a_file_that_is_edited_elsewhere_still_holds_it(world: World) -> None:
    leak(world)
    world.drain()
    text = (world.tree.path / CONFIG).read_text()
    world.tree.commit("edit", {CONFIG: text + "\nprint('more')\n"})
    edited = world.pushed()
    world.drain()

    assert world.check(edited) == "success"
    assert world.finding().on_branch
    assert world.story(world.finding().id) == ["created"]


def test_an_edit_in_the_same_push_does_not_hide_it(world: World) -> None:
    world.tree.commit("deploy", {CONFIG: f"TOKEN = '{github_token()}'\n"})
    text = (world.tree.path / CONFIG).read_text()
    world.tree.commit("edit", {CONFIG: text + "\nprint('more')\n"})
    sha = world.pushed()
    world.drain()

    assert world.check(sha) == "failure"
    assert world.finding().on_branch
    assert world.story(world.finding().id) == ["created"]


def test_dismissing_turns_the_check_green(world: World) -> None:
    sha = leak(world)
    world.drain()
    close(world, Resolution.USED_IN_TESTS)
    world.drain()

    assert world.check(sha) == "success"
    (told,) = world.rows(ForgeReport)
    assert told.conclusion == "success"


def test_a_revoked_secret_that_is_pushed_again_opens_its_finding(world: World) -> None:
    leak(world)
    world.drain()
    close(world, Resolution.REVOKED)
    world.tree.commit("fix", {CONFIG: "nothing\n"})
    world.pushed()
    world.drain()
    assert world.finding().state == "resolved"

    again = leak(world)
    world.drain()
    assert world.finding().state == "open"
    assert world.story(world.finding().id) == ["created", "resolved", "gone", "reopened"]
    assert world.check(again) == "failure"
    assert len(world.rows(Occurrence)) == 1


def test_a_revoked_secret_stays_closed_where_the_tenant_wants_it_so(world: World) -> None:
    world.settle(reopen=False)
    leak(world)
    world.drain()
    close(world, Resolution.REVOKED)
    sha = leak(world, "other.py")
    world.drain()

    assert world.finding().state == "resolved"
    assert world.story(world.finding().id)[-1] == "seen_again"
    assert world.check(sha) == "success"


def test_a_forced_push_tells_only_what_is_new(world: World) -> None:
    base = world.tree.head()
    leak(world)
    world.drain()
    old = world.tree.head()
    world.tree.git("reset", "-q", "--hard", base)
    sha = leak(world, "other.py", seed=2)
    world.drain()

    assert world.heads()["refs/heads/main"] == sha != old
    assert world.check(sha) == "failure"
    found = world.by_path()
    first, second = found[CONFIG], found["other.py"]
    assert (first.on_branch, second.on_branch) == (False, True)
    assert world.story(first.id) == ["created", "gone"]


def test_a_push_that_was_overwritten_at_once_is_said_to_be(world: World) -> None:
    gone = "1" * 40
    world.tell(PushedRef("refs/heads/main", "", gone))
    world.tree.commit("deploy", {CONFIG: f"TOKEN = '{github_token()}'\n"})
    world.push()
    done = world.drain()

    first = world.rows(Scan)[0]
    assert (first.after, first.verdict) == (gone, "incomplete")
    assert "no longer at the forge" in first.error
    assert [job.split(":")[0] for job in done] == ["push", "reconcile", "push", "report"]
    assert world.finding().state == "open"
    assert world.heads()["refs/heads/main"] == world.tree.head()


def test_tags_are_scanned_and_deleted_ones_forgotten(world: World) -> None:
    world.tree.git("checkout", "-q", "--detach")
    world.tree.commit("release", {CONFIG: f"TOKEN = '{github_token()}'\n"})
    world.tree.git("tag", "-a", "v1", "-m", "one")
    world.pushed("refs/tags/v1")
    world.drain()

    assert world.finding().state == "open"
    assert not world.finding().on_branch
    assert world.heads()["refs/tags/v1"] == world.tree.head("refs/tags/v1")

    world.tree.git("push", "-q", str(world.repo.bare), ":refs/tags/v1")
    world.tell(PushedRef("refs/tags/v1", world.tree.head("refs/tags/v1"), ""))
    world.drain()
    assert "refs/tags/v1" not in world.heads()


def test_a_switched_off_repository_is_refused(world: World) -> None:
    with world.service.db.write() as session:
        row = session.get_one(Repository, world.repository_id)
        row.enabled, row.error = False, Off.REMOVED.value
    leak(world)
    with pytest.raises(Hopeless, match="switched off"):
        world.drain()
    assert not world.rows(Finding)
    assert world.row(Repository, world.repository_id).error == Off.REMOVED  # not overwritten
