import os
from pathlib import Path

import pytest

from leakguard.hooks.canary import try_hook
from leakguard.hooks.places import Place


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def hook(folder: Path, stage: str, text: str) -> Place:
    (folder / stage).write_text(f"#!/bin/sh\n{text}\n")
    (folder / stage).chmod(0o755)
    return Place(folder)


def test_hook_that_stops_only_the_canary_is_proved(tmp_path: Path) -> None:
    place = hook(tmp_path, "pre-commit", "! git grep --cached ghp_ || ! echo github-classic-pat")

    outcome = try_hook(place, "pre-commit")

    assert (outcome.stopped, outcome.passed) == (True, True)


def test_hook_that_fails_for_another_reason_proves_nothing(tmp_path: Path) -> None:
    place = hook(tmp_path, "pre-push", "git grep -q ghp_ HEAD && echo out of order && exit 1; :")

    outcome = try_hook(place, "pre-push")

    assert (outcome.stopped, outcome.passed) == (False, True)


def test_what_a_hook_says_of_harmless_things_is_kept(tmp_path: Path) -> None:
    place = hook(tmp_path, "commit-msg", "echo ' no ticket '; exit 1")

    outcome = try_hook(place, "commit-msg")

    assert (outcome.passed, outcome.output) == (False, "no ticket")


def test_scratch_repository_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()

    try_hook(hook(tmp_path, "pre-receive", "exit 0"), "pre-receive")

    assert not list((tmp_path / "tmp").iterdir())
