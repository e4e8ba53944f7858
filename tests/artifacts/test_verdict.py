from dataclasses import replace

import pytest

from leakguard.artifacts.model import Build, Sign, Signer, Weight
from leakguard.artifacts.ownership import Ownership, ownership_of
from leakguard.artifacts.verdict import (
    HIGH,
    LOW,
    MEDIUM,
    BuildVerdict,
    Judgement,
    judge,
    place_weight,
)

DIGEST = "ab" * 32
SIGNER = Signer("CN=Acme", "cd" * 32)
OWN = ownership_of(identifiers=["com.acme."], released={"*": "4.2.0"})
UNDATED = ownership_of(identifiers=["com.acme."])
APP = Build("apk", platform="android", identifier="com.acme.app", version="4.2.0", signer=SIGNER)
DEBUGGABLE = Sign(Weight.HARD, "debuggable", "AndroidManifest.xml application@debuggable=true")
OLD = Sign(Weight.MEDIUM, "signed the old way only", "META-INF/A.RSA")
TEST = Sign(Weight.MEDIUM, "a test package", "AndroidManifest.xml instrumentation")
UNSIGNED = Sign(Weight.LOW, "unsigned", "no table")
STORE = Sign(Weight.RELEASED, "stamped by Google Play", "signing block 0x2146444e")


def judged(build: Build, ownership: Ownership = OWN) -> Judgement:
    return judge(build, DIGEST, ownership)


def test_a_hard_sign_makes_an_own_build_unreleased() -> None:
    found = judged(replace(APP, signs=(UNSIGNED, OLD, DEBUGGABLE)))

    assert found == Judgement(
        BuildVerdict.UNRELEASED,
        (
            "debuggable (AndroidManifest.xml application@debuggable=true)",
            "signed the old way only (META-INF/A.RSA)",
            "signed by CN=Acme",
        ),
        HIGH,
        reported=True,
        owner="its identifier com.acme.app is one of yours",
    )
    assert found.own


def test_a_version_that_is_newer_than_the_newest_release_is_unreleased() -> None:
    found = judged(replace(APP, version="5.0.0"))

    assert (found.verdict, found.severity) == (BuildVerdict.UNRELEASED, HIGH)
    assert found.reasons == ("newer than the newest release 4.2.0", "signed by CN=Acme")


def test_a_build_that_is_newer_than_the_released_one_is_unreleased() -> None:
    ownership = ownership_of(identifiers=["com.acme"], released={"com.acme.app": "4.2.0 (420)"})

    newer = judged(replace(APP, build="421"), ownership)
    assert newer.verdict is BuildVerdict.UNRELEASED
    assert newer.reasons[0] == "newer than the newest release 4.2.0 (420)"
    assert judged(replace(APP, build="420"), ownership).verdict is BuildVerdict.RELEASED


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (replace(APP, version="4.2.0-beta2"), "version 4.2.0-beta2 is a pre-release (beta)"),
        (
            Build("ipa", "ios", identifier="com.acme.app", version="4.2", build="4.2b7"),
            "version 4.2 is a pre-release (b)",
        ),
        (
            Build("jar", "java", identifier="com.acme:core", version="4.2-SNAPSHOT"),
            "version 4.2-SNAPSHOT is a pre-release (SNAPSHOT)",
        ),
        (
            Build("wheel", "python", name="acme.core", version="4.2.dev0"),
            "version 4.2.dev0 is a pre-release (dev)",
        ),
        (
            Build("rpm", "linux", name="acme-core", version="4.2", build="0.1.rc1"),
            "version 4.2 is a pre-release (rc)",
        ),
    ],
)
def test_an_own_prerelease_is_unreleased(build: Build, reason: str) -> None:
    ownership = ownership_of(
        identifiers=["com.acme"], products=["acme-core"], released={"*": "4.2.0"}
    )

    found = judged(build, ownership)

    assert (found.verdict, found.severity, found.reported) == (BuildVerdict.UNRELEASED, HIGH, True)
    assert reason in found.reasons


def test_a_prerelease_that_is_itself_the_newest_release_is_released() -> None:
    ownership = ownership_of(identifiers=["com.acme"], released={"*": "5.0.0-beta2"})

    assert judged(replace(APP, version="5.0.0-beta2"), ownership).verdict is BuildVerdict.RELEASED
    assert judged(replace(APP, version="5.0.0-beta3"), ownership).verdict is BuildVerdict.UNRELEASED


@pytest.mark.parametrize(
    ("build", "ownership"),
    [
        (APP, OWN),
        (replace(APP, signs=(UNSIGNED,)), OWN),
        (replace(APP, signs=(STORE, OLD)), OWN),
        (replace(APP, signs=(STORE,), version="3.0"), OWN),
        (replace(APP, signs=(STORE,)), UNDATED),
    ],
)
def test_a_released_copy_is_not_reported(build: Build, ownership: Ownership) -> None:
    found = judged(build, ownership)

    assert (found.verdict, found.reported) == (BuildVerdict.RELEASED, False)


def test_a_store_s_stamp_does_not_outweigh_the_rest() -> None:
    for build in (
        replace(APP, signs=(STORE, DEBUGGABLE)),
        replace(APP, signs=(STORE,), version="5.0.0"),
    ):
        assert judged(build).verdict is BuildVerdict.UNRELEASED


