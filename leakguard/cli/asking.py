"""How commands reach a leakguard service: its address, the token, what goes with both."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from leakguard.cli.client import Server

SERVER_OPTIONS: Final[Sequence[click.Parameter]] = (
    click.Option(
        ["--server"],
        envvar="LEAKGUARD_SERVER",
        metavar="URL",
        default="",
        help="Address of the service; else LEAKGUARD_SERVER.",
    ),
    click.Option(
        ["--insecure"], is_flag=True, help="Send the token over plain http to another machine."
    ),
)
"""The flags that say which service is meant."""


def server_of(url: str, insecure: bool) -> "Server":
    """The service, asked with the token of LEAKGUARD_TOKEN. Raises UsageError."""
    from leakguard.cli.client import Server

    return Server(url, os.environ.get("LEAKGUARD_TOKEN", ""), insecure=insecure)
