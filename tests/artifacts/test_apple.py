import io
import plistlib
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts import apple
from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import KeptTree
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_apple import (
    AD_HOC,
    IOS,
    IOS_SIMULATOR,
    info_plist,
    mac_app,
    make_ipa,
    make_macho,
    make_profile,
    make_signature,
    make_xcarchive,
)

ROOT = "Payload/Acme.app"
SAMPLES = (info_plist(), make_profile(), make_macho(platform=IOS, signature=make_signature()))


def builds(files: Mapping[str, bytes]) -> list[Build]:
    return apple.describe_tree(KeptTree(list(files), files))


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def the_build(files: Mapping[str, bytes]) -> Build:
    (build,) = builds(files)
    return build


def with_weight(build: Build, weight: Weight) -> list[Sign]:
    return [sign for sign in build.signs if sign.weight is weight]


def ios_app(**files: bytes) -> dict[str, bytes]:
    """An IPA without signs; the keys are names in the app."""
    return unzipped(make_ipa(files, profile=None))


def test_an_ios_app_says_who_it_is() -> None:
    build = the_build(unzipped(make_ipa(identifier="com.acme.x", version="2.1", build="7")))
    assert (build.kind, build.platform, build.name) == ("ipa", "ios", "Acme App")
    assert (build.identifier, build.version, build.build) == ("com.acme.x", "2.1", "7")
    assert build.signer is not None
    assert build.signer.subject.startswith("CN=Apple Distribution: Acme Ltd")
    assert build.app


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("development", "a development build"),
        ("ad-hoc", "an ad-hoc build for registered devices"),
        ("enterprise", "an in-house build of an enterprise account"),
        ("store", "an export for the App Store, not the store's copy"),
    ],
)
def test_each_profile_is_a_hard_sign_with_its_own_text(profile: str, text: str) -> None:
    build = the_build(unzipped(make_ipa(profile=profile)))
    assert build.distribution == profile
    sign = with_weight(build, Weight.HARD)[0]
    assert sign.text == text
    assert sign.proof.startswith(f"{ROOT}/embedded.mobileprovision ")


def test_a_profile_that_cannot_be_read_counts_by_its_name() -> None:
    files = unzipped(make_ipa()) | {f"{ROOT}/embedded.mobileprovision": b"?"}
    assert with_weight(the_build(files), Weight.HARD)[0].text == "has a provisioning profile"


def test_a_copy_from_the_store_is_released() -> None:
    files = unzipped(make_ipa(profile=None, encrypted=True))
    files |= {"iTunesMetadata.plist": b"", f"{ROOT}/SC_Info/Acme.sinf": b""}
    build = the_build(files)
    assert {sign.proof for sign in build.signs} == {
        f"{ROOT}/Acme LC_ENCRYPTION_INFO cryptid=1", f"{ROOT}/SC_Info", "iTunesMetadata.plist",
    }  # fmt: skip
    assert {sign.weight for sign in build.signs} == {Weight.RELEASED}
    assert build.distribution == "store"


def test_with_a_profile_it_is_no_copy_from_the_store() -> None:
    files = unzipped(make_ipa(profile="store")) | {"iTunesMetadata.plist": b""}
    assert not with_weight(the_build(files), Weight.RELEASED)


def test_what_only_builds_for_developers_have() -> None:
    files = {
        "Acme.debug.dylib": b"", "Frameworks/App.framework/flutter_assets/kernel_blob.bin": b"",
        "PlugIns/AcmeTests.xctest/Info.plist": b"",
        "main.jsbundle": b"var __BUNDLE_START_TIME__=1,__DEV__=true,process={};",
    }  # fmt: skip
    build = the_build(ios_app(**files))
    assert [(sign.weight, sign.text) for sign in build.signs] == [
        (Weight.HARD, "a debug build of Xcode"),
        (Weight.HARD, "a debug build of Flutter"),
        (Weight.HARD, "holds tests"),
        (Weight.HARD, "a development bundle of React Native"),
    ]
    assert build.signs[-1].proof == f"{ROOT}/main.jsbundle __DEV__=true"


def test_a_bundle_for_production_is_no_sign() -> None:
    assert not the_build(ios_app(**{"main.jsbundle": b"var __DEV__=false;"})).signs


def test_an_app_for_a_simulator_says_so() -> None:
    files = {
        "Acme.app/Info.plist": info_plist(platform="iphonesimulator"),
        "Acme.app/Acme": make_macho(platform=IOS_SIMULATOR, signature=make_signature()),
    }
    build = the_build(files)
    assert (build.kind, build.platform) == ("app", "ios")
    (sign,) = build.signs
    assert sign.weight is Weight.HARD
    assert sign.proof == "Acme.app/Info.plist DTPlatformName=iphonesimulator"


def test_source_code_is_listed() -> None:
    files = ios_app(**{"main.jsbundle.map": b"", "Old.swift": b"", "a.m": b"", "b.html": b""})
    assert the_build(files).source == tuple(
        f"{ROOT}/{name}" for name in ("main.jsbundle.map", "Old.swift", "a.m")
    )


