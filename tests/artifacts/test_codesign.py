import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts import codesign
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.codesign import Signature
from leakguard.artifacts.model import Weight
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_apple import AD_HOC, TEAM, make_signature


def element(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag, len(body)]) + body


def pair(key: str, value: bytes) -> bytes:
    return element(0x30, element(0x0C, key.encode()), value)


DER = element(
    0x70,
    element(0x02, b"\1"),
    element(
        0xB0,
        pair("get-task-allow", element(0x01, b"\xff")),
        pair("groups", element(0x30, element(0x0C, b"a"), element(0x0C, b"b"))),
        pair("level", element(0x02, b"\5")),
    ),
)
SAMPLES = (make_signature(entitlements={"get-task-allow": True}), make_signature(der=DER))


def test_a_signature_says_who_and_what() -> None:
    found = codesign.parse(make_signature("com.acme.app", entitlements={"a": ["b"]}) + bytes(50))
    assert (found.identifier, found.team, found.flags) == ("com.acme.app", TEAM, 0)
    assert found.entitlements == {"a": ["b"]}
    assert found.signer is not None
    assert found.signer.subject.startswith("CN=Apple Distribution: Acme Ltd")
    assert not found.ad_hoc


def test_an_ad_hoc_signature_has_no_signer() -> None:
    found = codesign.parse(make_signature(flags=AD_HOC, signer=None, team=""))
    assert (found.ad_hoc, found.signer, found.team) == (True, None, "")


def test_entitlements_in_der_stand_in_for_the_property_list() -> None:
    found = codesign.parse(make_signature(der=DER))
    assert found.entitlements == {"get-task-allow": True, "groups": ["a", "b"], "level": 5}
    both = codesign.parse(make_signature(der=DER, entitlements={"x": True}))
    assert both.entitlements == {"x": True}


def test_der_that_nests_without_end_is_left_out() -> None:
    deep = element(0x01, b"\xff")
    for _ in range(30):
        deep = element(0x30, deep)
    assert codesign.parse(make_signature(der=element(0x70, element(0xB0, pair("a", deep))))) == (
        codesign.parse(make_signature())
    )


def test_other_bytes_are_no_signature() -> None:
    with pytest.raises(ArtifactError, match="no code signature"):
        codesign.parse(b"\xfa\xde\x0c\xc1" + bytes(100))
    with pytest.raises(ArtifactError, match="more than 64"):
        codesign.parse(struct.pack(">III", 0xFADE0CC0, 12, 0xFFFFFFFF))


@pytest.mark.parametrize(
    ("platform", "team", "weight"),
    [("macos", "", Weight.MEDIUM), ("macos", TEAM, Weight.HARD), ("ios", "", Weight.HARD)],
)
def test_released_mac_apps_without_a_signer_may_be_debugged_too(
    platform: str, team: str, weight: Weight
) -> None:
    signature = Signature(
        flags=AD_HOC, team=team, entitlements={"com.apple.security.get-task-allow": True}
    )
    first, second = codesign.signs(signature, platform, "Acme", app=True)
    assert first.weight is weight
    assert first.proof == "Acme entitlement com.apple.security.get-task-allow=true"
    assert (second.weight, second.proof) == (Weight.MEDIUM, "Acme signature flags 0x2")


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("Apple iPhone OS Application Signing", [Weight.RELEASED]),
        ("TestFlight Beta Distribution", [Weight.HARD]),
        ("Apple Development: Ann (X)", [Weight.HARD]),
        ("Developer ID Application: Acme", []),
    ],
)
def test_the_signers_name_says_how_it_is_distributed(name: str, weights: list[Weight]) -> None:
    signature = codesign.parse(make_signature(signer=name))
    found = codesign.signs(signature, "ios", "Acme", app=True)
    assert [sign.weight for sign in found] == weights
    assert all(sign.proof == f"Acme signed by {name}" for sign in found)


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutations_are_survived(data: st.DataObject) -> None:
    assert_survives(codesign.parse, data.draw(mutated(SAMPLES)))
