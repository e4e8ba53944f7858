"""Compares leakguard with its peers as hooks: a commit of five staged source files without a leak.

    python -m benchmarks.hook

Absolute times mean little, the ratios count. Before it is timed, each tool is shown one more
staged file that holds a made-up token: a hook that sees nothing is fast and worthless.
"""

import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks import command_line, measure, peers
from benchmarks.command_line import Options
from benchmarks.measure import clean_environment
from benchmarks.peers import Tool
from benchmarks.table import Result

ROUNDS: Final = 15
WARM_UP: Final = 2

HISTORY: Final = ("argparse", "ast", "bdb", "calendar", "difflib", "enum", "gzip", "inspect")
"""Modules of the standard library, one commit each: something to stand on."""
STAGED: Final = ("cmd", "copy", "csv", "sched", "stat")
"""Source text of 5 to 16 KB each that every machine with Python has."""
LEAK: Final = "deploy.py"

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 2 for what cannot be measured."""
    text = "Compare secret detectors as hooks of a commit of five files."
    parser = command_line.parser(text, ROUNDS)
    options = Options(**vars(parser.parse_args(arguments)))
    return command_line.show(options, compare, remark="stops a leak")


def compare(options: Options) -> list[Result]:
    """In the order of the tools' table; the remark says whether the tool stops a leak. Raises
    BenchmarkError for a tool that does not work or that finds something where nothing is."""
    tools = peers.installed(options.names(peers.USUAL), options.envs)
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder).resolve()
        files = make_repository(repository)
        stops = {tool.name: stops_a_leak(tool, options, repository, files) for tool in tools}
        commands = {
            tool.name: peers.staged_command(tool, options.envs, repository, files) for tool in tools
        }
        samples = command_line.take(commands, options, warm_up=WARM_UP)
    return [
        Result(
            tool.name,
            peers.version(tool, options.envs),
            shlex.join(commands[tool.name].argv),
            samples[tool.name],
            "yes" if stops[tool.name] else "NO",
        )
        for tool in tools
    ]


def make_repository(folder: Path) -> tuple[str, ...]:
    """A repository with a few commits. Returns the names of the files that are staged in it.

    It has a user of its own, since kingfisher makes a commit of what is staged and, where it
    cannot, ends with 0 and has scanned nothing.
    """
    _git(folder, "init", "--quiet")
    _git(folder, "config", "user.name", "Benchmark")
    _git(folder, "config", "user.email", "benchmark@example.com")
    for module in HISTORY:
        _stage(folder, module)
        _git(folder, "commit", "--quiet", "--no-verify", "--message", f"Add {module}")
    return tuple(_stage(folder, module) for module in STAGED)


def _stage(folder: Path, module: str) -> str:
    name = f"{module}.py"
    shutil.copyfile(Path(sysconfig.get_path("stdlib")) / name, folder / name)
    _git(folder, "add", name)
    return name


def _git(folder: Path, *arguments: str) -> None:
    """With nobody's settings: a global hook or a signed commit would only disturb."""
    environment = clean_environment() | {"GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(["git", "-C", str(folder), *arguments], env=environment, check=True)


def stops_a_leak(tool: Tool, options: Options, repository: Path, files: tuple[str, ...]) -> bool:
    """Whether the tool objects to one more file, staged for it alone, with a token in it."""
    path = repository / LEAK
    path.write_text(f'token = "{made_up_token()}"\n', encoding="ascii")
    _git(repository, "add", LEAK)
    command = peers.staged_command(tool, options.envs, repository, (*files, LEAK))
    command = replace(command, codes=frozenset({0, tool.leaks}))
    code = measure.run(command, options.timeout).code
    _git(repository, "rm", "--quiet", "--force", LEAK)
    return code == tool.leaks


def made_up_token() -> str:
    """In the form of a GitHub token: 30 characters and their CRC-32 in six digits of base 62, see
    https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    body = "Ky9Pf34qY6Nb3wWD25RQ4F5ZR3qa7y"
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return "gh" + "p_" + body + digits


if __name__ == "__main__":
    sys.exit(main())
