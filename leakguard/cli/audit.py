"""`leakguard audit`: a walk through the findings on a terminal, which records what is decided."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from leakguard.baselines.own import (
    Contents,
    Reason,
    contents_of,
    empty,
    read,
    written,
)
from leakguard.cli.baseline import (
    HOW,
    TERMS,
    add_attribute,
    paths_from,
    reported,
    terms_of,
    today,
)
from leakguard.cli.figuretext import figure_lines
from leakguard.cli.output import complain, is_terminal, say, write_file
from leakguard.errors import UsageError
from leakguard.excerpt import excerpt
from leakguard.keeping import Terms, entry_of, figures
from leakguard.model import Finding, Report
from leakguard.report.wording import counted, one_line, short, visible
from leakguard.settings import OWN_BASELINE

_KEYS: Final[Mapping[str, Reason]] = {
    "l": Reason.LEAK,
    "f": Reason.FALSE_POSITIVE,
    "t": Reason.TEST,
    "a": Reason.ACCEPTED,
    "r": Reason.REVOKED,
}

_STEPS: Final[Mapping[str, int | None]] = {"k": 1, "\r": 1, "\n": 1, "b": -1, "q": None}
"""How far a key goes on without a decision; None to leave."""

_MENU: Final = (
    "[l]eak  [f]alse positive  [t]est  [a]ccepted  [r]evoked   "
    "[n]ote  [s]how the secret  [b]ack  [k] skip  [q]uit"
)

_DATE_CHARACTERS = len("2026-01-02")


@click.command(
    "audit",
    params=[
        click.Argument(["path"], default=".", type=click.Path(exists=True, file_okay=False)),
        click.Option(["--all", "all_"], is_flag=True, help="Show what was decided before as well."),
        *TERMS,
        *HOW,
    ],
    epilog="""\b
Examples:
  leakguard audit
  leakguard audit --all --min-severity high
