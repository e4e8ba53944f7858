"""Files in which secrets are known to lie, in their real shape: each is found, as what it is."""

import json
import random
import string
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec

from leakguard.cache import matcher_for
from leakguard.pipe import run
from leakguard.sources.files import FilesSource
from tests.helpers import github_token
from tests.tokens import slack_bot

_CHANCE = random.Random(11)  # noqa: S311 - the same at every run


def word(count: int) -> str:
    return "".join(_CHANCE.choices(string.ascii_letters + string.digits, k=count))


def b64(text: str) -> str:
    return b64encode(text.encode()).decode()


PASSWORD = "vR7q" + "LmTz9K2x"  # leakguard:allow
AWS_ID = "".join(("AKIA", "QYLPMN5HHHFPZAM2"))
AWS_SECRET = word(38) + "/x"
AZURE_SECRET = "".join(("jYa8Q", "~009liqK1tGEjqEFVgIFnr5fQxETr8FSc6x"))
AZURE_ID = "a1d5c0de-1111-4f6b-9c4d-7b0a9f1e2d3c"
KEY = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption())
    .decode()
)
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": ["print(os.environ)"],
            "outputs": [{"output_type": "stream", "text": ["{'GH': '" + github_token(5) + "'}\n"]}],
            "metadata": {},
            "execution_count": 1,
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
STATE = {
    "version": 4,
    "terraform_version": "1.9.5",
    "serial": 7,
    "lineage": "a9c0e6d1-7b1c-4a52-9c6e-1f1a2b3c4d5e",
    "resources": [
        {
            "type": "aws_iam_access_key",
            "instances": [{"attributes": {"id": AWS_ID, "secret": AWS_SECRET, "user": "ci"}}],
        }
    ],
}
KUBECONFIG = f"""apiVersion: v1
users:
- name: admin
  user:
    client-key-data: {b64(KEY)}
- name: ci
  user:
    token: {word(64)}
- name: old
  user:
    username: ana
    password: {PASSWORD}
"""
SECRET = f"""apiVersion: v1
kind: Secret
type: Opaque
data:
  token: {b64(github_token(8))}
"""
ADC = {"client_id": "x", "refresh_token": "1//0" + word(98), "type": "authorized_user"}
POSTMAN = {
    "item": [
        {"request": {"auth": {"bearer": [{"key": "token", "value": word(40), "type": "string"}]}}}
    ]
}
HEADER = {"name": "Authorization", "value": "Bearer " + word(40)}
HAR = {"log": {"entries": [{"request": {"method": "GET", "headers": [HEADER]}}]}}

