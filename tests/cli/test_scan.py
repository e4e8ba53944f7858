import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from leakguard.cli.main import main

from .conftest import Run


def test_clean_is_0(leakguard: Run, project: Path) -> None:
    (project / "a.txt").write_text("nothing\n")

    done = leakguard("scan")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("leakguard: no leaks in 1 blob")


def test_leak_is_1_and_is_not_shown(leakguard: Run, leak: Path, token: str) -> None:
    done = leakguard("scan", "src")

    assert (done.returncode, done.stderr) == (1, "")
    assert leak.is_file()
    assert done.stdout.startswith("src/bot.py\n")
    assert token not in done.stdout


def test_error_is_2(leakguard: Run) -> None:
    done = leakguard("scan", "nope")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "leakguard: nope: there is no such file or folder\n"


def test_incomplete_is_3(leakguard: Run) -> None:
    done = leakguard("scan", "--files-from", "-", given="gone.txt\0")

    assert (done.returncode, done.stderr) == (3, "")
    assert "incomplete: no leaks seen" in done.stdout


def test_standard_input_is_scanned(leakguard: Run, token: str) -> None:
    done = leakguard("scan", "-", given=f"say {token}\n")

    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>\n  1:5")


def test_listed_files_are_scanned(leakguard: Run, leak: Path) -> None:
    done = leakguard("scan", "--files-from", "-", given="src/bot.py\0")

    assert done.returncode == 1
    assert leak.name in done.stdout


def test_staged_files_are_scanned(leakguard: Run, leak: Path) -> None:
    for command in (["init", "-q"], ["add", str(leak)]):
        subprocess.run(["git", *command], cwd=leak.parents[1], check=True)

    assert leakguard("scan", "--staged").returncode == 1
    assert leakguard("scan", "--no-git", ".").returncode == 1


@pytest.mark.parametrize(
    "flags",
    [
        ["--disable", "slack-bot-token"],
        ["--min-severity", "critical"],
        ["--exclude", "src/**"],
        ["--exclude", "*.lock", "--exclude", "bot.py"],
    ],
)
def test_flags_decide_what_counts(leak: Path, flags: list[str]) -> None:
    assert leak.is_file()
    assert main(["scan", *flags]) == 0


def test_settings_file_decides_what_counts(leak: Path) -> None:
    settings = leak.parents[1] / ".leakguard.toml"
    settings.write_text('exclude = ["src/"]')

    assert main(["scan"]) == 0
    assert main(["scan", "--no-config"]) == 1
    assert main(["scan", "--exclude", "other"]) == 1


def test_unknown_disabled_rule_is_an_error(leak: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leak.is_file()
    assert main(["scan", "--disable", "slack-bot-tokn"]) == 2
    assert "did you mean `slack-bot-token`" in capsys.readouterr().err


def test_own_rules_are_used(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "own.toml").write_text(
        """
        provider = "Acme"
        [[rule]]
        id = "acme-key"
        name = "Acme key"
        impact = "Opens the door."
        severity = "high"
        confidence = "high"
        pattern = 'acme_(?P<secret>[0-9a-z]{12})'
        references = ["https://acme.example/keys"]
        examples = ["acme_~~q7w2e9r4t1y8"]
        counterexamples = ["acme_q7"]
        """
    )
    (project / "a.txt").write_text("acme_" + "q7w2e9r4t1y8\n")

    assert main(["scan", "--rules", "own.toml", "a.txt"]) == 1
    assert "Acme key" in capsys.readouterr().out


def test_report_goes_to_a_file_and_the_verdict_to_standard_error(
    leak: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = leak.parents[1] / "out"
    out.mkdir()

    assert main(["scan", "--format", "json", "--output", str(out / "r.json"), "src"]) == 1

    shown = capsys.readouterr()
    assert json.loads((out / "r.json").read_text())["verdict"] == "leaks"
    assert [file.name for file in out.iterdir()] == ["r.json"]
    assert shown.out == ""
    assert shown.err.startswith("leakguard: 1 leak in 1 blob")


def test_output_that_cannot_be_written_is_said_before_the_scan(
    leak: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", "--output", str(leak / "x"), "nope"]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "flags", "colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
    ],
)
def test_colors(leakguard: Run, variables: dict[str, str], flags: list[str], colored: bool) -> None:
    done = leakguard("scan", *flags, more=variables)

    assert ("\x1b[" in done.stdout) is colored


def test_file_is_not_colored_unless_asked(leak: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = leak.parents[1] / "report.txt"

    main(["scan", "--output", str(file)])

    assert "\x1b" not in file.read_text()


@pytest.mark.skipif(os.name == "nt", reason="Windows reports a closed pipe in another way")
def test_reader_that_goes_away_does_not_change_the_verdict(
    leak: Path, environment: dict[str, str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "leakguard", "scan", str(leak)],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_disk_is_an_error(leak: Path, environment: dict[str, str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "leakguard", "scan", str(leak)],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            check=False,
        )

    expected = "leakguard: standard output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, expected)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo terminals")
def test_short_scan_on_a_terminal_shows_no_progress(
    leak: Path, environment: dict[str, str]
) -> None:
    master, slave = os.openpty()
    os.write(slave, b"before")

    done = subprocess.run(
        [sys.executable, "-m", "leakguard", "scan", str(leak)],
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env=environment,
        check=False,
    )
    shown = os.read(master, 100)
    os.close(slave)
    os.close(master)

    assert (done.returncode, shown) == (1, b"before")
