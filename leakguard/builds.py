"""Builds in, findings out: whose each one is, whether it is released, and what there is to say."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from leakguard.artifacts import datafile, private
from leakguard.artifacts.model import Build
from leakguard.artifacts.ownership import Ownership
from leakguard.artifacts.verdict import BuildVerdict, Judgement, is_made_up, judge, place_weight
from leakguard.baselines import Decision, Subject
from leakguard.findings import occurrences, on_branch
from leakguard.fingerprint import identity
from leakguard.model import Confidence, Finding, Place, Severity, Suppressed
from leakguard.policy import ARTIFACT_RULES
from leakguard.suppression import Suppression
from leakguard.unpack import BuildSeen, Opening, Unpacking


class _Words(NamedTuple):
    """What is said of all findings of one rule."""

    rule_id: str
    name: str
    remedy: str
    kind: str = "artifact"


_UNRELEASED_ID, _INTERNAL_ID, _SOURCE_ID, _PRIVATE_ID, _DATA_ID = ARTIFACT_RULES

UNRELEASED: Final = _Words(
    _UNRELEASED_ID,
    "Unreleased app build",
    "Take the build out and keep it in a store that only its testers can read; when it is in a"
    " history or was public, treat what it shows as known. If it is released, say so under"
    " [artifacts] in the settings.",
)
INTERNAL: Final = _Words(
    _INTERNAL_ID,
    "Internal build output",
    "Keep it where only the build can read it. A keystore or profile that was public has to be"
    " replaced; symbols and maps let anyone read the app's code.",
)
SOURCE: Final = _Words(
    _SOURCE_ID,
    "Source code in a build",
    "Build without source maps and sources, or keep this build where only your own people can"
    " read it.",
)
PRIVATE: Final = _Words(
    _PRIVATE_ID,
    "File that holds secrets by its kind",
    "Take it out and keep it where only its owner can read it; replace whatever passwords and keys"
    " it holds. When it has to be here, name its kind in `committable` under [artifacts].",
)
DATA: Final = _Words(
    _DATA_ID,
    "File that holds data by its kind",
    "Take it out and keep it where only those can read it who work with it; when it was public,"
    " what it holds has leaked. When it has to be here, name its kind in `committable` under"
    " [artifacts].",
    "data",
)
WORDS: Final = (UNRELEASED, INTERNAL, SOURCE, PRIVATE, DATA)

_SEVERITIES: Final = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)
"""By the steps of a judgement's severity."""

_NAMED_SOURCES: Final = 3
_NAMED_OWN: Final = 3

_APPS: Final = frozenset(
    ("aab", "apk", "apkm", "apks", "app", "appimage", "asar", "ipa", "msix", "xapk", "xcarchive")
)
"""Kinds that stand for all that is in them."""


def judge_builds(
    sources: Sequence[Unpacking], opening: Opening, suppression: Suppression
) -> tuple[list[Finding], list[Suppressed], list[str]]:
    """The findings of kind `artifact`, one for each build and path, unordered, and notes."""
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    ownership = opening.ownership() if opening.ownership else Ownership()
    for source in sources:
        source.builds[:] = _whole(source.builds)
        places = source.places({seen.key for seen in source.builds})
        groups: dict[tuple[str, str, str], list[tuple[Place, BuildSeen]]] = {}
        for seen in source.builds:
            for place in places.get(seen.key, ()):
                key = (place.path, _identity(seen.build), seen.sha256)
                groups.setdefault(key, []).append((place, seen))
        for group in groups.values():
            for finding, decision in _findings(source, group, ownership, suppression):
                if not decision.reason:
                    findings.append(finding)
                else:
                    suppressed.append(Suppressed(finding, decision.reason, decision.entry))
    return findings, suppressed, learned_notes(ownership) if findings else []


def learned_notes(ownership: Ownership) -> list[str]:
    """That nobody said whose builds are whose, and what the repository says instead."""
    own = [*ownership.identifiers, *ownership.products]
    if not ownership.learned or not own:
        return []
    names = ", ".join(own[:_NAMED_OWN]) + (" ..." if len(own) > _NAMED_OWN else "")
    newest = ", ".join(sorted(set(ownership.released.values()))[:_NAMED_OWN])
    released = f"; newest release {newest}" if newest else ""
    return [
        f"what is your own was learned from the repository ({names}{released}):"
        " [artifacts] in the settings says it for sure"
    ]


