"""`leakguard findings resolve` and its like: what is done to findings of a service."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from leakguard.cli.asking import SERVER_OPTIONS, server_of
from leakguard.cli.output import complain, say
from leakguard.errors import UsageError
from leakguard.exitcodes import ExitCode

if TYPE_CHECKING:
    from leakguard.cli.client import Server

RESOLVED: Final = ("revoked", "rotated", "removed_before_merge")
DISMISSED: Final = ("false_positive", "used_in_tests", "wont_fix")
_AT_ONCE: Final = 200
"""Findings that one request changes, at most."""

_IDS: Final = click.Argument(
    ["ids"], nargs=-1, required=True, metavar="ID...", type=click.IntRange(min=1)
)
_COMMENT: Final = click.Option(
    ["--comment"], metavar="TEXT", default="", help="What to say about it."
)


def _changing(name: str, text: str, *more: click.Parameter) -> Callable[[Any], click.Command]:
    """A command that changes findings; what it wraps says what is asked of the service."""

    def made(body: Callable[..., Mapping[str, object]]) -> click.Command:
        def callback(ids: Sequence[int], server: str, insecure: bool, **given: Any) -> None:
            asked = server_of(server, insecure)
            _change(asked, ids, {"action": name, **body(asked, **given)})

        return click.Command(
            name, callback=callback, params=[_IDS, *more, *SERVER_OPTIONS], help=text
        )

    return made


@_changing(
    "resolve",
    "Say that the secret is dead.",
    click.Option(
        ["--as", "resolution"], type=click.Choice(RESOLVED), required=True, help="How it died."
    ),
    _COMMENT,
)
def resolve(_asked: "Server", **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    return given


@_changing(
    "dismiss",
    "Say that nothing has to be done. With four eyes somebody else has to agree.",
    click.Option(
        ["--as", "resolution"], type=click.Choice(DISMISSED), required=True, help="Why not."
    ),
    click.Option(
        ["--until"],
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DAY",
        help="Open it again on this day (UTC); only with wont_fix.",
    ),
    _COMMENT,
)
def dismiss(_asked: "Server", until: Any, **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    return given if until is None else {**given, "until": f"{until:%Y-%m-%d}T00:00:00Z"}


@_changing("reopen", "Say that something has to be done after all.", _COMMENT)
def reopen(_asked: "Server", **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    return given


@_changing("approve", "Agree with a dismissal that somebody else asked for.", _COMMENT)
def approve(_asked: "Server", **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    return given


@_changing("deny", "Do not agree with a dismissal: the finding is open again.", _COMMENT)
def deny(_asked: "Server", **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    return given


@_changing(
    "assign",
    "Give findings to somebody.",
    click.Option(["--to"], required=True, metavar="WHO", help="Number of a user, `me`, or `none`."),
    _COMMENT,
)
def assign(asked: "Server", to: str, **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    if to == "none":
        return {**given, "action": "unassign"}
    return {**given, "assignee_id": _me(asked) if to == "me" else _number(to)}


@_changing(
    "comment",
    "Say something about findings.",
    click.Option(["--comment"], metavar="TEXT", required=True, help="What to say."),
)
def comment(_asked: "Server", **given: object) -> Mapping[str, object]:
    """What is asked of the service."""
    return given


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError("--to is the number of a user, `me`, or `none`")
    return int(text)


def _me(asked: "Server") -> int:
    found = asked.get("/me")
    if found["kind"] != "user":
        raise UsageError("the token belongs to no user: give the number of one")
    return int(found["id"])


def _change(asked: "Server", ids: Sequence[int], body: Mapping[str, object]) -> None:
    """Changes them all, says of each what became of it; an error when one was refused."""
    chosen = list(dict.fromkeys(ids))
    refused = 0
    for first in range(0, len(chosen), _AT_ONCE):
        part = chosen[first : first + _AT_ONCE]
        outcome = asked.post("/findings/actions", {**body, "ids": part})
        for item in outcome["done"]:
            reason = f" ({item['resolution']})" if item["resolution"] else ""
            say(f"{item['id']}  {item['state']}{reason}\n")
        for item in outcome["refused"]:
            complain(f"{item['id']}: {item['reason']}")
        refused += len(outcome["refused"])
    if refused:
        raise click.exceptions.Exit(ExitCode.ERROR)


CHANGES: Final = (resolve, dismiss, reopen, approve, deny, assign, comment)
"""The commands, in the order in which a finding's life has them."""
