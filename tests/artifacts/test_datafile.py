"""Dumps, mail stores, exports of chats and of passwords: known by their content."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.artifacts.datafile import KINDS, describe, is_known
from leakguard.matcher import load_matcher
from leakguard.model import Finding
from leakguard.pipe import run
from leakguard.policy import Policy
from leakguard.sources.files import FilesSource
from tests.artifacts.make_archives import tar, zipped
from tests.helpers import RULE

_ROWS = b"INSERT INTO `t` VALUES (1,'a');\n" * 3
SLACK = zipped(
    {"users.json": b"[]", "channels.json": b"[]", "general/2026-01-31.json": b'[{"text": "hi"}]'}
)

FILES = {
    "mysql dump": b"-- MySQL dump 10.13  Distrib 8.0\n--\n" + _ROWS,
    "postgres dump": b"--\n-- PostgreSQL database dump\n--\n\nCOPY a (b) FROM stdin;\n1\n\\.\n",
    "sqlite dump": b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n" + _ROWS,
    "redis dump": b"REDIS0011\xfa\tredis-ver\x057.2.4" + bytes(90),
    "mongodb dump": b"\x6d\xe2\x99\x81" + bytes(90),
    "sql server backup": b"TAPE\0\0\3\0\x8c\0\x0e\1" + bytes(90),
    "outlook store": b"!BDN\1\2\3\4SM\x17\0" + bytes(90),
    "mail store": b"From a@b.de Sat Jan 31 10:00:00 2026\nReceived: from x by y\n\ntext\n\n" * 2,
    "har": json.dumps({"log": {"version": "1.2", "creator": {}, "entries": []}}).encode(),
    "discord export": b'{\n  "guild": {\n    "id": "1", "name": "x"}, "messages": []}',
    "telegram export": b'{\n "name": "Anna",\n "type": "personal_chat",\n "id": 1, "messages": []}',
    "whatsapp export": b"31.01.26, 10:00 - Messages and calls are end-to-end encrypted. No one\n",
    "slack export": SLACK,
    "password export": b"name,url,username,password,note\nx,https://x.de,u,p,\n",
    "biometric template": b"FMR\0 20\0" + bytes(90),
}

NOT_THESE = {
    "schema.sql": b"-- MySQL dump 10.13  Distrib 8.0\n--\nCREATE TABLE `t` (`a` int);\n",
    "fix.patch": b"From " + b"0a" * 20 + b" Mon Sep 17 00:00:00 2001\nFrom: a <a@b.de>\n\n---\n",
    "a.json": b'{"name": "app", "type": "module"}',
    "b.json": b'{"log": {"level": "info"}}',
    "mail.eml": b"From a@b.de Sat Jan 31 10:00:00 2026\nReceived: from x by y\n\ntext\n",
    "notes.txt": b"31.01.26, 10:00 - we met\n",
    "c.lua": b"-- MySQL driver\nlocal a = 1\n",
    "d.csv": b"name,url\nx,https://x.de\n",
    "db/seeds.sql": FILES["mysql dump"],
    "tests/fixtures/a.har": FILES["har"],
    "app.zip": zipped({"users.json": b"[]", "channels.json": b"[]"}),
}


def found(folder: Path, name: str, data: bytes, policy: Policy = Policy()) -> list[Finding]:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    source = FilesSource([name], root=str(folder))
    return list(run([source], load_matcher([RULE]), policy).findings)


@pytest.mark.parametrize("kind", FILES)
def test_each_kind_is_known_by_its_content(tmp_path: Path, kind: str) -> None:
    findings = found(tmp_path, "x", FILES[kind])

    assert [(it.rule_id, it.kind) for it in findings] == [("data-file", "data")]
    assert kind in findings[0].preview


@pytest.mark.parametrize("name", NOT_THESE)
def test_look_alikes_are_none_of_them(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, name, NOT_THESE[name]) == []


def test_it_is_known_in_an_archive(tmp_path: Path) -> None:
    data = gzip.compress(tar({"db/all": FILES["mysql dump"]}))

    assert [it.path for it in found(tmp_path, "a.tgz", data)] == ["a.tgz!db/all"]


def test_the_rule_can_be_disabled(tmp_path: Path) -> None:
    policy = Policy(disabled_rules=frozenset(["data-file"]))

    assert found(tmp_path, "x", FILES["har"], policy) == []


def test_every_kind_has_a_sample() -> None:
    assert set(FILES) == KINDS


@given(st.binary(max_size=300), st.sampled_from(sorted(FILES)), st.integers(0, 60))
def test_no_bytes_make_it_fail(data: bytes, kind: str, cut: int) -> None:
    for sample in (data, FILES[kind][:cut] + data):
        if is_known(sample):
            describe(sample)
