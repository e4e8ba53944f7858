from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from leakguard.artifacts import android
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.model import Build, Weight
from leakguard.artifacts.tree import KeptTree
from leakguard.artifacts.zip import ZipTree
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_android import (
    FROSTING,
    SAMPLES,
    V2,
    V3,
    Ref,
    make_aab,
    make_aar,
    make_apk,
    make_apkm,
    make_apks,
    make_axml,
    make_dex,
    make_manifest,
    make_xapk,
    make_xml_node,
    make_zip,
)

TEST_NAME = "a debuggable app for tests"
NAME = 0x7F010000


def build(data: bytes) -> Build:
    (found,) = android.describe_tree(ZipTree(data, Budget()))
    return found


def proofs(found: Build) -> list[tuple[str, str]]:
    return [(sign.weight.value, sign.proof) for sign in found.signs]


def test_a_released_app_has_a_name_and_a_signer_and_no_signs() -> None:
    found = build(make_apk("com.acme.app", "4.2.0", 420, label="Acme", signer="Acme"))

    assert found.signer is not None
    assert found.signer.subject == "CN=Acme"
    assert found == Build(
        kind="apk",
        platform="android",
        name="Acme",
        identifier="com.acme.app",
        version="4.2.0",
        build="420",
        signer=found.signer,
    )


def test_label_and_version_are_looked_up_in_the_table() -> None:
    manifest = make_manifest(version=Ref(NAME), label=Ref(NAME))

    found = build(make_apk(manifest=manifest))

    assert (found.name, found.version) == ("Example from a table", "Example from a table")


def test_the_version_code_of_64_bits_is_one_number() -> None:
    manifest = make_manifest(code=7)
    root = manifest._replace(attributes={**manifest.attributes, "versionCodeMajor": 1})

    assert build(make_apk(manifest=root)).build == str((1 << 32) + 7)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            make_apk(debuggable=True),
            ("hard", "AndroidManifest.xml application@debuggable=true"),
        ),
        (
            make_apk(manifest=make_manifest(test_only=True)),
            ("hard", "AndroidManifest.xml application@testOnly=true"),
        ),
        (
            make_apk(signer="Android Debug", schemes=(V2, V3)),
            ("hard", "certificate (v3): CN=Android Debug"),
        ),
        (
            make_apk(signer=None),
            ("hard", "neither an APK Signing Block nor META-INF/*.RSA"),
        ),
        (
            make_apk(signer=None, jar_signer="Acme"),
            ("medium", "META-INF/*.RSA without an APK Signing Block"),
        ),
        (
            make_apk(manifest=make_manifest("com.acme.test", instrumentation=True)),
            ("medium", "AndroidManifest.xml instrumentation, manifest@package=com.acme.test"),
        ),
        (
            make_apk("com.acme.staging"),
            ("medium", "AndroidManifest.xml manifest@package=com.acme.staging"),
        ),
        (
            make_apk(extra_blocks={FROSTING: b"x"}),
            ("released", "APK Signing Block 0x2146444e"),
        ),
        (
            make_apk(manifest=make_manifest(metadata={"com.android.vending.derived.apk.id": "3"})),
            ("released", "AndroidManifest.xml meta-data com.android.vending.derived.apk.id=3"),
        ),
        (
            make_apk(files={"assets/index.android.bundle": b"var a=1,__DEV__=true;"}),
            ("hard", "assets/index.android.bundle __DEV__=true"),
        ),
        (
            make_apk(files={"assets/flutter_assets/kernel_blob.bin": b"x"}),
            ("hard", "assets/flutter_assets/kernel_blob.bin"),
        ),
    ],
)
def test_a_sign_says_where_it_stands(data: bytes, expected: tuple[str, str]) -> None:
    assert proofs(build(data)) == [expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (make_apk(), ""),
        (make_apk(debuggable=True), "development"),
        (make_apk(signer="Android Debug"), "development"),
        (make_apk(extra_blocks={FROSTING: b"x"}), "store"),
    ],
)
def test_distribution(data: bytes, expected: str) -> None:
    assert build(data).distribution == expected


@pytest.mark.parametrize("name", ["Android Debugger", "My Android Debug"])
def test_a_name_like_that_of_the_debug_key_is_another(name: str) -> None:
    assert build(make_apk(signer=name)).signs == ()


def test_a_bundle_that_is_not_for_development_has_no_sign_of_it() -> None:
    assert build(make_apk(files={"assets/index.android.bundle": b"__DEV__=false"})).signs == ()


def test_members_with_source_code_are_named() -> None:
    files = {
        "assets/src/Main.kt": b"",
        "assets/index.android.bundle.map": b"",
        "kotlin/kotlin.kotlin_builtins": b"",
        "assets/flutter_assets/kernel_blob.bin": b"",
    }

    assert build(make_apk(files=files)).source == (
        "assets/flutter_assets/kernel_blob.bin",
        "assets/index.android.bundle.map",
        "assets/src/Main.kt",
    )


def test_a_part_of_an_app_for_one_language_is_no_app() -> None:
    assert not build(make_apk(manifest=make_manifest(split="config.en"))).app
    assert build(make_apk(manifest=make_manifest(split="camera"))).app


def test_a_manifest_that_is_damaged_leaves_the_signer() -> None:
    found = build(make_apk(files={"AndroidManifest.xml": make_axml(make_manifest())[:40]}))

    assert (found.kind, found.identifier, bool(found.signer)) == ("apk", "", True)


