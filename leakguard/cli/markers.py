"""`leakguard markers`: names that must not be written, for settings that must not tell them."""

import click

from leakguard.cli.output import say
from leakguard.sources.stdin import standard_input


@click.group(
    "markers",
    epilog="""\b
Examples:
  leakguard markers hash < names.txt
""",
)
def markers() -> None:
    """Names that must not be written: code names of products, of deals, of people.

    [markers] in the settings has them as `names`, or, where they must not stand there, as `hashed`.
    """


@markers.command("hash")
def hash_() -> None:
    """Hash the names on standard input, a line each, for `hashed` under [markers].

    An entry tells the first two letters and the lengths of the words, so that the name can be
    looked for. Who has the entry can try names: it keeps readers from knowing, not guessers.
    """
    from leakguard.data.markers import hashed, new_salt

    names = standard_input().read().decode("utf-8", "replace").splitlines()
    say("".join(f"{hashed(name, new_salt())}\n" for name in names if name.strip()))
