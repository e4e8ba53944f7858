"""leakguard finds credentials before they leave: in commits, histories, folders and files."""

import importlib
from typing import TYPE_CHECKING

from leakguard.version import __version__

if TYPE_CHECKING:
    from leakguard.api import load_rules, scan
    from leakguard.errors import LeakguardError
    from leakguard.model import Confidence, Finding, Report, Rule, Severity, Skip, Verdict
    from leakguard.policy import Policy
    from leakguard.sources.select import Selection

_HOMES = {
    "Confidence": "leakguard.model",
    "Finding": "leakguard.model",
    "LeakguardError": "leakguard.errors",
    "Policy": "leakguard.policy",
    "Report": "leakguard.model",
    "Rule": "leakguard.model",
    "Selection": "leakguard.sources.select",
    "Severity": "leakguard.model",
    "Skip": "leakguard.model",
    "Verdict": "leakguard.model",
    "load_rules": "leakguard.api",
    "scan": "leakguard.api",
}
"""The module of each name: imported when it is asked for, since a hook needs few of them."""

__all__ = [
    "Confidence",
    "Finding",
    "LeakguardError",
    "Policy",
    "Report",
    "Rule",
    "Selection",
    "Severity",
    "Skip",
    "Verdict",
    "__version__",
    "load_rules",
    "scan",
]


def __getattr__(name: str) -> object:
    """A public name, imported at its first use (PEP 562). Raises AttributeError for others."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