def test_a_table_that_is_damaged_leaves_the_name_empty() -> None:
    manifest = make_manifest(label=Ref(NAME))

    found = build(make_apk(manifest=manifest, files={"resources.arsc": b"\2\0\x0c\0"}))

    assert (found.identifier, found.name) == ("com.example.app", "")


def test_without_the_zips_own_bytes_nothing_is_said_about_a_missing_signature() -> None:
    data = make_axml(make_manifest())

    (found,) = android.describe_tree(
        KeptTree(["AndroidManifest.xml"], {"AndroidManifest.xml": data})
    )

    assert (found.identifier, found.signs) == ("com.example.app", ())


def test_an_app_in_protobuf_form_is_named_too() -> None:
    files = {"AndroidManifest.xml": make_xml_node(make_manifest()), "resources.pb": b""}

    assert build(make_zip(files)).identifier == "com.example.app"


def test_an_app_bundle_is_never_a_release() -> None:
    files = {"BUNDLE-METADATA/com.android.tools.build.obfuscation/proguard.map": b"a -> b:"}

    found = build(make_aab("com.acme.app", "5.0.0", 500, label=Ref(NAME), files=files))

    assert (found.kind, found.name, found.identifier) == (
        "aab", "Example from a table", "com.acme.app",
    )  # fmt: skip
    assert (found.version, found.build) == ("5.0.0", "500")
    assert found.signer is not None
    assert found.signer.subject == "CN=Upload"
    assert proofs(found) == [("hard", "BundleConfig.pb"), ("hard", *files)]
    assert found.source == tuple(files)


def test_a_bundle_can_be_debuggable() -> None:
    found = build(make_aab(debuggable=True))

    assert found.distribution == "development"
    assert proofs(found)[1] == ("hard", "AndroidManifest.xml application@debuggable=true")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("xapk", make_xapk(make_apk(debuggable=True), version="3.1")),
        ("apkm", make_apkm(make_apk(debuggable=True), version="3.1")),
        ("apks", make_apks(make_apk(version="3.1", debuggable=True))),
        ("apks", make_zip({"base.apk": make_apk(version="3.1", debuggable=True)})),
    ],
)
def test_a_set_of_apps_is_what_its_main_one_is(kind: str, data: bytes) -> None:
    found = build(data)

    assert (found.kind, found.identifier, found.version) == (kind, "com.example.app", "3.1")
    assert proofs(found) == [("hard", "AndroidManifest.xml application@debuggable=true")]
    assert found.signer is not None


def test_a_set_with_whole_apps_was_made_for_tests() -> None:
    found = build(make_apks(make_apk(), standalone=True))

    assert proofs(found) == [("medium", "standalones/standalone-xhdpi.apk")]


@pytest.mark.parametrize("base", [b"", b"no zip at all", make_zip({"a": b"b"}), make_apk()[:300]])
def test_a_set_whose_main_app_is_damaged_keeps_its_name(base: bytes) -> None:
    found = build(make_xapk(base, "com.acme.app", "2.0"))

    assert (found.identifier, found.version, found.signs) == ("com.acme.app", "2.0", ())


def test_a_library_belongs_to_an_app() -> None:
    assert build(make_aar("com.acme.lib")) == Build(
        kind="aar",
        platform="android",
        identifier="com.acme.lib",
        version="2.1",
        app=False,
    )


def test_code_alone_is_no_app() -> None:
    assert not build(make_zip({"classes.dex": make_dex(["x"])})).app


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"a.txt": b""},
        {"AndroidManifest.xml": b"<manifest package='a'/>", "src/Main.java": b""},
        {"AndroidManifest.xml": b"", "classes.jar": b""},
        {"manifest.json": b"{}", "tool.apk": make_apk()},
        {"manifest.json": b"[1", "tool.apk": make_apk()},
        {"info.json": b"[1]", "tool.apk": make_apk()},
        {"BundleConfig.pb": b""},
    ],
    ids=lambda members: "+".join(members) or "nothing",
)
def test_other_zips_are_no_android_build(members: Mapping[str, bytes]) -> None:
    assert android.describe_tree(ZipTree(make_zip(members), Budget())) == []


def test_an_inner_zip_refuses_what_is_too_large_or_missing() -> None:
    tree = ZipTree(make_zip({"a": b"x" * 100}), Budget())

    with pytest.raises(ArtifactError):
        tree.read("a", 99)
    with pytest.raises(KeyError):
        tree.read("b")


def test_weights_are_those_of_the_model() -> None:
    assert {sign.weight for sign in build(make_apk(debuggable=True)).signs} == {Weight.HARD}


ZIPS = [make(dict.fromkeys("ab", b"text\n")) for name, make in SAMPLES.items() if name[:2] != "ar"]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([data for data in ZIPS if data.startswith(b"PK")]))
def test_damaged_builds_never_hang(data: bytes) -> None:
    assert_survives(lambda it: android.describe_tree(ZipTree(it, Budget())), data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make_axml(make_manifest(debuggable=True, metadata={"a": "b"}))]))
def test_damaged_manifests_never_hang(data: bytes) -> None:
    tree = KeptTree(["AndroidManifest.xml"], {"AndroidManifest.xml": b"\x03\0" + data[2:]})

    assert_survives(lambda _: android.describe_tree(tree), data)
