import io
import tarfile

import pytest
from hypothesis import given, settings

from leakguard.artifacts import node
from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import KeptTree
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.artifacts.make_bundles import npm

PACKAGE = b'{"name": "@acme/orchard", "version": "5.0.0", "private": true}'


def described(files: dict[str, bytes]) -> list[Build]:
    return node.describe_tree(KeptTree(list(files), files))


def test_a_package_of_npm() -> None:
    with tarfile.open(fileobj=io.BytesIO(npm({"index.js": b""}))) as archive:
        files = {entry.name: archive.extractfile(entry) for entry in archive}
        read = {name: file.read() for name, file in files.items() if file}

    assert described(read) == [
        Build(
            kind="npm",
            platform="node",
            name="@acme/orchard",
            identifier="@acme/orchard",
            version="5.0.0-rc.1",
        )
    ]


def test_a_private_package() -> None:
    (build,) = described({"package/package.json": PACKAGE, "package/a.js": b""})

    assert build.signs == (Sign(Weight.HARD, "a private package", 'package.json "private": true'),)


@pytest.mark.parametrize(
    ("names", "is_one"),
    [
        (["orchard/package.json", "orchard/index.js"], True),
        (["package/index.js", "package/package.json", "package/.gitignore"], True),
        (["orchard/package.json", "orchard/.github/workflows/ci.yml"], False),
        (["orchard/package.json", "orchard/package-lock.json"], False),
        (["orchard/package.json", "other/index.js"], False),
        (["package.json", "index.js"], False),
        (["package/index.js"], False),
        ([], False),
    ],
)
def test_is_one_folder_as_npm_packs_it(names: list[str], is_one: bool) -> None:
    assert bool(described(dict.fromkeys(names, PACKAGE))) is is_one


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([PACKAGE]))
def test_survives_garbage(data: bytes) -> None:
    assert_survives(lambda data: described({"package/package.json": data}), data)
