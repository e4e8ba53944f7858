"""Compares leakguard with its peers on the whole history of a git repository.

    python -m benchmarks.history REPOSITORY

Absolute times mean little, the ratios count. `floor` is what it costs to have git hand out every
object and to read it: nothing that uses git can be faster.
"""

import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import command_line, peers
from benchmarks.command_line import Options
from benchmarks.measure import BenchmarkError, Command, Sample, clean_environment
from benchmarks.table import Result

ROUNDS: Final = 5
WARM_UP: Final = 1
"""Fills the file cache, and the tools' own caches of compiled rules."""

FLOOR: Final = "floor"
ALL_OBJECTS: Final = 'git -C "$0" cat-file --batch --batch-all-objects --unordered | cat >/dev/null'


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 2 for what cannot be measured."""
    text = "Compare secret detectors on the whole history of a git repository."
    parser = command_line.parser(text, ROUNDS)
    parser.add_argument("repository", type=Path)
    options = Options(**vars(parser.parse_args(arguments)))
    return command_line.show(options, compare, remark="findings")


def compare(options: Options) -> list[Result]:
    """In the order of the tools' table, with the number of findings as remark. Raises
    BenchmarkError for a tool that does not work, or cannot on this repository."""
    names = options.names((*peers.USUAL, FLOOR))
    repository = options.repository.resolve()
    tools = peers.installed((name for name in names if name != FLOOR), options.envs)
    if any(tool.reads_patches for tool in tools):
        refuse_incomplete(repository)
    with tempfile.TemporaryDirectory() as folder:
        commands = {name: _command(name, options.envs, repository, Path(folder)) for name in names}
        samples = command_line.take(commands, options, warm_up=WARM_UP)
        return [_result(name, options.envs, commands[name], samples[name]) for name in names]


def _command(name: str, envs: Path, repository: Path, folder: Path) -> Command:
    if name == FLOOR:
        return Command(("sh", "-c", ALL_OBJECTS, str(repository)), folder)
    return peers.history_command(peers.TOOLS[name], envs, repository, _report(folder, name))


def _report(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _result(name: str, envs: Path, command: Command, samples: list[Sample]) -> Result:
    shown = shlex.join(command.argv)
    if name == FLOOR:
        return Result(name, "", shown, samples)
    version = peers.version(peers.TOOLS[name], envs)
    findings = count_findings(_report(command.directory, name).read_bytes())
    return Result(name, version, shown, samples, str(findings))


def count_findings(report: bytes) -> int:
    """Of the JSON reports that the tools write: a list, or an object with a list `findings`.
    Raises BenchmarkError for anything else."""
    try:
        whole = json.loads(report)
        return len(whole if isinstance(whole, list) else whole["findings"])
    except (ValueError, TypeError, KeyError) as error:
        raise BenchmarkError("a report has another form than expected: a new version?") from error


def refuse_incomplete(repository: Path) -> None:
    """Raises BenchmarkError for what is no repository, or one without all of its objects: gitleaks
    stops at the first missing one, drops what it had found, and ends with 0 all the same."""
    command = ["git", "-C", str(repository), "rev-list", "--objects", "--all", "--missing=print"]
    listed = subprocess.run(command, capture_output=True, check=False, env=clean_environment())
    if listed.returncode:
        raise BenchmarkError(f"git cannot list the objects of {repository}: is it a repository?")
    if missing := sum(line.startswith(b"?") for line in listed.stdout.splitlines()):
        text = f"{repository} lacks {missing} objects, and some tools stop at the first of them"
        raise BenchmarkError(f"{text}: use a complete clone, or others by --only")


if __name__ == "__main__":
    sys.exit(main())
