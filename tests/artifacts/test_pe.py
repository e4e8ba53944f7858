"""Windows programs: what is inside, their texts, and what they say about themselves."""

import gzip
import hashlib
import struct
import zlib
from itertools import chain

import pefile
import pytest
from hypothesis import given, settings

from leakguard.artifacts import dotnet_files, pe, pe_version
from leakguard.artifacts.budget import Allowance, Budget, LimitReached
from leakguard.artifacts.content import Content
from leakguard.artifacts.model import Build, Unread, Weight
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_windows import (
    SAMPLES,
    Tree,
    make_exe,
    make_overlay,
    make_portable_pdb,
    make_string_table,
    make_version,
)

FILES = {"a/one.txt": b"the first of the files", "two.txt": b"the second one"}
NSIS = bytes(4) + b"\xef\xbe\xad\xdeNullsoftInst" + bytes(8) + b"compressed"


def members(data: bytes, budget: Budget | None = None) -> dict[str, bytes | str]:
    budget = budget or Budget()
    return {
        it.name: it.reason if isinstance(it, Unread) else bytes(it.content.whole())
        for it in pe.members(Content.of(data, budget), budget)
    }


def described(data: bytes) -> Build:
    found = pe.describe(data)
    assert found is not None
    return found


def signs(build: Build) -> set[tuple[Weight, str]]:
    return {(sign.weight, sign.text) for sign in build.signs}


def test_resources_with_content_of_their_own_are_members() -> None:
    tree: Tree = {
        3: {1: b"an icon"},
        10: {101: b"raw", "NAME": b"named"},
        24: {1: b"<assembly/>"},
        "DATA": {131: b"own"},
    }
    assert members(make_exe(resources=tree)) == {
        "resource/RCDATA/NAME": b"named",
        "resource/RCDATA/101": b"raw",
        "resource/MANIFEST/1": b"<assembly/>",
        "resource/DATA/131": b"own",
    }


def test_a_resource_that_stands_twice_is_given_once() -> None:
    data = make_exe(resources={10: {1: b"first one", 2: b"second 1"}})
    budget = Budget(Allowance(members=1))
    assert len(members(data, budget)) == 2
    entries = [at for at in range(0x200, 0x400, 4) if data[at + 4 : at + 8] == struct.pack("<I", 9)]
    twice = bytearray(data)
    twice[entries[0] + 16 : entries[0] + 24] = twice[entries[0] : entries[0] + 8]
    assert len(members(bytes(twice))) == 1


@pytest.mark.parametrize("padding", [0, 16, 511])
@pytest.mark.parametrize("signer", ["", "Acme"])
def test_the_overlay_is_what_was_appended_without_padding_and_certificates(
    padding: int, signer: str
) -> None:
    archive = make_overlay(FILES)
    data = make_exe("Orchard", signer_cn=signer, overlay=bytes(padding) + archive)
    found = members(data)["overlay"]
    assert isinstance(found, bytes)
    assert found.rstrip(b"\0") == archive.rstrip(b"\0")


def test_what_stands_behind_the_certificates_is_a_member_too() -> None:
    found = members(make_exe("Orchard", signer_cn="Acme") + b"appended later")
    assert found == {"overlay": b"appended later"}


def test_an_overlay_of_nsis_begins_with_its_header() -> None:
    data = make_exe("Orchard", overlay=bytes(512) + NSIS)
    assert members(data)["overlay"] == NSIS + bytes(-len(NSIS) % 8)
    assert (described(data).kind, described(data).app) == ("nsis", True)


def test_installers_of_inno_and_squirrel_are_named() -> None:
    inno = make_exe("Orchard", resources={10: {11111: b"rDlPtS\xcd\xe6\xd7{\x0b*" + bytes(30)}})
    wide = "SquirrelTemp".encode("utf-16-le")
    squirrel = make_exe("Orchard", resources={"DATA": {131: make_overlay(FILES)}}, data=wide)
    assert described(inno).kind == "inno"
    assert described(squirrel).kind == "squirrel"


def test_damaged_resources_do_not_hide_the_overlay() -> None:
    data = bytearray(make_exe("Orchard", overlay=b"appended"))
    directory = data.index(struct.pack("<I", 0x1000), 0x40 + 24 + 112)
    data[directory : directory + 4] = b"\xff\xff\xff\x7f"
    assert members(bytes(data)) == {"resource": "damaged", "overlay": b"appended"}


