import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.artifacts.versions import newer, prerelease
from tests.artifacts.fuzz import EXAMPLES

KINDS = ("wheel", "npm", "jar", "deb", "ipa", "pe", "apk", "docker")

PRERELEASES = {
    "wheel": {
        "1.0a1": "a", "1.0a": "a", "1.0.dev3": "dev", "2.0-rc.1": "rc", "1.0.post2.dev1": "dev",
        "4.2.0+g1a2b3c4": "g1a2b3c4", "4.2.0+3.g1a2b3c4.dirty": "dirty", "1!1.0b2": "b",
        "4.2.0-staging": "staging",
    },
    "npm": {
        "5.0.0-beta.2": "beta", "5.0.0-next.1": "next", "5.0.0-M3": "M3", "5.0.0-dev.2026": "dev",
        "5.0.0-win32-rc1": "rc",
    },
    "gem": {"1.0.0.pre1": "pre", "1.0.0.beta2": "beta"},
    "nupkg": {"5.0.0-preview.3.26": "preview", "5.0.0-ci.9": "ci"},
    "jar": {
        "5.0.0-SNAPSHOT": "SNAPSHOT", "5.0.0.M1": "M1", "5.0.0.RC2": "RC", "5.0-alpha-1": "alpha",
        "5.0.0.CR1": "CR1", "5.0.0-EAP2": "EAP", "5.0-20260101.123456-7": "SNAPSHOT",
        "2.10.0.pr1": "pr1",
    },
    "deb": {"2.0~rc1-1": "rc", "1:1.0~beta2+dfsg-1": "beta", "1.0~~alpha-1": "alpha",
            "5.0.0-beta1": "beta"},
    "rpm": {"2.0-0.1.rc1.fc39": "rc"},
    "ipa": {"5.0b3": "b", "13.2.1fc2": "fc", "5.0d1": "d", "5.0 beta": "beta"},
    "apk": {"5.0.0-debug": "debug", "5.0.0 (qa)": "qa", "5.0.0-internal.3": "internal",
            "5.0-12-g1a2b3c4": "12-g1a2b3c4", "devel": "devel"},
    "pe": {"5.0.0.0 Beta": "Beta", "5.0.0-dirty": "dirty"},
}  # fmt: skip

RELEASES = {
    "wheel": ("1.0", "1.0.post1", "1.0-1", "2.0+cu118", "1!2.0", "v3.1"),
    "npm": ("5.0.0", "5.0.0-3", "5.0.0-win", "5.0.0+beta", "1.0.0-20260101"),
    "jar": ("5.0.0.RELEASE", "5.0.0.Final", "33.0-jre", "Finchley.SR2", "42.7.3-GA", "1.0-b12"),
    "deb": (
        "1.0-1~deb12u1", "1.0~bpo12+1", "1.2~dfsg-3", "1:2.3-1+b2", "1.0.0-rc1+really1.0.0-1",
        "1.2.1+dev-0.12-7", "0.0~git20200101.1a2b3c4-1",
    ),
    "ipa": ("5.0", "5.0.1", "420", "1.0.2a"),
    "apk": ("5.0.0", "5.0.0-release", "5.0.0-prod", "5.0.0 (420)", "3.4-latest", ""),
    "pe": ("10.0.19041.1 (WinBuild.160101.0800)", "4, 2, 0, 0"),
    "docker": ("3.11-slim-bookworm", "latest"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "version", "word"),
    [(kind, *item) for kind, items in PRERELEASES.items() for item in items.items()],
)
def test_the_word_of_a_prerelease(kind: str, version: str, word: str) -> None:
    assert prerelease(version, kind) == word


@pytest.mark.parametrize(
    ("kind", "version"), [(kind, version) for kind, items in RELEASES.items() for version in items]
)
def test_a_release_has_no_such_word(kind: str, version: str) -> None:
    assert prerelease(version, kind) == ""


def test_the_platform_tells_as_well_as_the_kind() -> None:
    assert prerelease("5.0b3", "ios") == prerelease("5.0b3", "python") == "b"
    assert prerelease("5.0b3", "android") == ""


