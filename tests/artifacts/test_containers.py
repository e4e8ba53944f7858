"""Four tokens of different kinds, planted in every container that can be made, all come out."""

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Report
from leakguard.pipe import run
from leakguard.ruleset import parse_rules, read_rule_file, rules_dir
from leakguard.sources.files import FilesSource
from tests.artifacts import (
    make_android,
    make_apple,
    make_archives,
    make_bundles,
    make_documents,
    make_installers,
    make_packages,
    make_pyinstaller,
    make_windows,
)
from tests.tokens import github_pat, gitlab_pat, google_api_key, slack_bot

TOKENS = {
    "github": github_pat(1),
    "slack": slack_bot(2),
    "gitlab": gitlab_pat(3),
    "google": google_api_key(4),
}
FILES = {
    f"config/{name}.txt": f"# settings\n{name}_value = {token}\n".encode()
    for name, token in TOKENS.items()
}
MAKERS: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    **make_archives.SAMPLES,
    "tgz": lambda files: gzip.compress(make_archives.SAMPLES["tar-pax"](files)),
    "alpine": lambda files: alpine(files),
    **make_installers.SAMPLES,
    **make_bundles.SAMPLES,
    **make_android.SAMPLES,
    **make_apple.SAMPLES,
    **make_windows.SAMPLES,
    "portable pdb": make_windows.make_portable_pdb,
    **make_packages.SAMPLES,
    **make_documents.SAMPLES,
    **make_pyinstaller.SAMPLES,
}


def alpine(files: Mapping[str, bytes]) -> bytes:
    """A package of Alpine: archives compressed one by one, the first without its end."""
    facts = {".PKGINFO": b"pkgname = orchard\npkgver = 5.0.0-r0\n"}
    return gzip.compress(make_archives.tar(facts)[:1024]) + gzip.compress(make_archives.tar(files))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher(
        [
            rule
            for file in ("github.toml", "gitlab.toml", "google.toml", "slack.toml")
            for rule in parse_rules(read_rule_file(rules_dir() / file), file)
        ]
    )


def scanned(matcher: Matcher, folder: Path, data: bytes, name: str = "sample") -> Report:
    (folder / name).write_bytes(data)
    return run([FilesSource([name], root=str(folder))], matcher)


def providers(report: Report) -> set[str]:
    secrets = (finding for finding in report.findings if finding.kind == "secret")
    return {finding.rule_id.split("-")[0] for finding in secrets}


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_all_four_are_found(kind: str, matcher: Matcher, tmp_path: Path) -> None:
    name = "sample.br" if kind == "brotli" else "sample"
    report = scanned(matcher, tmp_path, MAKERS[kind](FILES), name)

    assert providers(report) == set(TOKENS), (report.skips, [f.path for f in report.findings])
    assert not report.skips


def packed(*kinds: str) -> bytes:
    """Containers in one another, the first one outermost."""
    files = FILES
    for kind in reversed(kinds):
        data = MAKERS[kind](files)
        files = {f"inner/{kind}.bin": data}
    return data


@pytest.mark.parametrize(
    "kinds",
    [
        ("deb", "tgz", "zip"),
        ("ear", "war", "jar"),
        ("zip", "xapk"),
        ("zip", "dmg-raw", "zip"),
        ("tgz", "dmg-bzip2"),
        ("docker", "zip", "7z"),
        ("dmg-zlib", "zip", "tar-pax"),
        ("nsis", "cab-mszip"),
        ("msi", "zip"),
        ("squashfs-xz", "asar"),
    ],
    ids="-".join,
)
def test_all_four_are_found_in_containers_in_containers(
    kinds: tuple[str, ...], matcher: Matcher, tmp_path: Path
) -> None:
    report = scanned(matcher, tmp_path, packed(*kinds))

    assert providers(report) == set(TOKENS)
    assert not report.skips
    for finding in report.findings:
        if finding.kind == "secret":
            assert finding.path.startswith("sample!")
            assert finding.path.count("!") >= len(kinds)
