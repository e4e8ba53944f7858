"""leakguard finds credentials before they leave: in commits, histories, folders and files."""

from leakguard.api import scan
from leakguard.errors import LeakguardError
from leakguard.model import Confidence, Finding, Report, Rule, Severity, Skip, Verdict
from leakguard.policy import Policy
from leakguard.ruleset import load_rules
from leakguard.sources.select import Selection
from leakguard.version import __version__

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
