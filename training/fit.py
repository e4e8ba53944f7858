"""Learns leakguard/generic/model.json and says how good it is on repositories it has not seen.

python -m training.fit --creddata FOLDER [--negatives PACKAGE...] [--write]
FOLDER holds CredData's meta/ and data/; a package is a wheel, an npm tarball or a folder, where
nearly nothing is a secret. Needs the extra `training`. Without --write only the table is printed.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from leakguard.generic.evidence import evidence, evidence_of_path, seen_of
from leakguard.generic.model import FILE
from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Candidate, Confidence
from leakguard.ruleset import load_rules
from leakguard.scanner import Scanner
from leakguard.sources import Tally
from leakguard.sources.files import reader
from leakguard.sources.windows import Packer
from training.corpus import is_text, texts
from training.labels import Labels, Row, read_labels

FOLDS = 5
STRENGTH = 0.02
"""scikit-learn's C: the smaller, the nearer to zero the weights are kept."""
NEGATIVE_WEIGHT = 0.1
"""Weight of a candidate in a package: no one has looked whether it is a secret."""
REPEAT_WEIGHT = 0.7
"""A value that stands n times in a repository counts n to the power of 1 minus this."""
_SHARES = "recall {:.3f}  precision {:.3f}  F1 {:.3f}"
LEAST_SECRETS = 20
"""Secrets of a kind of place below which its weight is left out."""
THRESHOLDS = {"low": 0.3, "medium": 0.55, "high": 0.9}


class Sample(NamedTuple):
    """A candidate of a scored rule with its label: 1, 0, or -1 for what nobody can say."""

    repository: str
    path: str
    candidate: Candidate
    label: int
    facts: dict[str, float]


Hit = tuple[str, int, int]
"""Path, first and last line."""


