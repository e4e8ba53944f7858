import pytest

from leakguard.artifacts.model import Build, Signer
from leakguard.artifacts.ownership import (
    Ownership,
    allows,
    completed,
    declared_version,
    is_foreign,
    ownership_of,
    owns,
    released_version,
)

SHA256 = "ab" * 32
SIGNER = Signer("CN=Acme\\, Inc. App, O=Acme Ltd, C=DE", SHA256)
APP = Build("apk", platform="android", name="Orchard", identifier="com.acme.orchard", signer=SIGNER)


@pytest.mark.parametrize(
    "own", ["com.acme.orchard", "com.acme", "com.acme.", "COM.Acme", "com.*.orchard", "com.acme*"]
)
def test_an_identifier_is_owned(own: str) -> None:
    reason = owns(Ownership(identifiers=(own,)), APP)

    assert reason == "its identifier com.acme.orchard is one of yours"


@pytest.mark.parametrize("own", ["com.acme.orch", "com.ac", "org.acme", "com.acme.orchard.dev", ""])
def test_an_identifier_is_not_owned_by_its_beginning_alone(own: str) -> None:
    assert owns(Ownership(identifiers=(own,)), APP) == ""


@pytest.mark.parametrize(
    ("own", "identifier"),
    [
        ("com.acme.orchard", "AB12CD34EF.com.acme.orchard"),
        ("com.acme:", "com.acme:core"),
        ("@acme/", "@acme/core"),
        ("registry.acme.com", "registry.acme.com/orchard:5.0"),
    ],
)
def test_identifiers_of_other_kinds(own: str, identifier: str) -> None:
    assert owns(Ownership(identifiers=(own,)), Build("any", identifier=identifier))


@pytest.mark.parametrize("name", ["Acme Orchard", "acme-orchard", "acme_orchard", "ACME.Orchard"])
def test_a_name_is_owned_however_it_is_joined(name: str) -> None:
    assert owns(Ownership(products=("acme-orchard",)), Build("wheel", name=name))
    assert not owns(Ownership(products=("acme-orchard",)), Build("wheel", name=f"{name}-plugin"))


@pytest.mark.parametrize(
    "own",
    [
        "Acme Ltd",
        "acme ltd",
        "O=Acme Ltd",
        "O=Acme Ltd, C=DE",
        "CN=Acme\\, Inc. App",
        SHA256,
        SHA256.upper(),
        ":".join(["AB"] * 32),
    ],
)
def test_a_signer_is_owned(own: str) -> None:
    assert owns(ownership_of(signers=[own]), APP).startswith("signed by CN=Acme")


@pytest.mark.parametrize("own", ["Acm", "CN=Acme", "O=Acme", "O=Acme Ltd, C=FR", "cd" * 32])
def test_a_signer_is_not_owned_by_a_part_of_its_name(own: str) -> None:
    assert owns(ownership_of(signers=[own]), APP) == ""


def test_an_issuer_counts_when_it_is_given() -> None:
    ownership = ownership_of(signers=["CN=Acme CA"])

    assert not owns(ownership, APP)
    assert owns(ownership, APP, [Signer("CN=Acme CA, O=Acme", "ef" * 32)])


def test_the_maker_of_a_linux_package_counts_as_its_signer() -> None:
    package = Build("deb", platform="linux", identifier="Acme Ltd <dev@acme.example>")

    assert owns(ownership_of(signers=["Acme Ltd"]), package)
    assert not owns(ownership_of(signers=["Acme"]), Build("pe", identifier="Acme.exe"))


def test_what_is_allowed() -> None:
    plain = Build("jar")

    assert allows(ownership_of(allow=[SHA256]), plain, SHA256.upper()) == "its SHA-256 is allowed"
    assert allows(ownership_of(allow=["O=Acme Ltd"]), APP, "").startswith("its signer CN=Acme")
    assert allows(ownership_of(allow=[SHA256]), APP, "").startswith("its signer")
    assert allows(ownership_of(committable=["Jar"]), plain, "") == "builds of kind jar are allowed"
    assert allows(ownership_of(allow=[SHA256], committable=["wheel"]), plain, "cd" * 32) == ""
    assert allows(Ownership(), plain, "") == ""


def test_others_builds_are_foreign_when_the_owner_is_configured() -> None:
    ownership = ownership_of(identifiers=["org.other"])

    assert is_foreign(ownership, APP)
    assert is_foreign(ownership, Build("pe", platform="windows", name="adb"))
    assert not is_foreign(Ownership(), APP)
    assert not is_foreign(ownership_of(released={"*": "1.0"}), APP)


def test_others_builds_are_foreign_to_a_repository_when_they_are_named_alike() -> None:
    learned = Ownership(identifiers=("org.other.app",), products=("other",), learned=True)

    assert is_foreign(learned, APP)
    assert is_foreign(learned, Build("jar", platform="java", identifier="com.google:guava"))
    assert not is_foreign(learned, Build("pe", platform="windows", identifier="Orchard.exe"))
    assert not is_foreign(Ownership(products=("other",), learned=True), APP)


@pytest.mark.parametrize(
    ("released", "newest"),
    [
        ({"com.acme": "3.0", "com.acme.orchard": "4.2.0 (420)", "*": "1.0"}, ("4.2.0", "420")),
        ({"com.acme": "3.0", "*": "1.0"}, ("3.0", "")),
        ({"orchard": "4.2.0", "android": "4.1"}, ("4.2.0", "")),
        ({"android": "4.1", "ios": "4.3", "*": "1.0"}, ("4.1", "")),
        ({"ios": "4.3", "*": "1.0"}, ("1.0", "")),
        ({"ios": "4.3"}, ("", "")),
    ],
)
def test_the_released_version_that_says_most_counts(
    released: dict[str, str], newest: tuple[str, str]
) -> None:
    assert released_version(ownership_of(released=released), APP) == newest


def test_the_end_of_an_identifier_names_a_product() -> None:
    build = Build("apk", platform="android", identifier="com.acme.orchard")

    assert released_version(ownership_of(released={"orchard": "4.2"}), build) == ("4.2", "")
    assert declared_version(Ownership(declared={"orchard": "5.0"}), build) == "5.0"


def test_what_is_learned_completes_what_is_configured() -> None:
    learned = Ownership(
        identifiers=("com.acme.orchard",), released={"*": "4.2.0", "ios": "4.1"}, learned=True
    )

    alone = completed(Ownership(), learned)
    assert alone.identifiers == ("com.acme.orchard",)
    assert alone.learned

    beside = completed(ownership_of(products=["A"], released={"ios": "4.0"}), learned)
    assert (beside.identifiers, beside.products, beside.learned) == ((), ("A",), False)
    assert beside.released == {"*": "4.2.0", "ios": "4.0"}

    settled = completed(ownership_of(released={"*": "4.0"}), learned)
    assert settled.released == {"*": "4.0"}
