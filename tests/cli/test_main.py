import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import click
import pytest
from click.testing import CliRunner

from leakguard.cli import main as module
from leakguard.cli.main import cli, main
from leakguard.errors import LeakguardError
from leakguard.version import __version__

from .conftest import ROOT, Run

VERBS = (
    "",
    "scan",
    "rules",
    "rules list",
    "rules show",
    "rules check",
    "rules test",
    "rules coverage",
    "rules docs",
    "config",
    "config show",
    "install",
    "uninstall",
    "doctor",
    "hook",
    "redact",
    "baseline",
    "baseline create",
    "baseline update",
    "baseline prune",
    "baseline stats",
    "import",
    "diff",
    "audit",
    "completion",
)


@pytest.mark.parametrize("verb", VERBS)
def test_help(verb: str, golden: Callable[[str, str], None]) -> None:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(
        cli, [*verb.split(), "--help"], prog_name="leakguard"
    )

    assert result.exit_code == 0
    golden(f"help-{verb.replace(' ', '-') or 'leakguard'}.txt", result.output)


def test_version(leakguard: Run) -> None:
    done = leakguard("--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"leakguard {__version__}\n", "")


def test_no_verb_is_an_error_with_help(leakguard: Run) -> None:
    done = leakguard()

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: leakguard [OPTIONS] COMMAND")


def test_no_verb_is_never_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: leakguard" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--version"], ["scan", "--help"], ["completion", "zsh"]])
def test_what_scans_is_not_imported_before_a_scan(arguments: list[str]) -> None:
    program = (
        "import sys, types; package = types.ModuleType('leakguard');"
        f"package.__path__ = [{str(ROOT / 'leakguard')!r}]; sys.modules['leakguard'] = package;"
        f"from leakguard.cli.main import main; assert main({arguments}) == 0;"
        "assert not sys.modules.keys() & {'hyperscan', 're2', 'rich', 'git', 'detect_secrets'}"
    )

    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xyz"], "No such command 'xyz'. See `leakguard --help`."),
        (["scan", "--stagd"], "See `leakguard scan --help`."),
        (["scan", "--format", "xml"], "'xml' is not one of 'text', 'json', 'jsonl', 'sarif'"),
        (["rules", "show"], "Missing argument 'ID'. See `leakguard rules show --help`."),
    ],
)
def test_wrong_usage_is_one_line(leakguard: Run, arguments: list[str], message: str) -> None:
    done = leakguard(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("leakguard: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes every command fail."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(module, "_run", fail)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (LeakguardError("a: is wrong"), 2, "a: is wrong"),
        (LeakguardError("a\x1b[2J\nb"), 2, "a\\x1b[2J b"),
        (click.ClickException("no"), 2, "no"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (
            BrokenPipeError(),
            2,
            "a reader went away before everything was written (BrokenPipeError)",
        ),
    ],
)
def test_errors_are_one_line(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing(monkeypatch, error)

    assert main([]) == code
    assert capsys.readouterr() == ("", f"leakguard: {text}\n")


def test_bug_names_the_type_and_not_what_could_hold_a_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LEAKGUARD_DEBUG", raising=False)
    failing(monkeypatch, ValueError("hunter2"))

    assert main([]) == 2

    shown = capsys.readouterr().err
    assert shown.startswith("leakguard: this is a bug in leakguard (ValueError)")
    assert "hunter2" not in shown
    assert shown.count("\n") == 1


def test_debug_shows_where_the_bug_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAKGUARD_DEBUG", "1")
    failing(monkeypatch, ValueError("it"))

    assert main([]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_completion_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_LEAKGUARD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "leakguard ru")
    monkeypatch.setenv("COMP_CWORD", "1")

    assert main([]) == 0
    assert capsys.readouterr().out == "plain,rules\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_scan_says_so(leakguard: Run, environment: dict[str, str]) -> None:
    assert leakguard("scan").returncode == 0  # the compiled rules are in the cache now
    command = [sys.executable, "-m", "leakguard", "scan", "--files-from", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write("x" * 1_000_000)  # more than a pipe holds: written once it is read
        while process.poll() is None:
            # CPython loses a signal that comes between two reads of one call: send another.
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
        message = process.stderr.read()

    assert (process.returncode, message) == (130, "leakguard: interrupted\n")


def test_command_of_the_package_is_the_command_line() -> None:
    program = "import leakguard.__main__ as m, leakguard.cli.main as c; assert m.main is c.main"

    subprocess.run([sys.executable, "-c", program], check=True)