def test_what_an_app_holds_is_no_build_of_its_own() -> None:
    inner = info_plist()
    files = ios_app(
        **{"Watch/W.app/Info.plist": inner, "Frameworks/F.framework/Info.plist": inner,
           "PlugIns/E.appex/Info.plist": inner}
    )  # fmt: skip
    assert len(builds(files)) == 1
    assert len(builds(mac_app({"../Library/H.app/Contents/Info.plist": inner}))) == 1


def test_a_mac_app_for_everybody_is_released() -> None:
    build = the_build(mac_app() | {"Acme.app/Contents/CodeResources": b"ticket"})
    assert (build.kind, build.platform, build.distribution) == ("app", "macos", "")
    (sign,) = build.signs
    assert sign.weight is Weight.RELEASED
    assert sign.proof == (
        "Acme.app/Contents/CodeResources, "
        "Acme.app/Contents/MacOS/Acme signed by Developer ID Application: Acme Ltd"
    )
    assert not the_build(mac_app()).signs


def test_a_receipt_of_the_store_is_released() -> None:
    build = the_build(mac_app() | {"Acme.app/Contents/_MASReceipt/receipt": b""})
    assert [sign.weight for sign in build.signs] == [Weight.RELEASED]
    assert build.distribution == "store"


def test_a_mac_app_signed_by_nobody_keeps_the_debugger_in_releases() -> None:
    rights = {"com.apple.security.get-task-allow": True}
    nobody = make_signature(flags=AD_HOC, team="", signer=None, entitlements=rights)
    assert {sign.weight for sign in the_build(mac_app(signature=nobody)).signs} == {Weight.MEDIUM}
    team = make_signature(entitlements=rights)
    assert with_weight(the_build(mac_app(signature=team)), Weight.HARD)


@pytest.mark.parametrize(
    ("profile", "count"), [("development", 1), ("store", 0), ("enterprise", 0)]
)
def test_only_a_development_profile_is_a_sign_in_mac_apps(profile: str, count: int) -> None:
    name = "Acme.app/Contents/embedded.provisionprofile"
    build = the_build(mac_app() | {name: make_profile(profile, mac=True)})
    assert len(with_weight(build, Weight.HARD)) == count


def test_an_app_without_a_signature_says_so() -> None:
    (sign,) = the_build(mac_app(signature=b"")).signs
    assert (sign.weight, sign.text) == (Weight.MEDIUM, "not signed")


def test_in_a_stream_only_what_was_kept_is_judged() -> None:
    files = mac_app()
    kept = {name: data for name, data in files.items() if name.endswith("Info.plist")}
    (build,) = apple.describe_tree(KeptTree(list(files), kept))
    assert (build.identifier, build.signs) == ("com.acme.mac", ())
    (bare,) = apple.describe_tree(KeptTree(list(kept), {}))
    assert (bare.name, bare.platform) == ("Acme", "macos")
    assert bare.signs[0].proof == "no Acme.app/Contents/_CodeSignature/CodeResources"


def test_an_archive_is_one_build_and_internal() -> None:
    build = the_build(unzipped(make_xcarchive(identifier="com.acme.z")))
    assert (build.kind, build.platform, build.identifier) == ("xcarchive", "ios", "com.acme.z")
    assert build.internal == "an Xcode archive"
    assert build.signs[0].weight is Weight.HARD
    damaged = the_build({"x/A.xcarchive/Info.plist": b"?"})
    assert (damaged.kind, damaged.name, damaged.internal) == ("xcarchive", "A", build.internal)


def test_debug_symbols_are_internal() -> None:
    values = {"CFBundleIdentifier": "com.apple.xcode.dsym.com.acme.app", "CFBundleVersion": "5"}
    build = the_build({"dSYMs/A.app.dSYM/Contents/Info.plist": plistlib.dumps(values)})
    assert (build.kind, build.identifier, build.build) == ("dsym", "com.acme.app", "5")
    assert (build.internal, build.app) == ("debug symbols", False)


@pytest.mark.parametrize(
    "name",
    ["F.framework/Info.plist", "F.framework/Versions/A/Resources/Info.plist",
     "a/F.framework/Resources/Info.plist", "F.xcframework/Info.plist"],
)  # fmt: skip
def test_frameworks_belong_to_something_else(name: str) -> None:
    build = the_build({name: info_plist("com.acme.f", CFBundleName="F")})
    assert build.kind in ("framework", "xcframework")
    assert (build.name, build.identifier, build.app) == ("F", "com.acme.f", False)


def test_other_containers_hold_no_builds() -> None:
    plist = info_plist()
    names = ("Info.plist", "src/Info.plist", "x.bundle/Info.plist", "Contents/Info.plist", "a.app")
    assert builds(dict.fromkeys(names, plist)) == []
    assert builds({"T.app/Info.plist": plistlib.dumps({"CFBundleName": "$(NAME)"})}) == []


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutations_are_survived(data: st.DataObject) -> None:
    mutant = data.draw(mutated(SAMPLES))
    names = ("Info.plist", "Acme", "embedded.mobileprovision")
    files = ios_app() | {f"{ROOT}/{name}": mutant for name in names}
    assert_survives(lambda _: builds(files), mutant)
