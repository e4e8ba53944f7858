"""What is reported: the choices of a user or a team, without where they come from."""

from dataclasses import dataclass

from leakguard.model import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Policy:
    """Which findings count."""

    disabled_rules: frozenset[str] = frozenset()
    min_severity: Severity = Severity.LOW
    min_confidence: Confidence = Confidence.MEDIUM
    excludes: tuple[str, ...] = ()
    """Globs of paths that are not reported."""
    baseline: str = ""
    """Path of a `.secrets.baseline` of detect-secrets; empty for none."""
