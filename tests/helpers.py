"""What several tests need: fake tokens, rules, candidates, windows of text, small repositories."""

import os
import random
import string
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from leakguard.checksums import base62
from leakguard.matcher import Matcher
from leakguard.model import Candidate, Confidence, Rule, Severity, Skip, Span, Window
from leakguard.scanner import Scanner
from leakguard.sources import Tally
from leakguard.sources.files import reader
from leakguard.sources.windows import Packer

ROOT = Path(__file__).parent.parent
Run = Callable[..., "subprocess.CompletedProcess[str]"]
"""The `run` of conftest.py."""

PATIENCE_SECONDS = 60
"""How long a test waits for another process."""

Complaint = Callable[..., str]
"""The `complaint` of conftest.py."""

RULE = Rule(
    id="test-token",
    name="Test token",
    provider="Test",
    impact="None.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    pattern=r"\btok_(?P<secret>[a-f0-9]{12})\b",
    family="test-token",
)


def github_token(seed: int = 0) -> str:
    """A classic GitHub token that nobody issued, with a right checksum."""
    chance = random.Random(seed)  # noqa: S311 - it must be the same each time
    body = "".join(chance.choices(string.ascii_letters + string.digits, k=30))
    return "gh" + "p_" + body + base62(zlib.crc32(body.encode()), 6).decode()


def candidate(secret: bytes, *, rule: Rule = RULE, start: int = 0, key: str = "a") -> Candidate:
    """A candidate on line 1, with nothing around it."""
    span = Span(start, start + len(secret), 1, start + 1, 1, start + len(secret) + 1)
    return Candidate(rule, key, span, secret)


def generic(rule: Rule = RULE) -> Rule:
    """The rule as one whose form proves nothing."""
    return replace(rule, generic=True)


def windows(blobs: Mapping[str, bytes]) -> Iterator[Window]:
    """The blobs as a source packs them."""
    packer = Packer(Tally())
    for key, data in blobs.items():
        for window in packer.add(key, reader(BytesIO(data))):
            assert not isinstance(window, Skip)
            yield window
    yield from packer.flush()


def candidates(
    matcher: Matcher, blobs: Mapping[str, bytes], least: Confidence | None = None
) -> list[Candidate]:
    """What the rules confirm in the blobs."""
    scanner, scratch = Scanner(matcher, least), matcher.scratch()
    return [
        item
        for window in windows(blobs)
        for item in scanner.candidates(window, matcher.hits(window, scratch))
        if isinstance(item, Candidate)
    ]


def git(folder: Path, *arguments: str, given: bytes | None = None) -> str:
    """Runs git as somebody without settings of their own; what it prints."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ana"), ("EMAIL", "ana@example.org"))
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        check=True,
        env=kept | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout.decode(errors="surrogateescape").strip()


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A repository with one commit of these files."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def one_sentence(code: int, out: str, err: str) -> str:
    """What is said on standard error; checks that it is all, and one line."""
    assert (code, out) == (2, ""), err
    assert err.startswith("leakguard: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert "bug in leakguard" not in err
    return err.removeprefix("leakguard: ").rstrip("\n")


def wait_until(happened: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when it has happened; fails when it takes too long."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_reading(process: "subprocess.Popen[str]") -> bool:
    """Whether the process sleeps until its standard input has more."""
    return Path(f"/proc/{process.pid}/wchan").read_text() in ("pipe_read", "anon_pipe_read")


MEASURED = """
import sys
from leakguard.cli.main import main
code = main(sys.argv[1:])
status = open("/proc/self/status", encoding="ascii").read()
print(status.partition("VmHWM:")[2].split()[0], file=sys.stderr)
sys.exit(code)
"""
"""A program that is leakguard, and says last on standard error how many KiB it held at most.

getrusage(2) would count what the process was before exec(2) as well: all that the tests hold."""
