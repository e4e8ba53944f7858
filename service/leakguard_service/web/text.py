"""How values are written on pages: moments, sizes, names of states. Templates use these."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from leakguard_service.nouns import Resolution, State

SEVERITIES: Final = {4: "critical", 3: "high", 2: "medium", 1: "low"}
"""The worst first."""

STATES: Final = {
    State.OPEN.value: "Open",
    State.PENDING_REVIEW.value: "In review",
    State.RESOLVED.value: "Resolved",
    State.DISMISSED.value: "Dismissed",
}

RESOLUTIONS: Final = {
    Resolution.REVOKED.value: "Revoked",
    Resolution.ROTATED.value: "Rotated",
    Resolution.REMOVED_BEFORE_MERGE.value: "Removed before merge",
    Resolution.FALSE_POSITIVE.value: "False positive",
    Resolution.USED_IN_TESTS.value: "Used in tests",
    Resolution.WONT_FIX.value: "Won't fix",
}

FORGES: Final = {"github": "GitHub", "gitlab": "GitLab", "gitea": "Gitea / Forgejo"}

_STEPS: Final = (
    (60, 1, "just now"),
    (3_600, 60, "{} min {}"),
    (86_400, 3_600, "{} h {}"),
    (30 * 86_400, 86_400, "{} d {}"),
    (365 * 86_400, 30 * 86_400, "{} mo {}"),
    (float("inf"), 365 * 86_400, "{} y {}"),
)


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, or in how long: `3 h ago`, `in 2 d`."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    for below, unit, form in _STEPS:
        if abs(seconds) < below:
            number = int(abs(seconds) // unit)
            text = form.format(number, "ago").strip()
            return text if seconds >= 0 or unit == 1 else "in " + text.removesuffix(" ago")
    raise AssertionError("the last step takes everything")


def moment(value: datetime) -> str:
    """`2026-11-23 07:40 UTC`."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def size(count: int) -> str:
    """Bytes as people write them: `3.4 MB` (10^6, as forges count)."""
    value, units = float(count), ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if value < 1_000 or unit == units[-1]:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1_000
    raise AssertionError("the last unit takes everything")


def number(value: float) -> str:
    """With thin separators: `12 345`."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def duration(seconds: float | None) -> str:
    """`840 ms`, `12 s`, `5 min`, `3.5 h`, `4 d`; a dash for none."""
    if seconds is None:
        return "–"
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            value = seconds / unit
            return f"{value:.0f} {name}" if value >= 10 or name == "min" else f"{value:.1f} {name}"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1_000:.0f} ms"


def short(oid: str) -> str:
    """The first ten characters of an object's id."""
    return oid[:10]


def branch(ref: str) -> str:
    """`main` of `refs/heads/main`."""
    for prefix in ("refs/heads/", "refs/tags/", "refs/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def lines(context: str) -> list[tuple[int, str]]:
    """Number and text of each line of `Occurrence.context`; the last may be cut in its number."""
    split = (line.partition("\t") for line in context.split("\n"))
    return [(int(number), said) for number, tab, said in split if tab]


def words(name: str) -> str:
    """`installation deleted` of `installation_deleted`, first letter large."""
    plain = name.replace("_", " ").replace(".", " ").strip()
    return plain[:1].upper() + plain[1:]


def told(value: Any) -> str:
    """A JSON value in words: `–` for nothing, `yes` and `no`, lists by commas."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(told(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {told(one)}" for name, one in value.items())
    return str(value)


def web_link(url: str | None) -> str:
    """The URL when a browser may safely follow it, else empty: no `javascript:` gets through."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return url or "" if parts.scheme in ("http", "https") and parts.netloc else ""


def query(current: Mapping[str, Any], **changes: Any) -> str:
    """A query string: the current one with changes; None and empty values are left out."""
    merged = {**current, **changes}
    return urlencode([(k, v) for k, v in merged.items() if v not in (None, "", [], ())], doseq=True)
