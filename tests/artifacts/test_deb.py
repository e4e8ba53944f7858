import pytest
from hypothesis import given, settings

from leakguard.artifacts import deb
from tests.artifacts import make_packages as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a.txt": b"text\n"}


@pytest.mark.parametrize("packer", ["gz", "xz", "zst", ""])
def test_the_control_file_says_what_it_is(packer: str) -> None:
    build = deb.describe(make.deb(FILES, "acme", "2.0.0~rc1-1", packer))
    assert build is not None
    assert (build.kind, build.platform) == ("deb", "linux")
    assert (build.name, build.version) == ("acme", "2.0.0~rc1-1")
    assert [sign.text for sign in build.signs] == ["unsigned"]


def test_a_signed_one_is_not_unsigned() -> None:
    build = deb.describe(make.deb(FILES, more={"_gpgorigin": b"..."}))
    assert build is not None
    assert build.signs == ()


def test_an_archive_without_control_file_is_none() -> None:
    assert deb.describe(make.ar({"debian-binary": b"2.0\n"})) is None


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.deb(FILES, packer=packer) for packer in ("gz", "xz", "zst", "")]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(deb.describe, data)
