"""The kinds of channels: what each has to be told, what it wants to hear, and how it is spoken to.

A new kind is a module beside this one and an entry in KINDS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leakguard_service.errors import Invalid
from leakguard_service.notify import (
    committer,
    github_issue,
    jira,
    mail,
    slack,
    teams,
    webhook,
)
from leakguard_service.notify.forms import Key, value
from leakguard_service.notify.model import Post, Sent
from leakguard_service.nouns import Change


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of channel."""

    label: str
    keys: tuple[Key, ...]
    send: Callable[[Post], Sent]
    """Raises Later and Hopeless."""
    changes: tuple[Change, ...]
    """What it is told unless its filter says otherwise."""
    digests: bool = True
    """Whether it is told what scans of the past found."""
    repeatable: bool = False
    """Whether its receiver knows a repetition: a message that may have got out is sent again."""
    follows: bool = False
    """Whether a finding has one issue there, so that its messages must keep their order."""
    test: Callable[[Post], str] | None = None
    """Tries it without a message; None when a message does no harm."""
    check: Callable[[Mapping[str, Any]], None] | None = None
    """What there is to say of the values together; raises Invalid."""


_PEOPLE: Final = (Change.CREATED, Change.REOPENED, Change.DISMISSAL_REQUESTED)
_STATES: Final = (Change.CREATED, Change.REOPENED, Change.RESOLVED, Change.DISMISSED)
_ALL: Final = (*_STATES, Change.DISMISSAL_REQUESTED, Change.DISMISSAL_DENIED)


def _slack(config: Mapping[str, Any]) -> None:
    if not config.get("webhook_url") and not (config.get("token") and config.get("channel")):
        raise Invalid("give a webhook's URL, or a bot's token and a channel", "webhook_url")


def _email(config: Mapping[str, Any]) -> None:
    mail.check_addresses(config["to"])


def _webhook(config: Mapping[str, Any]) -> None:
    webhook.key(config["secret"])


def _github_issue(config: Mapping[str, Any]) -> None:
    if str(config["repository"]).count("/") != 1 or " " in config["repository"]:
        raise Invalid("the repository is owner/name", "repository")


KINDS: Final[Mapping[str, Kind]] = {
    "slack": Kind(
        "Slack",
        (
            Key("webhook_url", "Incoming webhook's URL", "url", required=False, secret=True),
            Key("token", "Bot's token", required=False, secret=True, hint="needs chat:write"),
            Key("channel", "Channel's id", required=False, hint="only with a token"),
            Key("api_url", "API's URL", "url", required=False, hint="only for GovSlack"),
        ),
        slack.send,
        _PEOPLE,
        check=_slack,
    ),
    "email": Kind(
        "E-mail",
        (Key("to", "Addresses", "addresses", hint="one on each line"),),
        mail.send,
        _PEOPLE,
        check=_email,
    ),
    "teams": Kind(
        "Microsoft Teams",
        (Key("webhook_url", "Workflow's webhook URL", "url", secret=True),),
        teams.send,
        _PEOPLE,
    ),
    "webhook": Kind(
        "Webhook",
        (
            Key("url", "URL", "url"),
            Key("secret", "Signing secret", secret=True, hint="whsec_ and base64"),
        ),
        webhook.send,
        _ALL,
        repeatable=True,
        check=_webhook,
    ),
    "jira": Kind(
        "Jira",
        (
            Key("url", "Site's URL", "url", hint="https://example.atlassian.net"),
            Key("project", "Project's key"),
            Key("issue_type", "Issue type", hint="Task, Bug ..."),
            Key("user", "User's e-mail address"),
            Key("token", "API token", secret=True),
        ),
        jira.send,
        _STATES,
        repeatable=True,
        follows=True,
        test=jira.test,
    ),
    "github_issue": Kind(
        "GitHub issues",
        (
            Key("connection_id", "Connection", "number"),
            Key("repository", "Repository", hint="owner/name, a private one"),
            Key("allow_public", "The repository may be public", "flag", required=False),
        ),
        github_issue.send,
        _STATES,
        repeatable=True,
        follows=True,
        test=github_issue.test,
        check=_github_issue,
    ),
    "committer": Kind(
        "Who committed it, by e-mail",
        (),
        committer.send,
        (Change.CREATED, Change.REOPENED),
        digests=False,
        test=committer.test,
    ),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a channel wants to hear of."""

    min_severity: int = 1
    changes: frozenset[str] = field(default_factory=frozenset)
    repositories: tuple[str, ...] = ()
    """Globs of whole names, `acme/*`; empty for all."""


def check_config(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, tidied up. Raises Invalid, which names the key."""
    chosen = KINDS.get(kind)
    if chosen is None:
        raise Invalid(f"there is no such kind of channel; there are {', '.join(KINDS)}", "kind")
    keys = {key.name: key for key in chosen.keys}
    for name in config:
        if name not in keys:
            raise Invalid(f"{chosen.label} has no setting of this name", str(name)[:60])
    read = {name: value(key, config.get(name)) for name, key in keys.items()}
    tidy = {name: one for name, one in read.items() if one not in (None, "", [])}
    if chosen.check:
        chosen.check(tidy)
    return tidy


def filter_of(kind: str, stored: Mapping[str, Any]) -> Filter:
    """What a stored filter means for a channel of this kind."""
    defaults = [change.value for change in KINDS[kind].changes]
    return Filter(
        int(stored.get("min_severity", 1)),
        frozenset(stored.get("changes") or defaults),
        tuple(stored.get("repositories") or ()),
    )