ORDERED = {
    "wheel": ("1.0.dev1", "1.0a1.dev2", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0",
              "1.0.post1.dev1", "1.0.post1", "1.1", "1!0.1"),
    "npm": ("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0"),
    "jar": ("1.0-alpha-1", "1.0-beta-1", "1.0-M1", "1.0-RC1", "1.0-RC2", "1.0-SNAPSHOT", "1.0",
            "1.0.1"),
    "deb": ("1.0~~a", "1.0~a", "1.0", "1.0a", "1.1", "1.10"),
    "rpm": ("1.0-1", "1.0-2", "1.0+git1-1", "1.1-1"),
    "ipa": ("5.0d1", "5.0a1", "5.0b2", "5.0b10", "5.0fc1", "5.0", "5.0.1"),
    "pe": ("4.2.0.1", "4.2.0.2", "4.3.0.0"),
    "apk": ("4.2.0-dev", "4.2.0-beta1", "4.2.0-beta2", "4.2.0", "4.2.1"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "versions"), ORDERED.items())
def test_the_order_of_each_ecosystem(kind: str, versions: tuple[str, ...]) -> None:
    for place, version in enumerate(versions):
        for other, released in enumerate(versions):
            assert newer(version, released, kind) is (place > other), (version, released)


@pytest.mark.parametrize(
    ("kind", "version", "same"),
    [
        *((kind, "4.2", "4.2.0.0") for kind in KINDS),
        *((kind, "v4.2.0", "release-4.2.0") for kind in KINDS),
        ("deb", "4.2.0-3", "4.2.0"),
        ("deb", "1:4.2.0", "4.2.0"),
        ("deb", "4.2.0+dfsg-1", "4.2.0"),
        ("npm", "4.2.0-3", "4.2.0"),
        ("npm", "4.2.0+build5", "4.2.0"),
        ("jar", "4.2.0.RELEASE", "4.2.0"),
        ("pe", "4.2.0.1234", "4.2.0"),
        ("pe", "4, 2, 0, 0", "4.2.0"),
        ("wheel", "4.2.0+local", "4.2.0"),
    ],
)
def test_what_only_one_says_does_not_count(kind: str, version: str, same: str) -> None:
    assert newer(version, same, kind) is False
    assert newer(same, version, kind) is False


@pytest.mark.parametrize(
    ("version", "released"), [("", "4.2.0"), ("4.2.0", ""), ("main", "4.2.0"), ("420000", "4.2.0")]
)
def test_what_has_no_order(version: str, released: str) -> None:
    for kind in KINDS:
        assert newer(version, released, kind) is None


def test_the_build_decides_between_equal_versions() -> None:
    assert newer("4.2", "4.2.0", "ipa", build="421", released_build="420") is True
    assert newer("4.2", "4.2.0", "ipa", build="420", released_build="420") is False
    assert newer("4.2", "4.2.0", "ipa", build="4.2.9", released_build="4.2.10") is False
    assert newer("4.1", "4.2.0", "ipa", build="999", released_build="420") is False


NUMBERS = st.lists(st.integers(0, 99), min_size=1, max_size=5).map(lambda n: ".".join(map(str, n)))
SUFFIX = st.sampled_from(("", "-alpha", "-beta.2", "-rc1", "-SNAPSHOT", "~rc2", ".dev1", "a1"))
VERSIONS = st.builds(str.__add__, NUMBERS, SUFFIX)
KIND = st.sampled_from([kind for kind in KINDS if kind != "pe"])


@given(KIND, VERSIONS, VERSIONS, VERSIONS)
@settings(max_examples=10 * EXAMPLES, deadline=None)
def test_it_is_an_order(kind: str, first: str, second: str, third: str) -> None:
    assert newer(first, first, kind) in (False, None)
    assert not (newer(first, second, kind) and newer(second, first, kind))
    if newer(first, second, kind) and newer(second, third, kind):
        assert newer(first, third, kind) is True


@given(st.sampled_from(KINDS), NUMBERS, st.sampled_from(("beta", "rc", "alpha")))
def test_a_prerelease_comes_before_its_release(kind: str, numbers: str, word: str) -> None:
    version = f"{numbers}{'~' if kind == 'deb' else '-'}{word}1"

    assert prerelease(version, kind) == word
    assert newer(version, numbers, kind) is False
    assert newer(numbers, version, kind) is True


@given(st.sampled_from(KINDS), st.text(), st.text())
@settings(max_examples=10 * EXAMPLES, deadline=None)
def test_any_text_has_an_answer(kind: str, first: str, second: str) -> None:
    assert isinstance(prerelease(first, kind), str)
    assert newer(first, second, kind) in (True, False, None)


def test_endless_text_is_no_version() -> None:
    endless = "1." * 100_000 + "-beta"

    assert prerelease(endless, "npm") == ""
    assert newer(endless, "1.0", "npm") is None
