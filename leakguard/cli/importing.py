"""`leakguard import`: takes over what another tool has accepted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from leakguard.baselines.own import (
    Contents,
    Entry,
    OwnBaseline,
    Reason,
    contents_of,
    empty,
    read,
)
from leakguard.cli.baseline import (
    HOW,
    REASON,
    TERMS,
    add_attribute,
    end,
    paths_from,
    save,
    terms_of,
)
from leakguard.cli.config import config_from
from leakguard.cli.output import complain, say
from leakguard.cli.scan import scanned
from leakguard.keeping import Change, Terms, entry_of
from leakguard.model import Report
from leakguard.policy import Pragmas
from leakguard.report.wording import counted, one_line
from leakguard.settings import OWN_BASELINE

if TYPE_CHECKING:
    from leakguard.baselines.foreign import Foreign, Known

TOOLS: Final = ("gitleaks", "betterleaks")
"""Those that a user may have to name: `LINES` of baselines/reading.py."""

_NOTHING: Final = "leakguard reports nothing like it there"


@click.command(
    "import",
    params=[
        click.Argument(
            ["files"], nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True)
        ),
        click.Option(
            ["--tool"],
            type=click.Choice(TOOLS),
            help="Whose file it is, where that cannot be seen: an empty one, one of comments only.",
        ),
        click.Option(
            ["--path"],
            default=".",
            show_default=True,
            type=click.Path(exists=True, file_okay=False),
            help="The repository or folder that the file is about.",
        ),
        REASON,
        *TERMS,
        *HOW,
    ],
    epilog="""\b
Examples:
  leakguard import .gitleaksignore
  leakguard import .secrets.baseline --until 2027-06-30
  leakguard import gitleaks-report.json kingfisher.yaml
""",
)
def import_(files: Sequence[str], tool: str | None, path: str, **given: Any) -> None:
    """Take over what gitleaks, betterleaks, detect-secrets, kingfisher or trufflehog has accepted.

    Reads .gitleaksignore, .betterleaksignore, .secrets.baseline, gitleaks' and trufflehog's JSON
    reports and kingfisher's baselines, told by their content; scans PATH, and writes what they
    accept into .leakguard-baseline.json. Says what could not be taken over, and why.
    """
    from leakguard.baselines.reading import load_foreign

    foreign = {file: load_foreign(file, tool or "") for file in files}
    own = Path(path, OWN_BASELINE)
    new = not own.exists()
    old = empty() if new else read(str(own))
    report = _scan(path, given, old, list(foreign.values()))
    entries = _taken_over(report, foreign.values(), terms_of(given, path))
    path_of = paths_from(path, given["no_git"])
    entries = [replace(entry, path=path_of(entry.path)) for entry in entries]
    save(own, Change(contents_of(old.keys, [*old.entries, *entries]), added=len(entries)))
    if new:
        add_attribute(Path(path))
    for file, baseline in foreign.items():
        say("".join(f"{line}\n" for line in _told(file, baseline)))
    left = counted(len(report.findings), "leak")
    complain(f"{left} left that none of them accepts, comments not counted")
    end(report)


def _scan(
    path: str, given: Mapping[str, Any], old: Contents, foreign: "Sequence[Foreign]"
) -> Report:
    """What is there, comments or not: an entry may be for a line that has one too."""
    from leakguard.sources.select import Selection

    config = config_from({**given, "no_baseline": True}, [path])
    config = replace(config, baseline=(), pragmas=Pragmas.FORBID)
    selection = Selection(paths=(path,), no_git=given["no_git"])
    return scanned(selection, config, None, own=OwnBaseline(old, path), more=foreign)


def _taken_over(report: Report, foreign: "Iterable[Foreign]", terms: Terms) -> list[Entry]:
    """The entries for what the files silenced; their paths are those of the report."""
    told: dict[str, tuple[str, Known]] = {
        reason: (baseline.found.tool, known)
        for baseline in foreign
        for reason, known in baseline.told.items()
    }
    entries = []
    for item in report.suppressed:
        if item.reason in told and not item.entry:
            tool, known = told[item.reason]
            reason = Reason.FALSE_POSITIVE if known.is_false else terms.reason
            own = replace(terms, reason=reason, note=terms.note or f"from {tool}")
            entries.append(entry_of(item.finding, own, item.finding.path))
    return entries


def _told(file: str, baseline: "Foreign") -> list[str]:
    """What became of a file."""
    found, unmet = baseline.found, baseline.unmet()
    lines = [
        f"{one_line(file)} ({found.tool}): {len(found.entries) - len(unmet):,} of"
        f" {len(found.entries):,} entries taken over"
    ]
    by_line = sum(1 for entry in baseline.met if not entry.digest)
    if by_line:
        lines.append(
            f"  {by_line:,} of them name a line and no secret: what stands there now was taken for"
            " it, `leakguard audit --all` shows it"
        )
    lines += [f"  not taken over: {one_line(e.label)}: {_NOTHING}" for e in unmet]
    lines += [f"  not taken over: {one_line(text)}" for text in found.left_out]
    return lines
