"""A report as workflow commands, which GitHub Actions shows as annotations beside the lines.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from leakguard import limits
from leakguard.model import Finding, Report, Severity, Skip
from leakguard.report.wording import (
    REVOKE,
    closing,
    in_order,
    one_line,
    short,
    skips_in_order,
    visible,
)

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def to_github(report: Report) -> str:
    """One command a line: findings, skips (at most `limits.SKIPS_SHOWN`), notes, the summary."""
    lines = [_finding(finding) for finding in in_order(report.findings)]
    lines += [_skip(skip) for skip in skips_in_order(report.skips)[: limits.SKIPS_SHOWN]]
    lines += [_command("notice", note, {}) for note in report.notes]
    lines.append(_command("notice", closing(report), {}))
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    commit = f" in commit {short(finding.commit)}" if finding.commit else ""
    written = f", written as {finding.encoding}" if finding.encoding else ""
    parts = "".join(f", with {part.name} in line {part.line}" for part in finding.parts)
    found = f"{finding.preview}{written}{parts}{commit}."
    message = " ".join(filter(None, (found, finding.impact, finding.remedy or REVOKE)))
    properties = {"file": visible(finding.path), **_region(finding), "title": _title(finding)}
    return _command(_COMMANDS[finding.severity], message, properties)


def _title(finding: Finding) -> str:
    return one_line(f"{finding.name} ({finding.rule_id}, {finding.severity.label})")


def _region(finding: Finding) -> dict[str, str]:
    lines = {"line": f"{finding.line}", "endLine": f"{finding.end_line}"}
    if finding.line != finding.end_line:
        # An annotation has columns only when it begins and ends on one line.
        # https://docs.github.com/en/rest/checks/runs
        return lines
    return {**lines, "col": f"{finding.column}", "endColumn": f"{finding.end_column}"}


def _skip(skip: Skip) -> str:
    return _command("warning", skip.reason, {"file": visible(skip.path), "title": "Not looked at"})


def _command(name: str, message: str, properties: dict[str, str]) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name}{' ' if written else ''}{written}::{_data(one_line(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
