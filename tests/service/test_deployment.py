"""Dockerfile, compose file, unit and docs: hardened, and true to the settings there are."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from leakguard_service import web
from leakguard_service.api.finding_models import ActionModel
from leakguard_service.notify.channels import KINDS
from leakguard_service.settings import Settings
from leakguard_service.web.text import FORGES
from tests.helpers import ROOT

SERVICE = ROOT / "service"
DOCS = ROOT / "docs"
TEMPLATES = Path(str(web.__file__)).parent / "templates"
FILES = (
    SERVICE / "Dockerfile",
    SERVICE / "compose.yaml",
    SERVICE / ".env.example",
    SERVICE / "leakguard.service",
    DOCS / "service.md",
    DOCS / "deployment.md",
)
VARIABLES = {f"LEAKGUARD_{name.upper()}" for name in Settings.model_fields}
CORE = {"LEAKGUARD_CACHE_DIR", "LEAKGUARD_SERVER", "LEAKGUARD_TOKEN"}
"""What the command line reads itself."""


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((SERVICE / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def unit() -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in (SERVICE / "leakguard.service").read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values.setdefault(name, []).append(value)
    return values


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"LEAKGUARD_[A-Z_]*[A-Z]", file.read_text(encoding="utf-8")))
    assert named - VARIABLES - CORE == set()


def test_the_table_of_settings_is_whole() -> None:
    text = (DOCS / "service.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(LEAKGUARD_[A-Z_]+)` \|", text, re.MULTILINE))
    assert rows == VARIABLES


def test_the_table_gives_the_defaults() -> None:
    text = (DOCS / "service.md").read_text(encoding="utf-8")
    given = dict(re.findall(r"^\| `LEAKGUARD_([A-Z_]+)` \| `([^`]*)` \|", text, re.MULTILINE))
    assert len(given) > 15
    for name, shown in given.items():
        default = Settings.model_fields[name.lower()].default
        assert str(default).lower() == shown, name


def test_the_table_of_channels_is_whole() -> None:
    text = (DOCS / "service.md").read_text(encoding="utf-8")
    for kind in KINDS.values():
        assert f"| {kind.label.partition(',')[0]} |" in text


def test_what_is_sent_in_the_example_is_taken() -> None:
    text = (DOCS / "service.md").read_text(encoding="utf-8")
    (sent,) = re.findall(r"-d '(\{.*\})'", text)
    assert ActionModel.model_validate_json(sent).action == "resolve"


def test_what_is_to_be_clicked_is_on_a_page() -> None:
    pages = " ".join(file.read_text() for file in TEMPLATES.glob("*.html"))
    text = (DOCS / "service.md").read_text(encoding="utf-8")
    steps = [
        step
        for path in re.findall(r"\*(Settings → [^*]+)\*", text)
        for step in path.split(" → ")
        if step not in FORGES.values()
    ]
    assert len(steps) > 8
    assert [step for step in steps if step not in pages] == []


def test_links_lead_somewhere() -> None:
    for page in (DOCS / "service.md", DOCS / "deployment.md"):
        text = page.read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith("#"):
                assert link[1:] in headings, link
            elif "://" not in link:
                assert (page.parent / link).exists(), link


def test_the_image_runs_as_nobody_and_holds_no_secret() -> None:
    text = (SERVICE / "Dockerfile").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert lines.index("USER 10001:10001") > max(
        number for number, line in enumerate(lines) if line.startswith(("RUN ", "COPY "))
    )
    assert len([line for line in lines if line.startswith("FROM ")]) == 2
    assert re.search(r"^ARG PYTHON=3\.\d+-slim-\w+$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert "/healthz" in text
    assert "VOLUME /data" in text
    secret = {name for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    assert not [name for name in secret if f"LEAKGUARD_{name.upper()}" in text]
    assert "git" in text


def test_what_the_image_copies_is_there() -> None:
    text = (SERVICE / "Dockerfile").read_text(encoding="utf-8")
    wanted = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for word in line.split()[:-1]
    }
    kept = (SERVICE / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in wanted:
        assert (ROOT / name).exists()
        assert f"!{name}" in kept
    assert "service/.env" in kept


@pytest.mark.parametrize("name", ["serve", "worker", "db"])
def test_containers_can_do_little(name: str) -> None:
    container = compose()["services"][name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert "privileged" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not any("docker.sock" in str(volume) for volume in container["volumes"])
    assert str(container.get("user", "10001")) != "0"


def test_what_runs_in_the_containers() -> None:
    loaded = compose()
    services = loaded["services"]
    assert services["serve"]["command"] == ["serve", "--workers", "0"]
    assert services["worker"]["command"][0] == "worker"
    assert services["serve"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in services["worker"]
    assert "ports" not in services["db"]
    assert services["db"]["networks"] == ["inside"]
    assert loaded["networks"]["inside"]["internal"] is True
    assert "healthcheck" in services["db"]


def test_no_secret_stands_in_the_files() -> None:
    text = (SERVICE / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"PASSWORD: (?!\$\{|\"\")", text) == []
    example = (SERVICE / ".env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert given["POSTGRES_PASSWORD"] == given["LEAKGUARD_SECRET_KEY"] == ""


def test_the_unit_is_hardened() -> None:
    values = unit()
    for name, wanted in {
        "DynamicUser": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "RestrictSUIDSGID": "yes",
        "StateDirectory": "leakguard",
        "UMask": "0077",
    }.items():
        assert values[name] == [wanted], name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = (SERVICE / "leakguard.service").read_text(encoding="utf-8")
    copy = tmp_path / "leakguard.service"
    copy.write_text(text.replace("/opt/leakguard/bin/leakguard", shutil.which("true") or ""))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
