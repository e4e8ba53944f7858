"""What of an index is found in a text, and what is no leak."""

import pytest

from leakguard.data.edm_build import build
from leakguard.data.edm_match import Seeker
from leakguard.data.edm_tally import Tally
from leakguard.data.values import NORMAL, plain, type_of
from tests.data.customers import HEADER, as_csv, as_json, customers

KEY = bytes(32)
ROWS = customers(500)


@pytest.fixture(scope="module")
def seeker() -> Seeker:
    return Seeker(build(HEADER, ROWS, KEY, 1)[0], KEY)


def tally(seeker: Seeker, text: str) -> Tally:
    found = Tally()
    found.add(seeker.hits(plain(text)), 1)
    found.lines = text.count("\n") + 1
    return found


def test_every_record_of_a_table_is_known(seeker: Seeker) -> None:
    found = tally(seeker, as_csv(ROWS[100:150]).decode())

    assert len(found.rows) == 50
    assert found.first == 2
    assert found.is_leak(5)


def test_values_are_known_in_any_case_and_spelling(seeker: Seeker) -> None:
    row = ROWS[7]
    name = row.organisation.rpartition(" ")[0]
    digits = row.phone.replace(" ", "").replace("+", "00")

    text = f"{name.upper()}\n\n{row.email.upper()}\nmailto:{row.email}\n{digits}\nThe {name}, Inc."

    assert len(tally(seeker, text).strong) == 3


def test_two_values_of_one_record_in_a_row_are_a_leak(seeker: Seeker) -> None:
    row = ROWS[3]

    assert tally(seeker, f"x {row.email} and {row.phone}").is_leak(5)
    assert tally(seeker, as_json([row]).decode()).is_leak(5)
    assert not tally(seeker, f"{row.email} {ROWS[4].phone}").is_leak(5)
    assert not tally(seeker, row.email + "\n" * 20 + row.phone).is_leak(5)


def test_five_distinct_values_in_a_file_are_a_leak(seeker: Seeker) -> None:
    mails = [row.email for row in ROWS[:5]]

    assert tally(seeker, ("\n" * 20).join(mails)).is_leak(5)
    assert not tally(seeker, ("\n" * 20).join([*mails[:4], *mails[:4]])).is_leak(5)


def test_a_name_in_an_address_is_no_second_value(seeker: Seeker) -> None:
    row = ROWS[3]
    assert plain(row.contact).replace(" ", ".") in row.email

    assert not tally(seeker, row.email).is_leak(5)


def test_names_of_two_words_count_only_where_they_are_a_list() -> None:
    names = [
        (f"Karl{chr(97 + a)}{chr(97 + b)} Muster{chr(97 + b)}",) for a in range(9) for b in range(9)
    ]
    seeker = Seeker(build(["name"], names, KEY, 1)[0], KEY)
    listed = "\n".join(name for (name,) in names[:30])

    assert tally(seeker, listed).is_leak(5)
    assert not tally(seeker, "\n".join(name for (name,) in names[:20])).is_leak(5)
    assert not tally(seeker, listed.replace("\n", "\n" + "text\n" * 9)).is_leak(5)


def test_words_of_two_lines_are_no_name(seeker: Seeker) -> None:
    first, *rest = ROWS[3].organisation.split()

    assert not tally(seeker, first + "\n" + " ".join(rest)).strong


def test_plain_text_holds_nothing(seeker: Seeker) -> None:
    text = "The quick brown fox jumps over 12 lazy dogs at 10:30, mail fox@dogs.org or call.\n" * 99

    found = tally(seeker, text)

    assert not found.strong
    assert not found.weak


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("e-mail", " Anna.Berg@Firma.DE ", "anna.berg@firma.de"),
        ("phone", "+49 (171) 123-4567", "491711234567"),
        ("phone", "0049 171 1234567", "491711234567"),
        ("phone", "12345", ""),
        ("iban", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("iban", "DE88 3704 0044 0532 0130 00", ""),
        ("domain", "https://www.firma.de/kontakt", "firma.de"),
        ("number", "KD-100-2345", "kd1002345"),
        ("number", "abcdefg", ""),
        ("words", "The Amber Foods Company, Inc.", "amber foods"),
        ("words", "Amber GmbH", ""),
        ("words", "ＡＭＢＥＲ Ｆｏｏｄｓ", "amber foods"),
    ],
)
def test_each_kind_of_value_has_one_form(kind: str, text: str, normal: str) -> None:
    assert NORMAL[kind](plain(text)) == normal


def test_the_values_say_a_columns_type() -> None:
    columns = list(zip(*ROWS[:50], strict=True))

    assert [type_of(column) for column in columns] == ["words", "words", "e-mail", "phone", "words"]
    assert type_of(["", " "]) == "words"
    assert type_of(["KD-100234", "KD-100235"]) == "number"
    assert type_of(["firma.de", "www.muster.com"]) == "domain"