def test_what_only_begins_with_mz_is_nothing() -> None:
    text = b"MZ is how a program begins" * 10
    assert members(text) == {}
    assert pe.describe(text) is None
    assert list(pe.strings(text)) == []


def test_limits_on_members_and_bytes_are_kept() -> None:
    data = make_exe(resources={10: dict.fromkeys(range(1, 20), b"x")})
    with pytest.raises(LimitReached):
        members(data, Budget(Allowance(members=2)))
    with pytest.raises(LimitReached):
        members(make_exe(overlay=bytes(9) + b"x" * 2000), Budget(Allowance(total_bytes=1000)))


def test_texts_of_string_tables_come_without_the_length_before_them() -> None:
    text = "x" * 56
    found = list(pe.strings(make_exe(resources={6: {1: make_string_table(["ab", text, "Grüße"])}})))
    assert text.encode() in found
    assert "Grüße".encode() in found


def test_texts_in_utf16_come_out_whatever_their_offset() -> None:
    text = "a text that is wide".encode("utf-16-le")
    data = make_exe(data=b"\x01" + text + b"\x00\x00\x07" + text + b"\xff\xff")
    assert list(pe.strings(data)).count(b"a text that is wide") == 2


def test_a_version_resource_names_the_build() -> None:
    found = described(make_exe("Orchard", "5, 0, 1, 2", OriginalFilename="orchard.exe"))
    assert (found.name, found.version, found.identifier) == ("Orchard", "5.0.1.2", "orchard.exe")
    assert (found.kind, found.platform, found.app) == ("pe", "windows", True)


def test_the_file_version_stands_in_for_the_products() -> None:
    found = described(make_exe("Orchard", FileVersion="1.2.3", InternalName="orch"))
    assert (found.version, found.identifier) == ("1.2.3", "orch")


@pytest.mark.parametrize(
    "data",
    [
        make_exe(),
        make_exe("Orchard", dll=True),
        make_exe("Simple Launcher", "1.1.0.14", overlay=make_overlay(FILES)),
    ],
    ids=["nameless", "library", "launcher"],
)
def test_what_only_belongs_to_an_app_is_no_app(data: bytes) -> None:
    assert not described(data).app


@pytest.mark.parametrize(
    ("flags", "texts"),
    [
        (0x01, {"marked as a debug build"}),
        (
            0x2A,
            {"marked as a pre-release", "marked as a private build", "marked as a special build"},
        ),
        (0x14, set()),
        (0x40, set()),
    ],
)
def test_flags_of_the_version_resource_are_hard_signs(flags: int, texts: set[str]) -> None:
    found = described(make_exe("Orchard", flags=flags, signer_cn="Acme", issuer="Root"))
    assert signs(found) == {(Weight.HARD, text) for text in texts}


def test_a_private_build_says_whose() -> None:
    found = described(make_exe("Orchard", flags=8, PrivateBuild="of Jane"))
    assert "VS_VERSION_INFO FileFlags=VS_FF_PRIVATEBUILD PrivateBuild=of Jane" in {
        sign.proof for sign in found.signs
    }


@pytest.mark.parametrize(
    ("cn", "issuer", "expected"),
    [
        ("", None, {(Weight.LOW, "not signed")}),
        ("Acme", "Root", set()),
        ("Acme", None, {(Weight.HARD, "signed with a self-signed certificate")}),
        ("Acme Test", "Root", {(Weight.HARD, "signed with a test certificate")}),
        ("WDKTestCert jane", "Root", {(Weight.HARD, "signed with a test certificate")}),
        ("Contest Ltd", "Root", set()),
    ],
)
def test_signatures_are_judged_by_who_signed(
    cn: str, issuer: str | None, expected: set[tuple[Weight, str]]
) -> None:
    found = described(make_exe("Orchard", signer_cn=cn, issuer=issuer))
    assert signs(found) == expected
    assert (found.signer.subject if found.signer else "") == (f"CN={cn}" if cn else "")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (r"C:\Users\jane\orchard\x64\Debug\orchard.pdb", r"C:\Users\jane\orchard\x64\Debug"),
        ("/home/jane/orchard/orchard.pdb", "/home/jane/orchard"),
        ("/_/src/orchard.pdb", ""),
        ("orchard.pdb", ""),
    ],
)
def test_the_path_of_the_symbols_tells_where_it_was_built(path: str, folder: str) -> None:
    found = described(make_exe("Orchard", signer_cn="Acme", issuer="Root", pdb=path))
    assert found.leaked_paths == ((folder,) if folder else ())
    assert signs(found) == ({(Weight.LOW, f"built in {folder}")} if folder else set())


