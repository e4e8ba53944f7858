import json

import pytest
from hypothesis import given, settings

from leakguard.artifacts import sourcemap
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.kinds import kinds_of
from leakguard.artifacts.model import Build
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import opened
from tests.artifacts.make_bundles import source_map as made

FILES = {"src/main.ts": b"start()", "src/key.ts": "größe".encode()}


def of(**said: object) -> bytes:
    return json.dumps({"version": 3, "mappings": "", **said}).encode()


def test_gives_the_sources() -> None:
    assert opened(sourcemap.members, made(FILES)) == FILES


def test_says_what_the_map_holds() -> None:
    assert sourcemap.describe(made(FILES)) == Build(
        kind="source map", name="bundle.js", source=tuple(FILES), app=False
    )
    assert sourcemap.describe(of(sources=["a.js"])) is None
    assert sourcemap.describe(of(sources=["a.js"], sourcesContent=[None])) is None


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("webpack:///./src/a.js?1b2c", "src/a.js_1b2c"),
        ("../../../etc/a.js", "etc/a.js"),
        ("file:///home/alice/a.js", "home/alice/a.js"),
        ("a\nb\\c.js", "a_b_c.js"),
        ("/", "source-0"),
        (None, "source-0"),
    ],
)
def test_names_are_labels(name: str | None, label: str) -> None:
    assert opened(sourcemap.members, of(sources=[name], sourcesContent=["x"])) == {label: b"x"}


def test_more_texts_than_names_and_none_between() -> None:
    bundle = of(sources=["a"], sourcesContent=["1", None, "3"])

    assert opened(sourcemap.members, bundle) == {"a": b"1", "source-2": b"3"}


def test_a_map_of_sections() -> None:
    inner = {"version": 3, "sources": ["a.js"], "sourcesContent": ["text"], "mappings": ""}
    bundle = json.dumps({"version": 3, "sections": [{"map": inner}, {"url": "x"}, 1]}).encode()

    assert opened(sourcemap.members, bundle) == {"a.js": b"text"}
    assert sourcemap.describe(bundle)


@pytest.mark.parametrize(
    "begin",
    ['{"version" : 3,', '{\n  "sources": ["a"],', '{"mappings":"AAAA', '{"sourcesContent":["'],
)
def test_is_recognised_whatever_comes_first(begin: str) -> None:
    assert "source map" in [kind.name for kind in kinds_of(begin.encode())]


def test_other_json_is_none() -> None:
    assert opened(sourcemap.members, b'{"version":3, "sources": [1]}') == {}
    assert sourcemap.describe(b'{"version":3, broken') is None
    with pytest.raises(ArtifactError, match="not valid JSON"):
        opened(sourcemap.members, b'{"version":3, "mappings": "A')


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([made(FILES)]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: opened(sourcemap.members, data), data)
    assert_survives(sourcemap.describe, data)
