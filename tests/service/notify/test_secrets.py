"""The secret is in no message, whatever the channel."""

from typing import Any

import pytest

from leakguard_service.db.engine import Database
from leakguard_service.notify import webhook
from leakguard_service.nouns import Change
from tests.helpers import github_token
from tests.service.forges.receivers import MailServer, Receiver
from tests.service.notify.world import World


def configs(receiver: Receiver) -> dict[str, dict[str, Any]]:
    return {
        "slack": {"webhook_url": f"{receiver.url}/slack"},
        "teams": {"webhook_url": f"{receiver.url}/teams"},
        "webhook": {"url": f"{receiver.url}/hook", "secret": webhook.new_secret()},
        "email": {"to": ["ana@corp.example"]},
        "committer": {},
        "jira": {
            "url": receiver.url,
            "project": "SEC",
            "issue_type": "Task",
            "user": "a@b.c",
            "token": "words",
        },
    }


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook", "email", "committer", "jira"])
def test_no_message_holds_it(
    kind: str, mailing: World, receiver: Receiver, mail_server: MailServer
) -> None:
    token = github_token(5)
    receiver.on("/rest/api/3/issue", 201, {"key": "SEC-1"})
    receiver.on("/rest/api/3/search", 200, {"issues": []})
    mailing.settle(committer_domains=["corp.example"])
    mailing.channel(kind, configs(receiver)[kind])
    mailing.announce(mailing.finding(5), Change.CREATED)
    assert mailing.deliver()
    said = b"".join(post.body for post in receiver.posts) + b"".join(
        mail.raw for mail in mail_server.mails
    )
    assert token[-4:] in said.decode()  # the preview's end
    assert token not in said.decode()
    assert token[4:20] not in said.decode()


def test_the_database_holds_no_configuration_in_clear(
    sqlite: Database, world: World, receiver: Receiver
) -> None:
    channel = world.channel("slack", {"webhook_url": f"{receiver.url}/services/T0/B0/words"})
    assert "words" not in world.channel_row(channel).config
    assert sqlite.sqlite
