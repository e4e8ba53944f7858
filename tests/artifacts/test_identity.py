import json
import plistlib
import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard import limits
from leakguard.artifacts.identity import (
    is_wanted,
    learn,
    newest_of,
    released_in_tags,
    released_in_text,
)
from leakguard.artifacts.manifests import identity_of
from tests.artifacts.fuzz import EXAMPLES, assert_survives, mutated

GRADLE = b"""
android {
    namespace = "com.acme.orchard.code"
    defaultConfig {
        applicationId "com.acme.orchard"   // as in the store
        // applicationId "com.example.old"
        applicationIdSuffix ".debug"
        versionName '5.0.0'
        versionCode 500
    }
    buildTypes { debug { resValue "string", "x", "y" } }
}
"""
PBXPROJ = b"""
    PRODUCT_BUNDLE_IDENTIFIER = com.acme.orchard;
    PRODUCT_BUNDLE_IDENTIFIER = "com.acme.orchard.$(SUFFIX)";
    PRODUCT_NAME = "$(TARGET_NAME)";
    MARKETING_VERSION = 5.0;
"""
POM = b"""<?xml version="1.0"?>
<project>
  <!-- <artifactId>old</artifactId> -->
  <parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>5.0</version></parent>
  <dependencies><dependency><groupId>org.other</groupId><artifactId>guava</artifactId></dependency></dependencies>
  <artifactId>core</artifactId>
</project>
"""
CSPROJ = b"""<Project><PropertyGroup>
  <Company>Acme Ltd</Company><Product>Acme Orchard</Product><Version>5.1.0</Version>
  <RootNamespace>$(MSBuildProjectName)</RootNamespace>
</PropertyGroup><ItemGroup><PackageReference Include="X"><Version>9.9</Version></PackageReference>
</ItemGroup></Project>"""
INFO = plistlib.dumps(
    {
        "CFBundleIdentifier": "com.acme.orchard",
        "CFBundleName": "$(PRODUCT_NAME)",
        "CFBundleDisplayName": "Orchard",
        "CFBundleShortVersionString": "5.0.1",
    }
)
NODE = json.dumps(
    {
        "name": "@acme/orchard",
        "productName": "Orchard",
        "version": "5.0.0",
        "build": {"appId": "com.acme.orchard"},
    }
).encode()
EXPO = json.dumps(
    {
        "expo": {
            "name": "Orchard",
            "slug": "orchard-app",
            "ios": {"bundleIdentifier": "com.acme.orchard.ios"},
            "android": {"package": "com.acme.orchard"},
        }
    }
).encode()
MANIFEST = (
    b"""<?xml version="1.0"?>\n<manifest xmlns:android="http://x"\n  package="com.acme.orchard">"""
)
SNAPCRAFT = (
    b"name: acme-orchard # registered\ntitle: 'Acme Orchard'\nversion: '5.0'\nparts:\n  name: x\n"
)

