"""How much of what leakguard reports in popular packages and large repositories is noise.

    python -m benchmarks.precision FOLDER

Packages and repositories are brought into FOLDER, scanned at default settings, and the findings
joined with `precision-verdicts.toml`, in which a person has judged them. Prints a Markdown table.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import corpus
from benchmarks.measure import BenchmarkError, clean_environment
from benchmarks.verdicts import Hit, Judgement, Tally, Verdict, count, read_verdicts

HERE: Final = Path(__file__).parent
TEXT_HEAD: Final = 8000
"""Bytes in which a NUL makes a file binary, as for git (xdiff-interface.c, FIRST_FEW_BYTES)."""
UNIT: Final = 10_000_000
"""Bytes of package source to which false findings are related."""
SCANNED: Final = frozenset({0, 1, 3})
"""Exit codes of a scan that was made: clean, with findings, with skips."""


HEAD: Final = (
    "| | packages | real | test | noise | repositories | real | test | noise |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)


@dataclass(frozen=True, slots=True)
class Part:
    """The packages, or the repositories."""

    tally: Tally
    scanned: int
    """Bytes that were read."""
    source: int
    """Bytes of text files among them; of repositories not told apart, so all."""


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 2 for what cannot be brought or scanned."""
    options = _parser().parse_args(arguments)
    try:
        known = read_verdicts(options.verdicts)
        packages = _packages(options, known)
        repositories = _repositories(options, known)
    except (BenchmarkError, OSError) as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 2
    for hit in (*packages.tally.unread, *repositories.tally.unread):
        _say(f"unread: {hit.rule} {hit.place}:{hit.line} {hit.preview}")
    sys.stdout.write(table(packages, repositories))
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Measure how much of what is reported is noise.")
    add = made.add_argument
    add("folder", type=Path, help="where packages and repositories are kept; about 10 GB")
    add("--packages", type=Path, default=HERE / "packages.txt", help="default: %(default)s")
    add("--repositories", type=Path, default=HERE / "repositories.txt", help="default: %(default)s")
    add("--verdicts", type=Path, default=HERE / "precision-verdicts.toml")
    return made


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _packages(options: argparse.Namespace, known: list[Verdict]) -> Part:
    wanted = corpus.read_packages(options.packages)
    folders = [corpus.bring_package(package, options.folder, _say) for package in wanted]
    if not folders:
        return Part(Tally(), 0, 0)
    hits, scanned = scan(options.folder / "packages", ["--no-git", "."], "")
    return Part(count(hits, known), scanned, sum(map(source_bytes, folders)))


def _repositories(options: argparse.Namespace, known: list[Verdict]) -> Part:
    hits: list[Hit] = []
    total = 0
    for repository in corpus.read_repositories(options.repositories):
        place = corpus.bring_repository(repository, options.folder, _say)
        _say(f"scan {repository.name}")
        found, scanned = scan(place, ["."], f"git/{repository.name}/")
        hits += found
        total += scanned
    return Part(count(hits, known), total, total)


def scan(folder: Path, options: list[str], before: str) -> tuple[list[Hit], int]:
    """The findings of a scan at default settings that is started in `folder`, their places with
    `before` in front, and the bytes that it read. Raises BenchmarkError for a scan that fails."""
    with tempfile.TemporaryDirectory() as kept:
        report = Path(kept) / "report.json"
        command = [sys.executable, "-m", "leakguard", "scan", "--no-config", "--format", "json"]
        environment = clean_environment() | {"PYTHONPATH": str(HERE.parent)}
        command += ["--output", str(report), *options]
        ended = subprocess.run(command, cwd=folder, env=environment, check=False)
        if ended.returncode not in SCANNED:
            raise BenchmarkError(f"the scan of {folder} ended with exit code {ended.returncode}")
        whole = json.loads(report.read_bytes())
    return [_hit(entry, before) for entry in whole["findings"]], whole["summary"]["bytes"]


def _hit(entry: dict[str, Any], before: str) -> Hit:
    place = before + entry["path"].removeprefix("./")
    return Hit(entry["rule_id"], place, entry["line"] or 0, entry["preview"])


def source_bytes(folder: Path) -> int:
    """Bytes of the text files in a folder: what has no NUL in its first 8,000 bytes."""
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and _is_text(path)
    )


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" not in file.read(TEXT_HEAD)


def table(packages: Part, repositories: Part) -> str:
    """In Markdown: a row a rule, the busiest first, and what it comes to."""
    return "\n".join(
        [*HEAD, *_rows(packages.tally, repositories.tally), "", *_sums(packages, repositories), ""]
    )


def _rows(packages: Tally, repositories: Tally) -> list[str]:
    names = {*packages.rules, *repositories.rules}
    both = [(name, packages.of_rule(name), repositories.of_rule(name)) for name in names]
    both.sort(key=lambda row: (-row[1].total() - row[2].total(), row[0]))
    return [f"| `{name}` |{_cells(one)}{_cells(two)}" for name, one, two in both]


def _cells(judged: Counter[Judgement]) -> str:
    noise = judged[Judgement.NOISE] + judged[Judgement.UNREAD]
    values = (judged.total(), judged[Judgement.REAL], judged[Judgement.TEST], noise)
    return "".join(f" {value or ''} |" for value in values)


def _sums(packages: Part, repositories: Part) -> list[str]:
    parts = {"Packages": packages, "Repositories": repositories}
    return [_sum(name, part) for name, part in parts.items()]


def _sum(name: str, part: Part) -> str:
    tally = part.tally
    rate = tally.false() * UNIT / part.source if part.source else 0.0
    return (
        f"- {name}: {part.scanned / 1e6:,.0f} MB read, {part.source / 1e6:,.0f} MB of it text; "
        f"{tally.hits()} findings: "
        f"{tally.of(Judgement.REAL)} real, {tally.of(Judgement.TEST)} test, "
        f"{tally.of(Judgement.NOISE)} noise, {tally.of(Judgement.UNREAD)} unread; "
        f"{rate:.2f} false findings per 10 MB of text."
    )


if __name__ == "__main__":
    sys.exit(main())
