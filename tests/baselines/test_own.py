"""The repository's own baseline: its form, what two branches make of it, and what it knows."""

import itertools
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.baselines import Subject
from leakguard.baselines.own import (
    Contents,
    Entry,
    OwnBaseline,
    Reason,
    anchored,
    contents_of,
    parse,
    read,
    written,
)
from leakguard.errors import ConfigError
from leakguard.fingerprint import Fingerprints
from leakguard.model import Place

KEY, OTHER = "0f" * 16, "1e" * 16
ENTRY = Entry("a" * 32, "jwt", "src/a.py", Reason.TEST, "of the docs", "ana@x", date(2030, 1, 31))
MAKER = Fingerprints(bytes.fromhex(KEY))

entries = st.builds(
    Entry,
    fingerprint=st.text("0123456789abcdef", min_size=1, max_size=4),
    rule=st.text(min_size=1, max_size=5),
    path=st.text(min_size=1, max_size=9),
    reason=st.sampled_from(Reason),
    note=st.text(max_size=9),
    who=st.text(max_size=9),
    until=st.none() | st.dates(),
)
contents = st.builds(contents_of, st.just([KEY]), st.lists(entries, max_size=9))


def test_form() -> None:
    text = written(Contents((KEY,), (ENTRY, Entry("b" * 32, "jwt", "b\udcff", Reason.LEAK))))

    assert text == (
        '[{"leakguard-baseline": 1}\n'
        f',{{"key": "{KEY}"}}\n'
        f',{{"fingerprint": "{"a" * 32}", "rule": "jwt", "path": "src/a.py", "reason": "test",'
        ' "note": "of the docs", "who": "ana@x", "until": "2030-01-31"}\n'
        f',{{"fingerprint": "{"b" * 32}", "rule": "jwt", "path": "b\\udcff", "reason": "leak"}}\n'
        "]\n"
    )


@given(contents)
def test_what_is_written_can_be_read(held: Contents) -> None:
    assert parse(written(held)) == held
    assert json.loads(written(held))


@given(contents, contents, st.randoms())
def test_lines_of_two_versions_in_any_order_are_a_baseline(
    ours: Contents, theirs: Contents, chance: Random
) -> None:
    first, *lines, last = [*written(ours).splitlines()[:-1], *written(theirs).splitlines()[1:]]
    chance.shuffle(lines)

    merged = parse("\n".join([first, *lines, last]))

    marks = {entry.fingerprint for entry in (*ours.entries, *theirs.entries)}
    assert {entry.fingerprint for entry in merged.entries} == marks


def test_of_two_entries_for_a_fingerprint_the_stricter_counts() -> None:
    forever = replace(ENTRY, until=None)
    soon, leak = replace(ENTRY, until=date(2027, 1, 1)), replace(forever, reason=Reason.LEAK)

    for order in itertools.permutations([forever, ENTRY, soon]):
        assert contents_of([KEY], order).entries == (soon,)
    assert contents_of([KEY], [forever, soon, leak]).entries == (leak,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "is no list of entries"),
        ("[1]", "is no list of entries"),
        ("[]", 'does not begin with {"leakguard-baseline": 1}'),
        ('[{"leakguard-baseline": 2}]', 'does not begin with {"leakguard-baseline": 1}'),
        ('[{"leakguard-baseline": 1}]', "has no key"),
        ('[{"leakguard-baseline": 1},{"key": "00"}]', "has a key that is not 32 hex digits"),
        (
            '[{"leakguard-baseline": 1}\n<<<<<<< HEAD\n]',
            "has conflict markers: keep the lines of both sides and take out the rest",
        ),
        ("[", "is no JSON in line 1: take it from git again"),
    ],
)
def test_what_is_no_baseline_is_an_error(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "base"
    file.write_text(text)

    with pytest.raises(ConfigError) as caught:
        read(str(file))

    assert str(caught.value) == f"baseline {file} {why}"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rule": ""}, "without `rule`"),
        ({"colour": "red"}, "with `colour`, which means nothing"),
        ({"note": 1}, "with a value that is no text"),
        (
            {"reason": "because"},
            "with a `reason` that is none of leak, revoked, accepted, test, false-positive",
        ),
        ({"until": "soon"}, "with an `until` that is no date as 2027-01-31"),
    ],
)
def test_entry_that_is_wrong_is_an_error(change: dict[str, object], why: str) -> None:
    row = {"fingerprint": "f1", "rule": "jwt", "path": "a", "reason": "test"} | change

    with pytest.raises(ValueError, match="has an entry f1 ") as caught:
        parse(json.dumps([{"leakguard-baseline": 1}, {"key": KEY}, row]))

    assert str(caught.value) == f"has an entry f1 {why}"


def subject(path: str = "src/a.py", secret: bytes = b"s" * 40, **more: object) -> Subject:
    return Subject("jwt", "jwt", secret, Place(path), **more)  # type: ignore[arg-type]


def baseline(entry: Entry = ENTRY, *, path: str = "src/a.py", folder: str = ".") -> OwnBaseline:
    known = replace(entry, fingerprint=MAKER.of("jwt", b"s" * 40, path), path=path)
    return OwnBaseline(Contents((KEY,), (known,)), folder, today=date(2030, 1, 31))


def test_entry_holds_for_its_secret_at_its_path() -> None:
    decision = baseline().decides(subject())

    assert decision is not None
    assert decision.reason == "baseline: test: of the docs (ana@x, until 2030-01-31)"
    assert baseline().decides(subject(secret=b"t" * 40)) is None
    assert baseline().decides(subject("src/b.py")) is None


def test_entry_that_has_ended_silences_nothing_and_is_told() -> None:
    decision = baseline(replace(ENTRY, until=date(2030, 1, 30))).decides(subject())

    assert decision is not None
    assert decision.reason == ""
    assert decision.unheeded.endswith("until 2030-01-30), which has passed")


def test_leak_that_is_known_goes_on_being_reported() -> None:
    decision = baseline(replace(ENTRY, reason=Reason.LEAK, until=None)).decides(subject())

    assert decision is not None
    assert (decision.reason, decision.unheeded) == (
        "",
        "baseline: known as a leak: of the docs (ana@x)",
    )


def test_second_key_counts_as_well() -> None:
    known = replace(ENTRY, fingerprint=MAKER.of("jwt", b"s" * 40, "src/a.py"))
    both = OwnBaseline(Contents((KEY, OTHER), (known,)), ".", today=date(2030, 1, 1))

    assert both.decides(subject()) is not None


def test_renames_are_asked_for_only_when_the_secret_is_known_elsewhere() -> None:
    asked: list[str] = []

    def former() -> list[str]:
        asked.append("git")
        return ["src/a.py"]

    assert baseline().decides(subject("new.py", b"t" * 40, former=former)) is None
    assert asked == []
    assert baseline().decides(subject("new.py", former=former)) is not None
    assert asked == ["git"]


@pytest.mark.parametrize(
    ("path", "root", "shown"),
    [
        ("a.py", "{top}", "a.py"),
        ("a.py", "{top}/src", "src/a.py"),
        ("../a.py", "{top}/src", "a.py"),
        ("{top}/src/a.zip!b/../c", "", "src/a.zip!b/../c"),
        ("{top}2/a.py", "", "{top}2/a.py"),
        ("<stdin>", "", "<stdin>"),
    ],
)
def test_paths_start_at_the_folder_of_the_baseline(
    tmp_path: Path, path: str, root: str, shown: str
) -> None:
    top = str(tmp_path)

    found = anchored(path.format(top=top), root.format(top=top), top)

    assert found == shown.format(top=top)