SAMPLES: Mapping[str, tuple[bytes, tuple[str, ...], tuple[str, ...], str]] = {
    "app/build.gradle": (GRADLE, ("com.acme.orchard", "com.acme.orchard.code"), (), "5.0.0"),
    "app/build.gradle.kts": (
        b'    applicationId = "com.acme.orchard"\n    versionName = "$v"',
        ("com.acme.orchard",),
        (),
        "",
    ),
    "src/AndroidManifest.xml": (MANIFEST, ("com.acme.orchard",), (), ""),
    "ios/Orchard-Info.plist": (INFO, ("com.acme.orchard",), ("Orchard",), "5.0.1"),
    "A.xcodeproj/project.pbxproj": (PBXPROJ, ("com.acme.orchard",), (), "5.0"),
    "Base.xcconfig": (
        b"PRODUCT_BUNDLE_IDENTIFIER = com.acme.orchard\nPRODUCT_NAME = Orchard\n",
        ("com.acme.orchard",),
        ("Orchard",),
        "",
    ),
    "package.json": (NODE, ("com.acme.orchard",), ("@acme/orchard", "Orchard"), "5.0.0"),
    "app.json": (
        EXPO,
        ("com.acme.orchard.ios", "com.acme.orchard"),
        ("Orchard", "orchard-app"),
        "",
    ),
    "pyproject.toml": (
        b'[project]\nname = "acme-orchard"\nversion = "5.0"',
        (),
        ("acme-orchard",),
        "5.0",
    ),
    "poetry/pyproject.toml": (b'[tool.poetry]\nname = "acme-orchard"', (), ("acme-orchard",), ""),
    "setup.cfg": (
        b"[metadata]\nname = acme-orchard\nversion = attr: a.v",
        (),
        ("acme-orchard",),
        "",
    ),
    "setup.py": (
        b'name = "no"\nsetup(\n    name="acme-orchard", version="5.0")',
        (),
        ("acme-orchard",),
        "5.0",
    ),
    "Cargo.toml": (b'[package]\nname = "orchard"\nversion = "5.0.0"', (), ("orchard",), "5.0.0"),
    "pom.xml": (POM, ("com.acme:core",), (), "5.0"),
    "src/Acme.Orchard.csproj": (CSPROJ, (), ("Acme Orchard", "Acme.Orchard"), "5.1.0"),
    "electron-builder.yml": (
        b"appId: com.acme.orchard\nproductName: \"Orchard\"\nfiles:\n  - a",
        ("com.acme.orchard",),
        ("Orchard",),
        "",
    ),
    "snap/snapcraft.yaml": (SNAPCRAFT, (), ("acme-orchard", "Acme Orchard"), "5.0"),
    "setup/product.wxs": (
        b'<Wix><Product Id="*" Name="Acme Orchard" Version="5.0.0" Manufacturer="Acme">',
        (),
        ("Acme Orchard",),
        "5.0.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", SAMPLES)
def test_what_a_manifest_says(path: str) -> None:
    data, identifiers, products, version = SAMPLES[path]

    found = identity_of(path, data)

    assert (found.identifiers, found.products, found.version) == (identifiers, products, version)
    assert is_wanted(path)


@given(st.sampled_from(sorted(SAMPLES)), st.data())
@settings(max_examples=EXAMPLES * 4, deadline=None)
def test_damaged_manifests_say_less(path: str, data: st.DataObject) -> None:
    damaged = data.draw(mutated([SAMPLES[path][0]]))

    assert_survives(lambda given: learn({path: given, "CHANGELOG.md": given}, []), damaged)
    assert isinstance(identity_of(path, damaged).products, tuple)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("package.json", b'["a"]'),
        ("package.json", b'{"name": 1, "build": []}'),
        ("package.json", b"[" * 100_000),
        ("Info.plist", b"bplist00"),
        ("AndroidManifest.xml", b"\x03\x00\x08\x00"),
        ("package.json", b'{"name": "app"}'),
        ("README.md", b"name: x"),
    ],
)
def test_what_says_nothing(path: str, data: bytes) -> None:
    assert identity_of(path, data) == ((), (), (), "")


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("pom.xml", b"<!---->"),
        ("pom.xml", b"<parent>"),
        ("AndroidManifest.xml", b"<manifest "),
        ("a.wxs", b"<Product "),
        ("a.csproj", b"<Product>"),
        ("a.csproj", b"<Product> "),
        ("build.gradle", b"\n"),
        ("build.gradle", b" "),
        ("project.pbxproj", b"PRODUCT_NAME = "),
        ("snapcraft.yaml", b"name: "),
        ("setup.py", b"setup(name ="),
        ("CHANGELOG.md", b"1.1"),
        ("CHANGELOG.md", b"# "),
    ],
)
def test_a_hostile_manifest_takes_no_longer(path: str, unit: bytes) -> None:
    data = unit * (limits.LEARNED_BYTES // len(unit))
    started = time.process_time()

    learn({path: data}, [])

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "path",
    [
        "tests/fixtures/package.json",
        "node_modules/a/package.json",
        "vendor/x/pom.xml",
        "examples/app/build.gradle",
        "ios/Pods/A/Info.plist",
        ".venv/lib/setup.py",
        "docs/CHANGELOG.md",
        "README.md",
        "package-lock.json",
    ],
)
def test_what_is_not_wanted(path: str) -> None:
    assert not is_wanted(path)
    assert learn({path: NODE}, []).is_empty


@pytest.mark.parametrize("path", ["CHANGELOG.md", "CHANGES", "HISTORY.rst", "news.txt"])
def test_a_changelog_is_wanted(path: str) -> None:
    assert is_wanted(path)


