import pytest
from hypothesis import given, settings

from leakguard.artifacts import rpm
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Member
from tests.artifacts import make_packages as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a.txt": b"text\n"}


def opened(data: bytes) -> dict[str, bytes]:
    budget = Budget()
    members = rpm.members(Content.of(data, budget), budget)
    return {m.name: bytes(m.content.whole()) for m in members if isinstance(m, Member)}


@pytest.mark.parametrize("packer", make.PACKERS)
def test_the_payload_begins_at_its_compressed_bytes(packer: str) -> None:
    payload = opened(make.rpm(FILES, packer=packer))["payload"]
    assert payload == make.PACKERS[packer](make.cpio(FILES)) or packer == "gz"
    assert payload[:2] == {"gz": b"\x1f\x8b", "": b"07"}.get(packer, payload[:2])


def test_scripts_are_read() -> None:
    assert b"\ncurl https://x\n" in opened(make.rpm(FILES, script="curl https://x"))["header"]


def test_the_header_says_what_it_is() -> None:
    build = rpm.describe(make.rpm(FILES, "acme", "2.0.0", release="0.1.rc1", signed=True))
    assert build is not None
    assert (build.kind, build.platform, build.name) == ("rpm", "linux", "acme")
    assert (build.version, build.build) == ("2.0.0", "0.1.rc1")
    assert build.signs == ()


def test_one_without_signature_is_unsigned() -> None:
    build = rpm.describe(make.rpm(FILES))
    assert build is not None
    assert [sign.text for sign in build.signs] == ["unsigned"]


def test_debuginfo_is_symbols() -> None:
    build = rpm.describe(make.rpm(FILES, "acme-debuginfo"))
    assert build is not None
    assert build.internal == "symbols"


def test_a_cut_one_is_damaged() -> None:
    data = make.rpm(FILES)
    with pytest.raises(EOFError):
        opened(data[:200])
    with pytest.raises(ArtifactError):
        opened(data[:100] + b"\0" * 500)


def test_sizes_that_are_not_there_are_not_allocated() -> None:
    data = bytearray(make.rpm(FILES))
    data[96 + 8 : 96 + 16] = b"\0\0\0\1\x7f\xff\xff\xff"
    with pytest.raises(ArtifactError):
        opened(bytes(data))


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.rpm(FILES), make.rpm(FILES, packer="xz", signed=True)]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(opened, data)
    assert_survives(rpm.describe, data)
