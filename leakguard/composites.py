"""Credentials in several parts: which candidates belong together, and what the whole is worth.

A part that proves little alone, such as the id of a client, is looked for by a rule with `partner`
only near the secret. The whole is reported as the secret, under its rule and fingerprint.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple

from leakguard import limits
from leakguard.fingerprint import preview
from leakguard.lines import characters
from leakguard.model import Candidate, Part, Severity


class Composite(NamedTuple):
    """Rules whose candidates make one credential."""

    secrets: tuple[str, ...]
    """Each of these is one, when one of `parts` at least is near."""
    parts: tuple[str, ...]
    severity: Severity
    """Of the whole, unless the secret alone costs more."""


COMPOSITES: Final = (
    Composite(
        ("aws-secret-access-key", "aws-secret-access-key-near-id"),
        ("aws-access-key-id", "aws-session-token"),
        Severity.CRITICAL,
    ),
    Composite(
        ("alibaba-access-key-secret", "alibaba-access-key-secret-near-id"),
        ("alibaba-access-key-id",),
        Severity.CRITICAL,
    ),
    Composite(
        ("alibaba-sts-access-key-secret",),
        ("alibaba-sts-access-key-id", "alibaba-sts-security-token"),
        Severity.HIGH,
    ),
    Composite(("twilio-auth-token",), ("twilio-account-sid",), Severity.CRITICAL),
    Composite(("twilio-api-key-secret",), ("twilio-api-key",), Severity.CRITICAL),
    Composite(
        ("azure-client-secret", "azure-client-secret-old"),
        ("azure-client-id", "azure-client-id-old", "azure-tenant-id", "azure-tenant-id-old"),
        Severity.CRITICAL,
    ),
    Composite(
        ("google-service-account-key",),
        ("google-service-account-email", "google-service-account-key-id"),
        Severity.CRITICAL,
    ),
    Composite(("google-oauth-client-secret",), ("google-oauth-client-id",), Severity.HIGH),
    Composite(("google-hmac-secret",), ("google-hmac-key-id",), Severity.HIGH),
    Composite(("slack-client-token",), ("slack-session-cookie",), Severity.CRITICAL),
)

_BY_RULE: Final = {rule: composite for composite in COMPOSITES for rule in composite.secrets}


def composed(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates by blob and place, secrets with the parts that stand near them.

    Parts are candidates themselves too: whoever reports the whole leaves them out.
    """
    ordered = sorted(candidates, key=lambda item: (item.key, item.span.start, item.rule.id))
    found: list[Candidate] = []
    for _, group in groupby(ordered, key=lambda item: item.key):
        blob = list(group)
        found += [_with_parts(candidate, blob) for candidate in blob]
    return found


def url_parts(secret: Candidate) -> Iterator[Part]:
    """What stands beside the password in the URL of a data base: whose it is, and where.

    Asked for findings only: tests of data bases have thousands of such URLs.
    """
    if secret.rule.id != "database-url" or secret.encoding:
        return
    line, column = secret.span.line, secret.span.column
    if user := _USER.search(secret.before):
        at = column - characters(secret.before[user.start(1) :])
        yield _url_part("user", user[1], line, at)
    if host := _HOST.match(secret.after):
        yield _url_part("host", host[1], secret.span.end_line, secret.span.end_column + 1)


_USER: Final = re.compile(rb"://([^\s:/@\"'<>]{1,80}):$")
_HOST: Final = re.compile(rb"@([A-Za-z0-9.-]{1,200}(?::[0-9]{2,5})?)")


def _url_part(what: str, value: bytes, line: int, column: int) -> Part:
    return Part(
        f"database-url-{what}", f"Database {what}", Severity.LOW, line, column, preview(value)
    )


def _with_parts(secret: Candidate, blob: Sequence[Candidate]) -> Candidate:
    composite = _BY_RULE.get(secret.rule.id)
    if composite is None:
        return secret
    nearest = (_nearest(secret, rule, blob) for rule in composite.parts)
    parts = tuple(part for part in nearest if part is not None)
    if not parts:
        return secret
    severity = max(secret.rule.severity, composite.severity)
    return replace(secret, rule=replace(secret.rule, severity=severity), parts=parts)


def _nearest(secret: Candidate, rule: str, blob: Sequence[Candidate]) -> Candidate | None:
    """The candidate of a rule with the fewest bytes between it and the secret."""
    near = (
        candidate
        for candidate in blob
        if candidate.rule.id == rule
        and abs(candidate.span.line - secret.span.line) <= limits.COMPOSITE_LINES
    )
    return min(near, key=lambda item: abs(item.span.start - secret.span.start), default=None)
