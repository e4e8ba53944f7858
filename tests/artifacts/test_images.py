import pytest
from hypothesis import given, settings

from leakguard.artifacts import images
from leakguard.artifacts.kinds import HEAD_BYTES, kinds_of
from leakguard.artifacts.tree import KeptTree
from tests.artifacts import make_packages as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated
from tests.tokens import github_pat

MAKERS = {"docker": make.docker, "oci": make.oci}
LABEL = "org.opencontainers.image."


@pytest.mark.parametrize("kind", MAKERS)
def test_an_image_says_what_it_is(kind: str) -> None:
    data = MAKERS[kind]({"a.txt": b"b"}, "acme.example:5000/web", "2.0.0-rc.1")
    (build,) = images.describe_tree(make.tree_of(data))
    assert (build.kind, build.platform) == (kind, "linux")
    assert (build.name, build.version) == ("acme.example:5000/web", "2.0.0-rc.1")
    assert build.identifier == build.name


@pytest.mark.parametrize("kind", MAKERS)
def test_the_label_s_version_counts_when_the_tag_says_latest(kind: str) -> None:
    labels = {LABEL + "version": "3.1", LABEL + "revision": "abc"}
    data = MAKERS[kind]({}, version="latest", labels=labels)
    (build,) = images.describe_tree(make.tree_of(data))
    assert (build.version, build.build) == ("3.1", "abc")


def test_an_image_without_tags_has_its_title() -> None:
    config = make.image_config([], {LABEL + "title": "Acme Web"})
    kept = {"manifest.json": b'[{"Config": "c.json", "RepoTags": null, "Layers": []}]'}
    (build,) = images.describe_tree(KeptTree(["manifest.json"], kept | {"c.json": config}))
    assert (build.name, build.version) == ("Acme Web", "")


def test_a_config_that_was_not_kept_takes_nothing_away() -> None:
    tree = make.tree_of(make.docker({}))
    kept = {"manifest.json": tree.read("manifest.json")}
    (build,) = images.describe_tree(KeptTree(tree.names, kept))
    assert build.version == "1.2.3"


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[1]", b"", b'[{"name": "web app"}]'])
def test_another_manifest_is_none(content: bytes) -> None:
    kept = {"manifest.json": content}
    assert images.describe_tree(KeptTree(list(kept), kept)) == []


def test_values_of_a_config_come_without_escapes() -> None:
    token = github_pat()
    data = make.image_config([f"A=first\n{token}\tx", f"B={token}"], {"k": f"a&{token}"})
    assert "image config" in [kind.name for kind in kinds_of(data[:HEAD_BYTES])]
    texts = list(images.strings(data))
    assert f"A=first\n{token}\tx".encode() in texts
    assert f"B={token}".encode() in texts
    assert f'"k": "a&{token}"'.encode() in texts


def test_a_key_that_stands_there_twice_is_not_lost() -> None:
    assert b'"a": "1"' in list(images.strings(b'{"a": "1", "a": "2"}'))


SAMPLE = make.tree_of(make.oci({"a": b"b"}))


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([SAMPLE.read(name) for name in SAMPLE.names if not name.endswith("layout")]))
def test_whatever_is_in_the_json_it_ends(data: bytes) -> None:
    assert_survives(lambda d: list(images.strings(d)), data)
    for names in (["manifest.json"], ["oci-layout", "index.json"]):
        tree = KeptTree(names, dict.fromkeys(names, data))
        assert_survives(lambda _: images.describe_tree(tree), data)  # noqa: B023
