"""What a scan makes of a baseline, and its figures."""

from dataclasses import replace
from datetime import date

from leakguard.baselines.own import Contents, Entry, Reason, contents_of
from leakguard.keeping import Terms, entry_of, figures, pruned, updated
from leakguard.model import Report, Suppressed
from tests.report.samples import KEY, PASSWORD, SLACK

HEX = "0f" * 16
TERMS = Terms(Reason.TEST, "why", "ana", date(2030, 1, 1))


def held(*entries: Entry) -> Contents:
    return contents_of([HEX], entries)


OLD = entry_of(SLACK, Terms(note="old"), SLACK.path)


def test_new_findings_are_added_by_the_terms() -> None:
    change = updated(held(OLD), Report(findings=(SLACK, KEY)), TERMS, "top/{}".format)

    (new,) = [entry for entry in change.contents.entries if entry != OLD]
    assert (change.added, change.moved, change.removed) == (1, 0, 0)
    assert new == Entry(
        KEY.fingerprint, KEY.rule_id, f"top/{KEY.path}", Reason.TEST, "why", "ana", date(2030, 1, 1)
    )


def test_what_went_with_its_file_keeps_its_decision() -> None:
    moved = replace(SLACK, fingerprint="moved", path="new.env")
    report = Report(suppressed=(Suppressed(moved, "baseline", OLD.fingerprint),))

    change = updated(held(OLD), report, TERMS, str)

    assert (change.added, change.moved, change.removed) == (0, 1, 1)
    assert change.contents.entries == (replace(OLD, fingerprint="moved", path="new.env"),)


def test_entry_that_counts_at_both_paths_stays() -> None:
    moved = replace(SLACK, fingerprint="moved", path="new.env")
    report = Report(
        suppressed=(
            Suppressed(SLACK, "baseline", OLD.fingerprint),
            Suppressed(moved, "baseline", OLD.fingerprint),
        )
    )

    change = updated(held(OLD), report, TERMS, str)

    assert len(change.contents.entries) == 2
    assert change.removed == 0


def test_pruning_keeps_what_is_found_silenced_or_not() -> None:
    gone = replace(OLD, fingerprint="gone")
    leak = entry_of(KEY, Terms(Reason.LEAK), KEY.path)
    report = Report(findings=(KEY,), suppressed=(Suppressed(SLACK, "baseline", OLD.fingerprint),))

    change = pruned(held(OLD, gone, leak), report)

    assert change.removed == 1
    assert set(change.contents.entries) == {OLD, leak}


def test_figures() -> None:
    entries = [
        replace(OLD, fingerprint=f"{number}", reason=reason, note="", until=until)
        for number, (reason, until) in enumerate(
            [
                (Reason.LEAK, None),
                (Reason.REVOKED, None),
                (Reason.FALSE_POSITIVE, date(2029, 12, 31)),
                (Reason.TEST, date(2030, 1, 20)),
                (Reason.ACCEPTED, date(2030, 3, 1)),
            ]
        )
    ]
    other = entry_of(PASSWORD, Terms(), PASSWORD.path)

    found = figures([*entries, other], date(2030, 1, 1))

    assert list(found.rules) == [SLACK.rule_id, PASSWORD.rule_id]
    assert (found.rules[SLACK.rule_id], found.rules[SLACK.rule_id].precision) == ((5, 4, 2), 0.5)
    assert found.rules[PASSWORD.rule_id].precision is None
    assert found.reasons == {
        "leak": 1, "revoked": 1, "accepted": 2, "test": 1, "false-positive": 1,
    }  # fmt: skip
    assert (found.ended, found.ending, found.without_note) == (1, 1, 6)
    assert figures([], date(2030, 1, 1)).rules == {}
