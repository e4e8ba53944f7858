"""`leakguard canary`, `edm` and `markers`, and scans with what they made."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.customers import as_csv, as_inserts, customers
from tests.helpers import Run

ROWS = customers(200)
INDEX = ("--index", "c.edm", "--key-file", "edm.key")


def scanned(run: Run, *arguments: str) -> list[dict[str, Any]]:
    done = run("scan", "--no-git", "--format", "json", "--config", "s.toml", *arguments)
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def test_a_canary_is_made_listed_and_found(run: Run, tmp_path: Path) -> None:
    made = run("canary", "new", "--count", "2", "--file", "c.toml", "--format", "json")
    listed = run("canary", "list", "--file", "c.toml", "--format", "json")
    (tmp_path / "s.toml").write_text('[data]\ncanaries = ["c.toml"]\n')
    first, second = json.loads(made.stdout)
    (tmp_path / "a.txt").write_text(f"{first['email']}\n{second['iban'].replace(' ', '')}\n")

    findings = scanned(run, "a.txt", "c.toml")

    assert made.stdout == listed.stdout
    assert [(it["kind"], it["severity"], it["path"]) for it in findings] == [
        ("data", "critical", "a.txt")
    ] * 2
    assert first["name"] in run("canary", "list", "--file", "c.toml").stdout


def test_an_index_is_built_updated_pruned_and_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_bytes(as_csv(ROWS))
    (tmp_path / "few.csv").write_bytes(as_csv(ROWS[:90]))
    (tmp_path / "dump.sql").write_bytes(as_inserts(ROWS[50:60]))
    (tmp_path / "s.toml").write_text('[data]\nindexes = ["c.edm"]\nkey_file = "edm.key"\n')

    built = run("edm", "build", "all.csv", "--columns", "organisation,email,phone", *INDEX)
    findings = scanned(run, "dump.sql")
    updated = run("edm", "update", "few.csv", *INDEX)
    pruned = run("edm", "prune", "--days", "0", *INDEX)

    assert built.returncode == 0, built.stderr
    assert "200 records (200 added)" in built.stdout
    assert "email: e-mail" in built.stdout
    assert "90 seen before" in updated.stdout
    assert "200 records" in pruned.stdout
    assert [(it["rule_id"], it["severity"]) for it in findings] == [
        ("data-file", "medium"),  # it is a dump as well
        ("customer-records", "high"),
    ]
    assert not any(cell in json.dumps(findings) for row in ROWS[50:60] for cell in row[:4])
    assert (tmp_path / "edm.key").stat().st_mode & 0o077 == 0


def test_a_wrong_key_and_a_cut_index_stop_a_scan(run: Run, tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_bytes(as_csv(ROWS))
    (tmp_path / "s.toml").write_text('[data]\nindexes = ["c.edm"]\nkey_file = "edm.key"\n')
    run("edm", "build", "all.csv", *INDEX)
    whole = (tmp_path / "c.edm").read_bytes()

    (tmp_path / "c.edm").write_bytes(whole[:-9])
    cut = run("scan", "--no-git", "--config", "s.toml", "all.csv")
    (tmp_path / "c.edm").write_bytes(whole)
    wrong = run(
        "scan", "--no-git", "--config", "s.toml", "all.csv", more={"LEAKGUARD_EDM_KEY": "00" * 32}
    )

    assert (cut.returncode, wrong.returncode) == (2, 2)
    assert "cut off or damaged" in cut.stderr
    assert "another key" in wrong.stderr


def test_a_hashed_name_is_found_and_not_told(run: Run, tmp_path: Path) -> None:
    entry = run("markers", "hash", given="Night Jar\n").stdout.strip()
    (tmp_path / "s.toml").write_text(f'[markers]\nhashed = ["{entry}"]\n')
    (tmp_path / "night-jar.md").write_text("The NightJar is late.\n")

    findings = scanned(run, "night-jar.md")

    assert [(it["kind"], it["line"]) for it in findings] == [("marker", 1), ("marker", 1)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("canary", "list", "--file", "none.toml"),
        ("canary", "new", "--domain", "no domain"),
        ("edm", "build", "none.csv", *INDEX),
        ("edm", "update", "none.csv", *INDEX),
        ("edm", "prune", "--days", "1", *INDEX),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stderr.startswith("leakguard: ")
    assert done.stderr.count("\n") == 1 or "a new key" in done.stderr


@pytest.mark.parametrize("rule", ["customer-table", "customer-records"])
def test_rules_show_says_what_is_done_about_data(run: Run, rule: str) -> None:
    assert "kind" in run("rules", "show", rule).stdout
