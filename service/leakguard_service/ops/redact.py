"""Takes what could be a secret out of what is logged, as the last wall: nothing should log one.

What has the name of a secret is masked whole; texts lose credentials in URLs, headers with
credentials, and words that begin as tokens do.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

MASK: Final = "[masked]"

_NAMES: Final = re.compile(
    r"authorization|cookie|passw|secret|token|private_key|api_?key|signature|\bbody\b|payload",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_HEADER: Final = re.compile(r"(?i)\b(bearer|basic|token)\s+[a-z0-9._~+/=-]{8,}")
_ASSIGNED: Final = re.compile(
    r"(?i)\b((?:access_|private_|api_)?(?:token|key|secret|password|passwd|code|state))=[^\s&\"']+"
)
_TOKEN: Final = re.compile(
    r"\b(?:lgs_|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|xapp-|AKIA|ASIA|eyJ)[A-Za-z0-9._/+=-]{12,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
)
_DEPTH: Final = 4


def redacted(text: str) -> str:
    """The text without what could be a secret."""
    text = _URL.sub(MASK, text)
    text = _HEADER.sub(lambda match: f"{match[1]} {MASK}", text)
    text = _ASSIGNED.sub(lambda match: f"{match[1]}={MASK}", text)
    return _TOKEN.sub(MASK, text)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A structlog processor: every value of a log line."""
    return {key: _value(key, value, _DEPTH) for key, value in event.items()}


def _value(key: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if key != "event" and _NAMES.search(key):
        return MASK
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping) and depth:
        return {str(name): _value(str(name), item, depth - 1) for name, item in value.items()}
    if isinstance(value, list | tuple) and depth:
        return [_value("", item, depth - 1) for item in value]
    return redacted(str(value))
