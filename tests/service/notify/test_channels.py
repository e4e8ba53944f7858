"""Configurations: what is asked for, what is wrong with it, and where."""

from typing import Any

import pytest

from leakguard_service.errors import Invalid
from leakguard_service.notify.channels import KINDS, check_config, filter_of
from leakguard_service.notify.webhook import new_secret

HOOK = "https://hooks.example/x"
JIRA = {"url": HOOK, "project": "SEC", "issue_type": "Task", "user": "a@b.c", "token": "words"}


@pytest.mark.parametrize(
    ("kind", "config", "tidy"),
    [
        ("slack", {"webhook_url": f" {HOOK} ", "token": ""}, {"webhook_url": HOOK}),
        ("slack", {"token": "words", "channel": "C1"}, {"token": "words", "channel": "C1"}),
        ("email", {"to": "a@b.c\n d@e.f,,g@h.i"}, {"to": ["a@b.c", "d@e.f", "g@h.i"]}),
        ("email", {"to": ["a@b.c "]}, {"to": ["a@b.c"]}),
        ("teams", {"webhook_url": HOOK}, {"webhook_url": HOOK}),
        ("jira", JIRA, JIRA),
        (
            "github_issue",
            {"connection_id": "3", "repository": "acme/leaks", "allow_public": "on"},
            {"connection_id": 3, "repository": "acme/leaks", "allow_public": True},
        ),
        ("committer", {}, {}),
    ],
)
def test_what_is_right_is_tidied_up(
    kind: str, config: dict[str, Any], tidy: dict[str, Any]
) -> None:
    assert check_config(kind, config) == tidy
    assert check_config(kind, tidy) == tidy


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("pager", {}, "kind"),
        ("slack", {}, "webhook_url"),
        ("slack", {"token": "words"}, "webhook_url"),
        ("slack", {"webhook_url": "hooks.example"}, "webhook_url"),
        ("slack", {"webhook_url": "https://u:p@hooks.example"}, "webhook_url"),
        ("slack", {"webhook_url": "https://hooks.example:99999"}, "webhook_url"),
        ("slack", {"webhook_url": "file:///etc/passwd"}, "webhook_url"),
        ("slack", {"webhook_url": HOOK + "\nx"}, "webhook_url"),
        ("slack", {"webhook_url": HOOK * 500}, "webhook_url"),
        ("slack", {"webhook_url": 3}, "webhook_url"),
        ("slack", {"webhook_url": HOOK, "more": "x"}, "more"),
        ("email", {"to": []}, "to"),
        ("email", {"to": ["ana"]}, "to"),
        ("email", {"to": 3}, "to"),
        ("email", {"to": [3]}, "to"),
        ("email", {"to": ["a@b.c"] * 51}, "to"),
        ("webhook", {"url": HOOK}, "secret"),
        ("webhook", {"url": HOOK, "secret": "words"}, "secret"),
        ("jira", {**JIRA, "project": ""}, "project"),
        ("github_issue", {"connection_id": "x", "repository": "acme/a"}, "connection_id"),
        ("github_issue", {"connection_id": 1, "repository": "acme"}, "repository"),
        ("github_issue", {"connection_id": 1, "repository": "../../x"}, "repository"),
        ("committer", {"to": ["a@b.c"]}, "to"),
    ],
)
def test_what_is_wrong_is_named(kind: str, config: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        check_config(kind, config)
    assert wrong.value.field == field


def test_a_new_secret_is_one() -> None:
    assert check_config("webhook", {"url": HOOK, "secret": new_secret()})


def test_secrets_are_marked() -> None:
    """What is not marked may be shown again."""
    for kind in KINDS.values():
        for key in kind.keys:
            assert key.secret == (key.name in ("token", "secret", "webhook_url")), key


def test_an_empty_filter_means_what_the_kind_says() -> None:
    assert filter_of("slack", {}).changes == {"created", "reopened", "dismissal_requested"}
    assert filter_of("slack", {"changes": ["resolved"]}).changes == {"resolved"}
