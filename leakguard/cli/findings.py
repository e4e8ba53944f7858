"""`leakguard findings`: works off the findings of a leakguard service."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from leakguard.cli.asking import SERVER_OPTIONS, server_of
from leakguard.cli.config import FORMAT_OPTION
from leakguard.cli.finding_changes import CHANGES, DISMISSED, RESOLVED
from leakguard.cli.finding_text import as_json, as_page, as_table
from leakguard.cli.output import check_writable, say, write_file
from leakguard.errors import UsageError
from leakguard.model import Severity

if TYPE_CHECKING:
    from leakguard.cli.client import Server

_STATES: Final = ("open", "pending_review", "resolved", "dismissed")
_ORDERS: Final = ("newest", "oldest", "severity", "seen", "rule")
_REPOSITORY: Final = click.Option(
    ["--repository"], metavar="NAME", default="", help="Only in this repository."
)


def _many(flag: str, values: Sequence[str]) -> click.Option:
    return click.Option(
        [flag],
        type=click.Choice(values),
        multiple=True,
        help=f"Only of this {flag[2:]}; may be given several times.",
    )


_FILTERS: Final[Sequence[click.Parameter]] = (
    _many("--state", _STATES),
    _many("--severity", [level.label for level in Severity]),
    click.Option(
        ["--rule"], multiple=True, metavar="ID", help="Only of this rule; may be given often."
    ),
    _REPOSITORY,
    click.Option(
        ["--kind"],
        type=click.Choice(["secret", "artifact", "data", "marker"]),
        help="Only of this kind.",
    ),
    click.Option(
        ["--assignee"], metavar="NUMBER", default="", help="Only of this user; none: of nobody."
    ),
    click.Option(["--text"], metavar="TEXT", default="", help="Only with this in path or preview."),
    click.Option(["--since"], metavar="DAY", default="", help="First seen on this day or later."),
    click.Option(["--until"], metavar="DAY", default="", help="First seen on this day or before."),
    click.Option(
        ["--resolution"], type=click.Choice([*RESOLVED, *DISMISSED]), help="Only closed so."
    ),
    click.Option(
        ["--on-branch/--gone"],
        default=None,
        help="Only what the head of a branch still holds, or none does.",
    ),
)


@click.group(
    "findings",
    epilog="""\b
Examples:
  export LEAKGUARD_SERVER=https://leakguard.example.org
  leakguard findings list --state open --severity critical
  leakguard findings resolve 17 --as revoked --comment "Revoked at Slack."
  leakguard findings baseline --output .leakguard-baseline.json

\b
The token is read from the variable LEAKGUARD_TOKEN, never from an argument:
other users of the machine can see those.
""",
)
def findings() -> None:
    """Work off the findings of a leakguard service."""


@findings.command(
    "list",
    params=[
        *_FILTERS,
        click.Option(
            ["--order"],
            type=click.Choice(_ORDERS),
            default="newest",
            show_default=True,
            help="Which come first.",
        ),
        click.Option(
            ["--limit"],
            type=click.IntRange(0),
            default=50,
            show_default=True,
            metavar="N",
            help="How many at most; 0 for all.",
        ),
        FORMAT_OPTION,
        *SERVER_OPTIONS,
    ],
)
def list_(limit: int, format_: str, server: str, insecure: bool, **given: Any) -> None:
    """List findings."""
    asked = server_of(server, insecure)
    query = dict(given)
    query["repository"] = _repository(asked, given["repository"])
    items = list(asked.pages("/findings", query, limit or None))
    say(as_json(items) if format_ == "json" else as_table(items))


@findings.command(
    "show",
    params=[
        click.Argument(["number"], metavar="ID", type=click.IntRange(min=1)),
        FORMAT_OPTION,
        *SERVER_OPTIONS,
    ],
)
def show(number: int, format_: str, server: str, insecure: bool) -> None:
    """Show a finding with its places and history."""
    asked = server_of(server, insecure)
    finding = asked.get(f"/findings/{number}")
    finding["occurrences"] = list(asked.pages(f"/findings/{number}/occurrences", {}, None))
    finding["history"] = list(asked.pages(f"/findings/{number}/history", {}, None))
    say(as_json(finding) if format_ == "json" else as_page(finding))


for _command in CHANGES:
    findings.add_command(_command)


@findings.command(
    "baseline",
    params=[
        _REPOSITORY,
        click.Option(
            ["--output"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Write to this file instead of standard output.",
        ),
        *SERVER_OPTIONS,
    ],
)
def baseline(repository: str, output: Path | None, server: str, insecure: bool) -> None:
    """Write what was dismissed as a file for --baseline."""
    if output is not None:
        check_writable(output)
    asked = server_of(server, insecure)
    number = _repository(asked, repository)
    text = as_json(asked.get("/baseline", {"repository": number}))
    say(text) if output is None else write_file(output, text)


def _repository(asked: "Server", name: str) -> int | None:
    """The number of the repository of this name; a number is one itself."""
    if not name:
        return None
    if name.isascii() and name.isdigit():
        return int(name)
    found = [
        item["id"]
        for item in asked.pages("/repositories", {"text": name}, None)
        if item["full_name"] == name
    ]
    if len(found) != 1:
        known = f"are {len(found)} repositories" if found else "is no repository"
        raise UsageError(f"there {known} named {name}: give its number")
    return int(found[0])