FILES: list[tuple[str, str, set[str]]] = [
    ("nb.ipynb", json.dumps(NOTEBOOK), {"github-classic-pat"}),
    (
        ".env",
        f"DB_PASSWORD={PASSWORD}\nSLACK_TOKEN={slack_bot(3)}\n",
        {"env-file-value", "slack-bot-token"},
    ),
    (
        "terraform.tfstate",
        json.dumps(STATE, indent=2),
        {"aws-secret-access-key-near-id", "private-file"},
    ),
    (
        "kube/config",
        KUBECONFIG,
        {"kubernetes-client-key-data", "kubeconfig-token", "kubeconfig-password"},
    ),
    ("secret.yaml", SECRET, {"github-classic-pat"}),
    (
        ".docker/config.json",
        json.dumps({"auths": {"r.acme.dev": {"auth": b64("a:" + PASSWORD)}}}, indent=2),
        {"docker-config-auth"},
    ),
    (".npmrc", f"//npm.acme.dev/:_authToken={word(40)}\n", {"npm-registry-token"}),
    (".pypirc", f"[internal]\nusername = ana\npassword = {PASSWORD}\n", {"pypirc-password"}),
    (".netrc", f"machine api.acme.dev\n  login a\n  password {PASSWORD}\n", {"netrc-password"}),
    (".git-credentials", f"https://ana:{PASSWORD}@git.acme.dev\n", {"git-credentials"}),
    (
        ".aws/credentials",
        f"[default]\naws_access_key_id = {AWS_ID}\naws_secret_access_key = {AWS_SECRET}\n",
        {"aws-secret-access-key"},
    ),
    ("gcloud/adc.json", json.dumps(ADC, indent=2), {"google-oauth-refresh-token"}),
    (
        "azure/service_principal_entries.json",
        json.dumps([{"tenant": AZURE_ID, "client_id": AZURE_ID, "client_secret": AZURE_SECRET}]),
        {"azure-client-secret"},
    ),
    ("shop.postman_collection.json", json.dumps(POSTMAN, indent=2), {"postman-variable"}),
    ("login.har", json.dumps(HAR), {"bearer-authorization"}),
    (
        "run.sh",
        f'curl -u ana:{PASSWORD} https://a.dev\ncurl -H "Authorization: Bearer {word(40)}" b.dev\n',
        {"curl-user-password", "bearer-authorization"},
    ),
    (
        ".gitlab-ci.yml",
        f"build:\n  script:\n    - docker login -u ci -p {PASSWORD} r.acme.dev\n",
        {"command-line-password"},
    ),
    (
        ".github/workflows/ci.yml",
        f"env:\n  GH: {github_token(9)}\n",
        {"github-classic-pat"},
    ),
    (".pgpass", f"db.acme.dev:5432:shop:ana:{PASSWORD}\n", {"pgpass-password"}),
    (".my.cnf", f"[client]\nuser=a\npassword={PASSWORD}\n", {"mysql-option-file-password"}),
    (
        "settings.xml",
        f"<server><username>a</username><password>{PASSWORD}</password></server>\n",
        {"maven-server-password"},
    ),
    (
        "nuget.config",
        f'<add key="ClearTextPassword" value="{PASSWORD}" />\n',
        {"nuget-clear-text-password"},
    ),
    ("gradle.properties", f"ossrhPassword={PASSWORD}\n", {"gradle-property-password"}),
    ("id_ecdsa", KEY, {"private-key"}),
    (
        ".zsh_history",
        f": 1700000000:0;export AWS_SECRET_ACCESS_KEY={AWS_SECRET}\n",
        {"private-file", "aws-secret-access-key"},
    ),
]


@pytest.mark.parametrize(("name", "text", "rules"), FILES, ids=[name for name, *_ in FILES])
def test_secret_is_found_as_what_it_is(
    tmp_path: Path, name: str, text: str, rules: set[str]
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)

    report = run([FilesSource([str(file)])], matcher_for())

    assert {finding.rule_id for finding in report.findings} == rules
    assert report.skips == ()


REFERENCES = [
    (".env", "DB_PASSWORD=${SECRET}\nAPI_TOKEN=\n"),
    (".netrc", "machine api.acme.dev login ana password $TOKEN\n"),
    (".pypirc", "[pypi]\nusername = __token__\npassword = ${TOKEN}\n"),
    ("settings.xml", "<server><password>${env.NEXUS}</password></server>\n"),
    ("run.sh", 'curl -u "$USER:$PASSWORD" -H "Authorization: Bearer ${TOKEN}" https://a.dev\n'),
    ("kube/config", "users:\n- name: ci\n  user:\n    token: {{ token }}\n"),
]


@pytest.mark.parametrize(("name", "text"), REFERENCES, ids=[name for name, _ in REFERENCES])
def test_reference_in_the_same_place_is_no_leak(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)

    assert run([FilesSource([str(file)])], matcher_for()).findings == ()


def test_rule_of_a_file_does_not_count_in_others(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(f"password = {PASSWORD}\n")

    rules = {f.rule_id for f in run([FilesSource([str(file)])], matcher_for()).findings}

    assert not rules & {"pypirc-password", "mysql-option-file-password"}
