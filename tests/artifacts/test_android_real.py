"""Real apps, where packages that bring some are installed, against another reader of them."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from leakguard.artifacts import android
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.ownership import Ownership
from leakguard.artifacts.verdict import BuildVerdict, judge
from leakguard.artifacts.zip import ZipTree

apk_info = pytest.importorskip("apk_info")

_PACKAGES = ("airtest", "poco", "scrcpy", "uiautomator", "uiautomator2")
_MOST_BYTES = 8 << 20


def apps() -> Iterator[Path]:
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(Path(folder).rglob("*")):
                if path.suffix in (".apk", ".jar") and path.stat().st_size < _MOST_BYTES:
                    yield path


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in apps()])
def test_a_real_app_is_read_as_another_reader_does(path: Path) -> None:
    found = android.describe_tree(ZipTree(path.read_bytes(), Budget()))
    try:
        other = apk_info.APK(path)
    except apk_info.APKError:
        assert not any(build.kind == "apk" for build in found)
        return

    (build,) = found
    debuggable = any(sign.text == "debuggable" for sign in build.signs)
    verdict = judge(build, "", Ownership()).verdict
    assert (verdict is BuildVerdict.UNRELEASED) >= debuggable
    assert judge(build, "", Ownership(identifiers=("com.acme.",))).verdict is BuildVerdict.FOREIGN
    assert build.identifier == other.get_package_name()
    assert build.version == (other.get_version_name() or "")
    assert build.build == (other.get_version_code() or "")
    assert build.name == (other.get_application_label() or "")
    signers = [it.certificates[0] for it in other.get_signatures() if hasattr(it, "certificates")]
    assert (build.signer.sha256 if build.signer else None) == (
        signers[-1].sha256_fingerprint if signers else None
    )
