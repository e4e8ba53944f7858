import pytest
from hypothesis import given, settings

from leakguard.artifacts import python
from leakguard.artifacts.model import Weight
from leakguard.artifacts.tree import KeptTree
from tests.artifacts import make_packages as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

MAKERS = {"wheel": make.wheel, "sdist": make.sdist, "egg": make.egg}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_package_says_what_it_is(kind: str) -> None:
    data = MAKERS[kind]({"a.py": b"pass\n"}, "acme", "2.0.0.dev1")
    (build,) = python.describe_tree(make.tree_of(data))
    assert (build.kind, build.platform) == (kind, "python")
    assert (build.name, build.version, build.signs) == ("acme", "2.0.0.dev1", ())


@pytest.mark.parametrize("kind", MAKERS)
def test_a_private_package_says_so(kind: str) -> None:
    (build,) = python.describe_tree(make.tree_of(MAKERS[kind]({}, private=True)))
    (sign,) = build.signs
    assert sign.weight is Weight.HARD
    assert sign.proof.endswith("Classifier=Private :: Do Not Upload")


def test_installed_packages_are_no_build() -> None:
    files = {"a-1.dist-info/METADATA": make.core_metadata("a", "1"), "a-1.dist-info/WHEEL": b""}
    kept = {**files, "a-1.dist-info/INSTALLER": b"pip"}
    assert python.describe_tree(KeptTree(list(kept), kept)) == []


def test_a_tar_of_two_projects_is_no_sdist() -> None:
    files = {"a/PKG-INFO": make.core_metadata("a", "1"), "b/PKG-INFO": b""}
    assert python.describe_tree(KeptTree(list(files), files)) == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.core_metadata("acme", "1.0", private=True)]))
def test_whatever_is_in_the_metadata_it_ends(data: bytes) -> None:
    kept = {"EGG-INFO/PKG-INFO": data}
    assert_survives(lambda _: python.describe_tree(KeptTree(list(kept), kept)), data)
