"""The index: what is in it, how it is kept up to date, what is refused."""

from array import array
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.data.edm import (
    KEY_BYTES,
    SECTIONS,
    Content,
    default_key_file,
    has,
    hasher,
    load_key,
    make_key,
    read_index,
    write_index,
)
from leakguard.data.edm_build import build, prune, update
from leakguard.errors import ConfigError, UsageError
from tests.data.customers import HEADER, customers

KEY = bytes(range(KEY_BYTES))
DAY = 20_000


@pytest.fixture
def index(tmp_path: Path) -> Path:
    file = tmp_path / "c.edm"
    write_index(file, KEY, build(HEADER, customers(300), KEY, DAY)[0])
    return file


def test_an_index_holds_nothing_of_the_data(index: Path) -> None:
    data = index.read_bytes().lower()

    for row in customers(300):
        for cell in row[:4]:
            assert cell.lower().encode() not in data
        for word in (row.email.partition("@")[0], row.contact.split()[1], row.phone[-7:]):
            assert word.lower().encode() not in data


def test_it_is_read_as_it_was_written(index: Path) -> None:
    content = read_index(index, KEY)

    assert [column.type for column in content.columns] == [
        "words", "words", "e-mail", "phone", "words",
    ]  # fmt: skip
    assert len(content.arrays["records"]) == 300
    assert list(content.arrays["values"]) == sorted(content.arrays["values"])
    value = hasher(KEY, content.salt)("e-mail", customers(1)[0].email)
    assert has(content.arrays["values"], value)


def test_another_key_is_refused(index: Path) -> None:
    with pytest.raises(ConfigError, match="another key"):
        read_index(index, bytes(KEY_BYTES))


def test_what_is_cut_off_or_changed_is_refused(index: Path) -> None:
    whole = index.read_bytes()
    for size in (0, 5, 9, 40, 200, len(whole) // 2, len(whole) - 1):
        index.write_bytes(whole[:size])
        with pytest.raises(ConfigError):
            read_index(index, KEY)
    for at in (20, len(whole) // 2, len(whole) - 1):
        index.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ConfigError):
            read_index(index, KEY)


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_an_index(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "c.edm"
        file.write_bytes(b"LGEDM1\n\0" + data)

        with pytest.raises(ConfigError):
            read_index(file, KEY)


def test_two_indexes_of_the_same_data_share_no_hash() -> None:
    one, two = (build(HEADER, customers(20), KEY, DAY)[0] for _ in range(2))

    assert not set(one.arrays["values"]) & set(two.arrays["values"])


def test_an_update_adds_what_is_new_and_marks_what_is_there(index: Path) -> None:
    content, counts = update(read_index(index, KEY), customers(310), KEY, DAY + 5)

    assert (counts.records, counts.added, counts.seen) == (310, 10, 300)
    assert set(content.arrays["days"]) == {DAY + 5}


def test_prune_takes_out_what_was_not_seen(index: Path) -> None:
    content, _ = update(read_index(index, KEY), customers(100), KEY, DAY + 5)

    content, counts = prune(content, DAY + 1)

    assert (counts.records, counts.removed) == (100, 200)
    hashed = hasher(KEY, content.salt)
    rows = customers(300)
    assert has(content.arrays["values"], hashed("e-mail", rows[50].email))
    assert not has(content.arrays["values"], hashed("e-mail", rows[250].email))


def test_what_too_many_share_is_left_out() -> None:
    rows = [[f"a{number}@firma-{number}.de", "Bad Homburg"] for number in range(1100)]

    content, _ = build(["mail", "city"], rows, KEY, DAY)

    hashed = hasher(KEY, content.salt)
    assert not has(content.arrays["values"], hashed("words", "bad homburg"))
    assert has(content.arrays["values"], hashed("e-mail", "a7@firma-7.de"))


def test_no_records_make_no_index() -> None:
    with pytest.raises(UsageError, match="no records"):
        build(HEADER, [], KEY, DAY)


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    empty = Content((), bytes(16), {name: array(code) for name, code in SECTIONS.items()})

    with pytest.raises(ConfigError, match="cannot be written"):
        write_index(tmp_path / "none" / "c.edm", KEY, empty)


def test_a_key_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = default_key_file({"XDG_CONFIG_HOME": str(tmp_path)})

    key = make_key(file)

    assert load_key(None, {"XDG_CONFIG_HOME": str(tmp_path)}) == key
    assert load_key(file, {}) == key
    assert load_key(file, {"LEAKGUARD_EDM_KEY": KEY.hex()}) == KEY
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigError, match="cannot be written"):
        make_key(file)


@pytest.mark.parametrize("text", ["", "zz", "00", "g" * 64])
def test_what_is_no_key_is_refused_and_not_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)

    with pytest.raises(ConfigError, match="holds no key") as error:
        load_key(file, {})

    assert not text or text not in str(error.value).replace(str(file), "").split()


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LEAKGUARD_EDM_KEY"):
        load_key(tmp_path / "none", {})
