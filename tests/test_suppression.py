"""What silences a finding: the settings, comments, baselines, and in which order."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from leakguard.baselines.own import Contents, Entry, Reason, written
from leakguard.errors import ConfigError
from leakguard.fingerprint import Fingerprints
from leakguard.model import Place
from leakguard.policy import Allowed, Policy
from leakguard.sources.files import FilesSource
from leakguard.suppression import Seen, suppression_for
from tests.artifacts.make_android import make_apk
from tests.helpers import Run, candidate, github_token

KEY = "0f" * 16
SECRET = b"0f1e2d3c4b5a" * 3


def seen(path: str = "src/a.py") -> Seen:
    return Seen(Place(path), candidate(SECRET), FilesSource([]))


def own(folder: Path, reason: Reason = Reason.TEST) -> str:
    mark = Fingerprints(bytes.fromhex(KEY)).of("test-token", SECRET, "src/a.py")
    entry = Entry(mark, "test-token", "src/a.py", reason)
    file = folder / ".leakguard-baseline.json"
    file.write_text(written(Contents((KEY,), (entry,))))
    return str(file)


@pytest.mark.parametrize(
    ("allowed", "silent"),
    [
        (Allowed(paths=("src/",)), True),
        (Allowed(paths=("lib/",)), False),
        (Allowed(rules=frozenset({"test-token"})), True),
        (Allowed(rules=frozenset({"jwt"})), False),
        (Allowed(values=("^0f1e",)), True),
        (Allowed(values=("^1e", "5a$")), True),
        (Allowed(values=("^5a",)), False),
        (Allowed(paths=("src/",), rules=frozenset({"jwt"})), False),
        (Allowed(paths=("src/",), until=date(2000, 1, 1)), False),
        (Allowed(paths=("src/",), until=date(2999, 1, 1)), True),
        (Allowed(fingerprints=frozenset({"0" * 32})), False),
    ],
)
def test_settings_allow_what_fits_all_they_ask_for(allowed: Allowed, silent: bool) -> None:
    decision = suppression_for(Policy(allowed=(allowed,))).of([seen()])

    assert bool(decision.reason) is silent


def test_settings_allow_a_fingerprint_and_say_who_does() -> None:
    mark = Fingerprints().of("test-token", SECRET, "src/a.py")
    allowed = Allowed(fingerprints=frozenset({mark}), reason="of the docs", origin="the file")

    suppression = suppression_for(Policy(allowed=(allowed,)))

    assert suppression.of([seen()]).reason == "allowed by the file: of the docs"
    assert suppression.of([seen("src/b.py")]).reason == ""


def test_end_of_what_was_allowed_is_told() -> None:
    allowed = Allowed(paths=("src/",), until=date(2000, 1, 1), origin="the file")

    decision = suppression_for(Policy(allowed=(allowed,))).of([seen()])

    assert decision.unheeded == "allowed by the file, until 2000-01-01, which has passed"


def test_own_baseline_silences_the_secret_at_its_path_only(tmp_path: Path) -> None:
    suppression = suppression_for(Policy(own_baseline=own(tmp_path)))

    assert suppression.of([seen()]).reason == "baseline: test"
    assert suppression.of([seen("src/b.py")]).reason == ""


def test_what_is_known_as_a_leak_is_silenced_by_nothing_but_its_path(tmp_path: Path) -> None:
    allowed = (Allowed(paths=("src/",)),)
    policy = Policy(own_baseline=own(tmp_path, Reason.LEAK), allowed=allowed)
    there = seen()
    noted = there._replace(candidate=replace(there.candidate, after=b"  # leakguard:allow"))

    decision = suppression_for(policy).of([noted])

    assert (decision.reason, decision.unheeded) == ("", "baseline: known as a leak")
    excluded = replace(policy, excludes=("src/",))
    assert suppression_for(excluded).of([noted]).reason == "excluded path"


def test_own_baseline_gives_fingerprints_its_key(tmp_path: Path) -> None:
    policy = Policy(own_baseline=own(tmp_path))
    (entry,) = json.loads(Path(policy.own_baseline).read_text())[2:]

    decision = suppression_for(policy).of([seen()])

    assert decision.entry == entry["fingerprint"]
    assert decision.entry != Fingerprints().of("test-token", SECRET, "src/a.py")


def test_only_what_depends_on_a_path_hides_a_place(tmp_path: Path) -> None:
    by_rule = Policy(allowed=(Allowed(rules=frozenset({"test-token"})),))

    assert not suppression_for(by_rule).hides(seen())
    assert suppression_for(Policy(allowed=(Allowed(paths=("src/",)),))).hides(seen())
    assert suppression_for(Policy(excludes=("src/",))).hides(seen())
    assert suppression_for(Policy(own_baseline=own(tmp_path))).hides(seen())


def test_baseline_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        suppression_for(Policy(baselines=(str(tmp_path),)))
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        suppression_for(Policy(own_baseline=str(tmp_path / "none")))


def test_suppressed_findings_are_listed_when_asked_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"a = '{github_token(1)}'  # leakguard:allow of the docs\n")

    done = run("scan", "--show-suppressed", "a.py")

    assert "Suppressed\n  a.py:1:6  github-classic-pat  ghp_…" in done.stdout
    assert "\n    comment leakguard:allow: of the docs\n" in done.stdout
    assert "Suppressed" not in run("scan", "a.py").stdout


def test_own_baseline_silences_an_app_build(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.apk").write_bytes(make_apk("com.acme.app", "5.0.0", 500))
    (tmp_path / ".leakguard.toml").write_text(
        '[artifacts]\nidentifiers = ["com.acme."]\nreleased = { "*" = "4.2.0" }\n'
    )
    file = tmp_path / ".leakguard-baseline.json"
    file.write_text(written(Contents((KEY,))))
    before = json.loads(run("scan", "--format", "json", "app.apk").stdout)
    (found,) = before["findings"]
    entry = Entry(found["fingerprint"], found["rule_id"], "app.apk", Reason.ACCEPTED)
    file.write_text(written(Contents((KEY,), (entry,))))

    done = run("scan", "--format", "json", "app.apk")

    report = json.loads(done.stdout)
    assert (done.returncode, report["findings"]) == (0, [])
    assert report["suppressed"][0]["reason"] == "baseline: accepted"
