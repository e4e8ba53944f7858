import json

from hypothesis import given, settings

from leakguard.artifacts import notebook
from leakguard.artifacts.kinds import kinds_of
from tests.artifacts import make_documents as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"a": b"key = 'value'\nmore\n", "b": b"printed\n"}


def test_sources_and_outputs_come_as_they_were_written() -> None:
    data = make.notebook(FILES)
    assert "notebook" in [kind.name for kind in kinds_of(data)]
    texts = list(notebook.strings(data))
    assert b"x = 1\nkey = 'value'\nmore\n" in texts
    assert b"x = 1\nprinted\n" in texts


def test_what_a_terminal_coloured_has_clean_edges() -> None:
    data = json.dumps({"cells": [{"outputs": [{"text": ["\x1b[1;31mkey\x1b[0m=value"]}]}]})
    assert b"key=value" in list(notebook.strings(data.encode()))


def test_nothing_else_is_lost() -> None:
    data = b'{"cells": [], "metadata": {"token": "abc", "n": 5, "list": ["d", {"e": null}]}}'
    texts = list(notebook.strings(data))
    assert texts[2:6] == [b'"token": "abc"', b'"n": "5"', b'"list":', b"d"]


def test_what_is_no_json_comes_as_it_is() -> None:
    assert list(notebook.strings(b'{"cells": [')) == [b'{"cells": [']
    deep = b'{"cells": ' + b"[" * 200_000
    assert list(notebook.strings(deep)) == [deep]


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.notebook(FILES)]))
def test_whatever_is_in_it_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(notebook.strings(d)), data)
