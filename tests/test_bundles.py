"""Apps that are folders are named as a whole, by a scan and with their own path."""

import plistlib
from pathlib import Path

import pytest

from leakguard.artifacts.ownership import Ownership
from leakguard.bundles import bundle_of
from leakguard.matcher import load_matcher
from leakguard.model import Report
from leakguard.pipe import run
from leakguard.sources.files import FilesSource
from leakguard.unpack import Opening
from tests.artifacts.make_apple import (
    info_plist,
    mac_app,
    make_macho,
    make_profile,
    make_signature,
)
from tests.helpers import RULE

OWN = Ownership(identifiers=("com.acme.",), released={"*": "4.2.0"})


def scanned(folder: Path, files: dict[str, bytes]) -> Report:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    source = FilesSource(["."], root=str(folder))
    return run([source], load_matcher([RULE]), opening=Opening(ownership=lambda: OWN))


def test_mac_app_is_one_finding_at_its_folder(tmp_path: Path) -> None:
    files = {f"dist/{name}": data for name, data in mac_app(version="5.0.0").items()}

    report = scanned(tmp_path, files)

    (finding,) = report.findings
    assert (finding.rule_id, finding.path) == ("unreleased-app-build", "dist/Acme.app")
    assert "com.acme.mac 5.0.0" in finding.preview
    assert not report.skips


def test_profile_in_an_app_is_told_with_the_app(tmp_path: Path) -> None:
    signature = make_signature("com.acme.app", signer="Acme", entitlements={})
    app = {
        "Info.plist": info_plist("com.acme.app", "4.0.0", "1"),
        "Acme": make_macho(signature=signature),
        "embedded.mobileprovision": make_profile("ad-hoc", "com.acme.app"),
    }

    report = scanned(tmp_path, {f"Acme.app/{name}": data for name, data in app.items()})

    assert {finding.path for finding in report.findings} == {"Acme.app"}


def test_damaged_property_list_is_no_crash(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"Acme.app/Info.plist": b"<?xml version='1.0'?><plist><dict>"})

    assert not report.findings


def test_link_out_of_an_app_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "Acme.app").mkdir()
    (tmp_path / "other").write_bytes(plistlib.dumps({"CFBundleIdentifier": "com.acme.app"}))
    (tmp_path / "Acme.app" / "Info.plist").symlink_to(tmp_path / "other")

    assert not scanned(tmp_path, {"a": b"a"}).findings


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("a/X.app/Info.plist", "a/X.app"),
        ("X.app/Contents/Info.plist", "X.app"),
        ("X.xcarchive/Info.plist", "X.xcarchive"),
        ("X.dSYM/Contents/Info.plist", "X.dSYM"),
        ("X.xcarchive/Products/Applications/X.app/Info.plist", ""),
        ("X.app/Contents/Frameworks/Y.app/Contents/Info.plist", ""),
        ("X.app/Resources/Info.plist", ""),
        ("Info.plist", ""),
        (".app/Info.plist", ""),
    ],
)
def test_only_the_outermost_folder_is_a_bundle(path: str, folder: str) -> None:
    assert bundle_of(path) == folder
