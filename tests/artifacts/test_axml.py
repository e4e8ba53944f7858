from collections.abc import Callable
from struct import pack

import pytest
from hypothesis import given, settings

from leakguard.artifacts import axml, protoxml
from leakguard.artifacts.axml import Value
from leakguard.artifacts.budget import ArtifactError, LimitReached
from leakguard.artifacts.resources import Resources
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_android import (
    Node,
    Ref,
    make_arsc,
    make_axml,
    make_manifest,
    make_pool,
    make_resource_table,
    make_xml_node,
)

LONG = "long " * 8000
ODD = ("é", "日本", "😀", "two\nlines", LONG)

TREE = Node("a", {"name": "x", "package": "p"}, (Node("b", {}, (Node("c", {}),)), Node("d", {})))


@pytest.mark.parametrize("utf8", [False, True])
def test_texts_of_binary_xml_come_out_in_utf8(utf8: bool) -> None:
    odd = [it for it in ODD if it is not LONG or not utf8]

    found = list(axml.strings(make_axml(TREE, utf8=utf8, extra=odd)))

    assert [it.encode() for it in odd] == [it for it in found if it.decode() in odd]


def test_text_in_javas_own_utf8_becomes_plain_utf8() -> None:
    pool = make_pool(["\ud83d\ude00".encode("utf-8", "surrogatepass").decode("latin-1")], utf8=True)
    table = bytearray(pool)
    raw = "\ud83d\ude00".encode("utf-8", "surrogatepass")
    table[32:] = bytes((2, len(raw))) + raw + b"\0"
    table[4:8] = len(table).to_bytes(4, "little")

    found = list(axml.strings(pack("<2HI", 3, 8, 8 + len(table)) + table))

    assert found == ["😀".encode()]


@pytest.mark.parametrize("utf8", [False, True])
def test_texts_of_a_resource_table_are_values_names_and_package(utf8: bool) -> None:
    found = list(axml.strings(make_arsc({"key": "value", "other": "é"}, utf8=utf8)))

    assert found == [b"value", "é".encode(), b"com.example.app", b"string", b"key", b"other"]


def test_a_memory_view_is_read_as_well() -> None:
    assert b"value" in list(axml.strings(memoryview(make_arsc({"key": "value"}))))


@pytest.mark.parametrize("made", [axml.parse(make_axml(TREE)), protoxml.parse(make_xml_node(TREE))])
def test_elements_come_in_the_documents_order_with_their_parents(
    made: list[axml.Element],
) -> None:
    assert [(it.tag, it.parent) for it in made] == [("a", ""), ("b", "a"), ("c", "b"), ("d", "a")]


@pytest.mark.parametrize(
    "parse",
    [
        lambda node: axml.parse(make_axml(node)),
        lambda node: axml.parse(make_axml(node, utf8=True)),
        lambda node: protoxml.parse(make_xml_node(node)),
    ],
)
def test_attributes_have_texts_numbers_booleans_and_references(
    parse: Callable[[Node], list[axml.Element]],
) -> None:
    node = Node("application", {"name": "x", "versionCode": 7, "debuggable": True, "label": Ref(9)})

    found = parse(node)[0].attributes

    assert found == {
        "name": Value("x"),
        "versionCode": Value("7"),
        "debuggable": Value("true"),
        "label": Value("", 9),
    }


def test_attributes_are_known_by_number_when_a_shrinker_took_their_names() -> None:
    data = make_axml(make_manifest(debuggable=True)).replace(
        "debuggable".encode("utf-16-le"), "__________".encode("utf-16-le")
    )

    application = axml.parse(data)[1]

    assert application.attributes["debuggable"] == Value("true")


@pytest.mark.parametrize(
    "table",
    [
        Resources(make_arsc({"a": "one", "b": Ref(0x7F010000), "c": Ref(0x7F010002)})),
        protoxml.Resources(
            make_resource_table({"a": "one", "b": Ref(0x7F010000), "c": Ref(0x7F010002)})
        ),
    ],
)
def test_resources_are_followed_but_not_in_circles(
    table: Resources | protoxml.Resources,
) -> None:
    numbers = (0x7F010000, 0x7F010001, 0x7F010002, 0x7F010009, 0x7F020000, 0x01010000)

    assert [table.text(it) for it in numbers] == ["one", "one", "", "", "", ""]


def test_a_table_without_default_configuration_gives_the_first_value() -> None:
    table = Resources(make_arsc({"a": "eins"}, configuration=b"\0\0\0\0de"))

    assert table.text(0x7F010000) == "eins"


@pytest.mark.parametrize("count", [5, 0x7FFFFFFF])
def test_a_pool_with_more_texts_than_fit_is_refused(count: int) -> None:
    data = bytearray(make_axml(TREE))
    data[16:20] = count.to_bytes(4, "little")
    data[12:16] = (40).to_bytes(4, "little")

    with pytest.raises(ArtifactError):
        list(axml.strings(bytes(data)))


def test_a_pool_whose_texts_overlap_is_refused() -> None:
    """Each of 10,000 numbers stands for the same 30,000 characters."""
    count = 10_000
    text = pack("<H", 30_000) + b"a\0" * 30_000 + b"\0\0"
    start = 28 + 4 * count
    pool = pack("<2H6I", 1, 28, start + len(text), count, 0, 0, start, 0) + bytes(4 * count) + text

    with pytest.raises(ArtifactError, match="overlap"):
        list(axml.strings(pack("<2HI", 3, 8, 8 + len(pool)) + pool))


def test_chunks_without_end_are_a_limit() -> None:
    data = pack("<2HI", 3, 8, 2_000_000) + pack("<2HI", 9, 8, 8) * 250_000

    with pytest.raises(LimitReached):
        axml.parse(data[:2_000_000])


def test_protobuf_texts_come_without_their_lengths() -> None:
    found = list(protoxml.strings(make_resource_table({"key": "x" * 56, "other": "é" * 300})))

    assert b"x" * 56 in found
    assert ("é" * 300).encode() in found
    assert b"res/values/strings.xml" in found


def test_protobuf_nested_without_end_is_given_as_it_is() -> None:
    data = b"text"
    for _ in range(2000):
        data = b"\x0a" + (bytes((len(data),)) if len(data) < 128 else _long(len(data))) + data

    assert any(b"text" in it for it in protoxml.strings(data))


def _long(size: int) -> bytes:
    return bytes((0x80 | size & 0x7F, size >> 7))


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make_axml(make_manifest()), make_axml(TREE, utf8=True), make_arsc({"a": "b"})]))
def test_damaged_binary_xml_and_tables_never_hang(data: bytes) -> None:
    assert_survives(lambda it: list(axml.strings(it)), data)
    assert_survives(axml.parse, data)
    assert_survives(lambda it: Resources(it).text(0x7F010000), data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make_xml_node(make_manifest()), make_resource_table({"a": "b", "c": Ref(5)})]))
def test_damaged_protobuf_never_hangs(data: bytes) -> None:
    assert_survives(lambda it: list(protoxml.strings(it)), data)
    assert_survives(protoxml.parse, data)
    assert_survives(lambda it: protoxml.Resources(it).text(0x7F010000), data)
