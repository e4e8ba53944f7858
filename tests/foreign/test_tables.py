import pytest

from leakguard.errors import RuleError

from .helpers import table


def test_values_are_read_as_lax_as_viper_does() -> None:
    found = table({"StopWords": "one", "Entropy": "3.5", "tags": ["a", 1], "Flag": "true"})

    assert found.texts("stopwords") == ("one",)
    assert found.number("entropy") == 3.5
    assert found.texts("tags") == ("a", "1")
    assert found.flag("flag")
    assert "stopwords" in found
    assert found.text("missing") == ""
    assert [item.text("x") for item in table({"t": {"x": 1}}).tables("t")] == ["1"]


@pytest.mark.parametrize("value", ["x", -1, "inf", {"a": 1}])
def test_wrong_number(value: object) -> None:
    with pytest.raises(RuleError, match="f.toml: rule r: `n` must be a number"):
        table({"n": value}).number("n")


def test_wrong_types_are_refused_with_file_and_rule() -> None:
    given = table({"a": {"b": 1}, "b": [["x"]], "c": 2})

    for ask, key, message in (
        (given.text, "a", "must be a text"),
        (given.texts, "b", "must be a list of texts"),
        (given.flag, "c", "must be true or false"),
        (given.tables, "c", "a table is expected"),
    ):
        with pytest.raises(RuleError, match=f"f.toml: rule r: .*{message}"):
            ask(key)


def test_unused_and_unknown_keys_are_told() -> None:
    given = table({"id": 1, "validate": "x", "regexs": "y"})

    given.tell_others(("id",), {"validate": "nobody asks"})

    assert list(given.notes) == [
        "f.toml: rule r: `validate` is not used: nobody asks",
        "f.toml: rule r: `regexs` is unknown and not used",
    ]
