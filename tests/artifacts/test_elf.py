import struct
import zlib

import pytest
from hypothesis import given, settings

from leakguard.artifacts import elf
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Sign, Weight
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import appimage, opened
from tests.artifacts.make_bundles import elf as made
from tests.artifacts.make_squashfs import squashfs


def note(owner: bytes, kind: int, text: bytes) -> bytes:
    owner += b"\0"
    padded = owner + bytes(-len(owner) % 4) + text + bytes(-len(text) % 4)
    return struct.pack("<III", len(owner), len(text), kind) + padded


def go(lines: str) -> bytes:
    def counted(text: bytes) -> bytes:
        return bytes((len(text) & 0x7F | 0x80, len(text) >> 7)) + text

    head = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0")
    return head + counted(b"go1.24.1") + counted(b"0" * 16 + lines.encode() + b"1" * 16)


GO = go(
    "path\tcorp.example/orchard/v2/cmd/orchardctl\n"
    "mod\tcorp.example/orchard/v2\tv2.5.0-rc.1+dirty\t\n"
    "dep\texample.org/other\tv1.0.0\th1:x=\n"
    "build\tvcs.modified=true\n"
)
PACKAGE = b'{"type": "deb", "name": "orchard", "version": "5.0~beta1"}\0'


def test_what_was_appended_is_a_member() -> None:
    program = made({".text": b"\xc3"})

    assert opened(elf.members, program) == {}
    assert opened(elf.members, program + bytes(5000)) == {}
    assert opened(elf.members, program + b"MEI payload") == {"overlay": b"MEI payload"}


def test_the_files_of_an_appimage() -> None:
    image = squashfs({"a": b"text"}, 1, zlib.compress)
    program = made({".text": b"\xc3"}, ident=b"AI\x02")

    assert opened(elf.members, program + image) == {"squashfs": image}
    assert opened(elf.members, program + bytes(77) + image) == {"squashfs": image}


def test_a_header_alone_is_no_overlay_of_itself() -> None:
    head = b"\x7fELF\x02\x01\x01" + bytes(57)

    assert opened(elf.members, head) == {}
    with pytest.raises(ArtifactError, match="damaged ELF header"):
        opened(elf.members, b"\x7fELF")


def test_an_appimage_is_an_app_and_a_program_is_not() -> None:
    image = elf.describe(appimage({}))
    program = elf.describe(made({".note.gnu.build-id": note(b"GNU", 3, b"\xab\xcd")}))

    assert image
    assert (image.kind, image.platform, image.app) == ("appimage", "linux", True)
    assert program
    assert (program.kind, program.build, program.app) == ("elf", "abcd", False)


def test_a_program_made_with_go_names_its_module() -> None:
    build = elf.describe(made({".go.buildinfo": GO}))

    assert build
    assert (build.name, build.identifier) == ("orchardctl", "corp.example/orchard/v2")
    assert build.version == "v2.5.0-rc.1+dirty"
    assert build.signs == (
        Sign(Weight.LOW, "built from changed files", "Go build info vcs.modified=true"),
    )


def test_a_checkout_has_no_version() -> None:
    build = elf.describe(made({".go.buildinfo": go("mod\tcorp.example/orchard\t(devel)\t\n")}))

    assert build
    assert (build.name, build.version) == ("orchard", "")


def test_a_distribution_leaves_a_note() -> None:
    build = elf.describe(made({".note.package": note(b"FDO", 0xCAFE1A7E, PACKAGE)}))

    assert build
    assert (build.name, build.version) == ("orchard", "5.0~beta1")


def test_debug_information_and_the_paths_in_it() -> None:
    lines = b"/usr/src/a.c\0/home/alice/work/orchard/src/main.c\0/Users/bob/dev/x.c\0"
    build = elf.describe(made({".debug_info": b"xyz", ".debug_line_str": lines}))

    assert build
    assert build.leaked_paths == ("/home/alice/work/orchard", "/Users/bob/dev")
    assert build.signs == (
        Sign(Weight.LOW, "has debug information", "ELF section .debug_info, 3 bytes"),
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    mutated(
        [
            appimage({"a": b"text"}),
            made({".go.buildinfo": GO, ".note.package": note(b"FDO", 0xCAFE1A7E, PACKAGE)}),
        ]
    )
)
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: opened(elf.members, data), data)
    assert_survives(elf.describe, data)
