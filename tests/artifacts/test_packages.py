import gzip

import pytest
from hypothesis import given, settings

from leakguard.artifacts import packages
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Weight
from leakguard.artifacts.tree import KeptTree
from tests.artifacts import make_packages as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

MAKERS = {"nupkg": make.nupkg, "gem": make.gem, "crate": make.crate, "conda": make.conda}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_package_says_what_it_is(kind: str) -> None:
    maker = MAKERS[kind]
    (build,) = packages.describe_tree(make.tree_of(maker({"a.txt": b"b"}, "acme", "2.0.0-rc.1")))
    assert (build.kind, build.name, build.version) == (kind, "acme", "2.0.0-rc.1")
    assert (build.signs, build.internal) == ((), "")


def test_symbols_are_internal() -> None:
    more = '<packageTypes><packageType name="SymbolsPackage"/></packageTypes>'
    (build,) = packages.describe_tree(make.tree_of(make.nupkg({}, more=more)))
    assert build.internal == "symbols"


def test_a_nuspec_with_a_document_type_is_refused() -> None:
    data = make.nupkg({}, top='<!DOCTYPE a [<!ENTITY b "c">]>')
    with pytest.raises(ArtifactError):
        packages.describe_tree(make.tree_of(data))


@pytest.mark.parametrize(
    ("line", "proof"), [("publish = false", "publish=false"), ("publish = []", "publish=[]")]
)
def test_a_crate_may_be_marked_as_private(line: str, proof: str) -> None:
    (build,) = packages.describe_tree(make.tree_of(make.crate({}, publish=line)))
    assert [sign.weight for sign in build.signs] == [Weight.HARD]
    assert build.signs[0].proof == f"acme-1.2.3/Cargo.toml package.{proof}"


def test_a_checked_out_project_is_no_crate() -> None:
    files = {"acme/Cargo.toml": b"[package]\nname = 'a'\n", "acme/src/lib.rs": b""}
    assert packages.describe_tree(KeptTree(list(files), files)) == []


def test_a_gem_s_metadata_is_not_inflated_without_end() -> None:
    bomb = gzip.compress(b"name: a\nversion: b\n  version: 1\n" + b"\n" * 50_000_000)
    kept = {"metadata.gz": bomb, "data.tar.gz": b""}
    (build,) = packages.describe_tree(KeptTree(list(kept), kept))
    assert (build.name, build.version) == ("a", "1")


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.tree_of(make.nupkg({})).read("Acme.Core.nuspec"), b"name: a\nversion:\n  b"]))
def test_whatever_is_in_the_metadata_it_ends(data: bytes) -> None:
    for names in (["a.nuspec"], ["info/index.json"], ["a/Cargo.toml", "a/Cargo.toml.orig"]):
        assert_survives(lambda d: packages.describe_tree(KeptTree(names, {names[0]: d})), data)  # noqa: B023
    kept = {"metadata.gz": gzip.compress(data), "data.tar.gz": b""}
    assert_survives(lambda _: packages.describe_tree(KeptTree(list(kept), kept)), data)
