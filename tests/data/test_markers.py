"""Names that must not be written, in all spellings, wherever they are written."""

from pathlib import Path

import pytest

from leakguard.config import load_config
from leakguard.data.markers import CLASSIFICATION, hashed, marker_rules
from leakguard.errors import ConfigError
from leakguard.matcher import load_matcher
from leakguard.model import Finding
from leakguard.opening import named_for, with_names
from leakguard.pipe import run
from leakguard.policy import MarkerSettings
from leakguard.settings import Settings
from leakguard.sources.files import FilesSource
from leakguard.sources.select import Selection, pick_source
from tests.artifacts.make_documents import docx, pdf, pptx
from tests.gitrepo import make_repository
from tests.helpers import RULE

SALT = bytes(8)


def found(folder: Path, settings: MarkerSettings, data: bytes, name: str = "a") -> list[Finding]:
    (folder / name).write_bytes(data)
    source = FilesSource([name], root=str(folder))
    return list(run([source], load_matcher([RULE, *marker_rules(settings)])).findings)


NIGHTJAR = MarkerSettings(names=("Night Jar",))


@pytest.mark.parametrize(
    "text",
    [
        "the Nightjar is late",
        "NIGHTJAR",
        "night jar",
        "night-jar's",
        "two nightjars",
        "night_jar_view = 1",
        "NIGHT_JAR_KEY",
        "class NightJarView:",
        "nightJarView()",
        "getNightJar()",
        "x = nightjar2",
        "(nightjar)",
        "http://nightjar.corp/",
    ],
)
def test_a_name_is_found_in_all_spellings(tmp_path: Path, text: str) -> None:
    findings = found(tmp_path, NIGHTJAR, f"line\n{text}\n".encode())

    assert {(it.kind, it.line) for it in findings} == {("marker", 2)}
    assert "jar" not in repr([it.preview for it in findings]).lower()


@pytest.mark.parametrize(
    "text", ["fortnightjarring", "overnight jars", "night and jar", "nigh tjar"]
)
def test_other_words_are_no_name(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, NIGHTJAR, text.encode()) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", docx({"a": b"About the night jar"})),
        ("a.pptx", pptx({"a": b"About the night jar"})),
        ("a.pdf", pdf({"a": b"About the night jar"})),
        ("a.txt", "\ufeffAbout the night jar".encode("utf-16-le")),
    ],
)
def test_a_name_is_found_in_documents(tmp_path: Path, name: str, data: bytes) -> None:
    assert {it.kind for it in found(tmp_path, NIGHTJAR, data, name)} == {"marker"}


def test_settings_may_say_what_must_not_be_named(tmp_path: Path) -> None:
    text = b'[markers]\nnames = ["Night Jar"]\n'

    assert not found(tmp_path, NIGHTJAR, text, ".leakguard.toml")
    assert found(tmp_path, NIGHTJAR, text, "other.toml")


def test_names_with_letters_outside_ascii_are_found(tmp_path: Path) -> None:
    settings = MarkerSettings(names=("Käuzchen",))

    assert found(tmp_path, settings, "das KÄUZCHEN kommt".encode())
    assert not found(tmp_path, settings, b"das Kauzchen kommt")


def test_a_hashed_name_is_found_and_stands_nowhere(tmp_path: Path) -> None:
    entry = hashed("Night Jar", SALT)
    settings = MarkerSettings(hashed=(entry,))

    assert "jar" not in entry
    for text in ("the Night-Jar", "NIGHTJAR", "night_jar", "night jar."):
        assert [it.kind for it in found(tmp_path, settings, text.encode())] == ["marker"], text
    assert found(tmp_path, settings, b"night jug, nights jar, night jars") == []


@pytest.mark.parametrize(
    ("line", "is_marked"),
    [
        ("# CONFIDENTIAL", True),
        ("  -- Strictly confidential. --", True),
        ("*** For internal use only ***", True),
        ("Streng vertraulich", True),
        ("Nur für den internen Gebrauch", True),
        ("<!-- TLP:RED -->", True),
        ("a confidential client", False),
        ("confidential = True", False),
        ("the data is confidential", False),
    ],
)
def test_a_line_says_whom_a_document_is_for(tmp_path: Path, line: str, is_marked: bool) -> None:
    settings = MarkerSettings(classification=True)

    assert bool(found(tmp_path, settings, f"a\n{line}\nb\n".encode())) is is_marked


def test_lines_of_ones_own_count(tmp_path: Path) -> None:
    settings = MarkerSettings(lines=("Board eyes only",))

    assert found(tmp_path, settings, b"// BOARD EYES ONLY\n")
    assert not found(tmp_path, settings, b"// confidential\n")
    assert len(CLASSIFICATION) == len(set(CLASSIFICATION))


def test_names_of_files_and_branches_and_messages_count(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.stage({"docs/night-jar.md": "nothing\n", "other.md": "nothing\n"})
    repo.git("commit", "-m", "Begin the night jar")
    repo.git("branch", "feature/nightjar-lens")
    table = {"markers": {"names": ["Night Jar"]}}
    config = load_config(table=Settings(tmp_path / "s.toml", table))
    matcher = load_matcher([RULE, *named_for(config)])
    sources = with_names(pick_source(Selection((str(repo.path),))), config)

    findings = run(sources, matcher).findings

    paths = sorted(it.path for it in findings)
    assert len(paths) == 3
    assert paths[0] == "<branch feature/nightjar-lens>"
    assert paths[2] == "docs/night-jar.md"


@pytest.mark.parametrize(
    "settings",
    [
        MarkerSettings(names=("ab",)),
        MarkerSettings(names=("",)),
        MarkerSettings(hashed=("night",)),
        MarkerSettings(hashed=("ni:1:0000000000000000:" + "0" * 64,)),
        MarkerSettings(lines=("--",)),
        MarkerSettings(names=tuple(f"name{n}" for n in range(1001))),
    ],
)
def test_what_cannot_be_looked_for_is_refused(settings: MarkerSettings) -> None:
    with pytest.raises(ConfigError) as error:
        marker_rules(settings)

    assert "\n" not in str(error.value)
