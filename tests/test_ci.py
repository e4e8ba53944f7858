"""The GitHub Action and the GitLab template: their shell, run on real repositories."""

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import ROOT
from tests.hookrepo import HookRepo, environment, token

TOKEN = f'token = "{token()}"\n'
OTHER = f'other = "{token(1)}"\n'
ZEROS = "0" * 40
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())["leakguard"]


class Runner:
    """A clone of a repository in which a job runs, as a forge's runner has it."""

    def __init__(self, origin: HookRepo, folder: Path) -> None:
        self.origin = origin
        self.folder = folder
        self.work = HookRepo(folder / "work", dict(origin.env))
        self.summary = folder / "summary"
        self.output = folder / "output"

    def checkout(self, ref: str, *options: str) -> None:
        """As actions/checkout does: one ref, and only its last commit unless more is asked for."""
        self.work.path.mkdir()
        self.work.git("init", "--quiet")
        self.work.git("remote", "add", "origin", f"file://{self.origin.path}")
        depth = options or ("--depth=1",)
        self.work.git("fetch", "--quiet", "--no-tags", *depth, "origin", f"+{ref}:refs/remotes/x")
        self.work.git("checkout", "--quiet", "--detach", "refs/remotes/x")

    def action(self, event: Mapping[str, Any], **inputs: str) -> tuple[int, str]:
        """Runs the action's last step: exit code and log."""
        (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "scan"]
        given = {name: row.get("default", "") for name, row in ACTION["inputs"].items()} | inputs
        context = {"github": event, "inputs": given, "runner": {"temp": str(self.folder)}}
        self.work.env |= {name: evaluated(text, context) for name, text in step["env"].items()}
        self.work.env |= {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.folder),
        }
        return self._run(step["run"], "bash")

    def gitlab(self, **variables: str) -> tuple[int, str]:
        """Runs the job's script as GitLab's runner does, line by line in a shell."""
        self.work.env |= GITLAB["variables"] | variables
        return self._run("\n".join(GITLAB["script"]), "sh")

    def _run(self, script: str, shell: str) -> tuple[int, str]:
        done = self.work.run(shell, "-e", "-c", script)
        assert token()[4:-4] not in done.stdout
        return done.returncode, done.stdout


def evaluated(text: str, context: Mapping[str, Any]) -> str:
    """An expression of GitHub's: dots only, and what is not there is empty."""

    def value(match: re.Match[str]) -> str:
        found: Any = context
        for name in match[1].split("."):
            found = found.get(name, "") if isinstance(found, dict) else ""
        return str(found).lower() if isinstance(found, bool) else str(found)

    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)


@pytest.fixture
def origin(tmp_path: Path, cache_dir: Path) -> HookRepo:
    """A repository on a forge with two commits on main."""
    origin = HookRepo(tmp_path / "origin", environment(tmp_path, cache_dir))
    origin.path.mkdir()
    origin.git("init", "--quiet", "--initial-branch=main")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin.save("README", "nothing here\n")
    origin.save("old", OTHER)
    return origin


@pytest.fixture
def runner(origin: HookRepo, tmp_path: Path) -> Runner:
    """With leakguard where the action's first step and pip put it."""
    program = tmp_path / "leakguard" / "bin" / "leakguard"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m leakguard "$@"\n')
    program.chmod(0o755)
    runner = Runner(origin, tmp_path)
    runner.work.env["PATH"] = f"{program.parent}{os.pathsep}{runner.work.env['PATH']}"
    return runner


def push(before: str, after: str) -> dict[str, Any]:
    return {
        "event_name": "push",
        "sha": after,
        "event": {"before": before, "repository": {"default_branch": "main"}},
    }


def pull(origin: HookRepo, *, fork: bool, merge: str) -> dict[str, Any]:
    """A pull request of the branch `topic`, which the forge has merged for a try."""
    request = {
        "number": 7,
        "base": {"sha": origin.git("rev-parse", "main").strip()},
        "head": {"sha": origin.git("rev-parse", "topic").strip(), "repo": {"fork": fork}},
    }
    return {
        "event_name": "pull_request",
        "sha": merge,
        "event": {"pull_request": request, "repository": {"default_branch": "main"}},
    }


