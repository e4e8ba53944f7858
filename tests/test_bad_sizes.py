"""Files of gigabytes and lines of megabytes: scanned to their end, in bounded memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import MEASURED, github_token

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")


def peak(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, int, str]:
    """Exit code, peak memory in bytes and standard output of a scan."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "scan", "--no-git", "--format", "json", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, int(done.stderr.split()[-1]) * 1024, done.stdout


def test_file_of_more_than_two_gigabytes_in_bounded_memory(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    size = 2**31 + 12_345
    with open(tmp_path / "huge.bin", "wb") as stream:
        stream.seek(size)
        stream.write(b"\n" + github_token().encode() + b"\n")

    code, memory, out = peak(["huge.bin"], tmp_path, process_environment)

    (finding,) = json.loads(out)["findings"]
    assert (code, finding["line"], finding["column"]) == (1, 2, 1)
    assert memory < 300 * MIB


def test_line_of_fifty_megabytes(tmp_path: Path, process_environment: dict[str, str]) -> None:
    before = "a" * 50_000_000 + " "
    (tmp_path / "line.js").write_text(before + github_token())

    code, memory, out = peak(["line.js"], tmp_path, process_environment)

    (finding,) = json.loads(out)["findings"]
    assert (code, finding["line"], finding["column"]) == (1, 1, len(before) + 1)
    assert memory < 300 * MIB
