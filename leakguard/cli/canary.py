"""`leakguard canary`: makes customers that do not exist, to be planted among those that do."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leakguard.cli.config import FORMAT_OPTION
from leakguard.cli.output import say, tell
from leakguard.errors import UsageError

if TYPE_CHECKING:
    from leakguard.data.canaries import Canary

_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)+")
_MOST = 1000

_FILE = click.Option(
    ["--file"],
    type=click.Path(path_type=Path, dir_okay=False),
    default=".leakguard-canaries.toml",
    show_default=True,
    metavar="FILE",
    help="The file that holds them.",
)


@click.group(
    "canary",
    epilog="""\b
Examples:
  leakguard canary new --count 3 --domain mail.acme.com --planted "CRM, spring"
  leakguard canary list
""",
)
def canary() -> None:
    """Make and list canaries: customers that do not exist, to be planted among those that do.

    Plant them in your CRM, name their file in the settings (`canaries` under [data]), and every
    scan and hook finds a copy of that data, in whatever container or encoding.
    """


@canary.command(
    "new",
    params=[
        click.Option(
            ["--count"], type=click.IntRange(1, _MOST), default=1, show_default=True,
            help="How many.",
        ),
        click.Option(
            ["--domain"], metavar="DOMAIN",
            help="Where their mail goes: one of your own, so that letters to them reach you."
            "  [default: example.net]",
        ),
        click.Option(
            ["--country"], type=click.Choice(["DE", "FR", "GB"]), default="DE", show_default=True,
            help="Whose phone numbers and IBANs they have.",
        ),
        click.Option(["--planted"], default="", metavar="TEXT", help="Where they are planted."),
        FORMAT_OPTION,
        _FILE,
    ],
)  # fmt: skip
def new(
    count: int, domain: str | None, country: str, planted: str, format_: str, file: Path
) -> None:
    """Make canaries, add them to FILE and print them, to be planted."""
    from leakguard.data.canaries import add_canaries, load_canaries
    from leakguard.data.new_canaries import DOMAIN, new_canaries

    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise UsageError(f"{domain!r} is no domain: write it as mail.acme.com")
    there = load_canaries(file) if file.exists() else ()
    taken = {text for it in there for text in (it.id, it.phone)}
    made = new_canaries(
        count, country=country, domain=domain or DOMAIN, planted=planted, taken=taken
    )
    add_canaries(file, made)
    say(_shown(made, format_))
    tell(f'plant them, and name their file in the settings: [data] canaries = ["{file}"]')


@canary.command("list", params=[FORMAT_OPTION, _FILE])
def list_(format_: str, file: Path) -> None:
    """List the canaries in FILE."""
    from leakguard.data.canaries import load_canaries

    say(_shown(load_canaries(file), format_))


def _shown(canaries: "Sequence[Canary]", format_: str) -> str:
    rows = [asdict(item) for item in canaries]
    if format_ == "json":
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    widths = {key: max(len(row[key]) for row in rows) for key in rows[0]}
    return "".join(
        "  ".join(f"{row[key]:{widths[key]}}" for key in row if widths[key]).rstrip() + "\n"
        for row in rows
    )