def test_a_version_resource_with_two_languages_keeps_the_first_text() -> None:
    data = make_version({"ProductName": "Orchard", "ProductVersion": " 5.0.0-beta \0"}, 2)
    found = pe_version.parse(data)
    assert found.texts == {"ProductName": "Orchard", "ProductVersion": "5.0.0-beta"}
    assert (found.flags, found.file, found.product) == (2, "", "")


def test_an_assembly_without_a_resource_for_it_still_has_name_and_version() -> None:
    found = described(make_exe(assembly=("Orchard", "5.0.1.2", {})))
    assert (found.name, found.version, found.app) == ("Orchard", "5.0.1.2", False)


def test_files_in_an_assembly_are_members_and_costuras_are_inflated() -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"a library") + packer.flush()
    files = {"Orchard.settings.json": b"{}", "costura.acme.dll.compressed": packed}
    assert members(make_exe(assembly=("Orchard", "5.0.1.2", files))) == {
        "resource/net/Orchard.settings.json": b"{}",
        "resource/net/costura.acme.dll": b"a library",
    }


def test_symbols_inside_a_program_are_a_member() -> None:
    symbols = make_portable_pdb(FILES)
    assert members(make_exe(embedded_pdb=symbols, pdb="a.pdb")) == {"embedded.pdb": symbols}


@pytest.mark.parametrize(("version", "packed"), [(1, False), (2, False), (6, False), (6, True)])
def test_a_single_file_bundle_of_dotnet_gives_its_files(version: int, packed: bool) -> None:
    data = bundle(make_exe("Orchard"), version, packed)
    assert members(data) == FILES


def bundle(host: bytes, version: int, packed: bool) -> bytes:
    data = host + bytes(8) + hashlib.sha256(b".net core bundle").digest()
    listed = struct.pack("<III", version, 0, len(FILES)) + b"\x02id" + bytes(40 * (version >= 2))
    for name, content in FILES.items():
        packer = zlib.compressobj(wbits=-15)
        stored = packer.compress(content) + packer.flush() if packed else content
        listed += struct.pack("<QQ", len(data), len(content))
        if version >= 6:
            listed += struct.pack("<Q", len(stored) if packed else 0)
        listed += b"\1" + bytes([len(name)]) + name.encode()
        data += stored
    at = len(host)
    return data[:at] + struct.pack("<Q", len(data)) + data[at + 8 :] + listed


def test_a_bundled_file_that_inflates_without_end_meets_the_limit() -> None:
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(3_000_000)) + packer.flush()
    with pytest.raises(LimitReached):
        dotnet_files.inflated("x", bomb, Budget(Allowance(total_bytes=1_000_000)))
    found = dotnet_files.inflated("x", bomb, Budget(Allowance(whole_bytes=1_000_000)))
    assert isinstance(found, Unread)


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind.startswith("pe-")])
def test_every_sample_gives_its_files(kind: str) -> None:
    texts = b"\n".join(chain(pe.strings(SAMPLES[kind](FILES)), opened(SAMPLES[kind](FILES))))
    for content in FILES.values():
        for word in content.split():
            assert word in texts


def opened(data: bytes) -> list[bytes]:
    found = []
    for member in members(data).values():
        if isinstance(member, bytes) and member.startswith(b"\x1f\x8b"):
            found.append(gzip.decompress(member))
        elif isinstance(member, bytes) and member.startswith(b"PK"):
            found += FILES.values()
    return found


def everything(data: bytes) -> None:
    budget = Budget()
    for parse in (pe.describe, lambda it: list(pe.strings(it))):
        try:
            parse(data)
        except (pefile.PEFormatError, struct.error):
            continue
    for member in pe.members(Content.of(data, budget), budget):
        if not isinstance(member, Unread):
            member.content.whole()


FUZZED = [
    make_exe(assembly=("Orchard", "5.0.1.2", FILES), embedded_pdb=make_portable_pdb(FILES)),
    make_exe("Orchard", "5.0.0", 2, "Acme", pdb="C:\\a\\b.pdb", resources={10: {1: b"x" * 40}}),
    make_exe("Orchard", overlay=bytes(512) + NSIS),
    bundle(make_exe("Orchard"), 6, packed=True),
    SAMPLES["pe-string-table"](FILES),
]


@given(mutated(FUZZED))
@settings(max_examples=2 * EXAMPLES, deadline=None)
def test_damaged_programs_end_quietly(data: bytes) -> None:
    assert_survives(everything, data)