def _whole(seen: Sequence[BuildSeen]) -> list[BuildSeen]:
    """Leaves out parts of an app, such as its profile or the base of a set of APKs.

    An AppImage says what it is only in the file system inside: then that stands for it.
    """
    named = [item for item in seen if item.build.version or item.build.kind != "appimage"]
    apps = {item.key for item in named if item.build.kind in _APPS}
    return [item for item in named if not (_ancestors(item.key) - {item.key}) & apps]


def _ancestors(key: str) -> set[str]:
    """The keys of a member's containers and folders: `a`, `a!b` of `a!b/c`."""
    cuts = [at for at, character in enumerate(key) if character in "!/\0"]
    return {*(key[:at] for at in cuts), *(key[: at + 1] for at in cuts)}


def _identity(build: Build) -> str:
    """What stays the same for the same build, wherever it is."""
    return "\0".join((build.kind, build.identifier or build.name, build.version, build.build))


def _findings(
    source: Unpacking,
    group: Sequence[tuple[Place, BuildSeen]],
    ownership: Ownership,
    suppression: Suppression,
) -> Iterator[tuple[Finding, Decision]]:
    """What there is to say of one build at one path; the first of the history is told."""
    group = sorted(group, key=lambda item: (item[0].commit is None, item[0].order))
    place, seen = group[0]
    policy = suppression.policy
    judgement = judge(seen.build, seen.sha256, ownership)
    for words, severity in _said(seen.build, judgement, place.path):
        if words.rule_id in policy.disabled_rules or severity < policy.min_severity:
            continue
        subject = _subject(words, source, place, seen)
        decision = suppression.of_build(subject)
        finding = _finding(words, severity, group, judgement)
        yield (
            replace(
                finding,
                fingerprint=suppression.fingerprint(subject),
                identity=identity(policy.identity_key, subject.family, subject.secret),
                unheeded=decision.unheeded,
            ),
            decision,
        )


def _subject(words: _Words, source: Unpacking, place: Place, seen: BuildSeen) -> Subject:
    """A build as what is asked about: what it is and its hash stand for the secret."""
    key = f"{_identity(seen.build)}\0{seen.sha256}".encode(errors="surrogateescape")
    return Subject(
        words.rule_id,
        words.rule_id,
        key,
        place,
        root=source.root,
        former=lambda: source.former(place),
    )


def _said(build: Build, judgement: Judgement, path: str) -> Iterator[tuple[_Words, Severity]]:
    """The rules that a build breaks, and how badly. Fixtures and vendored files weigh less."""
    words = _words(build, judgement)
    if judgement.reported and not (words is DATA and is_made_up(path)):
        severity = _SEVERITIES[max(0, judgement.severity + place_weight(path))]
        yield words, severity
    if build.source and judgement.own and not judgement.allowed:
        yield SOURCE, Severity.MEDIUM


def _words(build: Build, judgement: Judgement) -> _Words:
    if judgement.verdict is not BuildVerdict.INTERNAL:
        return UNRELEASED
    if build.kind in datafile.KINDS:
        return DATA
    return PRIVATE if build.kind in private.KINDS else INTERNAL


def _finding(
    words: _Words,
    severity: Severity,
    group: Sequence[tuple[Place, BuildSeen]],
    judgement: Judgement,
) -> Finding:
    place, seen = group[0]
    known = judgement.verdict is not BuildVerdict.UNKNOWN
    places = [there for there, _ in group]
    return Finding(
        rule_id=words.rule_id,
        name=words.name,
        kind=words.kind,
        severity=severity,
        confidence=Confidence.HIGH if known else Confidence.MEDIUM,
        path=place.path,
        line=1,
        end_line=1,
        column=1,
        end_column=1,
        preview=seen.build.title(),
        fingerprint="",
        impact=_why(words, seen.build, judgement),
        remedy=words.remedy,
        commit=place.commit,
        author=place.author,
        date=place.date,
        blob=place.blob,
        on_branch=on_branch(places),
        occurrences=occurrences(places),
    )


def _why(words: _Words, build: Build, judgement: Judgement) -> str:
    """One sentence with what says so."""
    if words is SOURCE:
        more = len(build.source) - _NAMED_SOURCES
        names = ", ".join(build.source[:_NAMED_SOURCES])
        return f"It carries {names}" + (f" and {more} more." if more > 0 else ".")
    text = "; ".join(judgement.reasons) or "Nothing says that it is released"
    return f"{text[0].upper()}{text[1:]}."
