"""What pip's scripts start: the same as the modules, and garbage is looked for after the start."""

import gc
import subprocess
import sys

import pytest

from leakguard import __version__, entry


def test_the_command_line_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["leakguard", "--version"])

    assert entry.command() == 0

    gc.unfreeze()
    assert gc.isenabled()
    assert __version__ in capsys.readouterr().out


def test_the_hook_keeps_what_it_loads_and_looks_for_garbage_afterwards() -> None:
    code = (
        "import gc, sys; from leakguard.entry import hook\n"
        "sys.argv = ['leakguard-hook', '--help']\n"
        "try: hook()\n"
        "except SystemExit: print(gc.isenabled(), gc.get_freeze_count() > 1000)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.endswith("True True\n")
