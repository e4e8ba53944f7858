import pytest

from leakguard.references import LANGUAGES, NONE, Language, language_of, with_import, written


@pytest.mark.parametrize("row", LANGUAGES, ids=lambda row: row.files[0])
def test_every_row_is_reached_and_writes_a_name(row: Language) -> None:
    name = row.files[0].replace("*", "x")

    assert language_of(name) is row
    for template in filter(None, (row.whole, row.inline)):
        assert b"NAME" in written(template, "NAME").upper()


def test_file_of_no_row_expands_nothing() -> None:
    assert language_of("notes.txt") is NONE
    assert language_of("a/B.PY") is LANGUAGES[0]
    assert language_of(".\\a\\b.go").whole.startswith("os.Getenv")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""Doc."""\nt = 1', '"""Doc."""\nimport os\nt = 1'),
        (
            "from __future__ import a\nimport re\nt = 1",
            "from __future__ import a\nimport os\nimport re\nt = 1",
        ),
        ("@f(1)\ndef a(): ...", "import os\n@f(1)\ndef a(): ..."),
        ("import re, os\nt = 1", "import re, os\nt = 1"),
        ("import os.path\nt = 1", "import os.path\nt = 1"),
        ("from os import environ\nt = 1", "import os\nfrom os import environ\nt = 1"),
        ("import os as o\nt = 1", "import os\nimport os as o\nt = 1"),
        ("a = 1 1\n", "a = 1 1\n"),
        ("x = '\\d'\r\ny = 1\r\n", "import os\r\nx = '\\d'\r\ny = 1\r\n"),
        ("", "import os\n"),
    ],
)
def test_python_gets_its_import_where_it_belongs(before: str, after: str) -> None:
    assert with_import(before.encode()).decode() == after
