"""What is packed in blobs is scanned as blobs of its own, whatever source they come from."""

import gzip
import io
import os
from pathlib import Path

import pytest

from leakguard import limits
from leakguard.artifacts.budget import Allowance
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Report, Verdict
from leakguard.pipe import run
from leakguard.policy import Policy
from leakguard.ruleset import parse_rules, read_rule_file, rules_dir
from leakguard.sources import Source
from leakguard.sources.files import FilesSource, StreamSource
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.repository import open_repository
from leakguard.unpack import Opening
from tests.artifacts import make_packages
from tests.artifacts.make_archives import tar, zipped
from tests.gitrepo import make_repository
from tests.tokens import github_pat

LINE = f"a\ntoken = {github_pat()}\n".encode()


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher(parse_rules(read_rule_file(rules_dir() / "github.toml"), "github.toml"))


def in_folder(
    matcher: Matcher, folder: Path, files: dict[str, bytes], allowance: Allowance = Allowance(),
    policy: Policy = Policy(),
) -> Report:  # fmt: skip
    for name, data in files.items():
        (folder / name).write_bytes(data)
    source: Source = FilesSource(sorted(files), root=str(folder))
    return run([source], matcher, policy, opening=Opening(allowance))


def paths(report: Report) -> list[str]:
    return [finding.path for finding in report.findings]


def test_member_is_found_at_its_path_line_and_column(matcher: Matcher, tmp_path: Path) -> None:
    report = in_folder(matcher, tmp_path, {"a.bin": zipped({"b/c.env": LINE})})

    (finding,) = report.findings
    assert (finding.path, finding.line, finding.column) == ("a.bin!b/c.env", 2, 9)
    assert report.summary.members == 1
    assert report.summary.blobs == 1


@pytest.mark.parametrize("name", ["commit notes.zip", "tag 1.zip"])
def test_file_called_as_what_git_has_beside_blobs_is_opened(
    matcher: Matcher, tmp_path: Path, name: str
) -> None:
    report = in_folder(matcher, tmp_path, {name: zipped({"c.env": LINE})})

    assert paths(report) == [f"{name}!c.env"]


def test_what_a_tar_shows_by_itself_is_told_once(matcher: Matcher, tmp_path: Path) -> None:
    report = in_folder(matcher, tmp_path, {"a.tar": tar({"b": LINE, "c": LINE})})

    assert paths(report) == ["a.tar!b", "a.tar!c"]


def test_secret_between_members_is_told_of_the_container(matcher: Matcher, tmp_path: Path) -> None:
    data = tar({"b": LINE})

    report = in_folder(matcher, tmp_path, {"a.tar": data + github_pat(1).encode() + b"\n"})

    assert paths(report) == ["a.tar", "a.tar!b"]


def test_without_opening_members_stay_closed(matcher: Matcher, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"b": LINE}))

    report = run([FilesSource(["a.zip"], root=str(tmp_path))], matcher, opening=None)

    assert report.verdict is Verdict.CLEAN
    assert report.summary.members == 0


def test_stream_is_opened(matcher: Matcher) -> None:
    report = run([StreamSource(io.BytesIO(gzip.compress(LINE)), "<stdin>")], matcher)

    assert paths(report) == ["<stdin>"]


@pytest.mark.parametrize("size", [100, limits.WINDOW_BYTES, 3 * limits.WINDOW_BYTES])
def test_archive_of_any_size_is_opened_on_disk_and_in_git(
    size: int, matcher: Matcher, tmp_path: Path
) -> None:
    repo = make_repository(tmp_path / "repo")
    data = zipped({"noise": os.urandom(size), "b": LINE})
    repo.stage({"big.zip": data})
    repo.git("commit", "--quiet", "--message", "big")

    on_disk = run([FilesSource(["big.zip"], root=str(repo.path))], matcher)
    in_git = run([HistorySource(open_repository(str(repo.path)))], matcher)

    assert paths(on_disk) == paths(in_git) == ["big.zip!b"]
    assert in_git.findings[0].commit == repo.git("rev-parse", "HEAD")
    assert not on_disk.skips
    assert not in_git.skips


def test_excluded_archive_hides_its_members(matcher: Matcher, tmp_path: Path) -> None:
    files = {"a.zip": zipped({"b": LINE}), "c.zip": zipped({"b": LINE})}

    report = in_folder(matcher, tmp_path, files, policy=Policy(excludes=("a.zip",)))

    assert paths(report) == ["c.zip!b"]
    assert [item.finding.path for item in report.suppressed] == ["a.zip!b"]


