"""`.secrets.baseline`: SHA-1 of secrets by file, read by detect-secrets itself."""

from typing import Any

from leakguard.baselines.foreign import SHA1, Found, Known, counted_once, slashed


def read_baseline(document: Any) -> Found:
    """The entries of a baseline. Of detect-secrets' rules none matters: file and hash decide.

    What `detect-secrets audit` called a secret is accepted too, as its hook does. Raises
    ValueError, KeyError, TypeError or AttributeError for what is no baseline.
    """
    from detect_secrets.core.secrets_collection import SecretsCollection

    collection = SecretsCollection.load_from_baseline(document)
    entries = [
        Known(
            f"{path}: {secret.type}",
            path=path,
            hash=SHA1,
            digest=secret.secret_hash,
            hint=secret.line_number or 0,
            is_false=secret.is_secret is False,
        )
        for file, secrets in sorted(collection.data.items())
        for path in (slashed(file),)
        for secret in sorted(secrets, key=lambda secret: (secret.type, secret.secret_hash))
    ]
    return Found("detect-secrets", counted_once(entries))
