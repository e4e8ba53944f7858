"""Four tokens of different kinds, planted in every container that can be made, all come out."""

import gzip
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
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
    make_iso,
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
    "iso": make_iso.iso,
    **make_bundles.SAMPLES,
    **make_android.SAMPLES,
    **make_apple.SAMPLES,
    **make_windows.SAMPLES,
    "portable pdb": make_windows.make_portable_pdb,
    **make_packages.SAMPLES,
    **make_documents.SAMPLES,
    **make_pyinstaller.SAMPLES,
}


_DIGEST = re.compile(r"[0-9a-f]{64}")
TEXT = ""
"""The texts of one file: its own path is told."""
INSIDE = {
    **dict.fromkeys(
        (
            "arsc", "arsc in utf-16", "axml", "axml in utf-8", "bplist", "brotli", "bzip2", "class",
            "dex", "dotnet-strings", "elf", "fat-macho", "gzip", "hermes", "iso", "lz4",
            "lz4-legacy", "lzma", "macho", "macho-utf16", "mobileprovision", "notebook", "pbzx",
            "pdf", "pe-string-table", "pe-utf16", "protobuf xml", "pyc", "react-native",
            "resources.pb", "sqlite", "sqlite-deleted", "sqlite-utf16", "utf16-text",
            "utf16be-text", "utf32-text", "xz", "zstd",
        ),
        TEXT,
    ),
    "aab": "base/assets/config/{}.txt",
    "aab: resources": "base/resources.pb",
    "aar": "classes.jar!config/{}.txt",
    "apk": "assets/config/{}.txt",
    "apk: code": "classes2.dex",
    "apk: resources": "resources.arsc",
    "apkm": "base.apk!assets/config/{}.txt",
    "apks": "splits/base-master.apk!assets/config/{}.txt",
    "app-zip": "Acme.app/Contents/Resources/config/{}.txt",
    "appimage": "squashfs!config/{}.txt",
    "crate": "acme-1.2.3/config/{}.txt",
    "deb": "data.tar.xz!./opt/config/{}.txt",
    "deb-gz": "data.tar.gz!./opt/config/{}.txt",
    "deb-zst": "data.tar.zst!./opt/config/{}.txt",
    "docker": "a/layer.tar!srv/config/{}.txt",
    "docker-deleted": "a/layer.tar!srv/config/{}.txt",
    "docker-env": "DIGEST.json",
    "docker-history": "DIGEST.json",
    "docker-labels": "DIGEST.json",
    "docx": "word/document.xml",
    "dotnet-resource": "resource/net/config/{}.txt",
    "gem": "data.tar.gz!config/{}.txt",
    "ipa": "Payload/Acme.app/config/{}.txt",
    "msi": "product.cab!config/{}.txt",
    "npm": "package/config/{}.txt",
    "nsis": "$INSTDIR/config/{}.txt",
    "nsis-lzma": "$INSTDIR/config/{}.txt",
    "nsis-zlib": "$INSTDIR/config/{}.txt",
    "oci": "blobs/sha256/DIGEST!srv/config/{}.txt",
    "odt": "content.xml",
    "ole": "config_{}.txt",
    "pe-overlay-zip": "overlay!config/{}.txt",
    "pe-resource": "resource/RCDATA/{number}",
    "pe-signed-overlay": "overlay!config/{}.txt",
    "pptx": "ppt/slides/slide1.xml",
    "rpm": "payload!config/{}.txt",
    "rpm-bz2": "payload!config/{}.txt",
    "rpm-plain": "payload!config/{}.txt",
    "rpm-xz": "payload!config/{}.txt",
    "rpm-zst": "payload!config/{}.txt",
    "sdist": "acme-1.2.3/config/{}.txt",
    "wheel": "acme/config/{}.txt",
    "xapk": "com.example.app.apk!assets/config/{}.txt",
    "xcarchive-zip": "Acme.xcarchive/config/{}.txt",
    "xlsx": "xl/sharedStrings.xml",
}  # fmt: skip
"""Where the files of a container are that has them elsewhere than under their own names."""
DIVIDED = sorted(make_pyinstaller.SAMPLES)


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


def places(report: Report) -> set[tuple[str, str]]:
    """What was found, by provider and path."""
    secrets = (finding for finding in report.findings if finding.kind == "secret")
    return {
        (finding.rule_id.split("-")[0], _DIGEST.sub("DIGEST", finding.path)) for finding in secrets
    }


def expected(kind: str, name: str = "sample") -> set[tuple[str, str]]:
    where = INSIDE.get(kind, "config/{}.txt")
    if not where:
        return {(provider, name) for provider in TOKENS}
    named = enumerate(TOKENS, 1)
    return {(it, f"{name}!{where.format(it, number=number)}") for number, it in named}


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - set(DIVIDED)))
def test_all_four_are_found(kind: str, matcher: Matcher, tmp_path: Path) -> None:
    name = "sample.br" if kind == "brotli" else "sample"
    report = scanned(matcher, tmp_path, MAKERS[kind](FILES), name)

    assert places(report) == expected(kind, name), report.skips
    assert not report.skips


@pytest.mark.parametrize("kind", DIVIDED)
def test_all_four_are_found_in_a_packed_program(
    kind: str, matcher: Matcher, tmp_path: Path
) -> None:
    report = scanned(matcher, tmp_path, MAKERS[kind](FILES))

    assert places(report) == {
        ("github", "sample!overlay!config/github.txt.pyc"),
        ("slack", "sample!overlay!PYZ/acme/1.pyc"),
        ("gitlab", "sample!overlay!config/gitlab.txt"),
        ("google", "sample!overlay!config/google.txt"),
    }
    assert not report.skips


def packed(*kinds: str) -> bytes:
    """Containers in one another, the first one outermost."""
    files = FILES
    for kind in reversed(kinds):
        data = MAKERS[kind](files)
        files = {f"inner/{kind}.bin": data}
    return data


def path_in(*kinds: str) -> str:
    """Where `packed` has put the files."""
    path = "sample"
    for outer, inner in pairwise(kinds):
        path += "!" + INSIDE.get(outer, "config/{}.txt").replace(
            "config/{}.txt", f"inner/{inner}.bin"
        )
    return f"{path}!{INSIDE.get(kinds[-1], 'config/{}.txt')}"


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
        ("rpm-zst", "appimage"),
        ("zip64", "ipa"),
        ("pkg", "dmg-lzfse", "wheel"),
    ],
    ids="-".join,
)
def test_all_four_are_found_in_containers_in_containers(
    kinds: tuple[str, ...], matcher: Matcher, tmp_path: Path
) -> None:
    report = scanned(matcher, tmp_path, packed(*kinds))

    assert places(report) == {(it, path_in(*kinds).replace("{}", it)) for it in TOKENS}
    assert not report.skips