def open_pull(origin: HookRepo, name: str, content: str) -> str:
    """Saves a file on the branch `topic` and merges it for a try; the id of that merge."""
    origin.git("switch", "--quiet", "-c", "topic")
    origin.save(name, content)
    origin.save("more", "fine\n")
    return tried(origin)


def tried(origin: HookRepo) -> str:
    origin.git("switch", "--quiet", "--detach", "main")
    origin.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    merge = origin.git("rev-parse", "HEAD").strip()
    origin.git("update-ref", "refs/pull/7/merge", merge)
    origin.git("update-ref", "refs/pull/7/head", "topic")
    origin.git("switch", "--quiet", "main")
    return merge


def test_action_is_composite_and_needs_no_secret() -> None:
    text = (ROOT / "action.yml").read_text() + (ROOT / "ci" / "github.sh").read_text()
    steps = ACTION["runs"]["steps"]

    assert ACTION["runs"]["using"] == "composite"
    assert all(step["shell"] == "bash" for step in steps if "run" in step)
    assert "secrets." not in text
    assert "license" not in text.lower()
    assert not any("${{" in step.get("run", "") for step in steps)


def test_shell_scripts_are_sound() -> None:
    repo = HookRepo(ROOT, dict(os.environ))

    assert repo.run("bash", "-n", "ci/github.sh").returncode == 0
    for line in (*GITLAB["before_script"], *GITLAB["script"]):
        assert repo.run("sh", "-n", "-c", line).returncode == 0


def test_push_is_judged_by_its_own_commits(origin: HookRepo, runner: Runner) -> None:
    before = origin.git("rev-parse", "HEAD").strip()
    origin.save("leak", TOKEN)
    after = origin.save("later", "fine\n")
    runner.checkout("refs/heads/main")

    code, log = runner.action(push(before, after))

    assert code == 1
    assert "::error file=leak,line=1" in log
    assert "file=old" not in log
    assert runner.output.read_text() == "verdict=leaks\n"
    assert "github-classic-pat" in runner.summary.read_text()
    assert token()[4:-4] not in runner.summary.read_text()


def test_clean_push_passes_and_says_nothing(origin: HookRepo, runner: Runner) -> None:
    before = origin.git("rev-parse", "HEAD").strip()
    after = origin.save("fine", "fine\n")
    runner.checkout("refs/heads/main", "--depth=9")

    code, _ = runner.action(push(before, after))

    assert code == 0
    assert runner.output.read_text() == "verdict=clean\n"
    assert not runner.summary.exists()


@pytest.mark.parametrize("before", [ZEROS, "1" * 40])
def test_new_or_forced_branch_is_compared_with_the_default_branch(
    origin: HookRepo, runner: Runner, before: str
) -> None:
    origin.git("switch", "--quiet", "-c", "topic")
    after = origin.save("leak", TOKEN)
    runner.checkout("refs/heads/topic")

    code, log = runner.action(push(before, after))

    assert code == 1
    assert "file=leak" in log
    assert "file=old" not in log


def test_first_push_of_all_is_judged_whole(origin: HookRepo, runner: Runner) -> None:
    runner.checkout("refs/heads/main")

    code, log = runner.action(push(ZEROS, origin.git("rev-parse", "HEAD").strip()))

    assert code == 1
    assert "file=old" in log


@pytest.mark.parametrize("fork", [True, False])
def test_pull_request_is_judged_by_its_commits(
    origin: HookRepo, runner: Runner, fork: bool
) -> None:
    merge = open_pull(origin, "leak", TOKEN)
    runner.checkout("refs/pull/7/merge")

    code, log = runner.action(pull(origin, fork=fork, merge=merge))

    assert code == 1
    assert "file=leak" in log
    assert "file=old" not in log


@pytest.mark.parametrize(
    ("fork", "settings", "code"),
    [(True, "auto", 1), (False, "auto", 0), (False, "base", 1), (True, "head", 0)],
)
def test_who_may_change_the_settings(
    origin: HookRepo, runner: Runner, fork: bool, settings: str, code: int
) -> None:
    origin.git("switch", "--quiet", "-c", "topic")
    origin.save(".leakguard.toml", 'exclude = ["**"]\n')
    origin.save("leak", TOKEN)
    merge = tried(origin)
    runner.checkout("refs/pull/7/merge")

    assert runner.action(pull(origin, fork=fork, merge=merge), settings=settings)[0] == code


