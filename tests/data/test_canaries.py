"""Canaries: their file, their rules, and that one is found wherever it is."""

import base64
import gzip
import random
from pathlib import Path

import pytest
from stdnum import iban

from leakguard.data.canaries import (
    SPLIT_MARK,
    Canary,
    add_canaries,
    canary_rules,
    load_canaries,
)
from leakguard.data.new_canaries import COUNTRIES, new_canaries
from leakguard.errors import ConfigError
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Finding, Severity
from leakguard.pipe import run
from leakguard.sources.files import FilesSource
from leakguard.sources.select import Selection, pick_source
from tests.artifacts.make_archives import tar, zipped
from tests.artifacts.make_documents import docx, pdf, sqlite, xlsx
from tests.gitrepo import GitRepo, make_repository
from tests.helpers import RULE

CANARY = Canary(
    id="fjelvamark-123",
    name="Yondri Fjelvamark",
    email="yondri.fjelvamark123@mail.acme.test",
    phone="+49 30 23125 417",
    iban="DE09 9123 4567 8901 2345 67",
    planted="CRM, spring",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "canaries.toml"
    add_canaries(found, [CANARY])
    return found


@pytest.fixture
def matcher(file: Path) -> Matcher:
    return load_matcher([RULE, *canary_rules([file])])


def found(matcher: Matcher, path: Path, name: str, data: bytes) -> list[Finding]:
    folder = path / "scanned"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return list(run([FilesSource(["."], root=str(folder))], matcher).findings)


TEXT = f"id;name;mail\n1;{CANARY.name};{CANARY.email}\n".encode()
PADDED = b"x" * 90 + b"\n" + TEXT

HIDDEN = {
    "plain.csv": TEXT,
    "shouted.csv": TEXT.upper(),
    "utf16.csv": TEXT.decode().encode("utf-16"),
    "utf16le.bin": b"\0\1\0" + TEXT.decode().encode("utf-16-le"),
    "base64.txt": base64.b64encode(PADDED),
    "base64.gz": gzip.compress(base64.b64encode(PADDED)),
    "hex.txt": PADDED.hex().encode(),
    "sheet.zip": zipped({"export/customers.xlsx": xlsx({"a": TEXT})}),
    "list.docx": docx({"a": TEXT}),
    "list.pdf": pdf({"a": TEXT}),
    "crm.db": sqlite({"a": TEXT}),
    "backup.tgz": gzip.compress(tar({"crm/crm.db": sqlite({"a": TEXT})})),
    "percent.txt": CANARY.email.replace("@", "%40").encode(),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_canary_is_found_in_any_container_and_encoding(
    matcher: Matcher, tmp_path: Path, name: str
) -> None:
    findings = found(matcher, tmp_path, name, HIDDEN[name])

    assert findings
    assert {(it.kind, it.severity) for it in findings} == {("data", Severity.CRITICAL)}
    assert "fjelvamark-123" in findings[0].name
    assert all(CANARY.email not in repr(it) and CANARY.name not in repr(it) for it in findings)


@pytest.mark.parametrize(
    "text",
    [CANARY.phone, "+493023125417", "004930 23125417", "030 23125 417", "03023125417"],
)
def test_a_phone_number_is_found_however_it_is_written(
    matcher: Matcher, tmp_path: Path, text: str
) -> None:
    if text.startswith("0049"):
        text = text.replace(" ", "")

    findings = found(matcher, tmp_path, "a", f"call {text} today\n".encode())

    assert [it.name for it in findings] == ["Canary fjelvamark-123 (phone number)"]


def test_a_canary_in_a_git_note_and_in_a_message_is_found(matcher: Matcher, tmp_path: Path) -> None:
    repo: GitRepo = make_repository(tmp_path / "repo")
    repo.stage({"a.txt": "nothing\n"})
    repo.git("commit", "-m", f"fix the record of {CANARY.name}")
    repo.git("notes", "add", "-m", f"asked for by {CANARY.email}")

    report = run(pick_source(Selection((str(repo.path),))), matcher)

    assert {it.name.rpartition(" (")[2] for it in report.findings} == {"name)", "e-mail address)"}


def test_the_file_itself_sets_off_no_alarm(matcher: Matcher, file: Path, tmp_path: Path) -> None:
    assert SPLIT_MARK in file.read_text()
    assert found(matcher, tmp_path, "canaries.toml", file.read_bytes()) == []


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    made = new_canaries(3, chance=random.Random(1), planted='"CRM"')  # noqa: S311

    add_canaries(file, made[:1])
    add_canaries(file, made[1:])

    assert load_canaries(file) == tuple(made)
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_made_is_valid_in_form_and_each_is_another(country: str) -> None:
    made = new_canaries(200, country=country, domain="mail.acme.test")

    assert all(iban.is_valid(it.iban) for it in made)
    assert len({it.id for it in made}) == len({it.phone for it in made}) == 200
    assert all(it.email.endswith("@mail.acme.test") for it in made)
    assert all(name.isascii() for it in made for name in (it.name, it.email))


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "[[canary]]\nid = 'A B'\nname = 'Long enough'\n",
        "[[canary]]\nid = 'a'\nname = 'short'\n",
        "[[canary]]\nid = 'a'\nmail = 'a@b.example.org'\n",
        "[[canary]]\nid = 'a'\n",
        "[canary]\n",
        "[[canary]]\nid = 1\n",
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)

    with pytest.raises(ConfigError) as error:
        canary_rules([file])

    assert str(error.value).startswith(f"canary file {file}")
    assert "\n" not in str(error.value)


def test_two_canaries_of_one_id_are_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="twice"):
        canary_rules([file, file])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_canaries(tmp_path / "none.toml")
