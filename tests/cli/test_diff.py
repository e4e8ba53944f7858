"""`leakguard diff` of reports that leakguard wrote."""

from pathlib import Path

from tests.helpers import Complaint, Run, github_token


def report(run: Run, folder: Path, name: str, *tokens: str) -> None:
    (folder / "a.py").write_text("".join(f"token = '{token}'\n" for token in tokens))
    run("scan", "--format", "json", "--output", name, "a.py")


def test_two_scans(run: Run, tmp_path: Path) -> None:
    report(run, tmp_path, "old.json", github_token(1), github_token(2))
    report(run, tmp_path, "new.json", "x", github_token(2), github_token(3))

    done = run("diff", "old.json", "new.json")

    new, _, gone, _, last = [line for line in done.stdout.splitlines() if line][0:5]
    assert done.returncode == 1
    assert (new, gone) == ("New (1)", "Gone (1)")
    assert last == "leakguard: 1 new leak, 1 gone, 0 silenced, 1 kept"
    assert run("diff", "new.json", "new.json").returncode == 0


def test_scan_that_missed_something_is_not_clean(run: Run, tmp_path: Path) -> None:
    report(run, tmp_path, "old.json", github_token(1))
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 no archive")
    run("scan", "--format", "json", "--output", "new.json", "a.py", "b.zip")

    done = run("diff", "--format", "markdown", "--output", "out.md", "old.json", "new.json")

    assert (done.returncode, done.stdout) == (3, "")
    text = (tmp_path / "out.md").read_text()
    assert text.startswith("### leakguard: 0 new leaks\n")
    assert text.endswith("the newer scan could not look at everything\n")


def test_what_is_no_report(complaint: Complaint, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("[]")

    assert complaint("diff", "none", "bad") == (
        "report none cannot be read: No such file or directory"
    )
    assert complaint("diff", "bad", "bad") == (
        "bad is no JSON report of this leakguard: `leakguard scan --format json` writes one"
    )
