import io
import struct

import pytest
from hypothesis import given, settings

from leakguard.artifacts import asar
from leakguard.artifacts.budget import ArtifactError, Budget
from leakguard.artifacts.content import Content
from leakguard.artifacts.kinds import kinds_of
from leakguard.artifacts.model import Build
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import asar as made
from tests.artifacts.make_bundles import asar_head, opened

FILES = {"main.js": b"start()", "src/deep/config.json": b"{}" * 40_000, "empty": b""}


def test_reads_every_file() -> None:
    found = opened(asar.members, made(FILES))

    assert {name: found[name] for name in FILES} == FILES


def test_streams_and_skips_what_was_not_read() -> None:
    budget, source = Budget(), io.BytesIO(made(FILES))
    heads = [
        (member.name, member.content.head(4))  # type: ignore[union-attr]
        for member in asar.members(Content(source.read, budget), budget)
    ]

    assert ("src/deep/config.json", b"{}{}") in heads


def test_says_what_the_package_says() -> None:
    assert asar.describe(made(FILES)) == Build(
        kind="asar",
        platform="electron",
        name="Orchard",
        identifier="orchard",
        version="5.0.0-rc.1",
    )
    assert asar.describe(asar_head({"files": {}})) is None


def test_files_beside_the_archive_and_links_are_passed_over() -> None:
    table = {
        "a": {"size": 9, "unpacked": True},
        "b": {"link": "c"},
        "c": {"size": 2, "offset": "0"},
    }

    assert opened(asar.members, asar_head({"files": table}) + b"cc") == {"c": b"cc"}


def test_shared_bytes_are_given_once() -> None:
    same = {"size": 3, "offset": "0"}
    table = {"a": same, "b": {"files": {"c": same}}, "d": {"size": 3, "offset": "1"}}

    assert opened(asar.members, asar_head({"files": table}) + b"xxxx") == {
        "a": b"xxx",
        "d": "shares bytes with another member",
    }


def test_is_recognised_by_its_sizes() -> None:
    assert [kind.name for kind in kinds_of(made(FILES))] == ["asar"]
    assert not kinds_of(b"\x04\0\0\0" * 100)
    with pytest.raises(ArtifactError, match="not an asar archive"):
        opened(asar.members, b"\x04\0\0\0" * 100)


def test_a_table_that_is_too_deep_is_damaged() -> None:
    deep = b'{"files":{"a":' * 50_000
    head = struct.pack("<4I", 4, len(deep) + 8, len(deep) + 4, len(deep))

    with pytest.raises(ArtifactError, match="its table of files is damaged"):
        opened(asar.members, head + deep)


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([made(FILES)]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: opened(asar.members, data), data)
    assert_survives(asar.describe, data)