def test_settings_of_the_base_count_for_a_fork(origin: HookRepo, runner: Runner) -> None:
    origin.save("pyproject.toml", '[tool.leakguard]\nexclude = ["fixtures/"]\n')
    merge = open_pull(origin, "fixtures/a", TOKEN)
    runner.checkout("refs/pull/7/merge")

    assert runner.action(pull(origin, fork=True, merge=merge))[0] == 0


def test_rules_of_the_base_count_for_a_fork(origin: HookRepo, runner: Runner) -> None:
    origin.save(".leakguard.toml", 'baseline = "accepted.json"\n')
    origin.save("accepted.json", '{"version": 1, "fingerprints": {}}\n')
    origin.git("switch", "--quiet", "-c", "topic")
    origin.git("rm", "--quiet", "accepted.json")
    origin.save("leak", TOKEN)
    merge = tried(origin)
    runner.checkout("refs/pull/7/merge")

    code, log = runner.action(pull(origin, fork=True, merge=merge), sarif="leaks.sarif")

    assert code == 1
    assert "file=leak" in log
    assert (runner.work.path / "leaks.sarif").exists()


def test_schedule_and_history_look_at_everything(origin: HookRepo, runner: Runner) -> None:
    runner.checkout("refs/heads/main")
    head = origin.git("rev-parse", "HEAD").strip()
    event = {"event_name": "schedule", "sha": head, "event": {}}

    code, log = runner.action(event, scan="history", sarif="leaks.sarif")

    assert code == 1
    assert "file=old" in log
    assert "github-classic-pat" in (runner.work.path / "leaks.sarif").read_text()


def test_flags_are_handed_on(origin: HookRepo, runner: Runner) -> None:
    runner.checkout("refs/heads/main")
    event = push(ZEROS, origin.git("rev-parse", "HEAD").strip())

    assert runner.action(event, args="--exclude old --min-severity high")[0] == 0


def test_merge_group_is_judged(origin: HookRepo, runner: Runner) -> None:
    base = origin.git("rev-parse", "HEAD").strip()
    head = origin.save("leak", TOKEN)
    runner.checkout("refs/heads/main")
    group = {"base_sha": base, "head_sha": head}

    code, log = runner.action(
        {"event_name": "merge_group", "sha": head, "event": {"merge_group": group}}
    )

    assert code == 1
    assert "file=old" not in log


def test_gitlab_judges_a_merge_request_by_its_commits(origin: HookRepo, runner: Runner) -> None:
    open_pull(origin, "leak", TOKEN)
    runner.checkout("refs/heads/topic", "--depth=9")

    code, log = runner.gitlab(
        CI_PIPELINE_SOURCE="merge_request_event",
        CI_MERGE_REQUEST_DIFF_BASE_SHA=origin.git("rev-parse", "main").strip(),
        CI_COMMIT_SHA=origin.git("rev-parse", "topic").strip(),
    )

    assert code == 1
    assert "leak\n  1:10" in log
    assert "old\n" not in log
    report = json.loads((runner.work.path / "gl-secret-detection-report.json").read_text())
    assert [item["location"]["file"] for item in report["vulnerabilities"]] == ["leak"]


@pytest.mark.parametrize(("before", "seen"), [("", 0), (ZEROS, 1)])
def test_gitlab_judges_a_push(origin: HookRepo, runner: Runner, before: str, seen: int) -> None:
    before = before or origin.git("rev-parse", "HEAD").strip()
    origin.save("fine", "fine\n")
    runner.checkout("refs/heads/main", "--depth=9")

    code, log = runner.gitlab(
        CI_PIPELINE_SOURCE="push",
        CI_COMMIT_BEFORE_SHA=before,
        CI_COMMIT_SHA=origin.git("rev-parse", "HEAD").strip(),
        CI_DEFAULT_BRANCH="main",
    )

    assert code == seen, log