def test_two_medium_signs_make_it_likely() -> None:
    found = judged(replace(APP, signs=(OLD, TEST)))

    assert (found.verdict, found.severity) == (BuildVerdict.UNRELEASED, MEDIUM)
    assert judged(replace(APP, signs=(OLD,))).verdict is BuildVerdict.UNKNOWN


def test_a_version_ahead_of_the_sources_makes_it_likely() -> None:
    ownership = replace(UNDATED, declared={"com.acme.app": "4.1.0"})

    found = judged(APP, ownership)
    assert (found.verdict, found.severity) == (BuildVerdict.UNRELEASED, MEDIUM)
    assert found.reasons[0] == "newer than version 4.1.0 in the sources"
    assert judged(replace(APP, version="4.1.0"), ownership).verdict is BuildVerdict.UNKNOWN


def test_without_a_known_release_the_state_is_unknown() -> None:
    found = judged(replace(APP, signs=(UNSIGNED, OLD)), UNDATED)

    assert (found.verdict, found.severity, found.reported) == (BuildVerdict.UNKNOWN, LOW, True)
    for build in (replace(APP, app=False), replace(APP, kind="aar")):
        assert not judged(build, UNDATED).reported


@pytest.mark.parametrize(
    "build",
    [
        Build("jar", "java", identifier="org.other:core", version="1.0-SNAPSHOT"),
        Build("wheel", "python", name="other", version="1.0.dev0"),
        Build("apk", "android", identifier="org.other.app", signs=(DEBUGGABLE,)),
        Build("pe", "windows", name="adb", signs=(DEBUGGABLE,)),
        Build("dsym", "ios", identifier="org.other.app", internal="debug symbols"),
        Build("apk", "android", version="9.9.9", signer=Signer("CN=Acmedia", "ef" * 32)),
    ],
)
def test_somebody_else_s_is_not_reported(build: Build) -> None:
    ownership = replace(OWN, products=("acme-core",), signers=("Acme",))

    found = judged(build, ownership)

    assert (found.verdict, found.reported) == (BuildVerdict.FOREIGN, False)


@pytest.mark.parametrize("ownership", [Ownership(), Ownership(products=("web",), learned=True)])
def test_when_nobody_knows_whose_it_is_an_app_needs_a_sure_sign(ownership: Ownership) -> None:
    debug = judged(replace(APP, signs=(OLD, DEBUGGABLE)), ownership)
    assert (debug.verdict, debug.severity, debug.reported) == (
        BuildVerdict.UNRELEASED,
        MEDIUM,
        True,
    )
    assert "not known whose it is" in debug.reasons
    assert not debug.own

    beta = judged(replace(APP, version="5.0-beta"), ownership)
    assert (beta.verdict, beta.severity, beta.reported) == (BuildVerdict.UNRELEASED, LOW, True)

    for build in (
        APP,
        replace(APP, version="99.0", signs=(OLD, TEST)),
        Build("jar", "java", identifier="org.other:core", version="1.0-SNAPSHOT"),
        Build("npm", "node", name="other", version="1.0.0-beta.1", signs=(DEBUGGABLE,)),
        replace(APP, app=False, signs=(DEBUGGABLE,)),
    ):
        found = judged(build, ownership)
        assert (found.verdict, found.reported) == (BuildVerdict.UNKNOWN, False)


@pytest.mark.parametrize("ownership", [OWN, UNDATED, Ownership()])
def test_what_is_internal_by_kind_is_internal_whatever_it_says(ownership: Ownership) -> None:
    for build in (
        Build("jks", internal="a keystore", app=False),
        Build("mapping", "android", identifier="7fa2b", internal="the key to an obfuscated build"),
        Build("dsym", "ios", identifier="com.acme.app", internal="debug symbols", version="4.2.0"),
    ):
        found = judged(build, ownership)
        assert (found.verdict, found.severity) == (BuildVerdict.INTERNAL, MEDIUM)
        assert found.reported
        assert found.reasons[0] == f"{build.internal}: never leaves a company"

    profile = Build("mobileprovision", "ios", internal="a profile", signs=(DEBUGGABLE,))
    assert judged(profile, ownership).severity == HIGH


def test_what_is_allowed_is_not_reported() -> None:
    debug = replace(APP, signs=(DEBUGGABLE,))

    by_hash = judged(debug, replace(OWN, allowed=frozenset({DIGEST})))
    assert (by_hash.verdict, by_hash.reported, by_hash.allowed, by_hash.why) == (
        BuildVerdict.RELEASED,
        False,
        True,
        "its SHA-256 is allowed",
    )
    assert not judged(debug, replace(OWN, allowed=frozenset({"CN=Acme"}))).reported
    by_kind = judged(debug, replace(OWN, committable=frozenset({"apk"})))
    assert (by_kind.verdict, by_kind.reported, by_kind.allowed) == (
        BuildVerdict.UNRELEASED,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("dist/app.apk", 0),
        ("tests.apk", 0),
        ("latest/app.apk", 0),
        ("tests/app.apk", -1),
        ("a/node_modules/b/app.apk", -1),
        ("app/src/androidTest/resources/app.apk", -1),
        ("Vendor\\tool.exe", -1),
        ("release.zip!third_party/app.apk", -1),
    ],
)
def test_a_build_weighs_less_in_some_places(path: str, weight: int) -> None:
    assert place_weight(path) == weight
