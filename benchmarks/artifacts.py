"""Compares leakguard with its peers on a folder of build artifacts, each opened as deep as it can.

    python -m benchmarks.artifacts FOLDER

Absolute times mean little, the ratios count. The findings are what each tool says: a tool that
opens nothing is fast and finds nothing.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import command_line, peers
from benchmarks.command_line import Options
from benchmarks.history import count_findings
from benchmarks.table import Result

ROUNDS: Final = 3
WARM_UP: Final = 1


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 2 for what cannot be measured."""
    text = "Compare secret detectors on a folder of build artifacts."
    parser = command_line.parser(text, ROUNDS)
    parser.add_argument("repository", type=Path, metavar="folder")
    options = Options(**vars(parser.parse_args(arguments)))
    return command_line.show(options, compare, remark="findings")


def compare(options: Options) -> list[Result]:
    """In the order of the tools' table, with the number of findings as remark. Raises
    BenchmarkError for a tool that does not work."""
    names = options.names(peers.USUAL)
    tools = peers.installed(names, options.envs)
    with tempfile.TemporaryDirectory() as folder:
        reports = {tool.name: Path(folder, f"{tool.name}.json") for tool in tools}
        scanned = options.repository.resolve()
        commands = {
            tool.name: peers.folder_command(tool, options.envs, scanned, reports[tool.name])
            for tool in tools
        }
        samples = command_line.take(commands, options, warm_up=WARM_UP)
        return [
            Result(
                tool.name,
                peers.version(tool, options.envs),
                " ".join(commands[tool.name].argv),
                samples[tool.name],
                str(count_findings(reports[tool.name].read_bytes())),
            )
            for tool in tools
        ]


if __name__ == "__main__":
    sys.exit(main())
