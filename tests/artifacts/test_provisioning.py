import plistlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts import provisioning
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_apple import DEVICES, TEAM, make_profile, signed

SAMPLES = tuple(make_profile(kind) for kind in ("development", "enterprise"))


def describe(data: bytes) -> Build:
    build = provisioning.describe(data)
    assert build is not None
    return build


@pytest.mark.parametrize(
    ("kind", "proof"),
    [
        ("development", "Entitlements get-task-allow=true, 2 devices"),
        ("ad-hoc", "ProvisionedDevices, 2 devices"),
        ("enterprise", "ProvisionsAllDevices=true"),
        ("store", "no ProvisionedDevices"),
    ],
)
def test_a_profile_says_who_may_run_the_app(kind: str, proof: str) -> None:
    build = describe(make_profile(kind))
    assert (build.kind, build.platform, build.distribution) == ("mobileprovision", "ios", kind)
    assert (build.name, build.identifier) == ("Acme Profile", "com.acme.app")
    assert build.signs[0].proof == proof
    assert (build.internal, build.app) == ("a provisioning profile", False)
    assert build.signer is not None
    assert build.signer.subject.startswith("CN=Apple iPhone OS Provisioning Profile Signing")


def test_the_devices_numbers_stay_inside() -> None:
    data = make_profile("ad-hoc")
    assert DEVICES[0].encode() in data
    assert not any(device in repr(describe(data)) for device in DEVICES)
    assert not any(device in repr(provisioning.profile(data)) for device in DEVICES)


@pytest.mark.parametrize(
    ("kind", "found"),
    [("development", "development"), ("ad-hoc", "development"), ("enterprise", "")],
)
def test_profiles_of_mac_apps_mean_something_else(kind: str, found: str) -> None:
    build = describe(make_profile(kind, mac=True))
    assert (build.platform, build.distribution) == ("macos", found)
    assert build.identifier == "com.acme.app"


@pytest.mark.parametrize(
    ("whole", "found"),
    [(f"{TEAM}.*", "*"), ("ABCDE12345.com.acme", "com.acme"), ("com.acme.app", "com.acme.app")],
)
def test_the_identifier_comes_without_its_team(whole: str, found: str) -> None:
    entitlements = {"application-identifier": whole}
    assert describe(make_profile(extra={"Entitlements": entitlements})).identifier == found


def test_other_signed_data_is_no_profile() -> None:
    assert provisioning.describe(signed(b"a text", "Ann")) is None
    assert provisioning.describe(signed(None, "Ann")) is None
    with pytest.raises(ArtifactError, match="no provisioning profile"):
        provisioning.profile(signed(plistlib.dumps({"a": "b"}), "Ann"))


def test_a_profile_in_damaged_cms_is_still_one() -> None:
    data = b"\x30\x03\x01" + make_profile("ad-hoc")[3:]
    found = provisioning.profile(data)
    assert (found.distribution, found.devices, found.signer) == ("ad-hoc", 2, None)


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutations_are_survived(data: st.DataObject) -> None:
    assert_survives(provisioning.describe, data.draw(mutated(SAMPLES)))
