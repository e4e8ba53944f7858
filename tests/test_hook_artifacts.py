"""A commit that adds an unreleased build is stopped, a released one passes; history names it."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from tests.artifacts.make_android import make_aab, make_apk
from tests.artifacts.make_apple import mac_app, make_ipa
from tests.artifacts.make_dmg import dmg, hfs_volume
from tests.artifacts.make_installers import msi
from tests.artifacts.make_windows import make_exe, make_keystore
from tests.hookrepo import HookRepo, environment, install_natively, token

SETTINGS = """[artifacts]
identifiers = ["com.acme."]
products = ["Orchard"]
released = { "*" = "4.2.0" }
"""

BUILDS = {
    "app.apk": make_apk("com.acme.app", "5.0.0", 500, label="Orchard"),
    "App.ipa": make_ipa(identifier="com.acme.app", version="5.0.0", profile="ad-hoc"),
    "Setup.msi": msi({}, {"ProductName": "Orchard", "ProductVersion": "5.0.0"}),
    "Orchard.dmg": dmg(hfs_volume(mac_app(identifier="com.acme.app", version="5.0.0"))),
    "Setup.exe": make_exe("Orchard", "5.0.0", signer_cn="Acme Ltd", issuer="Some CA"),
    "app.aab": make_aab("com.acme.app", "4.2.0"),
    "upload.jks": make_keystore(),
}
SAYS = {
    "app.apk": (
        "Android apk Orchard com.acme.app 5.0.0 (500)",
        "ewer than the newest release 4.2.0",
    ),
    "App.ipa": ("com.acme.app 5.0.0 (500)", "d-hoc"),
    "Setup.msi": ("Windows msi Orchard", "ewer than the newest release 4.2.0"),
    "Orchard.dmg": ("com.acme.app 5.0.0 (500)", "ewer than the newest release 4.2.0"),
    "Setup.exe": ("Windows pe Orchard 5.0.0", "ewer than the newest release 4.2.0"),
    "app.aab": ("com.acme.app 4.2.0", "upload"),
    "upload.jks": ("upload", "keystore"),
}


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("home"), cache_dir)


@pytest.fixture
def repo(tmp_path: Path, env: dict[str, str]) -> HookRepo:
    repo = HookRepo(tmp_path / "repository", dict(env))
    repo.path.mkdir()
    repo.git("init", "--quiet", "--initial-branch=main")
    install_natively(repo, "pre-commit")
    repo.save(".leakguard.toml", SETTINGS)
    return repo


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", sorted(BUILDS))
def test_unreleased_build_is_stopped_with_product_version_and_reason(
    name: str, repo: HookRepo
) -> None:
    repo.stage(f"dist/{name}", BUILDS[name])

    done = repo.commit()

    assert done.returncode == 1
    assert f"dist/{name}" in done.stdout
    for text in SAYS[name]:
        assert text in one_line(done.stdout)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("old.apk", make_apk("com.acme.app", "4.2.0", 420)),
        (
            "store.ipa",
            make_ipa(identifier="com.acme.app", version="4.2.0", profile=None, encrypted=True),
        ),
        ("theirs.apk", make_apk("org.other.app", "9.9", debuggable=True)),
        ("Old.exe", make_exe("Orchard", "4.1.0", signer_cn="Acme Ltd", issuer="Some CA")),
    ],
)
def test_released_and_foreign_builds_pass(name: str, data: bytes, repo: HookRepo) -> None:
    repo.stage(name, data)

    done = repo.commit()

    assert done.returncode == 0, done.stdout


def test_allowed_build_passes(repo: HookRepo) -> None:
    digest = hashlib.sha256(BUILDS["app.apk"]).hexdigest()
    repo.save(".leakguard.toml", f'{SETTINGS}allow = ["{digest}"]\n')
    repo.stage("app.apk", BUILDS["app.apk"])

    assert repo.commit().returncode == 0


def test_secret_in_a_build_is_stopped_with_its_path_inside(repo: HookRepo) -> None:
    secret = {"assets/config.env": f"token={token()}\n".encode()}
    repo.stage("old.apk", make_apk("com.acme.app", "4.2.0", 420, files=secret))

    done = repo.commit()

    assert done.returncode == 1
    assert "old.apk!assets/config.env\n  1:7" in done.stdout
    assert token() not in done.stdout


def test_without_settings_the_repository_says_whose_it_is(repo: HookRepo) -> None:
    repo.git("rm", "--quiet", ".leakguard.toml")
    repo.save(
        "app/build.gradle",
        'android {\n  defaultConfig {\n    applicationId "com.acme.app"\n  }\n}\n',
    )
    repo.git("tag", "v4.2.0")
    repo.stage("app.apk", BUILDS["app.apk"])

    done = repo.commit()

    assert done.returncode == 1
    assert "ewer than the newest release 4.2.0" in one_line(done.stdout)
    assert "was learned from the repository (com.acme.app; newest release 4.2.0)" in one_line(
        done.stdout
    )


def test_history_names_the_commit_of_a_build_that_was_taken_out_again(repo: HookRepo) -> None:
    commit = repo.save("dist/app.apk", BUILDS["app.apk"])
    repo.git("rm", "--quiet", "dist/app.apk")
    repo.save()

    done = repo.run(sys.executable, "-m", "leakguard", "scan", "--format", "json", ".")

    report = json.loads(done.stdout)
    (finding,) = report["findings"]
    assert done.returncode == 1
    assert finding["rule_id"] == "unreleased-app-build"
    assert finding["kind"] == "artifact"
    assert (finding["path"], finding["commit"]) == ("dist/app.apk", commit)
    assert finding["on_branch"] is False


def test_history_of_a_build_is_told_as_that_of_a_file(repo: HookRepo) -> None:
    repo.save("app.apk", BUILDS["app.apk"])

    done = repo.run(sys.executable, "-m", "leakguard", "scan", ".")

    assert "Deleting the file does not remove it from history" in one_line(done.stdout)


def test_rule_for_builds_can_be_disabled(repo: HookRepo) -> None:
    repo.save(".leakguard.toml", f'disabled_rules = ["unreleased-app-build"]\n{SETTINGS}')
    repo.stage("app.apk", BUILDS["app.apk"])

    assert repo.commit().returncode == 0


def test_opening_can_be_turned_off(repo: HookRepo) -> None:
    repo.save(".leakguard.toml", f"{SETTINGS}open = false\n")
    repo.stage("app.apk", BUILDS["app.apk"])

    assert repo.commit().returncode == 0
