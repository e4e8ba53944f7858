"""`leakguard inspect`: builds named and judged, as text and as JSON."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.artifacts.make_android import make_apk
from tests.artifacts.make_apple import mac_app, make_ipa
from tests.artifacts.make_windows import make_exe
from tests.tokens import github_pat

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SETTINGS = '[artifacts]\nidentifiers = ["com.acme."]\nreleased = { "*" = "4.2.0" }\n'


def test_text_says_what_it_is_and_why(
    run: Run, tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    (tmp_path / ".leakguard.toml").write_text(SETTINGS)
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "app.apk").write_bytes(make_apk("com.acme.app", "5.0.0", 500, debuggable=True))
    (folder / "other.exe").write_bytes(make_exe("Other", "1.0"))

    done = run("inspect", "--config", ".leakguard.toml", "dist")

    assert (done.returncode, done.stderr) == (0, "")
    golden("inspect.txt", re.sub("[0-9a-f]{64}", "(a SHA-256)", done.stdout))


def test_json_has_the_facts_and_the_signs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ipa").write_bytes(make_ipa(version="5.0.0", build="500", profile="ad-hoc"))

    done = run("inspect", "--format", "json", "a.ipa")

    document = json.loads(done.stdout)
    (artifact,) = [item for item in document["artifacts"] if item["kind"] == "ipa"]
    assert done.returncode == 0
    assert artifact["path"] == "a.ipa"
    assert artifact["platform"] == "ios"
    assert artifact["identifier"] == "com.acme.app"
    assert (artifact["version"], artifact["build"]) == ("5.0.0", "500")
    assert artifact["verdict"] == "unreleased"
    assert artifact["distribution"] == "ad-hoc"
    assert any(sign["weight"] == "hard" and sign["proof"] for sign in artifact["signs"])
    assert document["skips"] == []


def test_app_that_is_a_folder_is_named(run: Run, tmp_path: Path) -> None:
    for name, data in mac_app(version="5.0.0").items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    done = run("inspect", "--format", "json", "Acme.app")

    artifacts = json.loads(done.stdout)["artifacts"]
    assert any((item["kind"], item["identifier"]) == ("app", "com.acme.mac") for item in artifacts)


def test_file_that_cannot_be_opened_is_incomplete(run: Run, tmp_path: Path) -> None:
    data = make_apk("com.acme.app", "5.0.0", 500)
    (tmp_path / "cut.apk").write_bytes(data[: len(data) // 2])

    done = run("inspect", "cut.apk")

    assert done.returncode == 3
    assert "Not looked at\n  cut.apk" in done.stdout


def test_path_that_does_not_exist_is_an_error(complaint: Callable[..., str]) -> None:
    assert complaint("inspect", "nowhere.apk") == "nowhere.apk: there is no such file or folder"


def test_secrets_are_not_shown(run: Run, tmp_path: Path) -> None:
    secret = {"assets/a.env": f"x = {github_pat()}".encode()}
    (tmp_path / "a.apk").write_bytes(make_apk("com.acme.app", "5.0.0", 500, files=secret))

    done = run("inspect", "a.apk")

    assert github_pat() not in done.stdout + done.stderr