@pytest.mark.parametrize(
    ("allowance", "reason"),
    [
        (Allowance(depth=1), "nested deeper than 1 containers"),
        (Allowance(total_bytes=limits.MIB), "more than 1 MiB inflated"),
        (Allowance(seconds=-1), "took longer than -1 s"),
        (Allowance(members=0), "more than 0 members"),
    ],
)
def test_limit_that_is_reached_is_a_skip_that_names_it(
    allowance: Allowance, reason: str, matcher: Matcher, tmp_path: Path
) -> None:
    inner = zipped({"c": zipped({"d": zipped({"e": os.urandom(2 * limits.MIB)})})})

    report = in_folder(matcher, tmp_path, {"a.zip": inner}, allowance)

    assert report.verdict is Verdict.INCOMPLETE
    assert any(reason in skip.reason for skip in report.skips), report.skips


def test_encrypted_member_is_a_skip_at_its_path(matcher: Matcher, tmp_path: Path) -> None:
    data = bytearray(zipped({"b": LINE, "c": b"plain"}))
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(sign) + offset
        data[at] |= 1

    report = in_folder(matcher, tmp_path, {"a.zip": bytes(data)})

    assert [(skip.path, skip.reason) for skip in report.skips] == [("a.zip!b", "encrypted")]
    assert report.verdict is Verdict.INCOMPLETE


def test_member_that_is_cut_off_is_scanned_as_far_as_it_goes(
    matcher: Matcher, tmp_path: Path
) -> None:
    data = gzip.compress(LINE + os.urandom(100_000))

    report = in_folder(matcher, tmp_path, {"a.gz": data[:-50_000]})

    assert paths(report) == ["a.gz"]
    assert len(report.skips) == 1


def test_plain_files_that_begin_like_archives_are_no_skips(
    matcher: Matcher, tmp_path: Path
) -> None:
    files = {
        "a": b"BZhello\n", "b": b"MZ is a prefix\n", "c": b"{}\n", "d": b"070 707\n",
        "e": b"]\0\0 nothing", "f": b"0\x82 nothing", "g": b"<?xml version='1.0'?><a/>\n",
        "h": b"#!/bin/sh\necho PK\n", "i": b"com.acme.App -> a.b:\n", "j": b"\x03\0\x08\0",
        "k": b"%PDF-1.4 cut", "l": b"PK is short for Pakistan\n", "m": b"\xff\xfe",
    }  # fmt: skip

    report = in_folder(matcher, tmp_path, files)

    assert not report.skips
    assert report.verdict is Verdict.CLEAN


def test_findings_and_skips_are_the_same_each_time(matcher: Matcher, tmp_path: Path) -> None:
    files = {f"{n}.zip": zipped({f"{m}": LINE for m in range(9)})[: 900 + n] for n in range(20)}

    reports = [in_folder(matcher, tmp_path, files) for _ in range(3)]

    assert all(report.findings == reports[0].findings for report in reports)
    assert all(report.skips == reports[0].skips for report in reports)


def test_large_binary_that_is_no_container_is_no_skip(matcher: Matcher, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.stage(
        {
            "film": b"\0film" + os.urandom(4 * limits.MIB),
            "a.zip": zipped({"b": os.urandom(4 * limits.MIB)}),
        }
    )
    repo.git("commit", "--quiet", "--message", "large")
    opening = Opening(Allowance(whole_bytes=3 * limits.MIB))

    report = run([HistorySource(open_repository(str(repo.path)))], matcher, opening=opening)

    assert [(skip.path, skip.reason) for skip in report.skips] == [
        ("a.zip", "not opened: larger than 3 MiB")
    ]


@pytest.mark.parametrize("cut", [0, 1000])
def test_package_that_only_streams_by_is_a_skip_and_no_crash(
    cut: int, matcher: Matcher, tmp_path: Path
) -> None:
    package = gzip.compress(make_packages.SAMPLES["rpm"]({"a": LINE, "b": os.urandom(300_000)}))
    allowance = Allowance() if cut else Allowance(whole_bytes=limits.MIB // 8)

    report = in_folder(matcher, tmp_path, {"a.gz": package[: len(package) - cut]}, allowance)

    assert [finding.rule_id for finding in report.findings] == ["github-classic-pat"]
    assert any(skip.reason.startswith("not judged: ") for skip in report.skips)