def main() -> None:
    """Reads the texts, prints the table by fold and category, writes the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creddata", type=Path, required=True)
    parser.add_argument("--negatives", type=Path, nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    matcher = load_matcher(load_rules())
    labels = read_labels(arguments.creddata)
    samples, others = creddata_samples(matcher, arguments.creddata / "data", labels)
    negatives = [s for package in arguments.negatives for s in negative_samples(matcher, package)]
    evaluate(samples, negatives, others, labels)
    if arguments.write:
        known = [sample for sample in samples if sample.label >= 0]
        document = fitted(known + negatives)
        FILE.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def candidates_of(matcher: Matcher, files: Iterable[tuple[str, bytes]]) -> Iterator[Candidate]:
    """What the rules confirm in files, of those that overlap the one whose form says most."""
    scratch = matcher.scratch()
    for key, data in files:
        scanner, packer, found = Scanner(matcher), Packer(Tally()), []
        for window in (*packer.add(key, reader(BytesIO(data))), *packer.flush()):
            found += [
                item
                for item in scanner.candidates(window, matcher.hits(window, scratch))
                if isinstance(item, Candidate)
            ]
        yield from found


def creddata_samples(
    matcher: Matcher, data: Path, labels: Labels
) -> tuple[list[Sample], list[Hit]]:
    """Samples of the scored rules, and what the other rules say at default confidence."""
    samples, others = [], []
    for candidate in candidates_of(matcher, texts(data)):
        span = candidate.span
        if candidate.rule.scored:
            label = _label(candidate, labels.of_line.get((candidate.key, span.line), ()))
            samples.append(_sample(candidate, candidate.key.split("/")[0], candidate.key, label))
        elif candidate.rule.confidence >= Confidence.MEDIUM:
            others.append((candidate.key, span.line, span.end_line))
    return samples, others


def negative_samples(matcher: Matcher, package: Path) -> Iterator[Sample]:
    """Each different candidate of a package once, as no secret."""
    seen = set()
    files = ((path, data) for path, data in texts(package) if is_text(data))
    for candidate in candidates_of(matcher, files):
        key = candidate.rule.id, candidate.secret, candidate.before[-40:]
        if candidate.rule.scored and key not in seen:
            seen.add(key)
            yield _sample(candidate, f"package {package.name}", candidate.key, 0)


def _sample(candidate: Candidate, repository: str, path: str, label: int) -> Sample:
    facts = {**evidence(seen_of(candidate)), **evidence_of_path(path)}
    return Sample(repository, path, candidate, label, facts)


def _label(candidate: Candidate, rows: Sequence[Row]) -> int:
    span = candidate.span
    for row in rows:
        inside = row.start < span.end_column - 1 and span.column - 1 < row.end
        if row.truth == "T" and (row.start < 0 or inside):
            return 1
    return -1 if any(row.truth in "TI" for row in rows) else 0


def _weights(samples: Sequence[Sample]) -> Any:
    keys = [(s.repository, s.candidate.secret, s.candidate.before[-40:]) for s in samples]
    counts = Counter(keys)
    return np.array(
        [
            (NEGATIVE_WEIGHT if s.repository.startswith("package ") else 1)
            / counts[key] ** REPEAT_WEIGHT
            for s, key in zip(samples, keys, strict=True)
        ]
    )


def fitted(samples: Sequence[Sample]) -> dict[str, Any]:
    """The document of a model: what parse_model reads."""
    names = sorted(set(samples[0].facts) - _unlearnable(samples))
    table = np.array([[sample.facts[name] for name in names] for sample in samples])
    scaler = StandardScaler().fit(table)
    regression = LogisticRegression(C=STRENGTH, max_iter=1000)
    regression.fit(
        scaler.transform(table), [s.label for s in samples], sample_weight=_weights(samples)
    )
    weights = regression.coef_[0] / scaler.scale_
    facts = {
        name: [round(float(weight), 4), round(float(mean), 4)]
        for name, weight, mean in zip(names, weights, scaler.mean_, strict=True)
        if round(float(weight), 4)
    }
    bias = round(float(regression.intercept_[0]), 4)
    return {"bias": bias, "facts": facts, "thresholds": THRESHOLDS}


def _unlearnable(samples: Sequence[Sample]) -> set[str]:
    """Facts whose weight would be a guess: kinds of place with too few secrets to learn from.

    `weak` is one: CredData replaced each weak password by chance letters.
    """
    places = Counter(
        name
        for sample in samples
        if sample.label == 1
        for name, value in sample.facts.items()
        if name.startswith("w_") and value
    )
    known = {name for name in samples[0].facts if name.startswith("w_")}
    return {"weak"} | {name for name in known if places[name] < LEAST_SECRETS}


def probabilities(document: dict[str, Any], samples: Sequence[Sample]) -> Any:
    """What a model thinks of samples."""
    odds = [
        document["bias"]
        + sum(w * (s.facts[name] - mean) for name, (w, mean) in document["facts"].items())
        for s in samples
    ]
    return 1 / (1 + np.exp(-np.array(odds)))


def folds_of(labels: Labels) -> list[set[str]]:
    """The repositories in five parts with about as many secrets each, the largest first."""
    counts = Counter(row.repository for row in labels.rows if row.truth == "T")
    folds: list[set[str]] = [set() for _ in range(FOLDS)]
    for repository in sorted(
        {row.repository for row in labels.rows}, key=lambda r: (-counts[r], r)
    ):
        least = min(folds, key=lambda fold: (sum(counts[r] for r in fold), len(fold)))
        least.add(repository)
    return folds


def evaluate(
    samples: Sequence[Sample], negatives: Sequence[Sample], others: Sequence[Hit], labels: Labels
) -> None:
    """Prints recall, precision and F1 a fold, each by a model that never saw its repositories."""
    hits, rows = list(others), []
    for fold in folds_of(labels):
        train = [s for s in samples if s.repository not in fold and s.label >= 0]
        test = [s for s in samples if s.repository in fold]
        chances = probabilities(fitted([*train, *negatives]), test)
        found = [
            (s.path, s.candidate.span.line, s.candidate.span.line)
            for s, chance in zip(test, chances, strict=True)
            if chance >= THRESHOLDS["medium"]
        ]
        hits += found
        rows.append(measured([*others, *found], labels, fold))
    for number, row in enumerate(rows, 1):
        print(f"fold {number}: secrets {row[3]}  {_SHARES.format(*row)}")
    means = np.mean([row[:3] for row in rows], axis=0)
    print("mean: " + _SHARES.format(*means))
    everything = measured(hits, labels, {row.repository for row in labels.rows})
    print("all: " + _SHARES.format(*everything))
    _print_categories(hits, labels)


def measured(
    hits: Sequence[Hit], labels: Labels, fold: set[str]
) -> tuple[float, float, float, int]:
    """Recall, precision, F1 and number of secrets of a fold, by line; unlabelled hits are false."""
    hits = [hit for hit in hits if hit[0].split("/")[0] in fold]
    lines = {(path, line) for path, first, last in hits for line in range(first, last + 1)}
    wanted = [row for row in labels.rows if row.truth == "T" and row.repository in fold]
    found = sum(_is_hit(row, lines) for row in wanted)
    false = {
        (path, first)
        for path, first, last in hits
        if not {"T", "I"}
        & {r.truth for line in range(first, last + 1) for r in labels.of_line.get((path, line), ())}
    }
    recall, precision = found / max(1, len(wanted)), found / max(1, found + len(false))
    return recall, precision, 2 * recall * precision / max(1e-9, recall + precision), len(wanted)


def _is_hit(row: Row, lines: set[tuple[str, int]]) -> bool:
    return any((row.path, line) in lines for line in range(row.first, row.last + 1))


def _print_categories(hits: Sequence[Hit], labels: Labels) -> None:
    lines = {(path, line) for path, first, last in hits for line in range(first, last + 1)}
    wanted, found = Counter[str](), Counter[str]()
    for row in labels.rows:
        if row.truth == "T":
            wanted[row.category] += 1
            found[row.category] += _is_hit(row, lines)
    for category, count in wanted.most_common():
        print(f"{found[category]:5} of {count:5}  {category}")


if __name__ == "__main__":
    main()
