import pytest
from hypothesis import given, settings

from leakguard.artifacts import mapping
from leakguard.artifacts.kinds import kinds_of
from leakguard.artifacts.model import Build
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

R8 = b"""# compiler: R8
# compiler_version: 8.1.56
# min_api: 24
# {"id":"com.android.tools.r8.mapping","version":"2.2"}
# pg_map_id: 7ab1c9c
# pg_map_hash: SHA-256 7ab1c9c0
com.acme.orchard.MainActivity -> a.a.a:
# {"id":"sourceFile","fileName":"MainActivity.kt"}
    int count -> a
    1:3:void onCreate(android.os.Bundle):12:14 -> onCreate
"""
PROGUARD = b"""com.acme.orchard.Main -> com.acme.orchard.Main:
    void main(java.lang.String[]) -> main
com.acme.orchard.ui.Window -> a.b:
    int width -> a
com.acme.orchard.ui.Window$1 -> a.c:
"""


def test_a_map_of_r8_has_a_number() -> None:
    assert mapping.describe(R8) == Build(
        kind="mapping",
        platform="android",
        identifier="7ab1c9c",
        internal="the key to an obfuscated build",
        app=False,
    )


def test_a_map_of_proguard_has_a_package() -> None:
    build = mapping.describe(PROGUARD)

    assert build
    assert build.identifier == "com.acme.orchard"


@pytest.mark.parametrize("data", [R8, PROGUARD])
def test_is_recognised(data: bytes) -> None:
    assert [kind.name for kind in kinds_of(data)] == ["mapping"]


@pytest.mark.parametrize(
    "text",
    [
        "a -> b\nc -> d\ne -> f\n",
        "digraph {\n  a -> b;\n  b -> c;\n}\nx:\n",
        "Request -> Server:\n  hello\nServer -> Client:\n  hi\n",
        "A -> B:\nC -> D:\nE -> F:\n",
        "# compiler: R8\nnothing -> else\n",
        "def f(a) -> int:\n    pass\ndef g(b) -> str:\n    pass\ndef h(c) -> None:\n",
        "the first -> the second:\nthe third -> the fourth:\nthe fifth -> the sixth:\n",
    ],
)
def test_arrows_alone_are_no_map(text: str) -> None:
    assert mapping.describe(text.encode()) is None


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([R8, PROGUARD]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(mapping.describe, data)
