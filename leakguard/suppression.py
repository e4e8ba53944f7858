"""What silences a finding on purpose: the settings, a comment beside it, an entry of a baseline.

All of it is asked here, in this order: excluded paths, comments, the settings' allowlist, the
repository's own baseline, other baselines.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from leakguard.baselines import Baseline, Decision, Subject
from leakguard.fingerprint import Fingerprints
from leakguard.model import Candidate, Place
from leakguard.paths import is_excluded
from leakguard.policy import Allowed, Policy
from leakguard.pragmas import judged, pragma_of
from leakguard.sources import Source

if TYPE_CHECKING:
    from leakguard.baselines.own import OwnBaseline

NOTHING: Final = Decision("")
"""Nothing silences it."""


class Seen(NamedTuple):
    """A candidate at one of its places, and the source that has it."""

    place: Place
    candidate: Candidate
    source: Source


@dataclass(frozen=True, slots=True)
class Suppression:
    """What silences findings, for one scan."""

    policy: Policy
    maker: Fingerprints
    """Makes the fingerprints of the report."""
    own: "OwnBaseline | None"
    """The repository's own baseline."""
    others: Sequence[Baseline]
    today: date

    def of(self, versions: Sequence[Seen]) -> Decision:
        """What becomes of a secret at a path, by its versions there, the newest last.

        The newest decides, as a comment may come in later; but other tools name a commit and a line
        that any of them may have.
        """
        newest = versions[-1]
        if is_excluded(newest.place.path, self.policy.excludes):
            return Decision("excluded path")
        subject = subject_of(newest)
        if leak := self._known_leak(subject):
            return leak
        pragma = pragma_of(newest.candidate, newest.place.path)
        reason, unheeded = judged(pragma, self.policy.pragmas)
        if reason is not None:
            return Decision(reason)
        decisions = [self.by_path(subject)]
        if self.others:
            decisions += [self._by_baselines(subject_of(seen)) for seen in versions[-2::-1]]
        accepted = next((decision for decision in decisions if decision.reason), None)
        return accepted or also_unheeded(decisions[0], unheeded)

    def of_build(self, subject: Subject) -> Decision:
        """What becomes of a build at a path."""
        if is_excluded(subject.place.path, self.policy.excludes):
            return Decision("excluded path")
        return self.by_path(subject)

    def by_path(self, subject: Subject, *, bound: bool = False) -> Decision:
        """What the settings' allowlist and the baselines say of a subject.

        With `bound` only what depends on the path is asked.
        """
        if leak := self._known_leak(subject):
            return leak
        unheeded = ""
        for allowed in self.policy.allowed:
            if bound and not (allowed.paths or allowed.fingerprints):
                continue
            if self._allows(allowed, subject):
                if allowed.until is None or allowed.until >= self.today:
                    return Decision(_told(allowed))
                unheeded = f"{_told(allowed)}, until {allowed.until}, which has passed"
        return also_unheeded(self._by_baselines(subject), unheeded)

    def _known_leak(self, subject: Subject) -> Decision | None:
        """What the own baseline says of a subject that it knows as a leak."""
        decision = self.own.decides(subject) if self.own and self.own.has_leaks else None
        return decision if decision and decision.is_leak else None

    def _by_baselines(self, subject: Subject) -> Decision:
        """The first baseline that accepts the subject, else the first that knows it."""
        own: Sequence[Baseline] = (self.own,) if self.own else ()
        known = NOTHING
        for baseline in (*own, *self.others):
            decision = baseline.decides(subject)
            if decision and decision.reason:
                return decision
            if decision and known is NOTHING:
                known = decision
        return known

    def _allows(self, allowed: Allowed, subject: Subject) -> bool:
        """Whether all that the settings ask for holds; the cheapest first."""
        rules, path = allowed.rules, subject.place.path
        if rules and not rules & {subject.rule_id, subject.family}:
            return False
        if allowed.paths and not is_excluded(path, allowed.paths):
            return False
        if allowed.values and not _matches(allowed.values, subject.secret):
            return False
        return not allowed.fingerprints or self.fingerprint(subject) in allowed.fingerprints

    def fingerprint(self, subject: Subject) -> str:
        """The fingerprint of a finding: under the key of the own baseline, from its folder."""
        path = self.own.path_of(subject) if self.own else subject.place.path
        return self.maker.of(subject.family, subject.secret, path)

    def hides(self, seen: Seen) -> bool:
        """Whether the path is a reason to say nothing, which another path may not be."""
        if is_excluded(seen.place.path, self.policy.excludes):
            return True
        if not (self.own or self.others or self.policy.allowed):
            return False
        return bool(self.by_path(subject_of(seen), bound=True).reason)


def also_unheeded(decision: Decision, unheeded: str) -> Decision:
    """The decision with one more word on what did not silence a finding that is reported."""
    if decision.reason or not unheeded:
        return decision
    told = "; ".join(filter(None, (unheeded, decision.unheeded)))
    return Decision("", told, decision.entry)


def suppression_for(
    policy: Policy, more: Sequence[Baseline] = (), own: "OwnBaseline | None" = None
) -> Suppression:
    """What silences findings by a policy.

    `more` are baselines that were read already, `own` stands in for the repository's own. Raises
    ConfigError when a baseline cannot be used. What is not asked for is not imported.
    """
    others = list(more)
    if policy.own_baseline and own is None:
        from leakguard.baselines.own import OwnBaseline, read

        folder = os.path.dirname(policy.own_baseline) or "."
        own = OwnBaseline(read(policy.own_baseline), folder)
    if policy.baselines:
        from leakguard.baselines.reading import load_baseline

        others = [*map(load_baseline, policy.baselines), *more]
    maker = own.makers[0] if own else Fingerprints()
    return Suppression(policy, maker, own, tuple(others), datetime.now(UTC).date())


def subject_of(seen: Seen) -> Subject:
    """What a baseline is asked about a candidate."""
    place, candidate, source = seen
    rule = candidate.rule
    return Subject(
        rule_id=rule.id,
        family=rule.family or rule.id,
        secret=candidate.secret,
        place=place,
        line=candidate.span.line,
        start=candidate.span.start,
        end=candidate.span.end,
        root=source.root,
        parts=tuple(part.secret for part in candidate.parts),
        former=lambda: source.former(place),
    )


def _matches(patterns: Sequence[str], secret: bytes) -> bool:
    from leakguard.pattern import search

    return any(search(pattern).search(secret) for pattern in patterns)


def _told(allowed: Allowed) -> str:
    """The name of an allowlist's row, with its reason and who says so."""
    reason = f": {allowed.reason}" if allowed.reason else ""
    return f"allowed by {allowed.origin or 'the policy'}{reason}"


def without(decision: Decision, secrets: Sequence[bytes]) -> Decision:
    """The decision without secrets that stand in a comment's words."""
    reason = decision.reason
    for secret in secrets:
        text = secret.decode(errors="replace")
        reason = reason.replace(text, "…") if text else reason
    return Decision(reason, decision.unheeded, decision.entry)
