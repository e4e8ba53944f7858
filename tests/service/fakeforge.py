"""Forges and receivers to test with: real servers on 127.0.0.1 that keep state and check.

    with FakeGitHub(tmp_path / "forge") as forge:
        repo = forge.add_repository("acme/app", source=some_work_tree)
        connection_id = forge.connect(service, tenant_id)          # with the App; app=False: token
        ...
        assert forge.run_for(sha)["conclusion"] == "failure"

Every request must fit the forge's published schema, else it gets 404 or 422 as at the real one.
`calls` lists all requests; `fail_next(status, headers, body, match=..., seconds=..., times=...)`
makes it misbehave. Repositories are served at `/{full name}.git` over smart HTTP; private ones
need the token (`forge.token`, or an installation token).
`Receiver` records posts (Slack, Teams, Jira ...), `MailServer` takes e-mail.
"""

from tests.service.forges.fake_gitea import FakeGitea
from tests.service.forges.fake_github import FakeGitHub, Issued, private_key, store
from tests.service.forges.fake_gitlab import FakeGitLab
from tests.service.forges.receivers import Mail, MailServer, Receiver
from tests.service.forges.server import Answer, Call, Repo

__all__ = [
    "Answer",
    "Call",
    "FakeGitHub",
    "FakeGitLab",
    "FakeGitea",
    "Issued",
    "Mail",
    "MailServer",
    "Receiver",
    "Repo",
    "private_key",
    "store",
]
