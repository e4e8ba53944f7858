"""Files whose being there is the leak: password stores, state, memory and what was typed."""

from leakguard.artifacts import signs
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build

KINDS = ("password database", "core dump", "terraform state", "shell history")
"""Names of kinds, in the order in which `describe` asks."""

_WHY = {
    "password database": "a KeePass database, whose password can be guessed without end",
    "core dump": "a program's memory, with whatever keys and data were in it",
    "terraform state": "what Terraform knows of an installation, passwords and keys in clear text",
    "shell history": "what somebody typed, passwords and addresses included",
}
_HEAD = 4096


def describe(data: Buffer) -> Build | None:
    """By what stands at the beginning; None for what only looked like one of KINDS."""
    head = bytes(data[:_HEAD])
    tests = (signs.keepass, signs.core_dump, signs.terraform_state, signs.shell_history)
    kind = next((kind for kind, test in zip(KINDS, tests, strict=True) if test(head, b"")), None)
    return Build(kind=kind, internal=_WHY[kind], app=False) if kind else None
