import pytest
from hypothesis import given, settings

from leakguard.artifacts import java
from leakguard.artifacts.model import Build
from leakguard.artifacts.tree import KeptTree
from tests.artifacts import make_packages as make
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

FILES = {"app.properties": b"a=b\n", "src/Main.java": b"class Main {}\n"}


def described(data: bytes) -> Build:
    (build,) = java.describe_tree(make.tree_of(data))
    return build


@pytest.mark.parametrize(
    ("kind", "maker"), [("jar", make.jar), ("war", make.war), ("ear", make.ear)]
)
def test_an_archive_says_what_it_is(kind: str, maker: object) -> None:
    build = described(maker(FILES, "acme-app", "2.0.0-SNAPSHOT"))  # type: ignore[operator]
    assert (build.kind, build.platform) == (kind, "java")
    assert (build.name, build.version) == ("acme-app", "2.0.0-SNAPSHOT")
    assert build.identifier == "com.acme:acme-app"
    assert build.source == ("src/Main.java",)


def test_of_several_poms_the_one_that_the_manifest_names_counts() -> None:
    other = make.pom("com.google.guava", "guava", "31.1")
    build = described(make.jar({}, more=other))
    assert (build.name, build.version) == ("acme-core", "1.2.3")


def test_of_several_poms_the_main_class_s_group_counts() -> None:
    manifest = make.manifest(Main_Class="com.acme.app.Main")
    poms = {**make.pom("org.slf4j", "slf4j", "2.0"), **make.pom("com.acme", "tool", "0.9")}
    build = described(make.zipped({"META-INF/MANIFEST.MF": manifest, **poms}))
    assert build.identifier == "com.acme:tool"


def test_without_a_fitting_pom_the_manifest_counts() -> None:
    manifest = make.manifest(Implementation_Title="suite", Implementation_Version="7")
    poms = {**make.pom("org.slf4j", "slf4j", "2.0"), **make.pom("org.x", "y", "1")}
    build = described(make.zipped({"META-INF/MANIFEST.MF": manifest, **poms}))
    assert (build.name, build.version, build.identifier) == ("suite", "7", "")


def test_a_bundle_is_named_over_two_lines() -> None:
    manifest = (
        b"Bundle-SymbolicName: com.acme.bun\r\n dle;singleton:=true\r\nBundle-Version: 3.1\r\n"
    )
    build = described(make.zipped({"META-INF/MANIFEST.MF": manifest}))
    assert (build.identifier, build.version) == ("com.acme.bundle", "3.1")


def test_a_name_that_stands_in_another_file_is_none() -> None:
    manifest = make.manifest(Bundle_Name="%name", Bundle_SymbolicName="com.acme.x")
    assert described(make.zipped({"META-INF/MANIFEST.MF": manifest})).name == "com.acme.x"


@pytest.mark.parametrize("name", ["AndroidManifest.xml", "classes.dex", "a-1.dist-info/WHEEL"])
def test_other_packages_are_none(name: str) -> None:
    assert java.describe_tree(make.tree_of(make.jar({name: b""}))) == []


def test_a_plain_zip_is_none() -> None:
    assert java.describe_tree(make.tree_of(make.zipped({"a.txt": b"b"}))) == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(mutated([make.manifest(Implementation_Title="a", Bundle_Version="1")]))
def test_whatever_is_in_a_manifest_it_ends(data: bytes) -> None:
    name = "META-INF/MANIFEST.MF"
    kept = {name: data, "META-INF/maven/g/a/pom.properties": data, "META-INF/A.RSA": data}
    assert_survives(lambda _: java.describe_tree(KeptTree(list(kept), kept)), data)
