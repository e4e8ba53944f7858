"""What somebody reads whose commit or push was stopped, whole, case by case."""

from collections.abc import Callable

import pytest

from leakguard.hooks.advice import at_commit, at_push
from leakguard.hooks.plans import Leaking, Plan

FILE = Leaking("", files=("src/deploy.py",))
OLD = "b2e0e64ba6d7" + "0" * 28
MIDDLE = "c3f1f75cb7e8" + "0" * 28
TIP = "d401086dc8f9" + "0" * 28

COMMITS = {
    "staged": at_commit(FILE, staged={"src/deploy.py"}, first=False),
    "first-commit": at_commit(FILE, staged={"src/deploy.py"}, first=True),
    "not-staged": at_commit(FILE, staged=(), first=False),
    "build": at_commit(
        Leaking("", builds=("app release.apk",)), staged={"app release.apk"}, first=False
    ),
    "hostile-name": at_commit(
        Leaking("", files=("it's\n\x1b[2J.py",)), staged={"it's\n\x1b[2J.py"}, first=False
    ),
    "many-files": at_commit(
        Leaking("", files=tuple(f"f{n}" for n in range(7))), staged={"f0"}, first=False
    ),
    "in-a-folder": at_commit(
        Leaking("", files=("-y.py",)), staged={"-y.py"}, first=False, below=True
    ),
    "message": at_commit(Leaking("", message=True), staged=(), first=False),
}

PUSHES = {
    "last-commit": [Plan("main", TIP, (Leaking(TIP, files=("src/deploy.py",)),))],
    "last-message": [Plan("main", TIP, (Leaking(TIP, message=True),))],
    "older-commit": [Plan("main", TIP, (Leaking(OLD, files=("src/deploy.py",)),))],
    "older-commits": [
        Plan(
            "main",
            TIP,
            (
                Leaking(TIP, files=("a.py", "b.py"), message=True),
                Leaking(MIDDLE, builds=("app.apk",)),
                Leaking(OLD, files=("a.py",)),
            ),
            merges=True,
            root=True,
        )
    ],
    "many-commits": [
        Plan("main", TIP, tuple(Leaking(f"{n}ab{n}" * 10, files=(f"f{n}",)) for n in range(8)))
    ],
    "other-branch": [Plan("topic", TIP, (Leaking(TIP, files=("a",)),), elsewhere=True)],
    "tag": [Plan("", TIP, tag="v1.0")],
}


@pytest.mark.parametrize("case", COMMITS)
def test_stopped_commit(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"commit-{case}.txt", "\n".join([*COMMITS[case], ""]))


@pytest.mark.parametrize("case", PUSHES)
def test_stopped_push(case: str, golden: Callable[[str, str], None]) -> None:
    golden(f"push-{case}.txt", "\n".join([*at_push(PUSHES[case]), ""]))


def test_server_says_less(golden: Callable[[str, str], None]) -> None:
    golden("push-server.txt", "\n".join([*at_push(PUSHES["older-commits"], server=True), ""]))
