import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.hooks import scripts

TEXTS = [
    *(scripts.hook_text(stage) for stage in scripts.STAGES),
    *(scripts.hook_text(stage, python="", everywhere=True) for stage in scripts.STAGES),
    *(scripts.block_text(stage) for stage in scripts.STAGES),
    scripts.forward_text("post-merge"),
]

LINES = st.lists(st.sampled_from(("#!/bin/sh", "echo a", "", '. "$0/_/husky.sh"', "# b")))


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_is_shell(text: str) -> None:
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_path_of_python_is_quoted() -> None:
    text = scripts.hook_text("pre-commit", python="/opt/it's here/python")

    done = subprocess.run(
        ["/bin/sh", "-c", text], text=True, capture_output=True, check=False, env={"PATH": "/none"}
    )

    assert done.returncode == 2
    assert "/opt/it's here/python is gone" in done.stderr


@given(LINES, st.sampled_from(tuple(scripts.STAGES)))
def test_block_is_put_in_once_and_taken_out_again(lines: list[str], stage: str) -> None:
    text = "".join(f"{line}\n" for line in lines)

    once = scripts.with_block(text, stage)

    assert scripts.is_leakguards(once)
    assert scripts.with_block(once, stage) == once
    assert scripts.without_block(once) == text


def test_lines_of_a_push_stand_behind_what_starts_the_script() -> None:
    old = '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\nnpm test\n'

    new = scripts.with_block(old, "pre-push")

    assert new.startswith(old[: old.index("\nnpm")])
    assert new.endswith("\nnpm test\n")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("#!/bin/sh\nexec leakguard-hook pre-push\n", True),
        ("#!/bin/sh\n# leakguard-hook pre-push\n", False),
        ("#!/bin/sh\npython -m leakguard.hook pre-commit\n", True),
        ("#!/bin/sh\nnpm test\n", False),
    ],
)
def test_hooks_of_leakguard_are_known(text: str, known: bool) -> None:
    assert scripts.is_leakguards(text) is known


@pytest.mark.parametrize("text", ["", "a: 1\n", "a: 1\nb: 2\n"])
def test_settings_of_lefthook_are_taken_out_whole(text: str) -> None:
    block = scripts.lefthook_text(("pre-commit", "pre-push"))

    assert scripts.without_lefthook(text + block + "c: 3\n") == text + "c: 3\n"
