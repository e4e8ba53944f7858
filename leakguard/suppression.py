"""What silences a finding on purpose: a comment on its line, an entry of a detect-secrets baseline.

detect-secrets is imported only when its comment or its baseline is met.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from leakguard.errors import ConfigError
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
    """The secrets that a `.secrets.baseline` of detect-secrets has accepted, by file."""

    def __init__(self, hashes: Mapping[str, frozenset[str]]) -> None:
        self._hashes = hashes

    def reason(self, candidate: Candidate, path: str) -> str | None:
        """Why the baseline allows the secret, or None. Rules of other names do not matter."""
        if path not in self._hashes:
            return None
        digest = hashlib.sha1(candidate.secret, usedforsecurity=False).hexdigest()
        return "detect-secrets baseline" if digest in self._hashes[path] else None


def load_baseline(path: str) -> Baseline:
    """The baseline at `path`; an empty one for no path.

    Raises ConfigError when the file is no baseline of detect-secrets.
    """
    if not path:
        return Baseline({})
    from detect_secrets.core.secrets_collection import SecretsCollection

    try:
        collection = SecretsCollection.load_from_baseline(json.loads(Path(path).read_bytes()))
    except OSError as error:
        raise ConfigError(f"baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is no .secrets.baseline of detect-secrets") from error
    hashes = {
        file.replace("\\", "/"): frozenset(secret.secret_hash for secret in secrets)
        for file, secrets in collection.data.items()
    }
    return Baseline(hashes)
