"""The lines around a finding."""

from dataclasses import replace

from leakguard import limits
from leakguard.excerpt import excerpt
from leakguard.model import Part, Severity
from tests.report.samples import SLACK

FOUND = replace(SLACK, line=5, end_line=5, column=9, end_column=15, preview="s…t")
TEXT = "one\ntwo\nthree\nfour\ntoken = SECRET; x = OTHER1\r\nsix\nseven\neight\nnine"


def test_secret_is_masked_and_lines_around_it_are_shown() -> None:
    lines = excerpt(TEXT, FOUND)

    assert [line.number for line in lines] == [2, 3, 4, 5, 6, 7, 8]
    assert [line.text for line in lines if line.is_found] == ["token = s…t; x = OTHER1"]


def test_secret_is_shown_when_it_is_asked_for_and_others_never() -> None:
    other = replace(FOUND, column=21, end_column=27, preview="o…1")

    (line,) = [line for line in excerpt(TEXT, FOUND, [other], shown=True) if line.is_found]

    assert line.text == "token = SECRET; x = o…1"


def test_findings_that_overlap_are_masked_once() -> None:
    other = replace(FOUND, column=12, end_column=20, preview="o…1")

    (line,) = [line for line in excerpt(TEXT, FOUND, [other]) if line.is_found]

    assert line.text == "token = s…t OTHER1"


def test_secret_over_several_lines_is_masked_on_each() -> None:
    found = replace(FOUND, line=2, end_line=4, column=2, end_column=3, preview="…")

    lines = [line.text for line in excerpt(TEXT, found) if line.is_found]

    assert lines == ["t…", "…", "…ur"]


def test_long_secret_is_cut() -> None:
    text = "\n".join("x" * 5 for _ in range(100))

    lines = excerpt(text, replace(FOUND, line=2, end_line=90))

    assert len(lines) == limits.EXCERPT_MOST + 2


def test_long_line_is_cut_around_the_secret() -> None:
    text = "a" * 5000 + "SECRET" + "b" * 5000
    found = replace(FOUND, line=1, end_line=1, column=5001, end_column=5007)

    (line,) = excerpt(text, found)

    assert "as…tb" in line.text
    assert line.text[0] == line.text[-1] == "…"
    assert len(line.text) == limits.EXCERPT_CHARACTERS + 2


def test_finding_behind_the_end_of_a_text_shows_nothing_wrong() -> None:
    assert [line.number for line in excerpt("one\n", FOUND)] == [2]
    assert excerpt("one\n", replace(FOUND, line=50, end_line=50)) == []


def test_parts_of_a_credential_are_masked() -> None:
    part = Part("key-id", "Key id", Severity.LOW, 3, 7, "A…D")
    text = "\n\nid = 'AKIAWORD' # why\n\ntoken = SECRET"

    lines = excerpt(text, replace(FOUND, parts=(part,)))

    assert lines[1].text == "id = 'A…D' # why"
