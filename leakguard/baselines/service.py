"""A baseline from a service: what was dismissed there (`leakguard findings baseline`)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leakguard.baselines import Decision, Subject
from leakguard.fingerprint import Fingerprints


class ServiceBaseline:
    """Fingerprints under the fixed key, with reasons."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Raises ValueError, KeyError or TypeError for what is no such document."""
        if document["version"] != 1:
            raise ValueError("a newer form")
        self._fingerprints = Fingerprints()
        self._reasons: dict[str, dict[str, str]] = {}
        now = datetime.now(UTC)
        for mark, entry in document["fingerprints"].items():
            until = datetime.fromisoformat(entry["until"]) if entry["until"] else None
            if until is None or until > now:
                reasons = self._reasons.setdefault(str(entry["path"]), {})
                reasons[mark] = str(entry["reason"])

    def decides(self, subject: Subject) -> Decision | None:
        path = subject.place.path
        if _stored(path) not in self._reasons:
            return None  # a fingerprint may take its time
        mark = self._fingerprints.of(subject.family, subject.secret, path)
        reason = self.accepted(mark, path)
        return None if reason is None else Decision(f"baseline: {reason}")

    def accepted(self, mark: str, path: str) -> str | None:
        """Why a fingerprint at a path was dismissed, or None."""
        return self._reasons.get(_stored(path), {}).get(mark)


def _stored(path: str) -> str:
    """A path as a database holds it: what is no UTF-8, and NUL, as escapes."""
    return path.encode(errors="backslashreplace").decode().replace("\0", "\\0")