""",
)
def audit(path: str, all_: bool, **given: Any) -> None:
    """Walk through the findings one by one, and record what each of them is.

    Shows each finding with the lines around it; the secret is masked until it is asked for. A key
    says what it is, and that is written to .leakguard-baseline.json at once: leave when you like,
    the next audit goes on with what is left. At the end stands how often each rule was right.
    """
    if not is_terminal(sys.stdin) or not is_terminal(sys.stdout):
        raise UsageError("an audit asks questions: run it in a terminal")
    file = Path(path, OWN_BASELINE)
    new = not file.exists()
    contents = empty() if new else read(str(file))
    report = reported(path, given, contents)
    walk = _Walk(file, contents, terms_of(given, path), paths_from(path, given["no_git"]))
    findings = _to_ask(report, contents, all_)
    if not findings:
        complain("nothing is left to decide: `leakguard audit --all` shows what was decided")
    else:
        texts = _Texts(path, report, no_git=given["no_git"])
        walk.through(findings, texts)
    if new and walk.decided:
        add_attribute(Path(path))
    lines = figure_lines(figures(walk.contents.entries, today()))
    say("".join(f"{line}\n" for line in lines))


def _to_ask(report: Report, contents: Contents, all_: bool) -> list[Finding]:
    """The findings that nobody has decided about; with `all_` also those that somebody has."""
    from leakguard.findings import in_order

    known = {entry.fingerprint for entry in contents.entries}
    if not all_:
        return [finding for finding in report.findings if finding.fingerprint not in known]
    decided = [item.finding for item in report.suppressed if item.entry]
    return in_order([*report.findings, *decided])


class _Texts:
    """Reads the files that findings stand in. Keeps the last one."""

    def __init__(self, path: str, report: Report, *, no_git: bool) -> None:
        from leakguard.sources.git.repository import is_repository

        self._is_git = not no_git and is_repository(path)
        self._folder = path if self._is_git else ""
        self._by_text: dict[tuple[str, str | None], list[Finding]] = {}
        for finding in (*report.findings, *(item.finding for item in report.suppressed)):
            self._by_text.setdefault((finding.path, finding.blob), []).append(finding)

    def others(self, finding: Finding) -> list[Finding]:
        """The other findings in the same text."""
        there = self._by_text[finding.path, finding.blob]
        return [one for one in there if one.fingerprint != finding.fingerprint]

    def of(self, finding: Finding) -> str | None:
        """The text; None for what lies in an archive, is a message, or cannot be read."""
        if "!" in finding.path or finding.path.startswith("<") or finding.kind != "secret":
            return None
        if self._is_git and finding.blob:
            from leakguard.sources.git.command import Git

            code, out, _ = Git(self._folder).result("cat-file", "blob", finding.blob)
            return None if code else out.decode(errors="replace")
        try:
            file = Path(self._folder, finding.path)
            return file.read_bytes().decode(errors="replace")
        except OSError:
            return None


@dataclass
class _Walk:
    """The decisions of one audit, each of which is on disk before the next question."""

    file: Path
    contents: Contents
    terms: Terms
    path_of: Callable[[str], str]
    decided: int = 0
    _note: str = ""

    def through(self, findings: Sequence[Finding], texts: _Texts) -> None:
        """Asks about each of the findings until somebody leaves."""
        number = 0
        while 0 <= number < len(findings):
            finding = findings[number]
            say(f"\n{number + 1:,} of {len(findings):,}\n")
            self._show(finding, texts)
            step = self._ask(finding, texts)
            if step is None:
                left = counted(len(findings) - number, "finding")
                complain(f"{left} left for the next `leakguard audit`")
                return
            number = max(0, number + step)
        complain(f"{counted(self.decided, 'decision')} in {self.file}")

    def _show(self, finding: Finding, texts: _Texts, *, shown: bool = False) -> None:
        say("".join(f"{line}\n" for line in _described(finding)))
        text = texts.of(finding)
        if text is None:
            say("    (its lines cannot be shown: it is no plain file)\n")
            return
        for line in excerpt(text, finding, texts.others(finding), shown=shown):
            mark = ">" if line.is_found else " "
            say(f"  {mark} {line.number:>5} | {visible(line.text)}\n")

    def _ask(self, finding: Finding, texts: _Texts) -> int | None:
        """How far to go on: 1, -1 for back, None to leave."""
        self._note = ""
        while True:
            say(f"{_MENU}\n> ")
            key = click.getchar().lower()
            say(f"{visible(key)}\n")
            if key in _KEYS:
                self._decide(finding, _KEYS[key])
                return 1
            if key in _STEPS:
                return _STEPS[key]
            if key == "s":
                self._show(finding, texts, shown=True)
            if key == "n":
                say("note: ")
                self._note = sys.stdin.readline().strip()

    def _decide(self, finding: Finding, reason: Reason) -> None:
        terms = replace(self.terms, reason=reason, note=self._note or self.terms.note)
        if reason is Reason.LEAK:
            terms = replace(terms, until=None)
        entry = entry_of(finding, terms, self.path_of(finding.path))
        others = [one for one in self.contents.entries if one.fingerprint != entry.fingerprint]
        self.contents = contents_of(self.contents.keys, [*others, entry])
        write_file(self.file, written(self.contents))
        self.decided += 1
        say(f"recorded as {reason}\n")


def _described(finding: Finding) -> list[str]:
    lines = [
        f"{finding.severity.label}  {one_line(finding.name)}  {visible(finding.rule_id)}",
        f"  {visible(finding.path)}:{finding.line}:{finding.column}  {visible(finding.preview)}",
    ]
    if finding.commit:
        day = visible(finding.date or "")[:_DATE_CHARACTERS]
        lines.append(f"  commit {short(finding.commit)}  {one_line(finding.author or '')}  {day}")
    if finding.unheeded:
        lines.append(f"  not silenced by {one_line(finding.unheeded)}")
    return lines