def test_a_repository_is_learned() -> None:
    files = {
        "app/build.gradle": GRADLE,
        "package.json": NODE.replace(b"5.0.0", b"5.1.0"),
        "src/Acme.Orchard.csproj": CSPROJ,
        "CHANGELOG.md": b"## 9.9.9\n",
    }

    found = learn(files, ["v4.2.0", "v4.1.0", "v5.0.0-rc1"])

    assert set(found.identifiers) == {"com.acme.orchard", "com.acme.orchard.code"}
    assert "Acme Orchard" in found.products
    assert found.signers == ("Acme Ltd",)
    assert found.released == {"*": "4.2.0"}
    assert found.declared["com.acme.orchard"] == "5.1.0"
    assert found.learned


def test_where_the_release_is_told() -> None:
    files = {"CHANGELOG.md": b"## 4.1.0\n"}

    assert learn(files, ["v4.2.0"]).released == {"*": "4.2.0"}
    assert learn(files, ["v4.2.0"], "changelog").released == {"*": "4.1.0"}
    assert learn(files, ["nightly"]).released == {"*": "4.1.0"}
    assert learn(files, ["nightly"], "tags").released == {}


def test_the_version_of_a_template_is_none() -> None:
    assert learn({"package.json": b'{"name": "acme", "version": "1.0.0"}'}, []).declared == {}


def test_not_too_much_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEARNED_FILES", 2)
    monkeypatch.setattr(limits, "LEARNED_BYTES", 100)
    files = {f"{'a/' * depth}package.json": b'{"name": "n%d"}' % depth for depth in range(5)}
    files["package.json"] = b'{"name": "large"}' + b" " * 100

    assert learn(files, []).products == ("n1", "n2")


@pytest.mark.parametrize(
    ("tags", "released"),
    [
        (["v1.9.0", "v1.10.0", "v1.2"], {"*": "1.10.0"}),
        (["4.2.0", "release-4.3.0", "release/4.4.0", "Release_v4.1"], {"*": "4.4.0"}),
        (["v5.0.0-beta.1", "5.0.0rc1", "5.0.0.M1", "v5.0.0-SNAPSHOT"], {}),
        (["ios/v4.1.0", "android-4.2.0"], {"ios": "4.1.0", "android": "4.2.0"}),
        (["@acme/core@1.2.3", "acme-core-1.0.0"], {"@acme/core": "1.2.3", "acme-core": "1.0.0"}),
        (["orchard-release-4.2.0"], {"orchard": "4.2.0"}),
        (["log4j-2.17.0"], {"log4j": "2.17.0"}),
        (["v5", "nightly", "20260101", "", "v" * 500 + "1.0"], {}),
    ],
)
def test_releases_in_tags(tags: list[str], released: dict[str, str]) -> None:
    assert released_in_tags(tags) == released


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("# Changelog\n\n## [Unreleased]\n\n## [4.2.0] - 2026-01-01\n\n## [4.1.0]\n", "4.2.0"),
        ("## v4.2.0 (2026-01-01)\n", "4.2.0"),
        ("## [4.2.0](https://example.com/compare/v4.1.0...v4.2.0) (2026-01-01)\n", "4.2.0"),
        ("## 5.0.0-rc.1\n## 4.2.0\n", "4.2.0"),
        ("## 5.0.0 (unreleased)\n## 4.2.0\n", "4.2.0"),
        ("Changes\n=======\n\n4.2.0 (2026-01-01)\n------------------\n", "4.2.0"),
        ("4.2.0\n=====\n* new\n", "4.2.0"),
        ("Version 4.2.0 - 2026-01-01\n* new\n", "4.2.0"),
        ("Orchard 4.2.0 / 2026-01-01\n* new\n", "4.2.0"),
        ("== 4.2.0 ==\n* new\n", "4.2.0"),
        ("**4.2.0.**\n* new\n", "4.2.0"),
        ("## Upgrade from 3.0 to 4.0\n## 4.2.0\n", "4.2.0"),
        ("Fixed 1.2.3 at last\nThanks\n", ""),
        ("4.2.0\n", "4.2.0"),
        ("\ufeffv4.2.0", "4.2.0"),
        ("", ""),
        ("nothing\n", ""),
    ],
)
def test_the_release_in_a_text(text: str, version: str) -> None:
    assert released_in_text(text.encode()) == version


def test_the_newest_of_several() -> None:
    assert newest_of(["1.9", "1.10.0", "1.10"]) == "1.10.0"
    assert newest_of([]) == ""
