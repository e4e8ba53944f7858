import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts import macho
from leakguard.artifacts.machofile import slices
from leakguard.artifacts.model import Build, Weight
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_apple import (
    AD_HOC,
    DEBUG_SYMBOLS,
    DYLIB,
    IOS,
    IOS_SIMULATOR,
    info_plist,
    make_fat,
    make_macho,
    make_signature,
)
from tests.tokens import github_pat

SAMPLES = (
    make_macho([b"text"], ["gr\xfc\xdfe"], signature=make_signature(), objects=["/Users/a/b/c.o"]),
    make_macho([b"text"], ["gr\xfc\xdfe"], order=">", is_64=False, info=info_plist()),
    make_fat(make_macho([b"text"], encrypted=True), make_macho(cpu=7, is_64=False)),
)


def describe(program: bytes) -> Build:
    build = macho.describe(program)
    assert build is not None
    return build


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_64", [True, False])
def test_load_commands_are_read_in_both_orders_and_widths(order: str, is_64: bool) -> None:
    name = "/usr/lib/libacme.dylib"
    program = make_macho(
        order=order, is_64=is_64, platform=IOS, filetype=DYLIB, install_name=name, encrypted=True
    )
    (part,) = slices(program)
    assert (part.platform, part.minimum, part.sdk) == (IOS, "13.0.1", "14.2")
    assert part.uuid == bytes(range(16)).hex()
    assert (part.filetype, part.install_name, part.encrypted) == (DYLIB, name, True)


@pytest.mark.parametrize("is_64", [True, False])
def test_a_fat_file_holds_several_programs(is_64: bool) -> None:
    program = make_fat(make_macho(cpu=7, is_64=False), make_macho(platform=IOS), is_64=is_64)
    assert [(part.cpu, part.platform) for part in slices(program)] == [(7, 1), (0x0100000C, IOS)]


def test_a_fat_file_of_object_libraries_is_no_program() -> None:
    assert macho.describe(make_fat(b"!<arch>\n" + bytes(100))) is None


def test_who_made_it_comes_from_the_signature() -> None:
    build = describe(make_macho(platform=IOS, signature=make_signature("com.acme.tool")))
    assert (build.kind, build.platform, build.app) == ("macho", "ios", False)
    assert build.identifier == "com.acme.tool"
    assert build.signer is not None
    assert build.signer.subject == "CN=Apple Distribution: Acme Ltd, O=Acme Ltd"
    assert not build.signs


def test_a_tool_has_its_information_in_a_section() -> None:
    build = describe(make_macho(info=info_plist("com.acme.tool", "1.2", "3", binary=False)))
    assert (build.identifier, build.version, build.build) == ("com.acme.tool", "1.2", "3")


@pytest.mark.parametrize(
    ("program", "weight", "proof"),
    [
        (make_macho(platform=IOS_SIMULATOR), Weight.HARD, "LC_BUILD_VERSION platform 7"),
        (make_macho(minimum=0x25, cpu=7), Weight.HARD, "LC_BUILD_VERSION platform 7"),
        (make_macho(filetype=DEBUG_SYMBOLS), Weight.HARD, "filetype 10"),
        (make_macho(encrypted=True), Weight.RELEASED, "LC_ENCRYPTION_INFO cryptid=1"),
        (
            make_macho(signature=make_signature(entitlements={"get-task-allow": True})),
            Weight.HARD,
            "entitlement get-task-allow=true",
        ),
        (
            make_macho(signature=make_signature(flags=AD_HOC, signer=None, team="")),
            Weight.LOW,
            "signature flags 0x2",
        ),
    ],
)
def test_signs_say_what_proves_them(program: bytes, weight: Weight, proof: str) -> None:
    (sign,) = describe(program).signs
    assert (sign.weight, sign.proof) == (weight, "Mach-O " + proof)


def test_a_program_for_devices_of_the_old_kind_is_no_simulators() -> None:
    build = describe(make_macho(minimum=0x25))
    assert (build.platform, build.signs) == ("ios", ())


def test_debug_symbols_are_internal() -> None:
    build = describe(make_macho(filetype=DEBUG_SYMBOLS))
    assert (build.kind, build.internal) == ("dsym", "debug symbols")


def test_folders_of_the_builder_come_without_those_inside_and_of_the_tools() -> None:
    objects = (
        "/private/tmp/x.o", "/Users/ann/acme/src/sub/b.o", "/Users/ann/acme/src/a.o",
        "/Users/ann/acme/lib/../obj/libx.a(c.o)", "/AppleInternal/x/y.o", "relative/z.o",
    )  # fmt: skip
    build = describe(make_macho(objects=objects))
    assert build.leaked_paths == ("/Users/ann/acme/obj", "/Users/ann/acme/src", "/private/tmp")


def test_at_most_twenty_folders_come() -> None:
    build = describe(make_macho(objects=[f"/Users/ann/{number}/a.o" for number in range(50)]))
    assert len(build.leaked_paths) == 20


@pytest.mark.parametrize("order", ["<", ">"])
def test_texts_in_utf_16_come_in_utf_8_once(order: str) -> None:
    text = "clé " + github_pat()
    program = make_macho(utf16=[text, "zwölf"], order=order)
    assert list(macho.strings(program)) == [text.encode(), "zwölf".encode()]
    assert len(list(macho.strings(make_fat(program, program)))) == 2


def test_a_section_that_is_named_again_and_again_costs_no_more() -> None:
    text = "x" * 100_000
    program = bytearray(make_macho(utf16=[text]))
    at = program.index(b"__cstring")
    there = program.index(b"__ustring")
    program[at : at + 80] = program[there : there + 80]
    assert list(macho.strings(bytes(program))) == [text.encode()]


def test_counts_beyond_the_file_are_refused() -> None:
    program = bytearray(make_macho())
    struct.pack_into("<I", program, 16, 0x7FFFFFFF)
    started = time.process_time()
    with pytest.raises(Exception, match="load commands"):
        macho.describe(bytes(program))
    assert time.process_time() - started < 1


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_mutations_are_survived(data: st.DataObject) -> None:
    mutant = data.draw(mutated(SAMPLES))
    assert_survives(macho.describe, mutant)
    assert_survives(lambda it: list(macho.strings(it)), mutant)
