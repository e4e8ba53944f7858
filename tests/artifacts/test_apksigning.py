from hashlib import sha256

import pytest
from hypothesis import given, settings

from leakguard.artifacts import apksigning
from leakguard.artifacts.apksigning import Signed
from leakguard.artifacts.budget import Budget
from leakguard.artifacts.model import Signer
from leakguard.artifacts.tree import KeptTree
from leakguard.artifacts.zip import ZipTree
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_android import FROSTING, V2, V3, V31, make_apk, make_zip
from tests.artifacts.make_certificates import make_certificate

ACME = Signer("CN=Acme", sha256(make_certificate("Acme")).hexdigest(), self_signed=True)


@pytest.mark.parametrize(("scheme", "name"), [(V2, "v2"), (V3, "v3"), (V31, "v3.1")])
def test_the_signer_is_the_first_certificate_of_the_block(scheme: int, name: str) -> None:
    values = apksigning.block(make_apk(signer="Acme", schemes=(scheme,)))

    assert apksigning.of_block(values) == [Signed(name, ACME)]


def test_the_newest_scheme_comes_first() -> None:
    values = apksigning.block(make_apk(signer="Acme", schemes=(V2, V3, V31)))

    assert [it.scheme for it in apksigning.of_block(values)] == ["v3.1", "v3", "v2"]


def test_the_oldest_scheme_is_in_the_zips_members() -> None:
    tree = ZipTree(make_apk(signer=None, jar_signer="Acme"), Budget())

    assert apksigning.of_jar(tree) == [Signed("v1", ACME)]


def test_a_jar_signature_that_was_not_kept_is_a_signature_without_signer() -> None:
    assert apksigning.of_jar(KeptTree(["META-INF/A.RSA"], {})) == [Signed("v1", None)]


def test_other_values_of_the_block_are_kept() -> None:
    assert apksigning.block(make_apk(extra_blocks={FROSTING: b"x"}))[FROSTING] == b"x"


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x05\x06", make_zip({"a": b"b"}), make_apk()[:-30]],
    ids=["nothing", "a bare end", "a zip without block", "no end"],
)
def test_no_block_is_no_values(data: bytes) -> None:
    assert apksigning.block(data) == {}


def test_a_certificate_that_cannot_be_read_is_a_signature_without_signer() -> None:
    data = make_apk(signer=None, extra_blocks={V2: b"\xff" * 40})

    assert apksigning.of_block(apksigning.block(data)) == [Signed("v2", None)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make_apk(schemes=(V2, V3)), make_apk(jar_signer="Acme")]))
def test_damaged_blocks_never_hang(data: bytes) -> None:
    assert_survives(lambda it: apksigning.of_block(apksigning.block(it)), data)
