"""What silences a finding on purpose: a comment on its line, an entry of a baseline.

A baseline is detect-secrets' own or leakguard's, which a service writes of what was dismissed there
(`leakguard findings baseline`). detect-secrets is imported only when its comment or its baseline is
met.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from leakguard.errors import ConfigError
from leakguard.fingerprint import fingerprint
from leakguard.model import Candidate

_MARK = b"leakguard:allow"


def inline_reason(candidate: Candidate, path: str) -> str | None:
    """Why a comment on the line, or on the one before, allows the secret; or None."""
    outside = candidate.before + b" " + candidate.after
    if _MARK in outside:
        return "comment leakguard:allow"
    if b"pragma:" in outside or b"pragma:" in candidate.previous:
        return _pragma(candidate, path)
    return None


def _pragma(candidate: Candidate, path: str) -> str | None:
    """As detect-secrets reads its own comments, the form for the next line included."""
    from detect_secrets.filters.allowlist import is_line_allowlisted
    from detect_secrets.util.code_snippet import CodeSnippet

    line = (candidate.before + b"''" + candidate.after).decode(errors="replace")
    previous = candidate.previous.decode(errors="replace")
    snippet = CodeSnippet([previous, line], 0, 1)
    allowed = is_line_allowlisted(path, line, snippet)
    return "comment pragma: allowlist secret" if allowed else None


class Baseline:
    """The secrets that somebody has accepted, by file."""

    def __init__(
        self,
        hashes: Mapping[str, frozenset[str]],
        reasons: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._hashes = hashes
        self._reasons = reasons or {}

    def reason(self, candidate: Candidate, path: str) -> str | None:
        """Why the baseline allows the secret, or None. Of detect-secrets' rules none matters."""
        if path in self._hashes:
            digest = hashlib.sha1(candidate.secret, usedforsecurity=False).hexdigest()
            return "detect-secrets baseline" if digest in self._hashes[path] else None
        if _stored(path) not in self._reasons:
            return None  # a fingerprint may take its time
        family = candidate.rule.family or candidate.rule.id
        return self.accepted(fingerprint(family, candidate.secret, path), path)

    def accepted(self, mark: str, path: str) -> str | None:
        """Why the baseline allows a finding at a path by its fingerprint, or None."""
        reason = self._reasons.get(_stored(path), {}).get(mark)
        return None if reason is None else f"baseline: {reason}"


def load_baseline(path: str) -> Baseline:
    """The baseline at `path`; an empty one for no path.

    Raises ConfigError when the file is a baseline of neither detect-secrets nor leakguard.
    """
    if not path:
        return Baseline({})
    maker = ".secrets.baseline of detect-secrets"
    try:
        document = json.loads(Path(path).read_bytes())
        if isinstance(document, dict) and "fingerprints" in document:
            maker = "baseline of leakguard"
            return Baseline({}, _reasons(document, datetime.now(UTC)))
        return Baseline(_hashes(document))
    except OSError as error:
        raise ConfigError(f"baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{path} is no {maker}") from error


def _hashes(document: Any) -> dict[str, frozenset[str]]:
    from detect_secrets.core.secrets_collection import SecretsCollection

    collection = SecretsCollection.load_from_baseline(document)
    return {
        file.replace("\\", "/"): frozenset(secret.secret_hash for secret in secrets)
        for file, secrets in collection.data.items()
    }


def _reasons(document: Mapping[str, Any], now: datetime) -> dict[str, dict[str, str]]:
    """By path the reasons of fingerprints, without those whose end has passed."""
    if document["version"] != 1:
        raise ValueError("a newer form")
    reasons: dict[str, dict[str, str]] = {}
    for mark, entry in document["fingerprints"].items():
        until = datetime.fromisoformat(entry["until"]) if entry["until"] else None
        if until is None or until > now:
            reasons.setdefault(str(entry["path"]), {})[mark] = str(entry["reason"])
    return reasons


def _stored(path: str) -> str:
    """A path as a database holds it: what is no UTF-8, and NUL, as escapes."""
    return path.encode(errors="backslashreplace").decode().replace("\0", "\\0")
