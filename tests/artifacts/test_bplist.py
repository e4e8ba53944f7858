import datetime
import plistlib
import struct
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts import bplist
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Weight
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_apple import archive_plist, info_plist
from tests.tokens import github_pat

VALUES: dict[str, Any] = {
    "token": "v", "list": ["a", "größe", 7, 1.5, True], "data": b"\0blob",
    "when": datetime.datetime(2026, 1, 1), "uid": plistlib.UID(3), "long": "x" * 300,
    "deep": {"a": {"b": ["c"]}},
}  # fmt: skip


def binary(values: Any) -> bytes:
    return plistlib.dumps(values, fmt=plistlib.FMT_BINARY)


SAMPLES = (binary(VALUES), info_plist(), archive_plist())


def with_trailer(body: bytes, *fields: int) -> bytes:
    return body + struct.pack(">6xBBQQQ", *fields)


def test_texts_come_whole_with_their_keys() -> None:
    token = github_pat()
    found = list(bplist.strings(binary({"Key": token, "Other": ["clé", b"\1" + token.encode()]})))
    assert f'Key = "{token}"'.encode() in found
    assert "clé".encode() in found
    assert b"Other" in found
    assert b"\1" + token.encode() in found


def test_every_text_of_all_types_comes() -> None:
    found = b"\n".join(bplist.strings(binary(VALUES)))
    for text in ("token", "v", "größe", "blob", "when", "uid", "x" * 300, "deep", "c"):
        assert text.encode() in found


def test_property_lists_in_data_are_read_too() -> None:
    inner = binary({"password": "größer"})
    assert 'password = "größer"'.encode() in list(bplist.strings(binary([inner])))
    broken = inner[:-1]
    assert broken in list(bplist.strings(binary([broken])))


def test_a_text_of_many_lines_stays_alone() -> None:
    assert b"one\ntwo" in list(bplist.strings(binary({"key": "one\ntwo"})))


def test_numbers_that_the_file_does_not_bear_out_are_refused_at_once() -> None:
    body = b"bplist00" + b"\x5f\x13" + b"\x7f" * 8 + b"\x08" * 20
    started = time.process_time()
    for fields in (
        (1, 1, 2**60, 0, 8), (1, 1, 1, 0, 10), (0, 1, 1, 0, 18), (8, 8, 9, 0, 18),
        (1, 1, 9, 0, 2**63),
    ):  # fmt: skip
        with pytest.raises(ArtifactError):
            list(bplist.strings(with_trailer(body, *fields)))
        with pytest.raises(ArtifactError):
            bplist.load(with_trailer(body, *fields))
    assert time.process_time() - started < 1


def test_objects_that_overlap_are_refused() -> None:
    text = b"\x5f\x11\x27\x10" + b"a" * 10_000
    body = b"bplist00" + text + b"\x08" * 5000
    with pytest.raises(ArtifactError, match="do not fit"):
        list(bplist.strings(with_trailer(body, 1, 1, 5000, 0, 8 + len(text))))


def test_a_value_that_all_keys_share_does_not_grow_without_end() -> None:
    shared = "v" * 400
    data = binary([{f"{number}": shared} for number in range(2000)])
    assert sum(map(len, bplist.strings(data))) < 4 * len(data)


def test_a_list_in_itself_ends() -> None:
    data = with_trailer(b"bplist00" + b"\xa1\x00" + b"\x08", 1, 1, 1, 0, 10)
    assert list(bplist.strings(data)) == []
    assert_survives(bplist.describe, data)


@pytest.mark.parametrize("form", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_an_xcode_archive_says_what_it_is(form: plistlib.PlistFormat) -> None:
    data = plistlib.dumps(plistlib.loads(archive_plist()), fmt=form)
    build = bplist.describe(data)
    assert build is not None
    assert (build.kind, build.name, build.internal) == ("xcarchive", "Acme", "an Xcode archive")
    assert (build.identifier, build.version, build.build) == ("com.acme.app", "5.0.0", "500")
    (sign,) = build.signs
    assert sign.weight is Weight.HARD
    assert sign.proof == (
        "Info.plist ApplicationProperties, SigningIdentity=Apple Development: Ann"
    )


def test_other_property_lists_are_no_builds() -> None:
    assert bplist.describe(info_plist()) is None
    assert bplist.describe(plistlib.dumps({"method": "app-store", "teamID": "X"})) is None
    assert bplist.describe(plistlib.dumps(["a"])) is None


def test_settings_that_were_not_filled_in_are_no_texts() -> None:
    values = {"a": "$(PRODUCT_NAME)", "b": " ", "c": 5, "d": "x "}
    assert bplist.text(values, "a", "b", "c", "d") == "x"
    assert bplist.text(values, "a", "b") == ""


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutations_are_survived(data: st.DataObject) -> None:
    mutant = data.draw(mutated(SAMPLES))
    assert_survives(bplist.describe, mutant)
    assert_survives(lambda it: list(bplist.strings(it)), mutant)
